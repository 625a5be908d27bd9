"""Steps, turns and tracks: against plain lines, on walks known by heart, and degenerate ones."""

import warnings

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.measure import Migration
from plain_movement import per_cell, per_frame
from worlds import moved, random_walks, sighted

FRAME_COLUMNS = {
    Col.STEP_DY_UM: "dy",
    Col.STEP_DX_UM: "dx",
    Col.SPEED: "speed",
    Col.TURNING_ANGLE: "turn",
    Col.TURNING_ANGLE_SIGNED: "signed",
    Col.DIRECTIONAL_CHANGE_RATE: "rate",
    Col.STEPS_IN_RUN: "in_run",
    Col.DIRECTIONALITY_RATIO: "ratio",
    Col.WINDOW_TURN: "mturn",
    Col.TURNING_EVENT: "event",
}


def one(way, group=None, **kwargs):
    """Frames and the one row of cells of a single way."""
    um = kwargs.get("um", 0.5)
    frames, cells = moved(sighted([way], **kwargs), group, um=um)
    assert len(cells) == 1
    return frames, cells.iloc[0]


@pytest.mark.parametrize("seed", [11, 12, 13])
@pytest.mark.parametrize("even", [True, False], ids=["even times", "uneven times"])
def test_all_is_as_plain_lines_have_it(seed, even):
    ways, rejected, small = random_walks(seed)
    minutes = np.random.default_rng(seed).uniform(0.5, 3, 60).cumsum()
    sightings = sighted(
        ways,
        rejected=rejected,
        small=small,
        first=list(range(len(ways))),
        minutes=None if even else minutes,
        window=2,
    )
    settings = {"turn_deg": 40, "straightness_frames": 4}
    where = {"towards": 35, "point_um": (100, 250)}
    frames, cells = moved(sightings, Migration(**settings, **where))
    assert cells[Col.N_RUNS].max() > 3
    assert cells[Col.N_TURNING_EVENTS].max() > 1
    assert (cells[Col.N_GAPS] > 0).any()
    for (cell, rows), (_, row) in zip(sightings.groupby(Col.CELL), cells.iterrows(), strict=True):
        steps = frames[frames[Col.CELL] == cell]
        plain = per_frame(rows, um=0.5, window=2, turn_deg=40)
        for column, name in FRAME_COLUMNS.items():
            found = steps[column].to_numpy(float)
            np.testing.assert_allclose(
                found, np.array(plain[name], float), 1e-9, 1e-9, err_msg=column
            )
        expected = per_cell(rows, um=0.5, window=2, **settings, **where)
        assert set(cells.columns) == {Col.OBJECT, Col.CELL, *expected}
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), name


