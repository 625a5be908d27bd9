"""Adjusted by the joint distribution: against Dunnett's and Tukey's tests of scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lamella.core.table import Col
from lamella.statistics import Contrasts
from lamella.statistics.joint import joint


def units(sizes, shifts, seed, sessions=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        [
            {"condition": f"c{k}", "session": f"s{s}", "unit": f"{k}{s}{i}", "v": v + 0.7 * s}
            for k, (n, shift) in enumerate(zip(sizes, shifts, strict=True))
            for s in range(sessions)
            for i, v in enumerate(shift + rng.standard_normal(n))
        ]
    )


def whole(cells, **settings):
    asked = Contrasts(measures=("v",), adjust="joint", bootstrap_draws=0, **settings)
    effects = asked(cells).effects
    rows = effects[(effects["session"] == "all") & (effects["claim"] == "these_sessions")]
    return rows.set_index([Col.CONDITION, Col.REFERENCE])


@pytest.mark.parametrize("sizes", [(3,) * 6, (4, 3, 8, 5)], ids=["even", "uneven"])
@pytest.mark.parametrize("seed", range(3))
def test_the_first_step_with_a_reference_is_dunnetts(sizes, seed):
    shifts = np.linspace(0, 2, len(sizes))
    cells = units(sizes, shifts, seed)
    rows = whole(cells, reference="c0")
    groups = [cells.loc[cells["condition"] == f"c{k}", "v"] for k in range(len(sizes))]
    theirs = stats.dunnett(*groups[1:], control=groups[0], rng=np.random.default_rng(0))
    first = int(np.argmin(theirs.pvalue))
    ours = rows.loc[(f"c{first + 1}", "c0"), Col.P_ADJUSTED]
    assert ours == pytest.approx(theirs.pvalue[first], abs=0.003)
    assert (rows[Col.P_ADJUSTED].to_numpy() <= theirs.pvalue + 0.003).all()
    assert set(rows[Col.ADJUSTED_BY]) == {"joint"}


def test_the_first_step_over_all_pairs_is_tukeys():
    cells = units((5, 4, 6), (0, 0.5, 1.4), 4)
    rows = whole(cells)
    groups = [cells.loc[cells["condition"] == f"c{k}", "v"] for k in range(3)]
    theirs = stats.tukey_hsd(*groups).pvalue
    at = rows[Col.P].idxmin()
    i, j = (int(name[1:]) for name in at)
    assert rows.loc[at, Col.P_ADJUSTED] == pytest.approx(theirs[i, j], abs=0.003)


def test_it_lies_between_p_alone_and_holms():
    cells = units((4,) * 5, (0, 1, 0.5, 3, 0), 7, sessions=3)
    rows = whole(cells, reference="c0")
    holm = Contrasts(measures=("v",), reference="c0", bootstrap_draws=0)(cells).effects
    holm = holm[(holm["session"] == "all") & (holm["claim"] == "these_sessions")]
    assert (rows[Col.P_ADJUSTED].to_numpy() <= holm[Col.P_ADJUSTED].to_numpy() + 1e-12).all()
    assert (rows[Col.P_ADJUSTED] >= rows[Col.P]).all()
    assert (np.diff(rows.sort_values(Col.P)[Col.P_ADJUSTED]) >= 0).all()


def test_a_claim_that_least_squares_does_not_tell_is_holms():
    cells = units((4,) * 4, (0, 1, 0, 0), 2, sessions=3)
    effects = Contrasts(measures=("v",), reference="c0", adjust="joint", bootstrap_draws=0)(cells)
    across = effects.effects[effects.effects[Col.CLAIM] == "across_sessions"]
    assert set(across[Col.ADJUSTED_BY]) == {"holm"}


def test_one_contrast_and_none_that_is_known():
    np.testing.assert_allclose(
        joint(np.array([2.5]), np.eye(1), 9.0), 2 * stats.t.sf(2.5, 9), rtol=1e-9
    )
    assert np.isnan(joint(np.array([np.nan, np.nan]), np.eye(2), 9.0)).all()
    one = joint(np.array([np.nan, 2.5]), np.full((2, 2), np.nan), 9.0)
    assert np.isnan(one[0])
