"""The edges of real cells."""

import re

import numpy as np
import pytest
from PIL import Image

from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale
from lamella.core.table import Col
from lamella.io import open_movie
from lamella.measure import Edge, measure
from lamella.segment import MultiOtsu
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


@pytest.fixture(scope="module")
def b16():
    """Segmented as the main job does: VASP, multiotsu smoothed by 2 px, largest object."""
    opened = open_movie(ROOT / "b16f1_edge" / "{channel}_t00-15.tif")
    movie = Movie(opened.channels, Scale(pixel_size_um=0.153))
    masks = MultiOtsu(smoothing_px=2)(movie.channel("ch1_VASP"))
    largest = np.stack([_largest(masks.frame(t)) for t in range(movie.n_frames)])
    return measure(movie, Labels.from_array(largest), [Edge()])


def _largest(labels):
    size = np.bincount(labels.ravel())
    size[0] = 0
    return (labels == size.argmax()).astype(np.uint16)


class TestB16F1:
    """A lamellipodium at the top and right; a ragged rear at the bottom and left."""

    def front(self, edge):
        """The smooth leading edge: the upper half of the cell."""
        middle = edge.groupby(Col.FRAME)[Col.EDGE_Y_PX].transform("mean")
        return edge[edge[Col.EDGE_Y_PX] < middle - 60]

    def test_every_frame_is_followed(self, b16):
        cell = b16.cells.iloc[0]
        assert (cell[Col.N_EDGE_STEPS], cell[Col.N_EDGE_RUNS]) == (15, 1)
        assert cell[Col.EDGE_CONTACT_FRACTION] == 0
        assert np.isnan(cell[Col.EDGE_OUT_SPEED])  # no interval is known

    def test_flux_is_the_change_of_area(self, b16):
        area = b16.frames[Col.AREA_PX].to_numpy()
        swept = b16.finer["edge"].groupby(Col.FRAME)[Col.EDGE_SWEPT_PX2].sum().to_numpy()
        # The mask has holes now and then; its outline has none.
        assert np.abs(swept[1:] - np.diff(area)).max() < 0.01 * area.min()

    def test_the_front_advances_by_less_than_a_pixel_a_frame(self, b16):
        front = self.front(b16.finer["edge"])
        assert 0.1 < front[Col.EDGE_STEP_PX].mean() < 1.5
        rear = b16.finer["edge"].drop(front.index)
        assert front[Col.EDGE_STEP_PX].std() < 0.5 * rear[Col.EDGE_STEP_PX].std()

    def test_lamellipodin_marks_the_front(self, b16):
        edge = b16.finer["edge"]
        front = self.front(edge).index
        name = "edge_band_mean__ch2_LPD"
        assert edge.loc[front, name].mean() > 1.2 * edge.drop(front)[name].mean()

    def test_correlation_is_highest_where_the_edge_moves(self, b16):
        """Lamellipodin is brightest while the edge advances, or a frame later."""
        lags = b16.finer["edge_lags"].query("edge_channel == 'ch2_LPD'")
        best = lags.loc[lags[Col.EDGE_CORRELATION].idxmax()]
        assert best[Col.EDGE_LAG_FRAMES] in (0, 1)
        assert best[Col.EDGE_CORRELATION_LOW] > 0


@pytest.fixture(scope="module")
def ptk1():
    """11 masks drawn by hand, frames 1, 5, 10 … 50; velocities in px per frame of the movie."""
    masks = sorted((ROOT / "ptk1_phase" / "mask").glob("*.png"))
    number = np.array([int(re.findall(r"(\d+)\.png$", path.name)[0]) for path in masks])
    labels = np.stack([np.asarray(Image.open(path)) > 0 for path in masks]).astype(np.uint16)
    scale = Scale(1.0, (number - number[0]).astype(np.float64))
    movie = Movie({"mask": ArrayFrames(labels)}, scale)
    return measure(movie, Labels.from_array(labels), [Edge(positions=200, channels=())])


class TestPtK1:
    """A cluster that leaves the field at the top; lamellipodia to the left and below."""

    def test_the_border_is_no_free_edge(self, ptk1):
        assert ptk1.frames[Col.EDGE_CONTACT_FRACTION].between(0.15, 0.3).all()
        free = ptk1.finer["edge"].query("edge_contact == 0")
        assert free[Col.EDGE_Y_PX].min() > 3

    def test_speed_takes_the_uneven_times_into_account(self, ptk1):
        edge = ptk1.finer["edge"]
        ratio = (edge[Col.EDGE_STEP_PX] / edge[Col.EDGE_VELOCITY]).groupby(edge[Col.FRAME])
        assert ratio.median().to_numpy()[1:] == pytest.approx([4, *[5] * 9], rel=1e-5)

    def test_flux_is_the_change_of_area(self, ptk1):
        area = ptk1.frames[Col.AREA_PX].to_numpy()
        swept = ptk1.finer["edge"].groupby(Col.FRAME)[Col.EDGE_SWEPT_PX2].sum().to_numpy()
        assert np.abs(swept[1:] - np.diff(area)).max() < 0.001 * area.min()

    def test_it_protrudes_to_the_left(self, ptk1):
        """The left margin gains most of what the cluster gains; the top right loses."""
        free = ptk1.finer["edge"].query("edge_contact == 0")
        left = free[Col.EDGE_X_PX] < 250
        upper_right = (free[Col.EDGE_X_PX] > 447) & (free[Col.EDGE_Y_PX] < 190)
        gained = free[Col.EDGE_SWEPT_PX2]
        assert gained[left].sum() > 0.5 * gained.sum() > 0
        assert gained[upper_right].sum() < 0
        frames = ptk1.frames.iloc[1:]
        assert (frames[Col.EDGE_PROTRUDING] > frames[Col.EDGE_RETRACTING]).sum() >= 8
