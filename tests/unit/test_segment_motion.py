"""Segmentation from motion: what it holds against, what it refuses, and what it says."""

import warnings

import numpy as np
import pytest

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.frames import ArrayFrames
from lamella.phantom import CellPhantom, ColonyPhantom
from lamella.segment import Motion
from lamella.segment.motion.evidence import change_between
from lamella.segment.motion.labels import self_labels
from lamella.segment.motion.motion import _numbered
from lamella.segment.motion.survey import FINE, pooled

PHANTOMS = {
    "fluorescence": CellPhantom(field_px=(192, 192), n_frames=8, seed=3),
    "phase": CellPhantom(
        field_px=(192, 192), n_frames=8, seed=4, look="phase", photoelectrons=2000
    ),
}


@pytest.fixture(scope="module", params=PHANTOMS)
def phantom(request):
    return PHANTOMS[request.param].make()


def images(phantom):
    return phantom.movie.channel().asarray()


def masks(array, step=None):
    step = step or Motion()
    frames = ArrayFrames(array)
    return step(frames, state=step.prepare(frames)).asarray() > 0


def f1(found, true):
    both = np.count_nonzero(found & true)
    return 2 * both / (np.count_nonzero(found) + np.count_nonzero(true))


def test_finds_the_cell_in_every_frame(phantom):
    found, true = masks(images(phantom)), phantom.truth.frames.asarray() > 0
    scores = [f1(a, b) for a, b in zip(found, true, strict=True)]
    assert min(scores) > 0.92
    assert np.mean(scores) > 0.965


def test_no_setting_for_the_grey_scale(phantom):
    array = images(phantom).astype(np.float32)
    plain = masks(array)
    assert np.mean(plain != masks(array * 10 + 500)) < 0.005
    assert np.mean(plain != masks(images(phantom))) < 0.005


def test_8_bit_is_enough(phantom):
    array = images(phantom).astype(np.float64)
    low, high = array.min(), array.max()
    eight = np.round((array - low) / (high - low) * 255).astype(np.uint8)
    true = phantom.truth.frames.asarray() > 0
    assert f1(masks(eight), true) > 0.95


@pytest.mark.parametrize(
    "turn",
    [
        lambda a: a[:, ::-1],
        lambda a: a[:, :, ::-1],
        lambda a: np.rot90(a, axes=(1, 2)),
    ],
    ids=["upside down", "mirrored", "rotated"],
)
def test_no_direction_is_special(phantom, turn):
    array = images(phantom)
    plain = masks(array)
    turned = masks(np.ascontiguousarray(turn(array)))
    assert np.mean(turn(plain) != turned) < 0.005


def test_flicker_is_not_motion(phantom):
    array = images(phantom).astype(np.float32)
    light = np.array([1, 1.15, 0.9, 1.05, 0.85, 1.1, 1, 0.95], np.float32)
    true = phantom.truth.frames.asarray() > 0
    assert f1(masks(array * light[:, None, None]), true) > 0.95


def test_a_dead_column_and_hot_pixels_are_no_cell(phantom):
    array = images(phantom).copy()
    array[:, :, 20] = array.max()
    array[:, 30, 150:153] = array.max()
    found, true = masks(array), phantom.truth.frames.asarray() > 0
    assert f1(found, true) > 0.95
    assert not found[:, :, 20].any()


@pytest.mark.parametrize("width", [16, 64])
def test_a_black_margin_has_no_say(phantom, width):
    array = images(phantom)
    wide = np.pad(array, ((0, 0), (0, 0), (0, width)))
    true = np.pad(phantom.truth.frames.asarray() > 0, ((0, 0), (0, 0), (0, width)))
    found = masks(wide)
    scores = [f1(a, b) for a, b in zip(found, true, strict=True)]
    assert np.mean(scores) > 0.85
    assert min(scores) > 0.6
    assert found[:, :, -width + 8 :].mean() < 0.01


def test_one_black_frame_spoils_at_most_its_neighbours(phantom):
    array = images(phantom).copy()
    array[4] = 0
    found, true = masks(array), phantom.truth.frames.asarray() > 0
    assert not found[4].any()
    assert min(f1(found[t], true[t]) for t in (0, 1, 7)) > 0.95


