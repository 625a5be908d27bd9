"""Movement of discs whose path is known by heart."""

import numpy as np
import pytest

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.measure import Migration, Sightings, measure
from worlds import disc, gap_movie, one_pixel, translating_disc

UM, MINUTES = 0.5, 2.0


def measured(labels, *, sightings=None, **scale):
    movie = Movie.from_array(
        np.ones(labels.shape, np.uint16),
        **{"pixel_size_um": UM, "interval_min": MINUTES, **scale},
    )
    found = measure(movie, Labels.from_array(labels), [Migration()], sightings=sightings)
    return found.frames, found.cells


def one_cell(labels, **kwargs):
    frames, cells = measured(labels, **kwargs)
    assert len(cells) == 1
    return frames, cells.iloc[0]


def test_a_disc_that_glides():
    labels = translating_disc(step_px=(3, 4), n_frames=6, radius_px=9, field=(80, 80))
    frames, cell = one_cell(labels)
    assert cell[Col.MEAN_SPEED] == pytest.approx(5 * UM / MINUTES)
    assert cell[Col.MEDIAN_SPEED] == cell[Col.MAX_SPEED] == pytest.approx(5 * UM / MINUTES)
    assert cell[Col.SD_SPEED] == pytest.approx(0, abs=1e-12)
    assert cell[Col.PATH_UM] == cell[Col.NET_UM] == pytest.approx(25 * UM)
    assert cell[Col.PERSISTENCE] == cell[Col.STRAIGHTNESS_RUNS] == pytest.approx(1)
    assert cell[Col.AREA_UM2] == pytest.approx(np.count_nonzero(labels[0]) * UM**2)
    assert list(frames[Col.PAIR_VALID]) == [False] + [True] * 5
    assert np.isnan(frames[Col.STEP_UM].iloc[0])
    assert list(frames[Col.TIME_MIN]) == [0, 2, 4, 6, 8, 10]


def test_the_step_belongs_to_the_frame_it_ends_in():
    labels = np.stack([disc(8, (20, 20)), disc(8, (20, 20)), disc(8, (20, 23))]).astype(np.uint16)
    frames, _ = one_cell(labels)
    assert frames[Col.STEP_PX].tolist()[1:] == [0, 3]


class TestAGap:
    """A cell that moves 2 px a frame and is not found in frame 3."""

    @pytest.fixture
    def tables(self):
        labels = translating_disc(step_px=(0, 2), n_frames=8, radius_px=9, field=(64, 64))
        labels[3] = 0
        return one_cell(labels)

    def test_has_a_row_without_a_place(self, tables):
        frames, cell = tables
        assert len(frames) == 8
        row = frames.iloc[3]
        assert row[Col.EMPTY]
        assert np.isnan(row[[Col.Y_PX, Col.X_PX, Col.AREA_PX, Col.STEP_UM]].astype(float)).all()
        assert (cell[Col.N_FRAMES], cell[Col.N_EMPTY_FRAMES], cell[Col.N_VALID_FRAMES]) == (8, 1, 7)

    def test_is_not_bridged_by_a_step(self, tables):
        frames, cell = tables
        assert frames[Col.PAIR_VALID].tolist() == [
            False,
            True,
            True,
            False,
            False,
            True,
            True,
            True,
        ]
        assert cell[Col.N_VALID_PAIRS] == 5
        assert cell[Col.MEAN_STEP_PX] == pytest.approx(2)
        assert cell[Col.PATH_UM] == pytest.approx(10 * UM)

    def test_published_persistence_spans_it_and_that_of_runs_does_not(self, tables):
        _, cell = tables
        assert cell[Col.NET_UM] == pytest.approx(14 * UM)
        assert cell[Col.PERSISTENCE] == 1  # 14 / 10, cut at 1
        assert cell[Col.STRAIGHTNESS_RUNS] == pytest.approx(1)


def test_going_there_and_back():
    places = [10, 14, 18, 14, 10]
    labels = np.stack([disc(8, (20, x + 10)) for x in places]).astype(np.uint16)
    _, cell = one_cell(labels)
    assert cell[Col.PERSISTENCE] == cell[Col.STRAIGHTNESS_RUNS] == 0
    assert cell[Col.PATH_UM] == pytest.approx(16 * UM)


