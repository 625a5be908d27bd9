"""Every measure of a region against what real ImageJ said of it (tests/oracles/imagej)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.measure.region import region_table

FOLDER = Path(__file__).parents[1] / "oracles" / "imagej"
ALIKE = {
    "Area": Col.AREA_PX, "Mean": Col.INTENSITY_MEAN, "StdDev": Col.INTENSITY_SD,
    "Mode": Col.INTENSITY_MODE, "Min": Col.INTENSITY_MIN, "Max": Col.INTENSITY_MAX,
    "Major": Col.MAJOR_AXIS_PX, "Minor": Col.MINOR_AXIS_PX, "Feret": Col.FERET_PX,
    "RawIntDen": Col.INTENSITY_SUM, "FeretAngle": Col.FERET_DEG, "MinFeret": Col.MIN_FERET_PX,
    "Skew": Col.INTENSITY_SKEWNESS, "Kurt": Col.INTENSITY_KURTOSIS, "Round": Col.ROUNDNESS,
    "Solidity": Col.SOLIDITY,
}  # fmt: skip
HALF_PIXEL = {"X": Col.X_PX, "Y": Col.Y_PX, "XM": Col.MASS_X_PX, "YM": Col.MASS_Y_PX}
CORNER = 2 - np.sqrt(2)
SINGLE, ROUND = (5, 18), (1, 3, 5, 12, 16, 18)
"""Labels of one pixel; and those whose axes are equal, to which ImageJ gives the angle 0."""
RECTANGLES, COMPOSITE = (4, 6, 16), (3, 9, 10)
"""Labels that ImageJ selects as rectangles; and those of several outlines, but the ragged one."""


@pytest.fixture(scope="module")
def known():
    with np.load(FOLDER / "measure_regions.npz") as file:
        return dict(file)


def told(name):
    return pd.read_csv(FOLDER / name, na_values=["NaN", "Infinity", "-Infinity"])


@pytest.fixture(scope="module", params=["u8", "u16", "f32"])
def both(request, known):
    """ImageJ's rows of one image whose pixels are those of the label, and ours beside them."""
    rows = told("measure_regions.csv")
    rows = rows[rows["image"] == f"{request.param}.tif"].set_index("name")
    ours = region_table(known["labels"], {"light": known[request.param]}).set_index("cell")
    rows = rows[rows["Area"] == ours.loc[rows.index, "area_px"]]
    assert rows["outline"].value_counts().to_dict() == {"selection": 18, "wand": 14}
    return request.param, rows, ours.loc[rows.index]


@pytest.mark.parametrize("measure", ALIKE)
def test_measures(both, measure):
    _, theirs, ours = both
    one_pixel = np.isin(ours.index, SINGLE) & (measure in ("StdDev", "Skew", "Kurt"))
    assert ours.loc[one_pixel, ALIKE[measure]].isna().all()
    # ImageJ solves for the axes in a way that loses digits: 2e-5 for a diagonal of single pixels.
    np.testing.assert_allclose(
        ours.loc[~one_pixel, ALIKE[measure]], theirs.loc[~one_pixel, measure], rtol=5e-5, atol=1e-9
    )


def test_axes(both):
    _, theirs, ours = both
    round_ = np.isin(ours.index, ROUND)
    assert (theirs.loc[round_, "Angle"] == 0).all()
    assert ours.loc[round_, Col.ORIENTATION_DEG].isna().all()
    off = ours.loc[~round_, Col.ORIENTATION_DEG] - theirs.loc[~round_, "Angle"]
    assert np.abs((off + 90) % 180 - 90).max() < 1e-3
    np.testing.assert_allclose(1 / ours[Col.AXIS_RATIO], theirs["AR"], rtol=5e-5)


@pytest.mark.parametrize("measure", HALF_PIXEL)
def test_places(both, measure):
    """ImageJ has its zero at the corner of the first pixel, we at its centre."""
    _, theirs, ours = both
    # A centre of mass says nothing where what is above 0 and what is below outweigh each other.
    lit = (ours[Col.INTENSITY_SUM] > 0).to_numpy() | (measure in ("X", "Y"))
    assert ours.loc[~lit, HALF_PIXEL[measure]].isna().all()
    np.testing.assert_allclose(
        ours.loc[lit, HALF_PIXEL[measure]] + 0.5, theirs.loc[lit, measure], rtol=1e-6
    )


def test_median(both):
    image, theirs, ours = both
    theirs = theirs["Median"]
    if image == "f32":
        np.testing.assert_allclose(ours[Col.INTENSITY_MEDIAN], theirs, rtol=1e-6)
        return
    np.testing.assert_array_equal(ours[Col.INTENSITY_UPPER_MEDIAN], theirs)
    assert (ours[Col.INTENSITY_MEDIAN] < theirs).any()


def test_perimeter_and_circularity(both):
    """Equal to the wand's; a selection begins elsewhere, and rectangles keep their corners."""
    _, theirs, ours = both
    wand = (theirs["outline"] == "wand").to_numpy()
    for column, measure in ((Col.PERIMETER_PX, "Perim."), (Col.CIRCULARITY, "Circ.")):
        np.testing.assert_allclose(ours.loc[wand, column], theirs.loc[wand, measure], rtol=1e-9)
    off = (theirs["Perim."] - ours[Col.PERIMETER_PX]) / CORNER
    np.testing.assert_allclose(off[~wand], np.rint(off[~wand]), atol=1e-9)
    selected = off[~wand]
    np.testing.assert_allclose(selected[list(RECTANGLES)], (4, 3, 4))  # 6 is one pixel high
    assert (selected[list(COMPOSITE)].abs() < 1e-9).all()
    assert selected.drop(list(RECTANGLES)).drop(14).abs().max() < 1 + 1e-9
    assert abs(selected[14]) < 2 + 1e-9  # of 38 outlines


def test_integrated_density(known):
    rows = told("measure_regions.csv").set_index("name")
    rows = rows[(rows["outline"] == "selection") & (rows["image"] == "u16.tif")]
    ours = region_table(known["labels"], {"light": known["u16"]}).set_index("cell")
    density = ours[Col.AREA_PX] * ours[Col.INTENSITY_MEAN]
    np.testing.assert_allclose(density[rows.index], rows["IntDen"], rtol=1e-9)
