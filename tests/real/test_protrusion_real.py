"""Protrusions of crowded, branched cells that were outlined by hand."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import Protrusion, Region, measure
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


@pytest.mark.parametrize("field", ["set1", "set10"])
def test_branched_cells(field):
    folder = ROOT / "usiigaci" / "labelled" / field
    labels = np.asarray(Image.open(folder / "instances_ids.png"))
    movie = Movie.from_array(tifffile.imread(folder / "raw.tif")[None], pixel_size_um=0.87)
    with pytest.warns(match="one frame"):
        found = measure(movie, Labels.from_array(labels[None]), [Protrusion(), Region()])
    frames, tips = found.frames, found.finer["tips"]
    # Most of these cells are spindles (2 tips) or stars (3 to 6); round ones have none.
    assert 2 <= frames[Col.N_TIPS].mean() <= 3
    assert frames[Col.N_TIPS].max() <= 6
    assert frames.loc[frames[Col.AXIS_RATIO] < 0.35, Col.N_TIPS].min() >= 1
    assert (tips[Col.TIP_BEYOND_UM] >= 5).all()
    assert (labels[tips[Col.TIP_Y_PX].astype(int), tips[Col.TIP_X_PX].astype(int)]
            == tips[Col.CELL]).all()  # fmt: skip
    # Steps are up to 8.24 % long; bends cost up to the 1.5 px that lengths are right to.
    steps, tight = tips[Col.TIP_STEPS_PX], tips[Col.TIP_LENGTH_PX]
    assert (steps >= tight - 1e-9).all()
    assert (steps <= 1.0825 * tight + 1.5).all()
    assert 1.02 < (steps / tight).mean() < 1.08
    assert frames[Col.BODY_RADIUS_UM].between(3, 40).all()
