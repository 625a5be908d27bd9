"""Where an outline begins, and how it bends."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lamella.kernels.outline_smooth import arc_lengths, at_arc, smoothed

_MOST_OF_EDGE = 0.06


def outline_origin(points: ArrayLike, *, turn: float = 0.0) -> float:
    """Where an outline begins: the point that lies to the right, in the mean over all points.

    The first Fourier component of the outline is a circle; its point in the direction `turn` is
    the origin. Unlike the point that lies furthest to one side, it moves little when the outline
    changes little.

    Parameters
    ----------
    points : (N, 2) array_like
        A closed line (y, x).
    turn : float
        Direction in radians from +x towards +y.

    Returns
    -------
    float
        Way along the outline from its first point, as a share of its length, in [0, 1); 0 for an
        outline without a first component.
    """
    origin: float = origin_of(np.ascontiguousarray(points, dtype=np.float64), float(turn))
    return origin


@njit(cache=True, nogil=True)
def origin_of(points, turn):  # type: ignore[no-untyped-def]
    """`outline_origin` on an array."""
    arc = arc_lengths(points)
    n, length = len(points), arc[-1]
    total = 0j
    for i in range(n):  # the mean over each side, weighted by its length
        j = (i + 1) % n
        side = arc[i + 1] - arc[i]
        y, x = (points[i, 0] + points[j, 0]) / 2, (points[i, 1] + points[j, 1]) / 2
        y, x = y - points[0, 0], x - points[0, 1]
        phase = -np.pi * (arc[i] + arc[i + 1]) / length
        total += side * complex(x, y) * complex(np.cos(phase), np.sin(phase))
    if abs(total) < 1e-9 * length * length:
        return 0.0
    share = (turn - np.arctan2(total.imag, total.real)) / (2 * np.pi)
    share -= np.floor(share)
    return share if share < 1 else 0.0


def curvature(points: ArrayLike, *, smoothing_px: float = 0.0) -> NDArray[np.float64]:
    """Curvature κ = (x′y″ − y′x″) / (x′² + y′²)^1.5 at every point, 1/px, positive where convex.

    Parameters
    ----------
    points : (N, 2) array_like
        A closed line (y, x), clockwise on the screen, evenly spaced.
    smoothing_px : float
        σ of a further smoothing (see `smooth_outline`), at most 6 % of the length. Second
        derivatives raise the staircase of a mask: without smoothing they are that and no more.

    Returns
    -------
    (N,) float64 array
        By differences of neighbours: a polygon of N points on a circle has 1/R up to 1/N². NaN
        where neighbours coincide.
    """
    line = np.ascontiguousarray(points, dtype=np.float64)
    bends: NDArray[np.float64] = curvature_of(line, float(smoothing_px))
    return bends


@njit(cache=True, nogil=True)
def curvature_of(points, smoothing):  # type: ignore[no-untyped-def]
    """`curvature` on an array."""
    n = len(points)
    length = arc_lengths(points)[-1]
    sigma = min(smoothing, _MOST_OF_EDGE * length)
    line = smoothed(points, sigma * n / length) if length > 0 else points
    out = np.empty(n)
    for i in range(n):
        a, b = (i - 1) % n, (i + 1) % n
        dy, dx = (line[b, 0] - line[a, 0]) / 2, (line[b, 1] - line[a, 1]) / 2
        ddy = line[a, 0] - 2 * line[i, 0] + line[b, 0]
        ddx = line[a, 1] - 2 * line[i, 1] + line[b, 1]
        speed = dy * dy + dx * dx
        out[i] = (dx * ddy - dy * ddx) / speed**1.5 if speed > 0 else np.nan
    return out


def placed(points: NDArray[np.float64], origin: float, n: int) -> NDArray[np.float64]:
    """Places (n, 2) of `n` equal positions from the origin on.

    The origin is the way from the first point as a share of the outline's length.
    """
    arc = arc_lengths(points)
    place: NDArray[np.float64] = at_arc(points, arc, (origin + np.arange(n) / n) * arc[-1])
    return place


@njit(cache=True, nogil=True)
def stretches(points, origin, n):  # type: ignore[no-untyped-def]
    """Which points belong to each of `n` equal positions: those of its own stretch of outline.

    Position k reaches from half a position before its place to half after; where no point lies
    there, the one nearest to its place is taken.

    Returns
    -------
    first, count : (n,) int64 arrays
        Points ``first, first + 1, …`` (round and round), ``count`` of them, at least one.
    """
    m = len(points)
    arc = arc_lengths(points)
    # Counted once for both positions that meet there, so that each point belongs to one.
    border = np.empty(n + 1, np.int64)
    for k in range(n):
        border[k] = _points_before(arc, (origin + (k - 0.5) / n) * arc[-1])
    border[n] = border[0] + m
    first, count = np.empty(n, np.int64), np.empty(n, np.int64)
    for k in range(n):
        i, j = border[k], max(border[k + 1], border[k])
        if j == i:
            middle = (origin + k / n) * arc[-1]
            before, after = _way(arc, i - 1), _way(arc, i)
            i = i - 1 if middle - before <= after - middle else i
            j = i + 1
        first[k], count[k] = i % m, j - i
    return first, count


@njit(cache=True, nogil=True)
def _points_before(arc, way):  # type: ignore[no-untyped-def]
    """Points at less than this way along the outline, those of all rounds before counted."""
    rounds = int(np.floor(way / arc[-1]))
    rest = way - rounds * arc[-1]
    return rounds * (len(arc) - 1) + int(np.searchsorted(arc[:-1], rest, side="left"))


@njit(cache=True, nogil=True)
def _way(arc, i):  # type: ignore[no-untyped-def]
    """Way to point i of any round."""
    rounds = int(np.floor(i / (len(arc) - 1)))
    return rounds * arc[-1] + arc[i - rounds * (len(arc) - 1)]


@njit(cache=True, nogil=True)
def means_of_stretches(values, first, count):  # type: ignore[no-untyped-def]
    """Mean of a quantity of the points over every position, (n,)."""
    out = np.empty(len(first))
    for k in range(len(first)):
        total = 0.0
        for i in range(first[k], first[k] + count[k]):
            total += values[i % len(values)]
        out[k] = total / count[k]
    return out


@njit(cache=True, nogil=True)
def largest_of_stretches(values, first, count):  # type: ignore[no-untyped-def]
    """Largest value of the points of every position, (n,)."""
    out = np.empty(len(first), values.dtype)
    for k in range(len(first)):
        out[k] = values[first[k]]
        for i in range(first[k], first[k] + count[k]):
            if values[i % len(values)] > out[k]:
                out[k] = values[i % len(values)]
    return out