def test_a_small_fragment_is_not_trusted():
    labels = translating_disc(step_px=(0, 1), n_frames=5, radius_px=10, field=(64, 64))
    labels[2] = disc(4, (32, 32))  # 16 % of the area
    frames, cell = one_cell(labels)
    assert frames[Col.VALID].tolist() == [True, True, False, True, True]
    assert cell[Col.N_VALID_PAIRS] == 2


def test_a_jump_is_not_a_step():
    labels = np.stack([disc(6, (20, 20)), disc(6, (20, 40))]).astype(np.uint16)
    frames, cell = one_cell(labels)
    assert frames[Col.IOU_PREVIOUS].iloc[1] == 0
    assert cell[Col.N_VALID_PAIRS] == 0
    assert np.isnan(cell[Col.MEAN_SPEED])
    assert np.isnan(cell[Col.PERSISTENCE])


def test_a_mask_that_takes_in_a_neighbour_makes_no_step():
    """In frame 3 the cell's mask holds another disc as well, and its centroid lies between."""
    labels = translating_disc((0, 1), 6, radius_px=8, start=(32, 16)).astype(np.uint16)
    labels[3][disc(8, (32, 33), (64, 64))] = 1
    frames, cell = one_cell(labels)
    assert frames[Col.SIZE_BREAK].tolist() == [False, False, False, True, True, False]
    assert frames[Col.PAIR_VALID].tolist() == [False, True, True, False, False, True]
    assert cell[Col.N_SIZE_BREAKS] == 2
    assert cell[Col.MAX_SPEED] == pytest.approx(1 * UM / MINUTES)
    _, cell = one_cell(labels, sightings=Sightings(max_area_change=3))
    assert cell[Col.N_SIZE_BREAKS] == 0
    assert cell[Col.MAX_SPEED] > 2 * UM / MINUTES


def test_a_cell_that_stands_still_has_speed_0_and_no_persistence():
    _, cell = one_cell(np.stack([disc(6)] * 4).astype(np.uint16))
    assert cell[Col.MEAN_SPEED] == 0
    assert np.isnan(cell[Col.PERSISTENCE])
    assert np.isnan(cell[Col.STRAIGHTNESS_RUNS])


def test_unequal_times_are_used_as_they_are():
    labels = translating_disc(step_px=(0, 2), n_frames=3, radius_px=8, field=(64, 64))
    movie = Movie.from_array(np.ones(labels.shape, np.uint8), pixel_size_um=1.0)
    movie = Movie(movie.channels, type(movie.scale)(1.0, np.array([0.0, 1.0, 5.0])))
    frames, *_ = measure(movie, Labels.from_array(labels), [Migration()])
    assert frames[Col.SPEED].tolist()[1:] == [2.0, 0.5]


def test_without_a_scale_what_needs_it_is_missing():
    labels = translating_disc(step_px=(0, 2), n_frames=3, radius_px=8, field=(64, 64))
    _, cell = one_cell(labels, pixel_size_um=None, interval_min=None)
    assert np.isnan([cell[Col.MEAN_SPEED], cell[Col.PATH_UM], cell[Col.AREA_UM2]]).all()
    assert cell[Col.MEAN_STEP_PX] == pytest.approx(2)
    assert cell[Col.PERSISTENCE] == pytest.approx(1)


def test_every_cell_of_a_movie_has_its_own_row():
    one = translating_disc(step_px=(0, 2), n_frames=4, radius_px=6, field=(64, 64))
    labels = one + np.roll(one, 30, axis=1).astype(np.uint16) * 7
    frames, cells = measured(labels)
    assert sorted(cells[Col.CELL]) == [1, 7]
    assert len(frames) == 8
    assert cells[Col.MEAN_STEP_PX].tolist() == pytest.approx([2, 2])


