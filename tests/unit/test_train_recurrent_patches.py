"""Patches for the recurrent network: which are drawn, and what of the movie they show."""

import cv2
import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, MappedFrames
from lamella.kernels.grey_levels import Levels
from lamella.train.recurrent import Library, Patches, TaughtMovie, augment
from lamella.train.recurrent.geometry import Turned, greys_at, pixels_at
from lamella.train.recurrent.targets import depths

STILL = Patches(patch_px=16).plain()


def taught(
    shape=(6, 40, 50), annotated=(0, 3), name="a", seed=0, cell=(slice(10, 14), slice(20, 25))
):
    frames = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    labels = np.zeros(shape[1:], np.uint16)
    labels[cell] = 7
    return TaughtMovie(ArrayFrames(frames), Levels(0, 255), dict.fromkeys(annotated, labels), name)


def test_every_movie_and_every_annotated_frame_has_an_equal_share():
    movies = Library(
        [taught(annotated=(0, 3, 5)), taught(annotated=(2,)), taught(annotated=(1, 4))]
    )
    places = [STILL.place(movies, number, seed=1) for number in range(3 * 6 * 4)]
    counts = {place: places.count(place) for place in places}
    assert counts == {
        (0, 0): 8, (0, 3): 8, (0, 5): 8, (1, 2): 24, (2, 1): 12, (2, 4): 12,
    }  # fmt: skip
    again = [STILL.place(movies, number, seed=2) for number in range(len(places))]
    assert again != places


@pytest.mark.parametrize("weight", [1, 30, 50_000])
def test_the_middle_of_a_patch_is_drawn_by_weight(weight):
    movie = Library([taught((1, 40, 50), annotated=(0,))])
    step = STILL.model_copy(update={"foreground_weight": weight})
    n, inside, where = 800, 0, set()
    for number in range(n):
        labels = step.draw(movie, number, 0, 1).labels
        middle = labels[8, 8]
        inside += middle == 7
        if middle == 7:
            rows, columns = np.nonzero(labels == 7)
            where.add((int(8 - rows.min()), int(8 - columns.min())))
    share = weight * 20 / (weight * 20 + 40 * 50 - 20)
    assert abs(inside - n * share) <= 4 * np.sqrt(n * share * (1 - share)) + 1e-9
    if weight > 1:
        assert len(where) == 20  # every pixel of the cell


def test_a_patch_that_is_not_turned_shows_the_pixels_themselves():
    movie = taught()
    patch = STILL.draw([movie], 0, 0, 3)
    t = STILL.place([movie], 0, 0)[1]
    whole = movie.frames.frame(t).astype(np.float32) / np.float32(255)
    height, width = whole.shape
    found = [
        (y, x)
        for y in range(height - 15)
        for x in range(width - 15)
        if np.array_equal(patch.frames[-1], whole[y : y + 16, x : x + 16])
    ]
    assert len(found) == 1
    y, x = found[0]
    assert np.array_equal(patch.labels, movie.labels[t][y : y + 16, x : x + 16])
    before = {0: [2, 1, 0], 3: [1, 2, 3]}[t]
    for seen, number in zip(patch.frames, before, strict=True):
        raw = movie.frames.frame(number)[y : y + 16, x : x + 16]
        assert np.array_equal(seen, raw.astype(np.float32) / np.float32(255))


def test_warping_the_patch_alone_is_warping_everything_and_cropping_then():
    frame = np.random.default_rng(3).integers(0, 4096, (70, 90), dtype=np.uint16)
    levels = Levels(100, 3000)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        turned = Turned.drawn(rng, frame.shape, rotation_deg=180, shear_deg=20, zoom=1.0, flip=True)
        corner = (-60, -60)
        everything = turned.in_frame(corner, 240)
        wide = greys_at(frame, everything, levels)
        labels, inside = pixels_at(everything, frame.shape)
        for y, x in rng.integers(-60, 180 - 24, (5, 2)):
            crop = np.s_[y + 60 : y + 84, x + 60 : x + 84]
            places = turned.in_frame((int(y), int(x)), 24)
            np.testing.assert_allclose(greys_at(frame, places, levels), wide[crop], atol=1e-6)
            some, there = pixels_at(places, frame.shape)
            assert np.array_equal(some, labels[crop])
            assert np.array_equal(there, inside[crop])


