"""Intensity in bands along an outline: which stretch of edge a pixel belongs to."""

from __future__ import annotations

import numpy as np
from numba import njit

from lamella.kernels.distance import EDGE_PX
from lamella.kernels.outline_smooth import arc_lengths
from lamella.kernels.ranks import median_of

# Points of an outline that are looked at together.
_CHUNK = 12


@njit(cache=True, nogil=True)
def pixels_near_edge(inside, distance, reach):  # type: ignore[no-untyped-def]
    """Row, column and depth of a mask's pixels that lie within `reach` of its edge.

    Parameters
    ----------
    inside : (Y, X) bool array
    distance : (Y, X) float array
        Of every pixel to the nearest one outside, px, see `distance_inside`.
    reach : float

    Returns
    -------
    rows, columns : (P,) int64 arrays
    depth : (P,) float64 array
        Of the pixel's centre below the edge, see `EDGE_PX`.
    """
    n = 0
    for y in range(inside.shape[0]):
        for x in range(inside.shape[1]):
            n += inside[y, x] and distance[y, x] - EDGE_PX <= reach
    rows, columns, depth = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    n = 0
    for y in range(inside.shape[0]):
        for x in range(inside.shape[1]):
            if inside[y, x] and distance[y, x] - EDGE_PX <= reach:
                rows[n], columns[n], depth[n] = y, x, distance[y, x] - EDGE_PX
                n += 1
    return rows, columns, depth


@njit(cache=True, nogil=True)
def nearest_position(rows, columns, points, origin, n):  # type: ignore[no-untyped-def]
    """Position of the outline that every pixel is nearest to: each pixel has exactly one.

    Parameters
    ----------
    rows, columns : (P,) arrays
        Pixels, in the coordinates of the outline; quickest where neighbours follow each other.
    points : (N, 2) float64 array
        Closed outline (y, x). Distances are to its points: lay them out densely.
    origin : float
        Where position 0 lies: way from the first point, share of the length.
    n : int
        Number of positions; each takes the points from half a position before it to half after.

    Returns
    -------
    (P,) int64 array
        0 to n − 1. Of equally near points the first counts.
    """
    m = len(points)
    arc = arc_lengths(points)
    position = np.empty(m, np.int64)
    for i in range(m):
        position[i] = int(np.floor((arc[i] / arc[-1] - origin) * n + 0.5)) % n
    # A chunk is skipped whole where even the near side of its circle is further than what is found.
    chunks = (m + _CHUNK - 1) // _CHUNK
    circle = np.empty((chunks, 3))
    for c in range(chunks):
        first, stop = c * _CHUNK, min(m, (c + 1) * _CHUNK)
        y = x = radius = 0.0
        for i in range(first, stop):
            y += points[i, 0] / (stop - first)
            x += points[i, 1] / (stop - first)
        for i in range(first, stop):
            radius = max(radius, np.hypot(points[i, 0] - y, points[i, 1] - x))
        circle[c, 0], circle[c, 1], circle[c, 2] = y, x, radius
    out = np.empty(len(rows), np.int64)
    last = 0
    for k in range(len(rows)):
        y, x = rows[k], columns[k]
        # What was nearest to the pixel before is a good bound, but no more than that: among equal
        # ones the first is to be found.
        least = (points[last, 0] - y) ** 2 + (points[last, 1] - x) ** 2
        best, bound = -1, np.sqrt(least)
        for c in range(chunks):
            across = bound + circle[c, 2]
            if (circle[c, 0] - y) ** 2 + (circle[c, 1] - x) ** 2 > across * across * (1 + 1e-12):
                continue
            for i in range(c * _CHUNK, min(m, (c + 1) * _CHUNK)):
                square = (points[i, 0] - y) ** 2 + (points[i, 1] - x) ** 2
                if square < least or (square == least and best < 0):
                    least, best = square, i
                    bound = np.sqrt(least)
        last = best if best >= 0 else last
        out[k] = position[last]
    return out


@njit(cache=True, nogil=True)
def means_by_position(values, position, n):  # type: ignore[no-untyped-def]
    """Mean of the pixels of every position, NaN where it has none, and their number; both (n,)."""
    total, count = np.zeros(n), np.zeros(n, np.int64)
    for k in range(len(values)):
        total[position[k]] += values[k]
        count[position[k]] += 1
    for i in range(n):
        total[i] = total[i] / count[i] if count[i] else np.nan
    return total, count


@njit(cache=True, nogil=True)
def window_statistics(values, position, band, n, bands, sizes):  # type: ignore[no-untyped-def]
    """Statistics of all windows that begin at any position of a closed outline.

    Parameters
    ----------
    values : (P,) array
        Pixels.
    position, band : (P,) int64 arrays
        Position on the outline, 0 to n − 1, and band of every pixel, 0 to bands − 1.
    n, bands : int
    sizes : (S,) int64 array
        Numbers of successive positions in a window, at most n.

    Returns
    -------
    (S, n, bands, 5) float64 array
        Mean, SD (n − 1), minimum, median, maximum; NaN where a window has too few pixels.
    (S, n, bands) int64 array
        Pixels.
    """
    begin = np.zeros(bands * n + 1, np.int64)
    for k in range(len(values)):
        begin[band[k] * n + position[k] + 1] += 1
    for i in range(bands * n):
        begin[i + 1] += begin[i]
    ordered = np.empty(len(values))
    free = begin[:-1].copy()
    for k in range(len(values)):
        i = band[k] * n + position[k]
        ordered[free[i]] = values[k]
        free[i] += 1
    out = np.full((len(sizes), n, bands, 5), np.nan)
    count = np.zeros((len(sizes), n, bands), np.int64)
    within = np.empty(len(values))
    for s in range(len(sizes)):
        for b in range(bands):
            for first in range(n):
                m = 0
                for j in range(first, first + sizes[s]):
                    i = b * n + (j if j < n else j - n)
                    for k in range(begin[i], begin[i + 1]):
                        within[m] = ordered[k]
                        m += 1
                count[s, first, b] = m
                if m:
                    _five(within[:m], out[s, first, b])
    return out, count


@njit(cache=True, nogil=True)
def _five(values, out):  # type: ignore[no-untyped-def]
    """Mean, SD, minimum, median and maximum of values that are not none; changes their order."""
    n = len(values)
    least, most, total = values[0], values[0], 0.0
    for value in values:
        least = value if value < least else least
        most = value if value > most else most
        total += value
    mean, square = total / n, 0.0
    for value in values:
        square += (value - mean) ** 2
    out[0] = mean
    out[1] = np.sqrt(square / (n - 1)) if n > 1 else np.nan
    out[2], out[4] = least, most
    out[3] = median_of(values)


@njit(cache=True, nogil=True)
def windows_of_positions(values, starts, stops):  # type: ignore[no-untyped-def]
    """The same five of the finite values of stretches [start, stop) of rows, (R, W, 5).

    Parameters
    ----------
    values : (R, n) float64 array
    starts, stops : (R, W) int64 arrays
        Stretches of every row; an empty stretch has NaN.
    """
    rows, windows = starts.shape
    out = np.full((rows, windows, 5), np.nan)
    within = np.empty(values.shape[1])
    for r in range(rows):
        for w in range(windows):
            m = 0
            for i in range(starts[r, w], stops[r, w]):
                if np.isfinite(values[r, i]):
                    within[m] = values[r, i]
                    m += 1
            if m:
                _five(within[:m], out[r, w])
    return out
