"""Pixels near an outline, held against a tree of points and against numpy."""

import numpy as np
import pytest
from scipy.spatial import KDTree

from lamella.kernels.distance import EDGE_PX, distance_inside
from lamella.kernels.edge_bands import (
    means_by_position,
    nearest_position,
    pixels_near_edge,
    window_statistics,
    windows_of_positions,
)
from lamella.kernels.edge_follow import followed_origins
from lamella.kernels.outline_smooth import arc_lengths

RNG = np.random.default_rng(7)


def outline(n=173):
    angle = np.arange(n) / n * 2 * np.pi
    r = 20 + 4 * np.cos(3 * angle) + 2 * np.sin(5 * angle)
    return np.stack([30 + r * np.sin(angle), 31 + r * np.cos(angle)], 1)


def test_every_pixel_has_the_position_of_its_nearest_point():
    points, n, origin = outline(), 40, 0.37
    rows, columns = (a.ravel() for a in np.mgrid[5:58, 4:57])
    found = nearest_position(rows, columns, points, origin, n)
    distance, nearest = KDTree(points).query(np.stack([rows, columns], 1))
    share = arc_lengths(points)[nearest] / arc_lengths(points)[-1]
    expected = np.floor((share - origin) * n + 0.5).astype(int) % n
    same = found == expected
    # Where two points are equally near, either is right.
    other = np.hypot(rows[~same] - points[:, :1], columns[~same] - points[:, 1:])
    runner_up = np.sort(other, axis=0)[1]
    assert runner_up == pytest.approx(distance[~same], abs=1e-9)
    assert same.mean() > 0.99


def test_pixels_within_reach():
    inside = RNG.random((20, 30)) < 0.5
    distance = RNG.uniform(0, 9, (20, 30)).astype(np.float32)
    rows, columns, depth = pixels_near_edge(inside, distance, 4.0)
    assert np.array_equal(
        np.argwhere(inside & (distance <= 4 + EDGE_PX)), np.stack([rows, columns], 1)
    )
    assert depth == pytest.approx(distance[rows, columns] - EDGE_PX, abs=1e-6)


def test_bands_are_as_thick_as_they_say():
    """On average over discs of all sizes, places and widths; none is off by a pixel."""
    y, x = np.mgrid[:110, :110]
    rng = np.random.default_rng(0)
    off = []
    for width in np.arange(1, 8, 0.25):
        for _ in range(6):
            centre, radius = 55 + rng.random(2), rng.uniform(25, 45)
            inside = np.hypot(y - centre[0], x - centre[1]) <= radius
            pixels = len(pixels_near_edge(inside, distance_inside(inside), width)[0])
            off.append(radius - np.sqrt(radius**2 - pixels / np.pi) - width)
    assert abs(np.mean(off)) < 0.03
    assert np.abs(off).max() < 0.5


def test_means_by_position():
    values, position = RNG.random(50), RNG.integers(0, 6, 50)
    mean, count = means_by_position(values, position, 8)
    for k in range(6):
        assert mean[k] == pytest.approx(values[position == k].mean())
    assert np.isnan(mean[6:]).all()
    assert count.tolist() == np.bincount(position, minlength=8).tolist()


def test_windows_against_numpy():
    n, bands = 12, 2
    values = RNG.integers(0, 40, 300).astype(float)  # with ties
    position, band = RNG.integers(0, n, 300), RNG.integers(0, bands, 300)
    position[position == 5] = 4  # a position without pixels
    sizes = np.array([1, 4])
    found, count = window_statistics(values, position, band, n, bands, sizes)
    for s, size in enumerate(sizes):
        for first in range(n):
            for b in range(bands):
                within = values[np.isin(position, (first + np.arange(size)) % n) & (band == b)]
                assert count[s, first, b] == len(within)
                if len(within) < 2:
                    assert len(within) or np.isnan(found[s, first, b]).all()
                    continue
                assert found[s, first, b] == pytest.approx(
                    [within.mean(), within.std(ddof=1), within.min(), np.median(within),
                     within.max()]
                )  # fmt: skip


def test_one_pixel_has_no_sd():
    found, _ = window_statistics(np.array([5.0]), np.array([2]), np.array([0]), 4, 1, np.array([2]))
    assert found[0, 2, 0, [0, 2, 3, 4]].tolist() == [5, 5, 5, 5]
    assert np.isnan(found[0, 2, 0, 1])
    assert np.isnan(found[0, 0, 0]).all()


def test_windows_of_positions_leave_out_what_is_missing():
    values = np.array([[1.0, np.nan, 3.0, 7.0], [np.nan] * 4])
    starts, stops = np.array([[0, 3], [0, 2]]), np.array([[3, 4], [2, 2]])
    found = windows_of_positions(values, starts, stops)
    assert found[0, 0] == pytest.approx([2, np.sqrt(2), 1, 2, 3])
    assert np.isnan(found[0, 1, 1])
    assert np.isnan(found[1]).all()


class TestOrigins:
    def test_are_followed_through_the_maps(self):
        came_from = np.stack([np.arange(8) + shift for shift in (0.0, 0.4, 0.4, 7.0)])
        found = followed_origins(came_from, np.array([True, False, False, False]))
        # Position k came from k + 0.4, so that what was 0 is now at −0.4.
        assert found == pytest.approx([0, 7.6, 7.2, 0.2])

    def test_begin_anew_where_a_run_begins(self):
        came_from = np.stack([np.arange(8) + 1.0] * 4)
        found = followed_origins(came_from, np.array([True, False, True, False]))
        assert found.tolist() == [0, 7, 0, 7]

    def test_undo_a_stretched_map(self):
        rng = np.random.default_rng(2)
        step = rng.uniform(0.2, 2, 20)
        source = np.cumsum(step) / step.sum() * 20 + 3.3
        found = followed_origins(np.stack([source, source]), np.array([True, False]))[1]
        back = np.interp(found, np.arange(21), [*source, source[0] + 20])
        assert back % 20 == pytest.approx(0, abs=1e-9) or back % 20 == pytest.approx(20, abs=1e-9)
