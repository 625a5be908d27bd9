"""Where tracks went: first and last place, how far out, how much ground, how elongated."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Extents(NamedTuple):
    """Of the trusted places of every track, each (n_tracks,); lengths in the unit of the places.

    These are of places, not of steps: whatever lies between two places is spanned.
    """

    first: NDArray[np.int64]
    """Row of the first trusted place; −1 without any."""
    last: NDArray[np.int64]
    """Row of the last."""
    net: Floats
    """Distance of the two; 0 for a single place, NaN without any."""
    farthest: Floats
    """Largest distance of any place from the first."""
    bridged: Floats
    """Path through all places in order of time, straight from each to the next."""
    area: Floats
    """Area of the convex hull, in the unit squared; 0 for places on a line."""
    asphericity: Floats
    """((λ₁ − λ₂) / (λ₁ + λ₂))² of the eigenvalues of the covariance of the places: 0 for a round
    cloud, 1 for a line. NaN below 3 places, or where all are one."""


def extents(place: Floats, trusted: NDArray[np.bool_], *, start: NDArray[np.intp]) -> Extents:
    """Measure the places of every track.

    Parameters
    ----------
    place : (n, 2) float64 array
        (y, x), rows of a track side by side and in order of time.
    trusted : (n,) bool array
        Rows that count; their places are finite.
    start : (n_tracks + 1,) intp array
        Rows ``start[i]:start[i + 1]`` are track i's.

    References
    ----------
    Asphericity: Mokhtari et al. 2013, https://doi.org/10.1371/journal.pone.0080808 (in the plane
    Σ (λ − λ̄)² / (2 λ̄²), which is the formula above).
    """
    track = np.repeat(np.arange(len(start) - 1), np.diff(start))
    kept = np.flatnonzero(trusted[: len(track)])
    # Of every track: its rows in order of time, and from left to right.
    by_x = kept[np.lexsort((place[kept, 0], place[kept, 1], track[kept]))]
    begin = np.searchsorted(track[kept], np.arange(len(start)))
    rows, found = _extents(np.ascontiguousarray(place), kept, by_x, begin)
    return Extents(*rows, *found)


@njit(cache=True, nogil=True)
def _extents(place: Any, kept: Any, by_x: Any, begin: Any) -> Any:
    n_tracks = len(begin) - 1
    rows = np.full((2, n_tracks), -1, np.int64)
    found = np.full((5, n_tracks), np.nan)
    for track in range(n_tracks):
        low, high = begin[track], begin[track + 1]
        n = high - low
        if n == 0:
            continue
        first, last = kept[low], kept[high - 1]
        rows[0, track], rows[1, track] = first, last
        # From the first place, so that a cell far from the corner loses no digits.
        farthest = path = mean_y = mean_x = before_y = before_x = away = 0.0
        for k in range(low, high):
            y, x = place[kept[k], 0] - place[first, 0], place[kept[k], 1] - place[first, 1]
            away = np.hypot(y, x)
            farthest = max(farthest, away)
            path += np.hypot(y - before_y, x - before_x)
            mean_y, mean_x = mean_y + y / n, mean_x + x / n
            before_y, before_x = y, x
        found[0, track], found[1, track], found[2, track] = away, farthest, path
        found[3, track] = _hull_area(place, by_x[low:high], first)
        if n > 2 and farthest > 0:
            yy = xx = yx = 0.0
            for k in range(low, high):
                y = place[kept[k], 0] - place[first, 0] - mean_y
                x = place[kept[k], 1] - place[first, 1] - mean_x
                yy, xx, yx = yy + y * y, xx + x * x, yx + y * x
            found[4, track] = min(((yy - xx) ** 2 + 4 * yx * yx) / (yy + xx) ** 2, 1.0)
    return rows, found


@njit(cache=True, nogil=True)
def _hull_area(place: Any, order: Any, first: int) -> float:
    """Andrew's monotone chain (https://doi.org/10.1016/0020-0190(79)90072-3), then the shoelace."""
    n = len(order)
    if n < 3:
        return 0.0
    y, x = np.empty(n), np.empty(n)
    for k in range(n):
        y[k], x[k] = place[order[k], 0] - place[first, 0], place[order[k], 1] - place[first, 1]
    chain = np.empty(2 * n, np.int64)
    size = 0
    for way in range(2):  # along the lower side, then back along the upper one
        low = size
        for k in range(n):
            i = k if way == 0 else n - 1 - k
            while size - low >= 2:
                a, b = chain[size - 2], chain[size - 1]
                if (x[b] - x[a]) * (y[i] - y[a]) - (y[b] - y[a]) * (x[i] - x[a]) > 0:
                    break
                size -= 1
            chain[size] = i
            size += 1
        size -= 1  # the last of one side is the first of the other
    twice = 0.0
    for k in range(size):
        i, j = chain[k], chain[(k + 1) % size] if size else chain[k]
        twice += x[i] * y[j] - x[j] * y[i]
    return abs(twice) / 2
