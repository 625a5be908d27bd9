"""Convex hull and Feret diameters of every region, from the corners of its pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Hulls(NamedTuple):
    """Of n regions, (n,) each."""

    area: Floats
    """px²."""
    feret: Floats
    """Largest distance of two points of the outline (maximum Feret diameter), px."""
    feret_deg: Floats
    """Its direction, from +x upwards (counter-clockwise as seen), 0 to 180."""
    min_feret: Floats
    """Smallest distance of two parallel lines that hold the region, px."""


def hulls(labels: NDArray[Any], label: NDArray[np.int64], box: NDArray[np.int64]) -> Hulls:
    """Area of the convex hull, and largest and smallest Feret diameter, as ImageJ measures them.

    Pixels are squares: a single one has a Feret diameter of √2 and a smallest one of 1. All pieces
    of a region are in its hull. Of several pairs of points equally far apart the direction is that
    of the one found first from the top left corner counter-clockwise, as in ImageJ.

    Parameters
    ----------
    labels : (Y, X) integer array
    label, box : (n,), (n, 4) int64 arrays
        The regions, as in `Regions`.

    Notes
    -----
    The corners of pixels lie outside of what was drawn: the Feret diameter of a disc is 1.0 to
    1.3 px too long, whatever its size, the smallest one right within 0.1 % (docs/accuracy.md).
    ``skimage.measure`` has its ``feret_diameter_max`` along the 0.5 level of the hull's pixels,
    different by up to 1 px, and counts the pixels of the hull instead of measuring its area.

    References
    ----------
    ``ij.gui.Roi.getFeretValues``, https://imagej.net/ij/developer/source. Hull: Andrew 1979,
    https://doi.org/10.1016/0020-0190(79)90072-3
    """
    return Hulls(*_hulls(labels, label, box))


def hull_of_points(points: ArrayLike) -> Hulls:
    """The same of a drawn outline, arrays of one value: what ImageJ tells of a polygon selection.

    Parameters
    ----------
    points : (N, 2) array_like
        Corners (y, x), px; at least one.
    """
    given = np.unique(np.asarray(points, np.float64), axis=0)  # from top to bottom, left to right
    left, right = np.empty((len(given), 2)), np.empty((len(given), 2))
    hull = _joined(left, _chain(left, given, 1.0), right, _chain(right, given, -1.0))
    return Hulls(*(np.array([value]) for value in _measured(hull)))


@njit(cache=True, nogil=True)
def _hulls(labels, label, box):  # type: ignore[no-untyped-def]
    found = np.empty((4, len(label)))
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        height = bottom - top
        sides = np.empty((2, 2 * height, 2))
        n = 0
        for y in range(height):
            row = labels[top + y, left:right]
            first, last = 0, len(row) - 1
            while first <= last and row[first] != name:
                first += 1
            if first > last:
                continue  # between two pieces
            while row[last] != name:
                last -= 1
            for edge in range(2):
                sides[:, n, 0] = y + edge
                sides[0, n, 1], sides[1, n, 1] = first, last + 1
                n += 1
        one, other = np.empty((n, 2)), np.empty((n, 2))
        n_one, n_other = _chain(one, sides[0, :n], 1.0), _chain(other, sides[1, :n], -1.0)
        hull = _joined(one, n_one, other, n_other)
        found[0, i], found[1, i], found[2, i], found[3, i] = _measured(hull)
    return found


@njit(cache=True, nogil=True)
def _chain(kept, points, side):  # type: ignore[no-untyped-def]
    """The hull's points on the left (`side` 1) or right (−1), from top to bottom; their number."""
    n = 0
    for i in range(len(points)):
        y, x = points[i]
        if n and kept[n - 1, 0] == y:
            if side * x >= side * kept[n - 1, 1]:
                continue
            n -= 1
        while (
            n >= 2
            and side
            * (
                (kept[n - 1, 1] - kept[n - 2, 1]) * (y - kept[n - 2, 0])
                - (x - kept[n - 2, 1]) * (kept[n - 1, 0] - kept[n - 2, 0])
            )
            >= 0
        ):
            n -= 1
        kept[n, 0], kept[n, 1] = y, x
        n += 1
    return n


@njit(cache=True, nogil=True)
def _joined(left, n_left, right, n_right):  # type: ignore[no-untyped-def]
    """Down the left side and up the right one, without points that both have."""
    hull = np.empty((n_left + n_right, 2))
    hull[:n_left] = left[:n_left]
    n = n_left
    for i in range(n_right - 1, -1, -1):
        shared = right[i, 1] == left[0, 1] and right[i, 0] == left[0, 0]
        shared |= right[i, 1] == left[n_left - 1, 1] and right[i, 0] == left[n_left - 1, 0]
        if not shared:
            hull[n] = right[i]
            n += 1
    return hull[:n]


@njit(cache=True, nogil=True)
def _measured(hull):  # type: ignore[no-untyped-def]
    n = len(hull)
    area, longest, angle, narrowest = 0.0, 0.0, np.nan, np.inf
    for i in range(n):
        y, x = hull[i]
        dy, dx = hull[(i + 1) % n, 0] - y, hull[(i + 1) % n, 1] - x
        area += (x * dy - y * dx) / 2
        across = 0.0
        for j in range(n):
            away_y, away_x = hull[j, 0] - y, hull[j, 1] - x
            across = max(across, abs(away_x * dy - away_y * dx))
            distance = away_y * away_y + away_x * away_x
            if j > i and distance > longest:
                longest = distance
                angle = np.degrees(np.arctan2(-away_y, away_x)) % 180
        narrowest = min(narrowest, across / np.hypot(dy, dx)) if n > 1 else 0.0
    return abs(area), np.sqrt(longest), angle, narrowest