def test_a_cell_lives_from_its_first_frame_to_its_last():
    labels = gap_movie(missing=(0, 3, 5), n_frames=6)
    frames, cell = one_cell(labels)
    assert frames[Col.FRAME].tolist() == [1, 2, 3, 4]
    assert cell[Col.N_EMPTY_FRAMES] == 1


def test_one_frame_has_no_speed_and_warns_once():
    with pytest.warns(LamellaWarning, match="one frame") as caught:
        _, cell = one_cell(disc(6)[None].astype(np.uint16))
    assert len(caught) == 1
    assert np.isnan(cell[Col.MEAN_SPEED])
    assert cell[Col.N_VALID_PAIRS] == 0


def test_one_pixel_and_the_whole_field():
    pixel = np.stack([one_pixel((5, 6), (16, 16))] * 2).astype(np.uint16)
    frames, _ = one_cell(pixel)
    assert frames[[Col.Y_PX, Col.X_PX]].iloc[0].tolist() == [5, 6]
    frames, cell = one_cell(np.ones((2, 16, 16), np.uint16))
    assert frames[Col.TOUCHES_BORDER].all()
    assert cell[Col.N_BORDER] == 2


def test_no_cell_at_all_gives_empty_tables():
    frames, cells = measured(np.zeros((3, 16, 16), np.uint16))
    assert len(frames) == len(cells) == 0


def test_labels_of_another_movie_are_refused():
    movie = Movie.from_array(np.ones((3, 16, 16)), source="a.tif")
    labels = Labels.from_array(np.ones((2, 16, 16), np.uint8))
    with pytest.raises(InputError, match=r"of a.tif.*\(2, 16, 16\).*\(3, 16, 16\)"):
        measure(movie, labels)


class TestDriftTakenOff:
    """A stage that drifts by (3, 4) px a frame and jumps by 40 px between frames 3 and 4."""

    @pytest.fixture
    def stage(self):
        path = np.arange(7)[:, None] * np.array([3.0, 4.0])
        path[4:] += (0, 40)
        return Registration.from_drift(path)

    def measured(self, stage, own_step):
        own = [30, 20] + np.arange(len(stage))[:, None] * np.array(own_step)
        places = [stage.from_reference(at, t) for t, at in enumerate(own)]
        labels = np.stack([disc(9, tuple(at), (110, 130)) for at in places]).astype(np.uint16)
        movie = Movie.from_array(labels, pixel_size_um=UM, interval_min=MINUTES)
        return measure(movie, Labels.from_array(labels), [Migration()], registration=stage)

    def test_a_cell_that_sits_on_the_glass_does_not_move(self, stage):
        frames, cells, _ = self.measured(stage, (0, 0))
        assert frames[Col.PAIR_VALID].tolist() == [False] + [True] * 6
        assert cells[Col.MEAN_SPEED].tolist() == [pytest.approx(0, abs=1e-9)]
        assert cells[Col.NET_UM].tolist() == [pytest.approx(0, abs=1e-9)]
        assert np.isnan(cells[Col.PERSISTENCE].iloc[0]) or cells[Col.PATH_UM].iloc[0] < 1e-9

    def test_a_cell_that_glides_keeps_its_movement(self, stage):
        frames, cells, _ = self.measured(stage, (1, 2))
        assert cells[Col.NET_UM].iloc[0] == pytest.approx(6 * np.hypot(1, 2) * UM)
        assert cells[Col.MEAN_STEP_PX].iloc[0] == pytest.approx(np.hypot(1, 2))
        assert cells[Col.PERSISTENCE].iloc[0] == pytest.approx(1)
        # Pixels are those of the raw frames.
        assert frames[Col.Y_PX].tolist() == pytest.approx([30 + 4 * t for t in range(7)])
        assert frames[Col.DRIFT_X_PX].tolist() == [0, 4, 8, 12, 56, 60, 64]
        assert frames[Col.Y_UM].tolist() == pytest.approx([(30 + t) * UM for t in range(7)])

    def test_without_a_registration_there_is_no_column_of_drift(self):
        frames, _ = one_cell(translating_disc(step_px=(1, 1), n_frames=3))
        assert Col.DRIFT_Y_PX not in frames
