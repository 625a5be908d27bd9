"""The published per-cell values give the published means and effect sizes."""

import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.statistics import Contrasts
from real_data import REFERENCE

SPEED = "mean_speed_um_per_min"
RATIO = "lam_cyto_ratio"

TABLE = REFERENCE / "beh_cells_batch1.csv"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not TABLE.is_file(), reason="no reference table: set LAMELLA_TEST_DATA"),
]


@pytest.fixture(scope="module")
def cells():
    return pd.read_csv(TABLE)


@pytest.mark.parametrize(
    ("measure", "condition", "mean", "sd"),
    [
        (SPEED, "wt", 1.031, 0.345),
        (SPEED, "ko", 1.059, 0.308),
        (SPEED, "ki", 0.679, 0.085),
        (RATIO, "wt", 1.530, None),
        (RATIO, "ko", 1.473, None),
        (RATIO, "ki", 1.827, None),
    ],
)
def test_published_means(cells, measure, condition, mean, sd):
    table = Contrasts()(cells)[0].set_index([Col.MEASURE, Col.SESSION, Col.CONDITION])
    row = table.loc[(measure, "all", condition)]
    assert row[Col.N] == 10
    assert round(row[Col.MEAN], 3) == mean
    assert sd is None or round(row[Col.SD], 3) == sd


@pytest.mark.parametrize(
    ("measure", "condition", "reference", "d"),
    [
        (SPEED, "ki", "wt", -1.4006),
        (SPEED, "ki", "ko", -1.6801),
        (RATIO, "ki", "wt", 0.9036),
        (RATIO, "ki", "ko", 0.8513),
        (RATIO, "ko", "wt", -0.1448),
    ],
)
def test_published_effects(cells, measure, condition, reference, d):
    table = Contrasts(reference=reference)(cells).effects
    row = table.set_index([Col.MEASURE, Col.CLAIM, Col.SESSION, Col.CONDITION]).loc[
        (measure, "these_sessions", "all", condition)
    ]
    assert round(row[Col.COHENS_D], 4) == d
    assert (row[Col.N], row[Col.N_REFERENCE]) == (10, 10)
    assert row[Col.COHENS_D_LOW] < d < row[Col.COHENS_D_HIGH]


def test_the_effect_on_speed_is_there_in_both_sessions(cells):
    tables = Contrasts(reference="wt", measures=(SPEED,))(cells)
    of_ki = tables.effects[tables.effects[Col.CONDITION] == "ki"].set_index(
        [Col.CLAIM, Col.SESSION]
    )
    these = of_ki.loc["these_sessions"]
    assert list(these.index) == ["all", "low", "high"]
    assert (these[Col.COHENS_D] < -1).all()
    assert these.loc["all", Col.N_SESSIONS_AGREEING] == 2
    replication = tables.replication
    assert replication[replication[Col.CONDITION] == "ki"][Col.SAME_DIRECTION].all()


def test_the_published_model_of_speed(cells):
    tables = Contrasts(reference="wt", measures=(SPEED,))(cells)
    row = tables.effects.set_index([Col.CLAIM, Col.SESSION, Col.CONDITION]).loc[
        ("these_sessions", "all", "ki")
    ]
    assert row[Col.MODEL] == "fixed_session"
    assert (round(row[Col.ESTIMATE], 3), round(row[Col.P], 4)) == (-0.352, 0.0065)
    # Two sessions: shown here, and for other sessions not.
    assert tables.effects.set_index([Col.CLAIM, Col.CONDITION]).loc[
        ("across_sessions", "ki"), Col.P
    ] > 0.05  # fmt: skip
