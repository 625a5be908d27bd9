"""Questions to cells and nuclei: r, intervals and lines against R; coverage; bad input.

`tests/oracles/r/together.R` made the data sets and the numbers; R is not needed here.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import SettingsError
from lamella.statistics import Questions
from lamella.statistics.clustered import together
from worlds.signal import cells_and_nuclei

FILE = Path(__file__).parents[1] / "oracles" / "r" / "together.json"
WORLDS = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("name", WORLDS)
def test_r_intervals_and_lines_are_those_of_R(name):
    world = WORLDS[name]
    found = together(*(np.asarray(world[key]) for key in ("x", "y", "unit")))
    assert found.interval_by == ("units" if name in ("three", "nine") else "cells")
    for key in ("r", "r_within", "slope", "intercept"):
        np.testing.assert_allclose(getattr(found, key), world[key], rtol=1e-9, err_msg=key)
    assert found.spearman == pytest.approx(world["spearman"][0], rel=1e-12)
    np.testing.assert_allclose(found.line[1:, [0, 8, 24]].T, world["line"], rtol=1e-9)


def test_far_from_zero_no_digit_is_lost():
    world = WORLDS["nine"]
    x, y, unit = (np.asarray(world[key], float) for key in ("x", "y", "unit"))
    near, far = together(x, y, unit), together(x + 2**33, y, unit)
    np.testing.assert_allclose(far.r, near.r, rtol=1e-5)
    np.testing.assert_allclose(far.slope, near.slope, rtol=1e-5)


def test_intervals_hold_the_truth_where_cells_share_units():
    """And those that take cells for independent do not: the reason for the former."""
    k, n, truth, studies = 6, 60, 0.3, 300
    held = naive = 0
    for seed in range(studies):
        chance = np.random.default_rng([41, seed])
        unit = np.repeat(np.arange(k), n)
        shared = np.sqrt(0.3) * chance.normal(size=(k, 2))[unit]
        own = np.sqrt(0.7) * chance.multivariate_normal([0, 0], [[1, 3 / 7], [3 / 7, 1]], k * n)
        x, y = (shared + own).T
        r = together(x, y, unit).r
        held += r.low <= truth <= r.high
        alone = together(x, y, np.zeros_like(unit)).r
        naive += alone.low <= truth <= alone.high
    # Three standard errors of a proportion of 300 around 95 %.
    assert abs(held / studies - 0.95) < 3 * np.sqrt(0.95 * 0.05 / studies)
    assert naive / studies < 0.7


def test_units_that_differ_in_both_make_no_correlation_of_cells():
    chance = np.random.default_rng(3)
    unit = np.repeat(np.arange(8), 50)
    level = np.arange(8.0)[unit]
    found = together(level + chance.normal(size=400), level + chance.normal(size=400), unit)
    assert found.r.low > 0.5
    assert found.r_within.low < 0 < found.r_within.high


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([], []),
        ([1.0, 2.0], [1.0, 2.0]),
        ([5.0] * 6, [1.0, 2, 3, 4, 5, 6]),
        ([np.nan] * 6, [1.0] * 6),
        ([np.inf, 1.0, 2.0], [1.0, 2.0, 3.0]),
    ],
)
def test_what_has_no_correlation_has_none(x, y):
    x, y = np.asarray(x, float), np.asarray(y, float)
    found = together(x, y, np.arange(len(x)))
    assert np.isnan([*found.r, *found.r_within, *found.slope, found.spearman]).all()
    assert found.line.shape == (4, 0)


def test_a_flat_line_has_a_slope_and_no_correlation():
    x = np.arange(12.0)
    found = together(x, np.full(12, 7.0), np.repeat([0, 1, 2], 4))
    assert found.slope.value == pytest.approx(0, abs=1e-12)
    assert found.intercept.value == pytest.approx(7)
    assert np.isnan([found.r.value, found.r_within.value, found.spearman]).all()


def test_a_perfect_line_is_1():
    x = np.arange(12.0)
    found = together(x, 2 * x + 1, np.repeat([0, 1, 2], 4))
    assert found.r.value == 1
    assert found.slope.value == pytest.approx(2)
    assert found.spearman == pytest.approx(1)


def test_units_of_one_cell_have_no_correlation_within():
    chance = np.random.default_rng(0)
    found = together(*chance.normal(size=(2, 9)), np.arange(9))
    assert np.isfinite(found.r).all()
    assert np.isnan(found.r_within).all()


def test_every_question_is_answered_per_condition_and_over_all():
    cells = cells_and_nuclei(("DMSO", "low", "high"))
    told, lines, units = Questions()(cells)
    assert list(dict.fromkeys(told["question"])) == list("ABCDEF")
    assert set(told["condition"]) == {"all conditions", "DMSO", "low", "high"}
    pairs = told[told["y_column"].notna()]
    assert (lines.groupby(["question", "condition", "y_column"]).size() == 25).all()
    assert (pairs["r_interval_by"] == "units").all()
    row = told[(told["x_column"] == "nucleus_area_um2") & (told["condition"] == "low")].iloc[0]
    own = cells[cells["condition"] == "low"]
    areas = own["nucleus_area_um2"].dropna()
    assert row["x_median"] == np.median(areas)
    assert (row["x_q25"], row["x_q75"]) == tuple(np.percentile(areas, (25, 75)))
    assert row["n_cells"] == len(areas)
    assert row["n_cells_lacking"] == len(own) - len(areas) > 0
    assert row["n_units"] == own["unit"].nunique()
    mean = units[(units["measure"] == "cell_circularity") & (units["unit"] == "A01")].iloc[0]
    of_well = cells.loc[cells["unit"] == "A01", "cell_circularity"]
    assert mean["mean"] == pytest.approx(of_well.mean(), rel=1e-12)
    assert (mean["median"], mean["n_cells"]) == (of_well.median(), len(of_well))


def test_how_nuclei_grow_with_cells_is_found():
    """Planted: nucleus = 0.54 · cell^0.85, on 20 other seeds."""
    found = []
    for seed in range(100, 120):
        told = Questions()(cells_and_nuclei(seed=seed)).questions
        row = told[(told["scaling"] == "log") & (told["condition"] == "all conditions")].iloc[0]
        found.append(row["slope_low"] <= 0.85 <= row["slope_high"])
        assert row["slope"] == pytest.approx(0.85, abs=0.05)
    assert sum(found) >= 16


def test_light_that_leaks_is_remarked():
    cells = cells_and_nuclei()
    clean = Questions()(cells).questions
    assert not clean.loc[clean["question"] == "E", "remark"].str.contains("leak").any()
    leaking = cells.assign(cell_intensity_mean__actin=3 * cells["nucleus_intensity_mean__DNA"] + 5)
    told = Questions()(leaking).questions
    assert told.loc[told["question"] == "E", "remark"].str.contains("leak").all()


def test_one_image_says_that_its_interval_is_of_cells():
    cells = cells_and_nuclei(("DMSO",), wells=1, cells_per_well=20)
    told = Questions()(cells).questions
    assert set(told["condition"]) == {"DMSO"}
    pairs = told[told["y_column"].notna()]
    assert (pairs["r_interval_by"] == "cells").all()
    assert pairs["remark"].str.startswith("1 unit: ").all()


def test_wells_of_one_name_on_two_plates_are_two_units():
    cells = pd.concat(
        [cells_and_nuclei(("DMSO",), seed=s).assign(session=f"plate {s}") for s in (1, 2)]
    )
    told = Questions()(cells).questions
    assert told["n_units"].iloc[0] == 2 * cells["unit"].nunique()


def test_channels_play_the_parts_they_are_given():
    cells = cells_and_nuclei()
    told = Questions(cell_channel="EdU", third_channel="actin")(cells).questions
    columns = dict(zip(told["question"], told["y_column"], strict=True))
    assert columns["E"] == columns["F"] == "cell_intensity_mean__EdU"
    assert columns["D"] == "cell_intensity_mean__actin"
    with pytest.raises(SettingsError, match=r"no channel 'GFP' was measured.*DNA, actin, EdU"):
        Questions(third_channel="GFP")(cells)


def test_one_channel_asks_what_it_can():
    cells = cells_and_nuclei()
    kept = [name for name in cells.columns if "__" not in name or name.endswith("__DNA")]
    one = cells[kept].rename(columns=lambda name: name.removesuffix("__DNA"))
    assert list(dict.fromkeys(Questions()(one).questions["question"])) == list("ABCF")


def test_without_nuclei_and_without_cells():
    cells = cells_and_nuclei()
    bare = cells.drop(columns=[name for name in cells.columns if "nucle" in name])
    assert list(dict.fromkeys(Questions()(bare).questions["question"])) == list("ACF")
    for nothing in (cells.iloc[:0], pd.DataFrame()):
        told, lines, units = Questions()(nothing)
        assert len(told) == len(lines) == len(units) == 0
        assert "r" in told
        assert "line_y" in lines


def test_all_that_the_source_prints_of_its_cells():
    """Five of its 20 cells are printed; ratios of both kinds differ by 1, as its medians do."""
    printed = pd.DataFrame(
        {
            "movie": "image",
            "condition": "one",
            "cell_area_px": [19747.0, 17765, 22773, 31747, 18662],
            "nucleus_area_px": [9131.0, 9016, 9782, 11190, 9092],
            "cell_circularity": [0.736895, 0.851034, 0.606094, 0.556643, 0.646976],
        }
    )
    ratio = printed["cell_area_px"] / printed["nucleus_area_px"]
    told = Questions()(
        printed.assign(cell_nucleus_area_ratio=ratio, cytoplasm_nucleus_area_ratio=ratio - 1)
    ).questions
    medians = dict(zip(told["x_column"], told["x_median"], strict=True))
    first = told.drop_duplicates("x_column").set_index("x_column")["x_median"]
    assert first["cell_nucleus_area_ratio"] == pytest.approx(2.1626, abs=1e-4)
    assert first["cytoplasm_nucleus_area_ratio"] == pytest.approx(1.1626, abs=1e-4)
    assert medians["cell_area_px"] == 19747
    scaling = told[told["scaling"] == "log"].iloc[0]
    logs = np.log(printed[["cell_area_px", "nucleus_area_px"]].to_numpy())
    assert scaling["r"] == pytest.approx(np.corrcoef(logs.T)[0, 1])
