"""The edge of cells whose movement, brightness and neighbours are known by heart."""

import warnings

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.ndimage import distance_transform_edt

from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.kernels.distance import EDGE_PX
from lamella.measure import Edge, measure
from worlds import disc, expanding_disc, line, one_pixel, ring, rotating_ellipse, translating_disc

UM, MINUTES = 0.5, 2.0


def measured(labels, group=None, *, image=None, known=True, **kwargs):
    labels = np.asarray(labels, np.uint16)
    light = np.full(labels.shape, 100, np.uint16) if image is None else image
    scale = {"pixel_size_um": UM, "interval_min": MINUTES} if known else {}
    movie = Movie.from_array(
        light, axes="TYX" if light.ndim == 3 else "TCYX", **scale,
        channel_names=None if light.ndim == 3 else ("a", "b"),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*one frame")
        return measure(movie, Labels.from_array(labels), [group or Edge()], **kwargs)


class TestADiscThatGrows:
    """By 0.6 px a frame: 0.15 µm/min."""

    @pytest.fixture(scope="class")
    @staticmethod
    def found():
        return measured(
            expanding_disc(
                0.15, 8, radius_px=20, pixel_size_um=UM, interval_min=MINUTES, field=(80, 80)
            )
        )

    def test_protrudes_at_its_speed_all_round(self, found):
        cell = found.cells.iloc[0]
        assert cell[Col.EDGE_OUT_SPEED] == pytest.approx(0.15, rel=0.05)
        assert cell[Col.EDGE_OUT_STEP_PX] == pytest.approx(0.6, rel=0.05)
        assert cell[Col.EDGE_PROTRUDING] > 0.95
        assert cell[Col.EDGE_RETRACTING] == 0
        assert np.isnan(cell[Col.EDGE_IN_SPEED])
        assert (cell[Col.N_EDGE_STEPS], cell[Col.N_EDGE_RUNS]) == (7, 1)

    def test_sweeps_exactly_the_change_of_area(self, found):
        area = found.frames[Col.AREA_PX].to_numpy()
        swept = found.finer["edge"].groupby(Col.FRAME)[Col.EDGE_SWEPT_PX2].sum().to_numpy()
        assert swept[1:] == pytest.approx(np.diff(area), rel=1e-6)
        gained = found.frames[Col.EDGE_GAINED].to_numpy()[1:]
        lost = found.frames[Col.EDGE_LOST].to_numpy()[1:]
        per_minute = np.diff(found.frames[Col.AREA_UM2]) / MINUTES
        assert gained - lost == pytest.approx(per_minute, rel=1e-6)

    def test_bends_as_a_disc_does(self, found):
        radius = 20 + 0.6 * np.arange(8)
        assert found.frames[Col.EDGE_CURVATURE_MEAN].to_numpy() == pytest.approx(
            1 / (radius * UM), rel=0.03
        )
        assert found.frames[Col.EDGE_PERIMETER_UM].to_numpy() == pytest.approx(
            2 * np.pi * radius * UM, rel=0.02
        )

    def test_is_one_event_that_is_censored_at_both_ends(self, found):
        (event,) = found.finer["edge_events"].to_dict("records")
        assert event[Col.EDGE_MOTION] == "protrusion"
        assert (event[Col.EDGE_START_FRAME], event[Col.EDGE_END_FRAME]) == (1, 7)
        assert (event[Col.EDGE_START_MIN], event[Col.EDGE_END_MIN]) == (0, 14)
        assert event[Col.EDGE_STEPS] == 7
        assert event[Col.EDGE_CENSORED_START]
        assert event[Col.EDGE_CENSORED_END]
        assert not event[Col.EDGE_BESIDE_CONTACT]
        assert event[Col.EDGE_SWEPT_UM2] == pytest.approx(
            np.ptp(found.frames[Col.AREA_UM2]), rel=0.05
        )

    def test_first_frame_has_shape_and_no_movement(self, found):
        first = found.finer["edge"].query("frame == 0")
        assert first[Col.EDGE_STEP_PX].isna().all()
        assert first[Col.EDGE_CURVATURE].notna().all()


class TestADiscThatGlides:
    @pytest.fixture(scope="class")
    @staticmethod
    def found():
        return measured(
            translating_disc((0, 2), 8, radius_px=15, start=(30, 25), field=(60, 70)),
            Edge(positions=80),
        )

    def test_protrudes_in_front_and_retracts_behind(self, found):
        edge = found.finer["edge"]
        centre = found.frames.set_index(Col.FRAME)[[Col.Y_PX, Col.X_PX]].loc[edge[Col.FRAME]]
        away = edge[[Col.EDGE_Y_PX, Col.EDGE_X_PX]].to_numpy() - centre.to_numpy()
        # Whole pixels: the same mask each time, the outline is a glide of the last.
        expected = 2 * away[:, 1] / 15
        error = edge[Col.EDGE_STEP_PX] - expected
        assert error.abs().max() < 0.3
        assert np.sqrt((error**2).mean()) < 0.12

    def test_position_0_stays_on_the_right(self, found):
        start = found.finer["edge"].query("edge_position == 0")
        centre = found.frames[[Col.Y_PX, Col.X_PX]].to_numpy()
        away = start[[Col.EDGE_Y_PX, Col.EDGE_X_PX]].to_numpy() - centre
        assert away[:, 1] == pytest.approx(15, abs=0.5)
        assert away[:, 0] == pytest.approx(0, abs=0.7)

    def test_drift_of_the_field_is_taken_off(self, found):
        labels = translating_disc((0, 2), 8, radius_px=15, start=(30, 25), field=(60, 70))
        drift = np.stack([np.zeros(8), 2.0 * np.arange(8)], 1)
        still = measured(labels, registration=Registration.from_drift(drift))
        assert still.finer["edge"][Col.EDGE_STEP_PX].abs().max() < 1e-5
        assert still.cells[Col.EDGE_PROTRUDING].iloc[0] == 0
        assert found.cells[Col.EDGE_PROTRUDING].iloc[0] > 0.3

    def test_the_centroid_may_be_followed(self):
        labels = translating_disc((0, 9), 4, radius_px=15, start=(30, 25), field=(60, 90))
        edge = measured(labels, Edge(follow_centroid=True)).finer["edge"].query("frame == 3")
        angle = np.arange(100) / 100 * 2 * np.pi
        error = edge[Col.EDGE_STEP_PX] - 9 * np.cos(angle)
        assert np.sqrt((error**2).mean()) < 0.03 * 9


def turning_field(turn, n_frames, centre=34.5):
    """A field that turns by so many radians a frame, from +x towards +y."""
    matrices = []
    for t in range(n_frames):  # back to frame 0
        c, s = np.cos(turn * t), np.sin(turn * t)
        back = np.array([[c, -s], [s, c]])
        matrices.append(np.column_stack([back, np.full(2, centre) - back @ np.full(2, centre)]))
    return Registration(np.stack(matrices), np.ones(n_frames), np.ones(n_frames, bool))


def test_the_origin_turns_with_the_field():
    labels = rotating_ellipse(np.pi / 24, 12, axes_px=(24, 12), field=(70, 70))
    found = measured(labels, registration=turning_field(np.pi / 24, 12))
    start = found.finer["edge"].query("edge_position == 0")
    angle = np.arctan2(start[Col.EDGE_Y_PX] - 34.5, start[Col.EDGE_X_PX] - 34.5)
    assert np.unwrap(angle) == pytest.approx(np.pi / 24 * np.arange(12), abs=0.15)
    step = found.finer["edge"][Col.EDGE_STEP_PX].dropna()
    assert np.sqrt((step**2).mean()) < 0.25  # masks turned pixel by pixel are rough


class TestAGap:
    """Frame 4 lacks the cell: positions begin anew behind it."""

    @pytest.fixture(scope="class")
    @staticmethod
    def found():
        labels = expanding_disc(0.25, 9, radius_px=15, pixel_size_um=UM, field=(80, 80))
        labels[4] = 0
        return measured(labels)

    def test_breaks_the_run(self, found):
        assert found.frames[Col.EDGE_RUN].tolist()[:4] == [1] * 4
        assert np.isnan(found.frames[Col.EDGE_RUN][4])
        assert found.frames[Col.EDGE_RUN].tolist()[5:] == [2] * 4
        assert found.cells[Col.N_EDGE_RUNS].iloc[0] == 2
        assert found.cells[Col.N_EDGE_STEPS].iloc[0] == 6

    def test_is_not_bridged(self, found):
        moved = found.finer["edge"].groupby(Col.FRAME)[Col.EDGE_STEP_PX].count()
        assert moved.to_dict() == {0: 0, 1: 100, 2: 100, 3: 100, 5: 0, 6: 100, 7: 100, 8: 100}
        assert len(found.finer["edge_events"]) == 2


def test_the_edge_does_not_jump_from_piece_to_piece():
    """Two pieces of nearly one size, of which now this and now that one is the largest."""
    labels = np.zeros((6, 40, 90), np.uint16)
    labels[:, 5:35, 5:35] = 1
    for t, width in enumerate([29, 29, 31, 31, 29, 29]):
        labels[t, 5:35, 45 : 45 + width] = 1
    found = measured(labels)
    step = found.finer["edge"].groupby(Col.FRAME)[Col.EDGE_STEP_PX]
    assert step.count().tolist() == [0, 100, 0, 100, 0, 100]
    assert step.max().max() < 1e-6
    share = found.frames[Col.EDGE_FOLLOWED].to_numpy()
    assert share == pytest.approx([30 / 59] * 2 + [31 / 61] * 2 + [30 / 59] * 2)
    assert found.frames[Col.EDGE_RUN].tolist() == [1, 1, 2, 2, 3, 3]


def test_a_step_that_is_not_trusted_moves_nothing():
    labels = translating_disc((0, 1), 6, radius_px=8, start=(32, 16)).astype(np.uint16)
    labels[3][disc(8, (32, 33), (64, 64))] = 1  # a neighbour swallowed: the area doubles
    found = measured(labels)
    assert found.frames[Col.EDGE_GAINED].isna().tolist() == [True, False, False, True, True, False]
    assert found.frames[Col.EDGE_RUN].tolist() == [1, 1, 1, 2, 3, 3]


class TestContact:
    def test_edge_on_the_border_does_not_count(self):
        labels = expanding_disc(0.25, 4, radius_px=14, pixel_size_um=UM, field=(60, 60))[:, :, 25:]
        found = measured(labels)
        edge, frames = found.finer["edge"], found.frames
        on_border = edge[Col.EDGE_X_PX] < 1.5
        assert set(edge[Col.EDGE_CONTACT][on_border]) == {1}
        assert set(edge[Col.EDGE_CONTACT][edge[Col.EDGE_X_PX] > 8]) == {0}
        assert frames[Col.EDGE_CONTACT_FRACTION].between(0.2, 0.5).all()
        assert frames[Col.EDGE_OUT_STEP_PX].mean() == pytest.approx(0.5, abs=0.05)
        assert found.finer["edge_events"][Col.EDGE_BESIDE_CONTACT].all()

    def test_edge_against_a_neighbour_does_not_count(self):
        labels = np.zeros((4, 50, 70), np.uint16)
        for t in range(4):
            labels[t, 10:40, 10 : 35 - 2 * t] = 1
            labels[t, 10:40, 35 - 2 * t : 60] = 2
        found = measured(labels)
        edge = found.finer["edge"]
        between = edge[Col.EDGE_Y_PX].between(15, 34) & (
            (edge[Col.EDGE_X_PX] - (34.5 - 2 * edge[Col.FRAME])).abs() < 1
        )
        assert between.any()
        assert set(edge[Col.EDGE_CONTACT][between]) == {2}
        # The line between them moves by 2 px a frame; the free edge stands still.
        assert found.frames[Col.EDGE_RETRACTING].max() < 0.1

    def test_what_touched_before_decides_on_steps_and_not_on_shapes(self):
        """A square leaves the border: that side has no trusted step, and yet is free."""
        labels = np.zeros((3, 60, 80), np.uint16)
        for t, left in enumerate([0, 2, 4]):
            labels[t, 15:45, left : left + 30] = 1
        found = measured(labels)
        assert found.frames[Col.EDGE_CONTACT_FRACTION].to_numpy() == pytest.approx(
            [0.3, 0, 0], abs=0.06
        )
        flagged = (
            found.finer["edge"].groupby(Col.FRAME)[Col.EDGE_CONTACT].agg(lambda c: (c > 0).mean())
        )
        assert flagged.to_numpy() == pytest.approx([0.3, 0.3, 0], abs=0.06)

    def test_a_cell_that_fills_the_frame_has_no_free_edge(self):
        found = measured(np.ones((3, 40, 50)))
        cell = found.cells.iloc[0]
        assert cell[Col.EDGE_CONTACT_FRACTION] == 1
        for name in (Col.EDGE_PROTRUDING, Col.EDGE_GAINED, Col.EDGE_CURVATURE_MEAN):
            assert np.isnan(cell[name])
        assert cell[Col.N_EDGE_STEPS] == 0


@pytest.mark.parametrize("mask", [one_pixel(), line(2), line(25), ring(8, 14)])
def test_small_thin_and_hollow_cells_have_an_edge(mask):
    found = measured(np.stack([mask] * 3))
    assert found.frames[Col.EDGE_PERIMETER_PX].notna().all()
    assert found.finer["edge"].query("frame > 0")[Col.EDGE_STEP_PX].abs().max() < 1e-6


def test_a_ring_is_measured_along_its_outside():
    hollow, full = (measured(np.stack([m] * 2)) for m in (ring(8, 14), disc(14)))
    names = [Col.EDGE_Y_PX, Col.EDGE_X_PX, Col.EDGE_CURVATURE]
    pd.testing.assert_frame_equal(hollow.finer["edge"][names], full.finer["edge"][names])


def test_a_single_frame_and_an_unknown_scale():
    single = measured(disc(12)[None])
    assert single.frames[Col.EDGE_CURVATURE_MEAN].notna().all()
    assert single.frames[Col.EDGE_GAINED].isna().all()
    assert len(single.finer["edge_events"]) == 0
    unknown = measured(translating_disc((0, 2), 4, radius_px=12), known=False)
    assert unknown.frames[Col.EDGE_OUT_STEP_PX][1:].notna().all()
    assert unknown.frames[[Col.EDGE_OUT_SPEED, Col.EDGE_GAINED]].isna().all(axis=None)
    assert unknown.finer["edge"][Col.EDGE_BAND_MEAN].isna().all()


def test_uneven_times_are_divided_by():
    labels = expanding_disc(0.25, 4, radius_px=20, pixel_size_um=UM, field=(80, 80))
    movie = Movie.from_array(np.ones(labels.shape, np.uint16))
    movie = Movie(movie.channels, Scale(UM, np.array([0.0, 1, 3, 4])))
    frames = measure(movie, Labels.from_array(labels), [Edge()]).frames
    speed, step = (frames[c].to_numpy()[1:] for c in (Col.EDGE_OUT_SPEED, Col.EDGE_OUT_STEP_PX))
    assert speed == pytest.approx(step * UM / [1, 2, 1])


class TestLight:
    """A disc with a bright sector in a rim, over a background of 10."""

    @pytest.fixture(scope="class")
    @staticmethod
    def world():
        labels = np.stack([disc(20, (30, 30), (60, 60))] * 2).astype(np.uint16)
        y, x = np.mgrid[:60, :60] - 30
        bright = (np.abs(np.arctan2(y, x)) < np.pi / 4) & (np.hypot(y, x) > 16)
        image = np.stack([np.where(bright, 210, 110) * disc(20, (30, 30), (60, 60)) + 10] * 2)
        return labels, image.astype(np.uint16)

    def test_band_follows_the_angle_with_background_taken_off(self, world):
        found = measured(world[0], image=world[1], level=lambda image, labels, channel: 10.0)
        edge = found.finer["edge"].query("frame == 0")
        inside = edge[Col.EDGE_POSITION].isin([*range(10), *range(91, 100)])
        outside = edge[Col.EDGE_POSITION].between(15, 85)
        values = edge[Col.EDGE_BAND_MEAN]
        assert set(values[inside].dropna()) == {210.0}
        assert set(values[outside].dropna()) == {110.0}

    def test_every_pixel_of_a_band_is_in_one_window(self, world):
        for group in (Edge(), Edge(windows=7), Edge(window_um=9.0)):
            found = measured(world[0], group, image=world[1])
            windows = found.finer["edge_windows"].query("frame == 1")
            depth = distance_transform_edt(world[0][0] == 1) - EDGE_PX  # of centres below the edge
            for band, (low, high) in enumerate([(0, 2), (2, 6)]):  # 1 and 3 µm
                of = windows[windows[Col.EDGE_BAND] == band]
                assert of[Col.EDGE_WINDOW_PX].sum() == ((depth > low) & (depth <= high)).sum()
                assert of[Col.EDGE_N_POSITIONS].sum() == 100

    def test_windows_hold_what_their_pixels_hold(self, world):
        rng = np.random.default_rng(0)
        image = rng.poisson(world[1]).astype(np.uint16)
        found = measured(world[0], Edge(windows=1, depths_um=(2.0,)), image=image)
        window = found.finer["edge_windows"].iloc[0]
        depth = distance_transform_edt(world[0][0] == 1) - EDGE_PX
        pixels = image[0][(depth > 0) & (depth <= 4)]
        for name, value in (
            (Col.EDGE_WINDOW_MEAN, pixels.mean()),
            (Col.EDGE_WINDOW_SD, pixels.std(ddof=1)),
            (Col.EDGE_WINDOW_MIN, pixels.min()),
            (Col.EDGE_WINDOW_MEDIAN, np.median(pixels)),
            (Col.EDGE_WINDOW_MAX, pixels.max()),
        ):
            assert window[name] == pytest.approx(value, rel=1e-5), name

    def test_holes_and_lesser_pieces_have_no_band(self, world):
        labels, image = (each.copy() for each in world)
        labels[:, 30:33, 30:33] = 0
        labels[:, 52:54, 52:54] = 1
        image[:, 33:35, 28:35] = image[:, 51:55, 51:55] = 9999
        full, holed = (measured(masks, image=image).finer["edge"] for masks in (world[0], labels))
        names = [Col.EDGE_BAND_PX, Col.EDGE_BAND_MEAN, Col.EDGE_STEP_PX, Col.EDGE_Y_PX]
        pd.testing.assert_frame_equal(full[names], holed[names])

    def test_windows_have_no_pixels_without_a_pixel_size(self, world):
        found = measured(world[0], image=world[1], known=False)
        assert found.finer["edge_windows"][Col.EDGE_WINDOW_PX].isna().all()

    def test_windows_of_one_width(self, world):
        windows = measured(world[0], Edge(window_um=9.0), image=world[1]).finer["edge_windows"]
        perimeter = 2 * np.pi * 20 * UM
        assert windows[Col.EDGE_WINDOW].max() + 1 == round(perimeter / 9)
        assert set(windows[Col.EDGE_N_POSITIONS]) == {14, 15}

    def test_windows_are_followed(self):
        """A bright mark that turns with cell and field stays in its window."""
        labels = rotating_ellipse(np.pi / 24, 12, axes_px=(26, 16), field=(70, 70))
        y, x = np.mgrid[:70, :70] - 34.5
        angle = np.arctan2(y, x)[None] - np.pi / 24 * np.arange(12)[:, None, None]
        image = np.where(np.cos(angle) > 0.9, 500, 100).astype(np.uint16)
        turning = turning_field(np.pi / 24, 12)
        found = measured(labels, Edge(windows=10), image=image, registration=turning)
        found = found.finer["edge_windows"]
        means = found[found[Col.EDGE_BAND] == 0].pivot_table(
            index=Col.EDGE_WINDOW, columns=Col.FRAME, values=Col.EDGE_WINDOW_MEAN
        )
        assert (means.loc[[0, 9]].mean() > 300).all()
        assert (means.loc[2:7].max() < 200).all()

    def test_channels_stand_beside_each_other(self, world):
        both = np.stack([world[1], 2 * world[1]], 1)
        found = measured(world[0], image=both)
        edge = found.finer["edge"]
        assert edge["edge_band_mean__b"].dropna().to_numpy() == pytest.approx(
            2 * edge["edge_band_mean__a"].dropna().to_numpy()
        )
        assert set(found.finer["edge_lags"][Col.EDGE_CHANNEL]) == {"a", "b"}
        one = measured(world[0], Edge(channels=("b",)), image=both).finer["edge"]
        assert one[Col.EDGE_BAND_MEAN].equals(edge["edge_band_mean__b"])
        none = measured(world[0], Edge(channels=()), image=both)
        assert "edge_windows" not in none.finer
        assert Col.EDGE_BAND_MEAN not in none.finer["edge"]


def test_intensity_that_follows_the_edge_is_found_at_its_lag():
    """The edge breathes; its brightness repeats that 3 frames later."""
    rng = np.random.default_rng(4)
    pace = rng.normal(0, 0.8, 44)
    radius = np.clip(22 + np.cumsum(pace), 12, 34)
    moved = np.diff(radius, prepend=radius[0])
    labels = np.stack([disc(r, (40, 40), (81, 81)) for r in radius]).astype(np.uint16)
    light = 500 + 100 * np.roll(moved, 3)
    image = (labels * light[:, None, None]).astype(np.uint16)
    found = measured(labels, Edge(most_lag=6), image=image)
    cell = found.cells.iloc[0]
    assert cell[Col.EDGE_BEST_LAG_FRAMES] in (3, 4)
    assert cell[Col.EDGE_BEST_LAG_MIN] == cell[Col.EDGE_BEST_LAG_FRAMES] * MINUTES
    assert cell[Col.EDGE_BEST_CORRELATION] > 0.5
    assert cell[Col.EDGE_BEST_CORRELATION_LOW] > 0.3


def test_events_have_their_time_place_and_size():
    """A bump on the right grows in steps 3 to 5 and then stays."""
    y, x = np.mgrid[:90, :90] - 40.0
    angle = np.arctan2(y, x)
    height = [0, 0, 0, 2, 4, 6, 6, 6, 6]
    labels = np.stack(
        [np.hypot(y, x) <= 25 + h * np.exp(-((angle / 0.5) ** 2)) for h in height]
    ).astype(np.uint16)
    events = measured(labels).finer["edge_events"]
    (event,) = events.to_dict("records")
    assert event[Col.EDGE_MOTION] == "protrusion"
    assert (event[Col.EDGE_START_FRAME], event[Col.EDGE_END_FRAME]) == (3, 5)
    assert not event[Col.EDGE_CENSORED_START]
    assert not event[Col.EDGE_CENSORED_END]
    assert event[Col.EDGE_X_PX] > 40 + 24
    assert abs(event[Col.EDGE_Y_PX] - 40) < 5
    assert event[Col.EDGE_MAX_STEP_PX] == pytest.approx(2, abs=0.3)
    assert event[Col.EDGE_MAX_SPEED] == event[Col.EDGE_MAX_STEP_PX] * UM / MINUTES
    gained = labels[5].sum() - float(labels[2].sum())
    assert event[Col.EDGE_SWEPT_PX2] == pytest.approx(gained, rel=0.1)
    # ± 0.7 rad or so of the 2π round the cell, across the origin.
    assert 12 <= event[Col.EDGE_N_POSITIONS] <= 40


def test_halves_of_a_movie_give_what_the_whole_gives():
    """Nothing is remembered from frame to frame but what the frame before shows."""
    labels = translating_disc((1, 2), 8, radius_px=12, start=(25, 20), field=(70, 70))
    whole = measured(labels).finer["edge"]
    part = measured(labels[3:]).finer["edge"]
    assert part[part[Col.FRAME] > 0][Col.EDGE_SWEPT_PX2].sum() == pytest.approx(
        whole[whole[Col.FRAME] > 3][Col.EDGE_SWEPT_PX2].sum(), abs=1e-6
    )
    step = [table.groupby(Col.FRAME)[Col.EDGE_STEP_PX].max() for table in (whole, part)]
    assert step[0].to_numpy()[4:] == pytest.approx(step[1].to_numpy()[1:], abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"depths_um": (2.0, 1.0)}, "increase"),
        ({"channels": ("a", "a")}, "twice"),
        ({"windows": 300}, "at most positions"),
        ({"stiffness": 0}, "greater than 0"),
    ],
)
def test_senseless_settings_are_refused(settings, words):
    with pytest.raises(ValidationError, match=words):
        Edge(**settings)