class TestALine:
    """Ten steps of 3 px down and 4 px to the right, every 2 min, half a µm a pixel."""

    @pytest.fixture
    def tables(self):
        group = Migration(towards=0, point_um=(1000.0 + 15, 20))
        return one(np.arange(11)[:, None] * [3.0, 4.0], group)

    def test_is_straight_by_every_measure(self, tables):
        _, cell = tables
        for name in (
            Col.PERSISTENCE,
            Col.CONFINEMENT_RATIO,
            Col.STRAIGHTNESS_RUNS,
            Col.STRAIGHTNESS_FIXED,
            Col.STRAIGHTNESS_FIXED_POOLED,
            Col.OUTREACH_RATIO,
            Col.DISPLACEMENT_RATIO,
            Col.DIRECTIONALITY_RATIO_LAST,
            Col.TORTUOSITY,
            Col.ASPHERICITY,
            Col.LINEARITY,
        ):
            assert cell[name] == pytest.approx(1), name

    def test_has_its_length_and_speed(self, tables):
        _, cell = tables
        for name in (Col.PATH_UM, Col.PATH_BRIDGED_UM, Col.NET_UM, Col.NET_RUNS_UM):
            assert cell[name] == pytest.approx(25), name
        assert cell[Col.MAX_DISTANCE_UM] == pytest.approx(25)
        assert cell[Col.MEAN_STRAIGHT_LINE_SPEED] == pytest.approx(1.25)
        assert cell[Col.MIN_SPEED] == cell[Col.MAX_SPEED] == pytest.approx(1.25)
        assert (cell[Col.START_MIN], cell[Col.STOP_MIN], cell[Col.DURATION_MIN]) == (0, 20, 20)

    def test_does_not_turn(self, tables):
        frames, cell = tables
        for name in (Col.MEAN_TURNING_ANGLE, Col.TOTAL_TURNING_ANGLE, Col.OVERALL_ANGLE):
            assert cell[name] == pytest.approx(0, abs=1e-9), name
        assert cell[Col.N_TURNING_EVENTS] == 0
        assert cell[Col.TURNING_EVENT_RATE] == 0
        assert cell[Col.N_TURNING_ANGLES] == 9
        assert cell[Col.HULL_AREA_UM2] == pytest.approx(0, abs=1e-9)
        assert not frames[Col.TURNING_EVENT].any()

    def test_goes_where_it_goes(self, tables):
        frames, cell = tables
        heading = np.degrees(np.arctan2(3, 4))
        assert cell[Col.NET_HEADING] == pytest.approx(heading)
        np.testing.assert_allclose(frames[Col.HEADING][1:], heading)
        assert (cell[Col.FMI_X], cell[Col.FMI_Y]) == (pytest.approx(0.8), pytest.approx(0.6))
        assert cell[Col.FMI_DIRECTION] == pytest.approx(0.8)
        assert cell[Col.MEAN_ANGLE_TO_DIRECTION] == pytest.approx(heading)
        # The point lies 1000 µm below the end: nearly straight down all the way.
        angle = np.degrees(np.arctan2(1000, 0)) - heading
        assert frames[Col.ANGLE_TO_POINT].iloc[-1] == pytest.approx(angle, abs=0.2)
        assert cell[Col.FMI_POINT] == pytest.approx(0.6, abs=0.02)


class TestACircle:
    """Once around clockwise as seen, radius 10 px, 36 steps of 10° each."""

    @pytest.fixture
    def tables(self):
        turn = np.radians(10 * np.arange(37))
        return one(np.stack([10 * np.sin(turn), 10 * np.cos(turn)], axis=1) + 50, um=1.0)

    def test_turns_the_same_everywhere(self, tables):
        frames, cell = tables
        np.testing.assert_allclose(frames[Col.TURNING_ANGLE_SIGNED][1:-1], 10)
        assert cell[Col.MEAN_TURNING_ANGLE] == pytest.approx(10)
        assert cell[Col.TOTAL_TURNING_ANGLE] == pytest.approx(350)
        assert cell[Col.OVERALL_ANGLE] == pytest.approx(10)
        assert cell[Col.MEAN_DIRECTIONAL_CHANGE_RATE] == pytest.approx(5)

    def test_comes_back(self, tables):
        _, cell = tables
        chord = 20 * np.sin(np.radians(5))
        assert cell[Col.NET_UM] == pytest.approx(0, abs=1e-9)
        assert cell[Col.PATH_UM] == pytest.approx(36 * chord)
        assert cell[Col.MAX_DISTANCE_UM] == pytest.approx(20)
        assert cell[Col.OUTREACH_RATIO] == pytest.approx(20 / (36 * chord))
        assert cell[Col.DISPLACEMENT_RATIO] == pytest.approx(0, abs=1e-9)
        assert cell[Col.HULL_AREA_UM2] == pytest.approx(36 / 2 * 100 * np.sin(np.radians(10)))
        # The place of the start counts twice: hardly elongated.
        assert cell[Col.ASPHERICITY] < 1e-3

    def test_is_straight_over_ten_frames_as_the_chord_is_to_the_arc(self, tables):
        _, cell = tables
        chord = np.sin(np.radians(50)) / (10 * np.sin(np.radians(5)))
        assert cell[Col.STRAIGHTNESS_FIXED] == pytest.approx(chord)
        assert cell[Col.STRAIGHTNESS_FIXED_POOLED] == pytest.approx(chord)
        assert cell[Col.N_STRAIGHTNESS_WINDOWS] == 27


