"""Our background is ImageJ's, pixel for pixel.

`tests/oracles/imagej/subtract_background.py` made the images and asked ImageJ; it is needed only
for the slow test.
"""

import warnings

import numpy as np
import pytest

from lamella.kernels.rolling_ball import (
    as_pixels,
    ball_background,
    less_background,
    patch_of,
    pixel_type,
)
from oracles.imagej.subtract_background import (
    FILE,
    INSTALLED,
    OPTIONS,
    RADII,
    by_imagej,
    cells,
)


def ours(image, radius, options):
    words = options.split()
    light = "light" in words
    found = ball_background(
        image,
        radius_px=radius,
        light=light,
        sliding="sliding" in words,
        smoothing="disable" not in words,
    )
    if "create" in words:
        return as_pixels(found, image)
    return less_background(image, found, light=light)


def assert_same(image, radius, options, theirs):
    made = ours(image, radius, options)
    assert made.dtype == theirs.dtype
    if made.dtype.kind == "f":
        np.testing.assert_allclose(made, theirs, rtol=0, atol=1e-3)
    else:
        np.testing.assert_array_equal(made, theirs)


KEPT = np.load(FILE)
CASES = [name for name in KEPT.files if not name.startswith("image/")]


@pytest.mark.parametrize("case", CASES)
def test_every_pixel_is_that_of_imagej(case):
    name, radius, options = case.split("/")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(KEPT[f"image/{name}"], int(radius), options, KEPT[case])


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="ImageJ is not installed")
def test_imagej_itself_on_large_images():
    images = {
        "u16": cells((417, 530), dtype=np.uint16, seed=11, top=65535),
        "u8": cells((301, 256), dtype=np.uint8, seed=12, top=255),
        "f32": cells((240, 333), dtype=np.float32, seed=13, top=3000),
    }
    wanted = [(n, r, o) for n in images for r in (*RADII, 3, 30, 77, 400) for o in OPTIONS]
    made, told = by_imagej(images, wanted)
    assert told.startswith("ImageJ 1.")
    for (name, radius, options), theirs in made.items():
        assert_same(images[name], radius, options, theirs)


@pytest.mark.parametrize(
    ("radius", "shrink", "side"), [(1, 1, 3), (10, 1, 17), (25, 2, 21), (50, 4, 19), (150, 8, 25)]
)
def test_the_patch_of_the_ball(radius, shrink, side):
    patch = patch_of(radius)
    assert patch.shrink == shrink
    assert patch.height.shape == (side, side)
    assert patch.height[side // 2, side // 2] == np.float32(radius / shrink)


@pytest.mark.parametrize("sliding", [False, True])
@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 90), (200, 3)])
def test_any_size_gives_an_answer(shape, light, sliding):
    for radius in (0.5, 7, 20, 90, 500):
        found = ball_background(
            np.full(shape, 50, np.uint16), radius_px=radius, light=light, sliding=sliding
        )
        assert found.shape == shape
        assert np.isfinite(found).all()


def test_the_image_is_not_written_into():
    image = cells((40, 30), dtype=np.float32, seed=1, top=10)
    before = image.copy()
    ball_background(image, radius_px=5, light=True)
    ball_background(image, radius_px=5, sliding=True)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [(bool, "u1"), ("u1", "u1"), ("u2", "u2"), ("u4", "f4"), ("i2", "f4"), ("f8", "f4")],
)
def test_types_of_pixels_are_those_that_imagej_has(dtype, kept):
    image = np.ones((12, 12), dtype)
    made = less_background(image, ball_background(image, radius_px=3))
    assert made.dtype == pixel_type(np.dtype(dtype)) == np.dtype(kept)
    assert abs(made).max() <= 1e-6


def test_big_endian_pixels_are_the_same():
    image = cells((40, 30), dtype=np.uint16, seed=1, top=4000)
    np.testing.assert_array_equal(
        ours(image.astype(">u2"), 10, ""), ours(image, 10, "").astype(np.uint16)
    )


def test_colour_emptiness_and_nan_are_refused():
    with pytest.raises(ValueError, match=r"grey image \(Y, X\)"):
        ball_background(np.zeros((4, 4, 3), np.uint8), radius_px=10)
    with pytest.raises(ValueError, match="with pixels"):
        ball_background(np.zeros((0, 4), np.uint8), radius_px=10)
    with pytest.raises(ValueError, match="finite"):
        ball_background(np.array([[1.0, np.nan]]), radius_px=10)
    with pytest.raises(ValueError, match=r"at least 0\.0001"):
        ball_background(np.zeros((4, 4)), radius_px=0)


def test_a_ball_never_rises_above_the_image():
    image = cells((80, 90), dtype=np.uint16, seed=4, top=9000)
    for radius in RADII:
        small = ball_background(image, radius_px=min(radius, 10), smoothing=False)
        assert (small <= image).all()
