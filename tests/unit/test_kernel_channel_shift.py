"""Shifts between channels that show different things of the same cells."""

import warnings

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from lamella.kernels.channel_shift import channel_shift

MARGIN = 24


def cells(seed, side=256 + 2 * MARGIN, n=70):
    """Nuclei, and cytoplasm around them with dim nuclei in it: brightest where they are not."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    nuclei, cytoplasm = np.zeros((2, side, side))
    for cy, cx in rng.uniform(0, side, (n, 2)):
        r = rng.uniform(5, 8)
        nuclei = np.maximum(nuclei, (np.hypot(y - cy, x - cx) < r) * rng.uniform(0.6, 1.4))
        oy, ox = rng.normal(0, r / 3, 2)  # the nucleus lies to one side of its cell
        body = (np.hypot(y - cy - oy, x - cx - ox) < 2 * r) * rng.uniform(0.6, 1.4)
        cytoplasm = np.maximum(cytoplasm, body)
    cytoplasm = np.where(nuclei > 0, 0.4, 1) * cytoplasm
    return [rng.poisson(gaussian_filter(c, 1.2) * 300 + 50) for c in (nuclei, cytoplasm)]


def cut(image, dy, dx):
    side = image.shape[0]
    return image[MARGIN - dy : side - MARGIN - dy, MARGIN - dx : side - MARGIN - dx]


@pytest.mark.parametrize("shift", [(0, 0), (3, 0), (-8, 5), (14, -17)])
@pytest.mark.parametrize("seed", range(3))
def test_nuclei_and_cytoplasm(seed, shift):
    nuclei, cytoplasm = cells(seed)
    found = channel_shift([(cut(nuclei, 0, 0), cut(cytoplasm, *shift))])
    assert found.supported
    assert np.hypot(found.dy - shift[0], found.dx - shift[1]) < 1


@pytest.mark.parametrize("seed", range(8))
def test_channels_that_have_nothing_to_do_with_each_other(seed):
    a, b = cells(seed)[0], cells(seed + 100)[1]
    assert not channel_shift([(a, b)]).supported
    noise = np.random.default_rng(seed).poisson(100, (2, 256, 256))
    assert not channel_shift([tuple(noise)]).supported


@pytest.mark.parametrize("seed", range(4))
def test_a_field_and_itself_turned_over(seed):
    nuclei, cytoplasm = cells(seed)
    assert not channel_shift([(nuclei, cytoplasm[::-1, ::-1])]).supported


def test_scale_offset_and_type_do_not_matter():
    nuclei, cytoplasm = cells(5)
    whole = channel_shift([(nuclei, cytoplasm)])
    for other in (cytoplasm.astype(np.uint16), cytoplasm * 7.0 - 500):
        found = channel_shift([(nuclei.astype(np.float32), other)])
        assert (found.dy, found.dx) == pytest.approx((whole.dy, whole.dx), abs=0.01)
    # Of a negative other levels are told apart: finely those of the ground, not of the cells.
    negative = channel_shift([(nuclei, cytoplasm.max() - cytoplasm)])
    assert negative.supported
    assert (negative.dy, negative.dx) == pytest.approx((whole.dy, whole.dx), abs=1.5)


def test_large_frames_are_reduced():
    nuclei, cytoplasm = (np.kron(c, np.ones((3, 3))) for c in cells(6))
    by = 9
    found = channel_shift([(nuclei[by:], cytoplasm[:-by])], most_pixels=150_000)
    assert found.supported
    assert (found.dy, found.dx) == pytest.approx((by, 0), abs=1.5)


def test_channels_of_different_size_are_compared_where_both_are():
    nuclei, cytoplasm = cells(7)
    found = channel_shift([(nuclei, cytoplasm[:-20, :-9])])
    assert found.supported
    assert np.hypot(found.dy, found.dx) < 1


@pytest.mark.parametrize(
    "pair",
    [
        (np.zeros((256, 256)), np.zeros((256, 256))),
        (np.full((256, 256), 9, np.uint8), cells(0)[0][:256, :256]),
        (np.full((256, 256), np.nan), cells(0)[0][:256, :256]),
        (np.ones((20, 20)), np.ones((20, 20))),
        (np.ones((1, 300)), np.ones((1, 300))),
    ],
)
def test_nothing_to_tell_from(pair):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = channel_shift([pair])
    assert (found.dy, found.dx, found.supported) == (0, 0, False)
