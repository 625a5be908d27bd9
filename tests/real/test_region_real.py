"""The 28 selections of a field of cells, drawn as polygons, against ImageJ itself."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import roifile
import tifffile

from lamella.core.table import Col
from lamella.io.imagej_roi.shapes import shape_of
from lamella.measure.region import outline_measures, region_table
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data
TOLD = Path(__file__).parents[1] / "oracles" / "imagej" / "measure_rois.csv"
FOLDER = ROOT / "imagej_oracle"


@pytest.fixture(scope="module")
def theirs():
    return pd.read_csv(TOLD)


@pytest.fixture(scope="module")
def ours():
    """Every selection painted and measured alone, since some lie over others."""
    image = tifffile.imread(FOLDER / "sample_1040x1388_u16.tif")
    rows = {}
    for roi in roifile.roiread(FOLDER / "rois.zip"):
        stencil = shape_of(roi).stencil(image.shape)
        labels = np.zeros(image.shape, np.uint8)
        labels[stencil.place] = stencil.inside
        rows[roi.name] = region_table(labels, {"EdU": image}).iloc[0]
    return pd.DataFrame(rows).T


@pytest.mark.parametrize(
    ("measure", "column"),
    {
        "Area": Col.AREA_PX, "Mean": Col.INTENSITY_MEAN, "StdDev": Col.INTENSITY_SD,
        "Mode": Col.INTENSITY_MODE, "Min": Col.INTENSITY_MIN, "Max": Col.INTENSITY_MAX,
        "Median": Col.INTENSITY_UPPER_MEDIAN, "RawIntDen": Col.INTENSITY_SUM,
        "IntDen": Col.INTENSITY_SUM, "Skew": Col.INTENSITY_SKEWNESS,
        "Kurt": Col.INTENSITY_KURTOSIS, "Major": Col.MAJOR_AXIS_PX, "Minor": Col.MINOR_AXIS_PX,
        "Angle": Col.ORIENTATION_DEG, "Round": Col.ROUNDNESS,
    }.items(),
)  # fmt: skip
def test_pixels_of_the_selections(theirs, ours, measure, column):
    rows = theirs[theirs["outline"] == "roi"]
    assert len(rows) == 28
    np.testing.assert_allclose(
        ours.loc[rows["name"], column].astype(float), rows[measure], rtol=5e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("measure", "column"),
    {
        "Perim.": Col.PERIMETER_PX, "Circ.": Col.CIRCULARITY, "Feret": Col.FERET_PX,
        "MinFeret": Col.MIN_FERET_PX, "FeretAngle": Col.FERET_DEG, "Solidity": Col.SOLIDITY,
    }.items(),
)  # fmt: skip
def test_outlines_of_the_labels(theirs, measure, column):
    rows = theirs[theirs["outline"] == "wand"]
    ours = region_table(tifffile.imread(FOLDER / "sample_labels.tif"))
    assert len(rows) == 25
    found = ours.set_index("cell").loc[rows["name"].astype(int), column]
    np.testing.assert_allclose(found, rows[measure], rtol=1e-6)


def test_outlines_of_the_drawn_selections(theirs):
    """Polygons through the pixels are shorter than outlines along their edges: measured apart."""
    rows = theirs[theirs["outline"] == "roi"].set_index("name")
    polygons = 0
    for roi in roifile.roiread(FOLDER / "rois.zip"):
        row = rows.loc[roi.name]
        if row["type"] != 2:
            continue
        polygons += 1
        found = outline_measures(roi.coordinates()[:, ::-1])
        area, perimeter = row["Area"], found[Col.PERIMETER_PX]
        assert perimeter == pytest.approx(row["Perim."], rel=1e-6)
        assert 4 * np.pi * area / perimeter**2 == pytest.approx(row["Circ."], rel=1e-6)
        assert found[Col.FERET_PX] == pytest.approx(row["Feret"], rel=1e-6)
        assert found[Col.MIN_FERET_PX] == pytest.approx(row["MinFeret"], rel=1e-6)
        assert found[Col.FERET_DEG] == pytest.approx(row["FeretAngle"], abs=1e-6)
        assert area / found[Col.CONVEX_AREA_PX] == pytest.approx(row["Solidity"], rel=1e-3)
    assert polygons == 25