def test_turning_agrees_with_a_warp_of_the_whole_frame():
    frame = cv2.GaussianBlur(
        np.random.default_rng(0).random((60, 80)).astype(np.float32), (0, 0), 3
    )
    turned = Turned.drawn(
        np.random.default_rng(5), frame.shape, rotation_deg=40, shear_deg=10, zoom=0.5, flip=True
    )
    places = turned.in_frame((10, 20), 32)
    rows, columns = np.mgrid[10:42, 20:52]
    linear, middle = turned.matrix, np.array(turned.middle)
    steps = np.stack([rows - middle[0], columns - middle[1]])
    exact = np.tensordot(linear, steps, axes=1) + middle[:, None, None]
    assert np.abs(places - exact).max() <= 1 / 64
    # The scale is what the settings allow, and points go there and back.
    assert 1 / 1.5 <= np.sqrt(abs(np.linalg.det(linear))) <= 1.5
    there = turned.on_canvas(np.array([3.0, 4.0]))
    assert np.allclose(linear @ (there - middle) + middle, [3, 4])


def test_beyond_the_frame_is_its_reflection_and_nothing_is_known():
    movie = taught((4, 20, 26), annotated=(3,))
    patch = STILL.model_copy(update={"patch_px": 64}).draw([movie], 0, 0, 1)
    assert np.count_nonzero(patch.labels >= 0) == 20 * 26
    assert np.count_nonzero(patch.labels == 7) == 20
    y, x = (int(each.min()) for each in np.nonzero(patch.labels >= 0))
    whole = movie.frames.frame(3).astype(np.float32) / np.float32(255)
    wide = np.pad(whole, 64, mode="reflect")
    assert np.array_equal(patch.frames[0], wide[64 - y : 128 - y, 64 - x : 128 - x])
    assert not patch.depths[patch.labels < 0].any()


def test_all_frames_of_a_window_are_turned_alike():
    one = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    labels = np.ones((40, 50), np.uint8)
    movie = TaughtMovie(ArrayFrames(np.stack([one] * 6)), Levels(0, 255), {5: labels}, "a")
    step = Patches(patch_px=32, noise=0, focus_loss=0, jitter_px=0)
    for number in range(10):
        frames = step.draw([movie], number, 0, 5).frames
        assert all(np.array_equal(frames[0], each) for each in frames[1:])
        assert np.ptp(frames) > 0.2


def test_jitter_shifts_frames_by_whole_pixels_and_never_the_last():
    one = np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8)
    labels = np.zeros((60, 60), np.uint8)
    labels[28:32, 28:32] = 1
    movie = TaughtMovie(ArrayFrames(np.stack([one] * 6)), Levels(0, 255), {5: labels}, "a")
    step = STILL.model_copy(update={"jitter_px": 2})
    seen = set()
    for number in range(40):
        moved, still = (each.draw([movie], number, 0, 3).frames for each in (step, STILL))
        assert np.array_equal(moved[-1], still[-1])
        for frame in moved[:-1]:
            fits = [
                (dy, dx)
                for dy in range(-2, 3)
                for dx in range(-2, 3)
                if np.array_equal(frame[2:-2, 2:-2], still[0][2 + dy : 14 + dy, 2 + dx : 14 + dx])
            ]
            assert len(fits) == 1
            seen.add(fits[0])
    assert len(seen) == 25


def test_a_patch_is_the_same_whatever_was_drawn_before():
    movies = [taught(), taught((4, 30, 30), annotated=(1,), seed=1)]
    step = Patches(patch_px=32)
    first = step.draw(movies, 17, 5, 4)
    library = Library(movies)
    for number in range(17):
        step.draw(library, number, 5, 4)
    for again in (step.draw(library, 17, 5, 4), step.draw(movies, 17, 5, 4)):
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    other = step.draw(movies, 17, 6, 4)
    assert not np.array_equal(first.frames, other.frames)


def test_frames_that_nobody_annotated_are_only_seen_in_windows():
    shape = (8, 40, 50)
    movie = taught(shape, annotated=(3,))
    changed = movie.frames.asarray().copy()
    changed[4:] = 0  # after the annotated frame: in no window
    other = movie._replace(frames=ArrayFrames(changed))
    step = Patches(patch_px=16)
    for number in range(10):
        one, two = (step.draw([each], number, 0, 4) for each in (movie, other))
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    changed[1] = 0
    one, two = (step.draw([each], 0, 0, 4) for each in (movie, other))
    assert not np.array_equal(one.frames, two.frames)


def test_negative_labels_are_not_known_and_not_drawn():
    labels = np.full((30, 30), -1, np.int16)
    labels[10:20, 10:20] = 0
    movie = TaughtMovie(ArrayFrames(np.zeros((1, 30, 30))), Levels(0, 1), {0: labels}, "a")
    for number in range(50):
        assert STILL.draw([movie], number, 0, 1).labels[8, 8] == 0


def test_cells_of_large_numbers_are_cells():
    labels = np.full((30, 30), 2**32 - 1, np.uint32)
    movie = TaughtMovie(ArrayFrames(np.zeros((1, 30, 30))), Levels(0, 1), {0: labels}, "a")
    assert STILL.draw([movie], 0, 0, 1).labels[8, 8] == 2**32 - 1


