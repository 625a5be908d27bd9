"""Skeletons keep the topology, lie in the middle, and are as long at every angle."""

import numpy as np
import pytest
from scipy import ndimage

from lamella.kernels.branches import centre_of, line_length
from lamella.kernels.distance import distance_inside
from lamella.kernels.skeleton import skeleton_of
from worlds import disc, one_pixel, ring

EIGHT = np.ones((3, 3))


def blobs(seed, shape=(70, 90)):
    rng = np.random.default_rng(seed)
    return ndimage.gaussian_filter(rng.standard_normal(shape), rng.uniform(0.7, 5)) > 0


def holes(mask):
    return ndimage.label(np.pad(~mask, 1, constant_values=True))[1]


def bar(length, width, angle, at=(60.2, 59.7), side=121):
    y, x = np.mgrid[:side, :side]
    along = (x - at[1]) * np.cos(angle) + (y - at[0]) * np.sin(angle)
    across = (y - at[0]) * np.cos(angle) - (x - at[1]) * np.sin(angle)
    return (abs(along) <= length / 2) & (abs(across) <= width / 2)


@pytest.mark.parametrize("seed", range(25))
def test_no_piece_and_no_hole_comes_or_goes(seed):
    mask = blobs(seed)
    found = skeleton_of(mask, distance_inside(mask))
    assert not (found & ~mask).any()
    assert ndimage.label(found, EIGHT)[1] == ndimage.label(mask, EIGHT)[1]
    assert holes(found) == holes(mask)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_one_pixel_wide(seed):
    """No pixel but an end can go without breaking or closing something."""
    mask = blobs(seed)
    found = skeleton_of(mask, distance_inside(mask))
    for y, x in np.argwhere(found):
        less = found.copy()
        less[y, x] = False
        around = np.pad(found, 1)[y : y + 3, x : x + 3]
        if around.sum() <= 2:
            continue  # an end, or a pixel by itself
        same = ndimage.label(less, EIGHT)[1] == ndimage.label(found, EIGHT)[1]
        assert not (same and holes(less) == holes(found)), (y, x)


@pytest.mark.parametrize("width", [2, 4, 6, 10])
def test_a_bar_has_a_line_along_its_middle_at_every_angle(width):
    for angle in np.linspace(0, np.pi, 24, endpoint=False):
        mask = bar(80, width, angle)
        y, x = np.nonzero(skeleton_of(mask, distance_inside(mask)))
        along = (x - 59.7) * np.cos(angle) + (y - 60.2) * np.sin(angle)
        across = (y - 60.2) * np.cos(angle) - (x - 59.7) * np.sin(angle)
        assert 80 - 1.25 * width - 2 <= np.ptp(along) <= 81
        core = abs(along) < 40 - width
        assert abs(across[core]).max() <= 1.5


def test_shapes_without_a_line():
    for mask in (one_pixel((3, 4), (9, 9)), disc(6, (10, 10), (21, 21))):
        found = skeleton_of(mask, distance_inside(mask))
        assert 1 <= found.sum() <= 8  # short spurs to the corners of a small disc
    assert not skeleton_of(np.zeros((4, 5), bool), np.zeros((4, 5), np.float32)).any()
    around = ring(9, 15, (24, 24), (48, 48))
    found = skeleton_of(around, distance_inside(around))
    assert holes(found) == 2
    assert line_length(found) == pytest.approx(2 * np.pi * 12, rel=0.1)


def test_the_centre_is_in_the_middle_of_the_widest_place():
    bar_mask = np.zeros((20, 40), bool)
    bar_mask[5:12, 3:36] = True  # the plateau is row 8, columns 6 to 32
    assert centre_of(distance_inside(bar_mask)) == (8, 19)
    two = disc(6, (10, 10), (30, 60)) | disc(9, (15, 45), (30, 60))
    assert centre_of(distance_inside(two)) == (15, 45)
    hollow = ring(8, 14, (20, 20), (40, 40))
    y, x = centre_of(distance_inside(hollow))
    assert hollow[y, x]


def test_length_of_lines():
    lines = np.zeros((8, 12), bool)
    lines[1, 1:5] = True
    lines[2, 5] = lines[3, 6] = True
    assert line_length(lines) == pytest.approx(3 + 2 * np.sqrt(2))
    corner = np.zeros((5, 5), bool)
    corner[1:4, 1] = corner[3, 1:4] = True
    assert line_length(corner) == 4
