"""Channels laid over each other, by whole pixels and by parts of them."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from lamella.core.frames import ArrayFrames
from lamella.run.channels import laid_over
from lamella.run.settings import ChannelSettings

TRUE = np.array([3.5, -2.5])
INNER = np.s_[16:-16, 16:-16]


@pytest.fixture(scope="module")
def channels():
    """The same smooth field twice, the second lying (3.5, −2.5) px away, uint16."""
    field = gaussian_filter(np.random.default_rng(4).normal(size=(256, 256)), 4)
    field = 12000 + 20000 * field
    moved = shift(field, TRUE, order=5, mode="nearest")
    return {
        n: ArrayFrames(np.rint(i[None]).astype(np.uint16)) for n, i in (("a", field), ("b", moved))
    }


def laid(channels, **settings):
    over = laid_over(channels, ChannelSettings(align="translate", **settings), source="x.tif")
    reference, found = (over.channels[name].frame(0)[INNER].astype(float) for name in "ab")
    return np.array(over.told["b"]["shift_px"]), np.abs(found - reference).mean(), over


def test_whole_pixels_keep_grey_values(channels):
    found, _, over = laid(channels)
    assert (found == np.rint(found)).all()
    assert np.abs(found - TRUE).max() <= 1
    inside = over.channels["b"].frame(0)[INNER]
    assert set(np.unique(inside)) <= set(np.unique(channels["b"].frame(0)))


def test_parts_of_pixels_are_interpolated(channels):
    found, off, over = laid(channels, whole_px=False)
    assert found == pytest.approx(TRUE, abs=0.1)
    assert over.channels["b"].frame(0).dtype == np.uint16
    _, off_by_whole, _ = laid(channels)
    assert off < off_by_whole / 5


def test_interpolation_is_between_the_four_pixels_around(channels):
    found, _, over = laid(channels, whole_px=False)
    whole, part = np.floor(found).astype(int), found - np.floor(found)
    raw = channels["b"].frame(0).astype(float)
    y, x = 100 + whole[0], 90 + whole[1]
    rows = raw[y : y + 2, x] * (1 - part[1]) + raw[y : y + 2, x + 1] * part[1]
    expected = rows[0] * (1 - part[0]) + rows[1] * part[0]
    assert over.channels["b"].frame(0)[100, 90] == np.rint(expected)
