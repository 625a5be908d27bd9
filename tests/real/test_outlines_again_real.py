"""A real cell with outlines a pixel off: area as its perimeter foretells, ratios nearly kept."""

import numpy as np
import pytest
from skimage.measure import perimeter_crofton

from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.io import open_movie
from lamella.measure import VARIANTS, Lamellipodium, Migration, Outlines, measure
from lamella.preprocess import PercentileOutside
from lamella.run.outlines import WrongOutlines
from lamella.segment import MultiOtsu
from lamella.track import Largest
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


@pytest.fixture(scope="module")
def found():
    """The labels, and what is measured with them and with each of the other outlines."""
    source = ROOT / "b16f1_edge" / "{channel}_t00-15.tif"
    movie = open_movie(source, pixel_size_um=0.153, interval_min=1 / 6)
    masks = ArrayFrames(MultiOtsu()(movie.channel("ch1_VASP")).asarray())
    tracks = Largest()(masks, state=Largest().prepare(masks))
    labels = Labels("cell", ArrayFrames(tracks.relabel(masks).asarray()))
    groups, level = [Migration(), Lamellipodium.published()], PercentileOutside(percentile=5)
    sets = {"as_is": labels} | {v: WrongOutlines(labels, Outlines(), v).labels for v in VARIANTS}
    rows = {v: measure(movie, each, groups, level=level).cells.iloc[0] for v, each in sets.items()}
    return labels, rows


def test_area_changes_by_the_perimeter(found):
    labels, rows = found
    edge = np.mean([perimeter_crofton(frame > 0) for frame in labels.frames])
    area = rows["as_is"][Col.AREA_PX]
    for variant, sign in (("dilated", 1), ("eroded", -1)):
        expected = area + sign * 0.9003 * edge
        # Erosion also drops what hangs on by a thread.
        assert rows[variant][Col.AREA_PX] == pytest.approx(expected, rel=0.004)
    assert rows["smoothed"][Col.AREA_PX] == pytest.approx(area, rel=0.002)


@pytest.mark.parametrize("variant", VARIANTS)
def test_speed_and_the_ratio_hardly_change(found, variant):
    as_is, other = found[1]["as_is"], found[1][variant]
    assert other[Col.MEAN_SPEED] == pytest.approx(as_is[Col.MEAN_SPEED], rel=0.1)
    ratio = Col.LAM_CYTO_RATIO.of("ch2_LPD")
    assert other[ratio] == pytest.approx(as_is[ratio], rel=0.02)