def test_a_weight_that_no_share_is_left_beside_is_refused():
    with pytest.raises(ValueError, match="foreground_weight"):
        Patches(foreground_weight=float("inf"))


def test_single_frames_come_in_the_share_that_is_asked():
    step = Patches(single_frames=0.3)
    windows = [step.window_of(batch, 5) for batch in range(1000)]
    assert windows.count(1) == 300
    assert {len(set(windows[i : i + 5])) for i in range(0, 1000, 5)} == {2}
    assert {Patches(single_frames=0).window_of(batch, 5) for batch in range(50)} == {5}


def test_frames_of_files_are_read_once_as_long_as_there_is_room(monkeypatch):
    read = []
    source = taught((6, 40, 50), annotated=(4,))

    def frame(t):
        read.append(t)
        return source.frames.frame(t)

    movie = source._replace(frames=MappedFrames(source.frames, frame))
    library = Library([movie])
    for number in range(5):
        STILL.draw(library, number, 0, 3)
    assert sorted(read) == [2, 3, 4]
    monkeypatch.setattr("lamella.train.recurrent.library._HELD_MB", 1e-4)
    small = Library([movie])
    drawn = [STILL.draw(small, number, 0, 3) for number in range(5)]
    assert len(read) > 6
    assert np.array_equal(drawn[4].frames, STILL.draw(library, 4, 0, 3).frames)


def test_depth_is_the_distance_to_what_is_not_of_the_cell():
    labels = np.zeros((12, 20), np.int32)
    labels[2:9, 3:10] = 4
    labels[2:9, 10:13] = 9  # touches the other
    labels[10:, 15:] = 2  # cut by the frame's corner
    found = depths(labels)
    for label in (4, 9, 2):
        mine = labels == label
        other = np.argwhere(~mine)
        nearest = np.array(
            [np.sqrt(((other - point) ** 2).sum(1).min()) for point in np.argwhere(mine)]
        )
        assert np.allclose(found[mine], nearest / nearest.max(), atol=1e-6)
    assert not found[labels == 0].any()
    assert found[11, 19] == 1
    assert np.all(depths(np.ones((3, 4), np.uint8)) == 1)


class TestGreyValues:
    """Each augmentation does what it is named for."""

    frames = np.random.default_rng(0).random((3, 40, 40)).astype(np.float32)

    def test_light(self):
        found = augment.relit(self.frames, brighter=0.1, contrast=1.5)
        assert np.isclose(found.mean(), self.frames.mean() + 0.1, atol=1e-5)
        assert np.isclose(found.std(), 1.5 * self.frames.std(), rtol=1e-4)

    def test_noise(self):
        still = np.full((4, 64, 64), 0.5, np.float32)
        found = augment.noisy(still, np.random.default_rng(0), sd=0.05)
        assert found.dtype == np.float32
        assert np.isclose(found.std(), 0.05, rtol=0.05)
        assert abs(np.corrcoef(found[0].ravel(), found[1].ravel())[0, 1]) < 0.05

    def test_single_frames_lose_their_focus(self):
        found = augment.blurred_frames(self.frames, sigma_px=[0, 2, 0])
        assert np.array_equal(found[[0, 2]], self.frames[[0, 2]])
        assert found[1].std() < 0.3 * self.frames[1].std()

    def test_a_dark_cell_gets_a_bright_rim_and_fades_inside(self):
        yy, xx = np.mgrid[:120, :120]
        radius = np.hypot(yy - 60, xx - 60)
        cell = np.where(radius < 25, 0.3, 0.6).astype(np.float32)[None]
        found = augment.haloed(cell, strength=0.8, radius_px=8)[0]
        far, rim, edge, middle = (
            found[(radius >= low) & (radius < high)].mean()
            for low, high in ((45, 55), (26, 29), (21, 24), (0, 8))
        )
        assert rim > far + 0.05
        assert middle > edge + 0.05
        assert np.array_equal(augment.haloed(cell, strength=0, radius_px=8), cell)

    def test_drawn_patches_stay_between_0_and_1(self):
        step = Patches(patch_px=16, brightness=1, contrast=3, noise=0.3)
        frames = np.stack([step.draw([taught()], i, 0, 2).frames for i in range(5)])
        assert frames.min() == 0
        assert frames.max() == 1


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({}, "none of its frames is annotated"),
        ({9: np.zeros((40, 50), np.uint8)}, "the movie has the frames 0 to 5"),
        ({2: np.zeros((40, 51), np.uint8)}, "40 × 50 px, its labels 40 × 51"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, told):
    with pytest.raises(InputError, match=told):
        Library([taught()._replace(labels=labels)])
