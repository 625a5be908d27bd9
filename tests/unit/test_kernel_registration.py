"""Two frames, one over the other."""

import cv2
import numpy as np
import pytest

from lamella.kernels.registration import align, composed, nearest_rotation, prepared, shift_between
from lamella.kernels.warp import shared_box, warped
from worlds import disc


def glass(field=(200, 240), *, n=250, at=(0.0, 0.0), seed=0):
    """Grains on the glass, drawn where they are to the hundredth of a pixel."""
    rng = np.random.default_rng(seed)
    y, x = np.ogrid[: field[0], : field[1]]
    out = np.zeros(field)
    for py, px, light in zip(
        rng.uniform(-40, field[0] + 40, n),
        rng.uniform(-40, field[1] + 40, n),
        rng.gamma(2, 40, n),
        strict=True,
    ):
        out += light * np.exp(-((y - py - at[0]) ** 2 + (x - px - at[1]) ** 2) / (2 * 1.5**2))
    return out


def noisy(image, seed):
    return image + 1000 + np.random.default_rng(seed).normal(0, 8, image.shape)


@pytest.mark.parametrize("at", [(0, 0), (0.37, -0.21), (3.5, 2.25), (-18.4, 24.7), (30, -30)])
def test_sub_pixel(at):
    found = shift_between(noisy(glass(), 1), noisy(glass(at=at), 2))
    assert found.supported
    assert found.support > 0.4
    np.testing.assert_allclose([found.dy, found.dx], at, atol=0.1)


def test_intensity_scale_and_offset_do_not_matter():
    a, b = noisy(glass(), 1), noisy(glass(at=(2.3, -1.4)), 2)
    plain = shift_between(a, b)
    for changed in (shift_between(a * 40 - 7, b), shift_between(a, 0.3 * b + 5000)):
        np.testing.assert_allclose(changed[:3], plain[:3], atol=2e-3)
    whole = shift_between(a.astype(np.uint16), b.astype(np.uint16))
    np.testing.assert_allclose(whole[:2], plain[:2], atol=0.03)


def test_large_frames_are_reduced():
    a, b = (
        cv2.resize(noisy(glass(at=at), s), None, fx=3, fy=3)
        for at, s in (((0, 0), 1), ((2, -3), 2))
    )
    found = shift_between(a, b, most_pixels=60_000)
    assert prepared(a, most_pixels=60_000).factor == 3
    np.testing.assert_allclose([found.dy, found.dx], (6, -9), atol=0.25)


def test_cells_are_left_out():
    a, b = noisy(glass(), 1), noisy(glass(at=(1.2, 0.6)), 2)
    for k, (y, x) in enumerate([(50, 60), (140, 180), (150, 40)]):
        a += 3000 * cv2.GaussianBlur(disc(14, (y, x), a.shape).astype(float), (0, 0), 2)
        b += 3000 * cv2.GaussianBlur(disc(14, (y + 4, x - 3 - k), a.shape).astype(float), (0, 0), 2)
    found = shift_between(a, b)
    np.testing.assert_allclose([found.dy, found.dx], (1.2, 0.6), atol=0.08)


def test_a_cell_alone_is_not_the_stage():
    frames = [
        noisy(3000 * cv2.GaussianBlur(disc(25, at, (200, 200)).astype(float), (0, 0), 2), s)
        for s, at in enumerate([(100, 100), (104, 97)])
    ]
    assert shift_between(*frames) == (0, 0, 0, False)


def test_noise_agrees_on_nothing():
    rng = np.random.default_rng(5)
    for _ in range(20):
        a, b = rng.normal(100, 10, (2, 160, 160))
        assert not shift_between(a, b).supported


@pytest.mark.parametrize("side", [1, 7, 8, 20])
def test_frames_too_small_or_flat_tell_nothing(side):
    rng = np.random.default_rng(0)
    image = rng.normal(size=(side, side))
    assert shift_between(np.zeros((side, side)), image)[:2] == (0, 0)
    assert not shift_between(np.full((side, side), 7, np.uint8), image).supported


def test_what_belongs_to_the_camera_does_not_hold_the_field():
    frames = [noisy(glass(), 1), noisy(glass(at=(3.4, -2.6)), 2)]
    rng = np.random.default_rng(3)
    hot = rng.integers(0, 200 * 240, 150)
    for frame in frames:
        frame[:, 70] = 0
        frame[120] = 0
        frame.ravel()[hot] = 60_000
    found = shift_between(*frames)
    np.testing.assert_allclose([found.dy, found.dx], (3.4, -2.6), atol=0.08)


@pytest.mark.parametrize("start", ["phase", "features"])
@pytest.mark.parametrize(("model", "degrees"), [("rigid", 1.5), ("affine", 1.0)])
def test_turns(start, model, degrees):
    wide = glass((320, 320), n=900)
    middle = np.array([159.5, 159.5])
    angle = np.deg2rad(degrees)
    linear = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    if model == "affine":
        linear = linear @ np.array([[1.01, 0.005], [0, 0.995]])
    matrix = np.column_stack([linear, middle - linear @ middle + (2.4, -1.3)])
    moved = warped(wide, matrix, interpolation="lanczos")
    a, b = (
        prepared(noisy(f, s)[40:-40, 40:-40], most_pixels=10**6)
        for s, f in enumerate((wide, moved))
    )
    found = align(a, b, model=model, start=start)
    assert found.supported
    corners = np.array([(0, 0), (0, 239), (239, 0), (239, 239)], float)
    there = (corners + 40) @ matrix[:, :2].T + matrix[:, 2] - 40
    np.testing.assert_allclose(
        corners @ found.matrix[:, :2].T + found.matrix[:, 2], there, atol=0.3
    )


def test_matrices():
    first = np.array([[0.0, 1, 2], [-1, 0, 3]])
    second = np.array([[1.0, 0, -2], [0, 1, 5]])
    assert composed(second, first).tolist() == [[0, 1, 0], [-1, 0, 8]]
    assert nearest_rotation(np.array([[0.0, 2.0], [-2.0, 0.0]])).tolist() == [[0, 1], [-1, 0]]


class TestWarped:
    def test_whole_pixels_change_no_value(self):
        image = np.arange(30, dtype=np.uint32).reshape(5, 6) + 2**31
        moved = warped(image, np.array([[1.0, 0, 1], [0, 1, -2]]), fill=7)
        assert (moved[1:, :-2] == image[:-1, 2:]).all()
        assert (moved[0] == 7).all()
        assert (moved[:, -2:] == 7).all()

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.uint32, np.float32, bool])
    def test_every_type_is_kept(self, dtype):
        image = np.ones((9, 9), dtype)
        moved = warped(image, np.array([[1.0, 0, 0.5], [0, 1, 0]]))
        assert moved.dtype == dtype
        assert moved[1:].all()
        assert not moved[0].any()

    def test_half_a_pixel_is_the_mean_of_two(self):
        image = np.tile(np.arange(8.0), (8, 1))
        moved = warped(image, np.array([[1.0, 0, 0], [0, 1, 0.5]]))
        np.testing.assert_allclose(moved[:, 1:], image[:, 1:] - 0.5)

    def test_what_all_frames_show(self):
        stage = np.tile(np.eye(2, 3), (3, 1, 1))
        stage[1, :, 2], stage[2, :, 2] = (2, -3.5), (-1.2, 1)
        assert shared_box(stage, (20, 30)) == (slice(2, 18), slice(1, 26))
        stage[1, :, 2] = (40, 0)
        assert shared_box(stage, (20, 30)) is None