def test_a_still_movie_is_empty_and_says_so():
    still = np.random.default_rng(0).poisson(200, (6, 96, 96)).astype(np.uint16)
    step, frames = Motion(), ArrayFrames(still)
    state = step.prepare(frames)
    assert step.told(state)["motion_found"] is False
    with pytest.warns(LamellaWarning, match="nothing moves more than the noise within 2 frames"):
        labels = step(frames, state=state)
    assert not labels.asarray().any()


def test_an_unchanging_movie_is_empty_too():
    with pytest.warns(LamellaWarning, match="nothing moves"):
        assert not masks(np.full((5, 64, 64), 7, np.uint8)).any()


def test_a_static_cell_is_not_found_but_a_moving_one_is():
    phantom = PHANTOMS["fluorescence"].make()
    array = images(phantom).copy()
    still = array[0, 60:130, 60:130].astype(np.int32)
    noise = np.random.default_rng(1).normal(0, 4, (len(array), 40, 40))
    array[:, :40, :40] = np.clip(still[15:55, 15:55] + noise, 0, None).astype(array.dtype)
    assert not masks(array)[:, :40, :40].any()


def test_a_single_frame_is_refused_with_the_way_out():
    one = ArrayFrames(np.zeros((1, 64, 64), np.uint8))
    step = Motion()
    with pytest.raises(InputError, match=r"single frame.*multiotsu"):
        step(one, state=step.prepare(one))


def test_two_frames_are_enough(phantom):
    array = images(phantom)[[0, 3]]
    true = phantom.truth.frames.asarray()[[0, 3]] > 0
    assert f1(masks(array), true) > 0.7  # without a third frame, ground just left looks moving


def slow(n_frames):
    return images(CellPhantom(
        field_px=(160, 160), n_frames=n_frames, seed=5, look="phase", photoelectrons=300,
        interval_min=0.1, ruffle=0.0, n_protrusions=0,
    ).make())  # fmt: skip


def lag_of(array, step=None):
    step = step or Motion()
    return step.told(step.prepare(ArrayFrames(array)))["lag_frames"]


def test_slow_cells_are_compared_over_more_frames():
    assert lag_of(slow(20)) > lag_of(images(PHANTOMS["phase"].make())) == 2


@pytest.mark.filterwarnings("ignore:nothing moves")
@pytest.mark.parametrize("n_frames", [2, 3, 6, 7, 14, 15])
def test_every_frame_of_a_short_movie_has_one_to_be_compared_with(n_frames):
    array = slow(n_frames)
    assert lag_of(array) <= n_frames // 2
    assert masks(array).shape == array.shape


def test_three_frames_are_enough(phantom):
    true = phantom.truth.frames.asarray()[:3] > 0
    assert f1(masks(images(phantom)[:3]), true) > 0.9


def test_very_slow_cells_are_compared_as_far_apart_as_allowed():
    array = np.random.default_rng(0).normal(100, 10, (80, 160, 160))
    y, x = np.arange(60)[:, None], np.arange(60)
    for t, frame in enumerate(array):  # a pixel within 32 frames
        frame[50:110, 50:110] += 60 * np.sin(y / 2.5) * np.sin((x + t / 32) / 2.5)
    assert lag_of(array) <= 8 < lag_of(array, Motion(max_lag=32))


def test_a_longer_lag_is_advised_only_where_the_movie_allows_it():
    noise = np.random.default_rng(0).poisson(200, (40, 64, 64)).astype(np.uint16)
    for n_frames, advice in ((40, "another method, or max_lag = 16 or more$"), (20, "method$")):
        with pytest.warns(LamellaWarning, match=f"within 8 frames.*{advice}"):
            masks(noise[:n_frames])


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (2, 300), (3, 300), (9, 9)])
def test_a_sliver_of_a_field_is_no_crash(shape):
    noise = np.random.default_rng(0).poisson(200, (6, *shape)).astype(np.uint16)
    with pytest.warns(LamellaWarning, match="nothing moves"):
        assert not masks(noise).any()


def test_objects_that_16_bits_cannot_number_are_refused():
    assert _numbered(np.full((2, 2), 65535, np.int32), 0).max() == 65535
    with pytest.raises(InputError, match=r"frame 7 shows 65536 objects.*smallest_px"):
        _numbered(np.full((2, 2), 65536, np.int32), 7)


