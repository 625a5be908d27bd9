from __future__ import annotations

import numpy as np
import pytest

from worlds import (
    disc,
    dividing_cell,
    ellipse,
    expanding_disc,
    flat_cell,
    gap_movie,
    line,
    middle,
    one_pixel,
    ring,
    rotating_ellipse,
    split_cell,
    translating_disc,
    two_cells_crossing,
)


def centroid(mask: np.ndarray) -> np.ndarray:
    return np.array(np.nonzero(mask)).mean(axis=1)


def test_discs_follow_the_pixel_centre_rule() -> None:
    assert disc(0, (3, 4)).sum() == 1
    assert disc(1, (3, 4)).sum() == 5
    assert disc(1.5, (3, 4)).sum() == 9
    np.testing.assert_allclose(centroid(disc(10)), middle((64, 64)))
    assert disc(20).sum() == pytest.approx(np.pi * 400, rel=0.01)


def test_rings_ellipses_lines_and_pixels() -> None:
    np.testing.assert_array_equal(ring(5, 10) | disc(5), disc(10))
    np.testing.assert_array_equal(ellipse((9, 9)), disc(9))
    assert line(7).sum() == 7
    assert one_pixel().sum() == 1


def test_movements() -> None:
    moving = translating_disc((1, 2), 5)
    np.testing.assert_allclose(centroid(moving[4]) - centroid(moving[0]), (4, 8))
    growing = expanding_disc(0.3, 3, pixel_size_um=0.1, interval_min=2.0)
    assert growing[1].sum() == pytest.approx(np.pi * 16**2, rel=0.02)
    turned = rotating_ellipse(np.pi / 2, 2)
    np.testing.assert_array_equal(turned[1], turned[0].T)


def test_crossing_cells_never_overlap_and_swap_sides() -> None:
    labels = two_cells_crossing()
    assert np.all([set(np.unique(frame)) == {0, 1, 2} for frame in labels])
    x = np.array([[centroid(frame == k)[1] for k in (1, 2)] for frame in labels])
    assert x[0, 0] < x[0, 1]
    assert x[-1, 0] > x[-1, 1]
    assert len(np.unique(labels.reshape(11, -1).astype(bool).sum(axis=1))) <= 3


def test_division_gaps_and_values() -> None:
    labels, parents = dividing_cell()
    assert [sorted(np.unique(labels[t]))[1:] for t in (4, 5)] == [[1], [2, 3]]
    assert parents == {2: 1, 3: 1}
    assert (labels[5] == 2).sum() == (labels[5] == 3).sum()
    gaps = gap_movie([2, 3])
    assert [bool(frame.any()) for frame in gaps[:5]] == [True, True, False, False, True]
    image, mask = split_cell(200, 100)
    assert (image[mask] == 200).sum() == (image[mask] == 100).sum() == mask.sum() / 2
    assert np.ptp(flat_cell(7)[0][mask]) == 0