class TestASquare:
    """Sides of 6 steps of 1 px: right, down, left, up."""

    @pytest.fixture
    def tables(self):
        sides = np.repeat([[0, 1], [1, 0], [0, -1], [-1, 0]], 6, axis=0)
        return one(np.vstack([[0, 0], np.cumsum(sides, axis=0)]), um=1.0)

    def test_turns_in_its_corners_alone(self, tables):
        frames, cell = tables
        turn = frames[Col.TURNING_ANGLE_SIGNED].to_numpy()
        assert np.flatnonzero(turn > 0).tolist() == [6, 12, 18]
        np.testing.assert_allclose(turn[[6, 12, 18]], 90)
        assert np.flatnonzero(frames[Col.TURNING_EVENT]).tolist() == [6, 12, 18]
        assert cell[Col.N_TURNING_EVENTS] == 3
        assert cell[Col.N_WINDOW_TURNS] == 19
        assert cell[Col.TURNING_EVENT_RATE] == pytest.approx(3 / 38)

    def test_covers_its_area(self, tables):
        _, cell = tables
        assert cell[Col.HULL_AREA_UM2] == pytest.approx(36)
        assert cell[Col.MAX_DISTANCE_UM] == pytest.approx(np.hypot(6, 6))
        assert cell[Col.STRAIGHTNESS_RUNS] == 0
        assert np.isnan(cell[Col.TORTUOSITY])  # it comes back to the very start
        assert np.isnan(cell[Col.NET_HEADING])


def test_a_turn_about_is_180_degrees_and_one_event():
    frames, cell = one([[5, x] for x in (0, 1, 2, 3, 4, 3, 2, 1, 0)])
    assert frames[Col.TURNING_ANGLE_SIGNED][4] == 180
    assert np.flatnonzero(frames[Col.TURNING_EVENT]).tolist() == [4]
    assert cell[Col.STRAIGHTNESS_RUNS] == 0
    assert cell[Col.ASPHERICITY] == pytest.approx(1)  # blind to going back and forth


@pytest.mark.parametrize(("turn", "events"), [(25, 0), (35, 1), (60, 1)])
def test_an_event_takes_more_than_the_limit(turn, events):
    angle = np.radians(turn)
    way = [[0, x] for x in range(8)]
    way += [[np.sin(angle) * k, 7 + np.cos(angle) * k] for k in range(1, 8)]
    _, cell = one(way)
    assert cell[Col.N_TURNING_EVENTS] == events


class TestAGap:
    """A cell that glides 2 px a frame, is lost in frames 4 and 5, and comes back elsewhere."""

    @pytest.fixture
    def tables(self):
        way = [[0.0, 2 * t] for t in range(10)]
        way[4] = way[5] = [np.nan, np.nan]
        return one([[y + (30 if t > 5 else 0), x] for t, (y, x) in enumerate(way)], um=1.0)

    def test_is_bridged_only_by_what_says_so(self, tables):
        _, cell = tables
        assert cell[Col.PATH_UM] == pytest.approx(12)
        assert cell[Col.NET_RUNS_UM] == pytest.approx(12)
        assert cell[Col.NET_UM] == pytest.approx(np.hypot(30, 18))
        assert cell[Col.PATH_BRIDGED_UM] == pytest.approx(12 + np.hypot(30, 6))
        assert cell[Col.PERSISTENCE] == 1
        assert cell[Col.CONFINEMENT_RATIO] == pytest.approx(
            np.hypot(30, 18) / (12 + np.hypot(30, 6))
        )
        for name in (Col.STRAIGHTNESS_RUNS, Col.OUTREACH_RATIO, Col.DISPLACEMENT_RATIO):
            assert cell[name] == pytest.approx(1), name
        assert cell[Col.FMI_X] == pytest.approx(1)
        assert cell[Col.TOTAL_TURNING_ANGLE] == 0

    def test_is_counted(self, tables):
        frames, cell = tables
        assert (cell[Col.N_GAPS], cell[Col.LONGEST_GAP]) == (1, 2)
        assert (cell[Col.N_RUNS], cell[Col.LONGEST_RUN]) == (2, 3)
        assert cell[Col.N_REJECTED_STEPS] == 3
        in_run = [0, 1, 2, 3, np.nan, np.nan, 0, 1, 2, 3]
        np.testing.assert_array_equal(frames[Col.STEPS_IN_RUN], in_run)
        assert frames[Col.TURNING_ANGLE].notna().to_numpy().nonzero()[0].tolist() == [1, 2, 7, 8]
        assert cell[Col.N_STRAIGHTNESS_WINDOWS] == 0
        assert np.isnan(cell[Col.STRAIGHTNESS_FIXED])
        assert cell[Col.N_WINDOW_TURNS] == 0
        assert np.isnan(cell[Col.TURNING_EVENT_RATE])

    def test_a_shape_that_was_filled_in_is_lost_too(self):
        sightings = sighted([[[0.0, t] for t in range(5)]], small=[[2]])
        sightings.loc[2, Col.INTERPOLATED] = True
        _, cells = moved(sightings)
        assert cells[[Col.N_GAPS, Col.LONGEST_GAP]].iloc[0].tolist() == [1, 1]