def test_border_cells_are_kept_or_dropped():
    colony = ColonyPhantom(
        field_px=(128, 128), n_frames=5, n_cells=9, open_field=True, n_divisions=0, seed=2,
        area_um2=90,
    ).make()  # fmt: skip
    array = images(colony)
    kept, dropped = masks(array), masks(array, Motion(keep_border=False))

    def touches(mask):
        return mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()

    assert any(map(touches, kept))
    assert not any(map(touches, dropped))
    assert not (dropped & ~kept).any()


def test_small_objects_are_dropped_by_size(phantom):
    array = images(phantom)
    area = masks(array)[3].sum()
    assert not masks(array, Motion(smallest_px=int(area * 1.5))).any()


def test_evidence_is_1_where_only_noise_changes():
    rng = np.random.default_rng(2)
    light = np.full((200, 200), 50.0)
    light[:, 100:] = 1600  # 6 times the noise
    a, b = (rng.poisson(light).astype(np.float32) for _ in range(2))
    squared = change_between(a, b).squared
    assert squared[:, 10:90].mean() == pytest.approx(1, abs=0.15)
    assert squared[:, 110:190].mean() == pytest.approx(1, abs=0.3)


def test_equal_frames_hold_no_evidence():
    frame = np.random.default_rng(3).normal(0, 1, (50, 50)).astype(np.float32)
    change = change_between(frame, frame)
    assert not change.squared.any()
    assert change.noise_sd == 0


def test_ground_just_left_is_not_moving():
    rng = np.random.default_rng(4)
    frames = rng.normal(0, 1, (3, 120, 120)).astype(np.float32)
    for t, x in enumerate((20, 50, 80)):
        frames[t, 50:70, x : x + 20] += 15
    changes = [change_between(frames[1], frames[t]) for t in (0, 2)]
    labels = self_labels(pooled(changes, pool_px=FINE.pool_px))
    assert labels.moving[52:68, 52:68].mean() > 0.95
    assert labels.moving[52:68, 22:38].mean() < 0.15
    assert labels.moving[52:68, 82:98].mean() < 0.15


def test_nothing_is_said_when_all_is_well(phantom):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        masks(images(phantom)[:4])


class TestMovingStage:
    """Grains on the glass tell the movement of the field; cells do not."""

    @staticmethod
    def moved(array, shifts):
        """Every frame rolled as a whole, so that the edge of the field shows other ground."""
        return np.stack([np.roll(a, s, (0, 1)) for a, s in zip(array, shifts, strict=True)])

    @pytest.fixture(scope="class")
    @staticmethod
    def grainy():
        phantom = CellPhantom(
            field_px=(256, 256), n_frames=12, look="phase", photoelectrons=4000, seed=6
        ).make()
        array = images(phantom).astype(np.int32)
        grain = np.random.default_rng(7)
        for y, x in grain.integers(4, 252, (150, 2)):  # fixed to the glass
            array[:, y - 1 : y + 2, x - 1 : x + 2] -= 500
        return array.astype(np.uint16), phantom.truth.frames.asarray() > 0

    @staticmethod
    def steady(grainy):
        array, true = grainy
        return [f1(a, b) for a, b in zip(masks(array), true, strict=True)]

    def test_a_steady_drift_is_taken_off(self, grainy):
        array, true = grainy
        shifts = [(2 * t, -t) for t in range(len(array))]
        step, frames = Motion(), ArrayFrames(self.moved(array, shifts))
        state = step.prepare(frames)
        assert step.told(state)["stage_moves"]
        found = step(frames, state=state).asarray() > 0
        scores = [f1(a, b) for a, b in zip(found, self.moved(true, shifts), strict=True)]
        assert min(scores) > 0.8
        assert np.median(scores) > np.median(self.steady(grainy)) - 0.03

    def test_a_jump_is_noticed_where_it_happens(self, grainy):
        array, true = grainy
        shifts = [(0, 0)] * 9 + [(9, 5)] * 3
        found = masks(self.moved(array, shifts))
        scores = [f1(a, b) for a, b in zip(found, self.moved(true, shifts), strict=True)]
        assert min(scores) > min(self.steady(grainy)) - 0.1
        assert np.median(scores) > np.median(self.steady(grainy)) - 0.03

    def test_a_steady_stage_is_left_alone(self, grainy):
        step = Motion()
        assert not step.told(step.prepare(ArrayFrames(grainy[0])))["stage_moves"]