def test_a_rejected_jump_enters_no_speed_and_no_turn():
    """All frames are valid, the step to frame 5 is not: a mask had taken in a neighbour."""
    way = [[0.0, t + (40 if t > 4 else 0)] for t in range(10)]
    _, cell = one(way, rejected=[[5]], um=1.0)
    assert cell[Col.MAX_SPEED] == pytest.approx(0.5)
    assert cell[Col.MAX_DISTANCE_UM] == pytest.approx(49)  # of places, so it says
    assert cell[Col.LINEARITY] > 1  # as its meaning warns
    assert (cell[Col.N_GAPS], cell[Col.N_REJECTED_STEPS], cell[Col.N_RUNS]) == (0, 1, 2)
    assert cell[Col.N_TURNING_ANGLES] == 3 + 3


class TestCellsOfOneTable:
    def test_know_nothing_of_each_other(self):
        """Each cell alone gives the rows that it has among the others."""
        ways, rejected, small = random_walks(4)
        frames, cells = moved(sighted(ways, rejected=rejected, small=small))
        for i, (way, r, s) in enumerate(zip(ways, rejected, small, strict=True)):
            alone_frames, alone = moved(sighted([way], rejected=[r], small=[s]))
            those = frames[frames[Col.CELL] == i + 1].reset_index(drop=True)
            pd.testing.assert_frame_equal(
                those.drop(columns=Col.CELL), alone_frames.drop(columns=Col.CELL)
            )
            row = cells.iloc[[i]].reset_index(drop=True)
            pd.testing.assert_frame_equal(row.drop(columns=Col.CELL), alone.drop(columns=Col.CELL))

    def test_a_daughter_begins_anew(self):
        """The daughter is first seen where the mother was last, one frame later."""
        sightings = sighted([[[0, 0], [0, 2]], [[0, 4], [2, 4]]], first=[0, 2])
        frames, cells = moved(sightings)
        assert frames[Col.TURNING_ANGLE].isna().all()
        assert frames[Col.STEP_UM].notna().tolist() == [False, True, False, True]
        assert cells[Col.START_MIN].tolist() == [0, 4]


class TestDegenerateWays:
    """Defined or missing, and never a warning of numpy's."""

    @pytest.fixture(autouse=True)
    def _strict(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield

    EVERYTHING = Migration(towards=0, point_um=(0, 0), straightness_min=4)

    def test_a_cell_that_stands_still_has_no_ratio_and_no_angle(self):
        frames, cell = one([[3, 3]] * 9, self.EVERYTHING)
        missing = cell[cell.isna()].index
        assert set(missing) == {
            Col.LINEARITY,
            Col.NET_HEADING,
            Col.PERSISTENCE,
            Col.CONFINEMENT_RATIO,
            Col.STRAIGHTNESS_RUNS,
            Col.TORTUOSITY,
            Col.OUTREACH_RATIO,
            Col.DISPLACEMENT_RATIO,
            Col.DIRECTIONALITY_RATIO_LAST,
            Col.STRAIGHTNESS_FIXED,
            Col.STRAIGHTNESS_FIXED_POOLED,
            Col.ASPHERICITY,
            Col.MEAN_TURNING_ANGLE,
            Col.TOTAL_TURNING_ANGLE,
            Col.OVERALL_ANGLE,
            Col.MEAN_DIRECTIONAL_CHANGE_RATE,
            Col.TURNING_EVENT_RATE,
            Col.FMI_X,
            Col.FMI_Y,
            Col.FMI_DIRECTION,
            Col.FMI_POINT,
            Col.MEAN_ANGLE_TO_DIRECTION,
            Col.MEAN_ANGLE_TO_POINT,
        }
        assert cell[Col.N_STILL_WINDOWS] == 7
        assert cell[Col.MEAN_SPEED] == cell[Col.NET_UM] == cell[Col.HULL_AREA_UM2] == 0
        assert frames[Col.DIRECTIONALITY_RATIO].isna().all()

    def test_a_single_frame(self):
        _, cell = one([[3, 3]], self.EVERYTHING)
        zero = [Col.NET_UM, Col.MAX_DISTANCE_UM, Col.HULL_AREA_UM2, Col.DURATION_MIN, Col.N_RUNS]
        assert (cell[zero] == 0).all()
        assert cell[[Col.PATH_UM, Col.MEAN_SPEED, Col.NET_RUNS_UM, Col.PERSISTENCE]].isna().all()

    def test_two_frames(self):
        _, cell = one([[3, 3], [3, 5]], self.EVERYTHING, um=1.0)
        assert cell[Col.STRAIGHTNESS_RUNS] == 1
        assert cell[[Col.OVERALL_ANGLE, Col.ASPHERICITY, Col.SD_SPEED]].isna().all()

    def test_never_a_valid_frame(self):
        _, cell = one([[3, 3], [3, 5], [3, 7]], self.EVERYTHING, small=[[0, 1, 2]])
        missing = [Col.NET_UM, Col.START_MIN, Col.DURATION_MIN, Col.HULL_AREA_UM2, Col.FMI_X]
        assert cell[missing].isna().all()
        assert cell[Col.N_REJECTED_STEPS] == 2

    def test_no_cell_at_all(self):
        sightings = sighted([[[0, 0]]]).iloc[:0]
        frames, cells = moved(sightings, self.EVERYTHING)
        assert len(frames) == len(cells) == 0
        assert Col.FMI_POINT in cells

    def test_no_pixel_size_leaves_what_needs_none(self):
        way = np.random.default_rng(2).normal(0, 3, (30, 2)).cumsum(axis=0)
        _, without = one(way, self.EVERYTHING, um=None)
        _, known = one(way, self.EVERYTHING)
        lengths = without[without.isna()].index
        assert all(
            name.endswith(("_um", "_um2", "_um_per_min"))
            for name in lengths.drop([Col.FMI_POINT, Col.MEAN_ANGLE_TO_POINT, Col.LINEARITY])
        )
        rest = [n for n in known.index.drop(["object"]) if n not in lengths]
        np.testing.assert_allclose(without[rest].astype(float), known[rest].astype(float), 1e-12)

    def test_no_times_leave_what_needs_none(self):
        way = np.random.default_rng(3).normal(0, 3, (30, 2)).cumsum(axis=0)
        _, without = one(way, self.EVERYTHING, interval_min=None)
        _, known = one(way, self.EVERYTHING)
        needy = without[without.isna()].index
        told = ("_min", "fixed", "fixed_pooled", "window_frames", "progression")
        assert all(name.endswith(told) for name in needy)
        counts = [Col.N_STRAIGHTNESS_WINDOWS]
        rest = [n for n in known.index.drop(["object", *counts]) if n not in needy]
        np.testing.assert_allclose(without[rest].astype(float), known[rest].astype(float), 1e-12)
        assert without[Col.N_STRAIGHTNESS_WINDOWS] == 0


def test_windows_by_their_duration_are_those_by_their_frames():
    way = np.random.default_rng(5).normal(0, 3, (40, 2)).cumsum(axis=0)
    _, by_frames = one(way, Migration(straightness_frames=6))
    for minutes in (11.2, 12, 12.9):
        _, by_minutes = one(way, Migration(straightness_min=minutes))
        pd.testing.assert_series_equal(by_minutes, by_frames)
    _, least = one(way, Migration(straightness_min=0.1))
    assert least[Col.STRAIGHTNESS_WINDOW_FRAMES] == 1
    assert least[Col.STRAIGHTNESS_FIXED] == pytest.approx(1)


@pytest.mark.parametrize(
    "wrong", [{"window": 0}, {"turn_deg": 180}, {"straightness_min": 0}, {"towards": "up"}]
)
def test_settings_without_a_meaning_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Migration(**wrong)
