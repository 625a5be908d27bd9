"""Which point of an outline became which point of the next one."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lamella.kernels.outline_smooth import arc_lengths, at_arc

# Of the mean stretch: the least that a part of the outline may shrink to, so that the map can be
# turned round.
_LEAST_STRETCH = 0.05
# The coarse search lets a point slip along the edge by this share of it, either way …
_MOST_SLIP = 0.2
# … and stretches no part of the outline more than this.
_MOST_COARSE_STRETCH = 4
_MOST_ROUNDS = 30
_MOST_HALVINGS = 8
_DONE = 1e-5
_FINER = 4


def match_outlines(
    before: ArrayLike,
    after: ArrayLike,
    *,
    stiffness: float = 0.05,
    nodes: int = 100,
    shift: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.float64]:
    """The monotone map of one closed outline onto another that moves its points least.

    Minimises Σ |s₂(q(p)) − s₁(p)|² + w Σ (Δq/Δp)² over the nodes p, where p and q are ways along
    the outlines in shares of their lengths, and √w is `stiffness` of the second one's length: over
    less than that, points of the first do not slip along the second independently.

    Parameters
    ----------
    before, after : (N, 2), (M, 2) array_like
        Points (y, x) of closed lines that run the same way round.
    stiffness : float
        Above 0. Large values match equal shares of the outlines; small ones the nearest points.
    nodes : int
        Points of `before`, evenly spaced from its first, that are placed on `after`.
    shift : (float, float)
        (y, x) added to `before` in the comparison, such as the centroid's movement.

    Returns
    -------
    (nodes,) float64 array
        q of every node: the way along `after` from its first point, in shares of its length. It
        increases strictly, and by less than 1 altogether; the first lies in [0, 1).

    Notes
    -----
    Dynamic programming over even points of `after` finds the valley, wherever the cell went;
    Gauss-Newton steps between points, each a periodic tridiagonal system, find its floor. After
    every step the map is made monotone by pooling what runs backwards, and a step that does not
    lower the sum is halved.

    References
    ----------
    The sum is that of MorphoDynamics, https://github.com/guiwitz/MorphoDynamics; for maps of edge
    motion see Machacek & Danuser 2006, https://doi.org/10.1529/biophysj.105.070383
    """
    one = np.ascontiguousarray(before, dtype=np.float64)
    two = np.ascontiguousarray(after, dtype=np.float64)
    return matched(one, two, stiffness, nodes, shift)


def matched(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    stiffness: float,
    n: int,
    shift: tuple[float, float],
) -> NDArray[np.float64]:
    """`match_outlines` on arrays."""
    arc_before, arc_after = arc_lengths(before), arc_lengths(after)
    source = at_arc(before, arc_before, np.arange(n) / n * arc_before[-1]) + shift
    m = _FINER * n
    target = at_arc(after, arc_after, np.arange(m) / m * arc_after[-1])
    weight = float(stiffness * arc_after[-1]) ** 2
    place = _increasing(_coarse(source, target[::_FINER].copy(), weight))
    place = _refined(source, target, weight, place)
    map_: NDArray[np.float64] = (place - np.floor(place[0] / n) * n) / n
    return map_


@njit(cache=True, nogil=True)
def _coarse(source, target, weight):  # type: ignore[no-untyped-def]
    """Node of `target` for every node of `source`, unwrapped, by dynamic programming."""
    n = len(source)
    turn, least = 0, np.inf
    for k in range(n):
        total = 0.0
        for i in range(n):
            j = i + k if i + k < n else i + k - n
            total += (target[j, 0] - source[i, 0]) ** 2 + (target[j, 1] - source[i, 1]) ** 2
            if total >= least:
                break
        if total < least:
            turn, least = k, total
    # Twice round: by the middle the path has forgotten that its ends are loose.
    slip = max(1, int(_MOST_SLIP * n))
    width, length = 2 * slip + 1, 2 * n
    came = np.zeros((length, width), np.int8)
    cost = np.zeros(width)
    for b in range(width):
        j = (turn + b - slip) % n
        cost[b] = (target[j, 0] - source[0, 0]) ** 2 + (target[j, 1] - source[0, 1]) ** 2
    following = np.empty(width)
    for i in range(1, length):
        y, x = source[i % n, 0], source[i % n, 1]
        for b in range(width):
            j = (i + turn + b - slip) % n
            best, of = np.inf, 0
            # Node b of this column is one further along than node b of the last.
            for stretch in range(_MOST_COARSE_STRETCH + 1):
                a = b + 1 - stretch
                if 0 <= a < width:
                    total = cost[a] + weight * stretch * stretch
                    if total < best:
                        best, of = total, stretch
            came[i, b] = of
            following[b] = best + (target[j, 0] - y) ** 2 + (target[j, 1] - x) ** 2
        cost, following = following, cost
    b = int(np.argmin(cost))
    place = np.empty(n)
    first = n // 2
    for i in range(length - 1, first - 1, -1):
        if i < first + n:
            node = i % n
            # Counted from the first round, whichever round the middle took it from.
            place[node] = node + turn + b - slip
        b += 1 - came[i, b]
    return place


@njit(cache=True, nogil=True)
def _increasing(place):  # type: ignore[no-untyped-def]
    """The nearest map that increases by the least stretch at every node and round the seam."""
    n = len(place)
    # The seam is laid where the map runs forward most, so that no pool reaches across it.
    seam, most = 0, -np.inf
    for i in range(n):
        ahead = place[i + 1] if i + 1 < n else place[0] + n
        if ahead - place[i] > most:
            seam, most = i + 1, ahead - place[i]
    value, count = np.empty(n), np.empty(n, np.int64)
    pools = 0
    for k in range(n):
        i = seam + k
        at = place[i] if i < n else place[i - n] + n
        value[pools], count[pools] = at - _LEAST_STRETCH * k, 1
        pools += 1
        while pools > 1 and value[pools - 1] < value[pools - 2]:
            total = count[pools - 1] + count[pools - 2]
            value[pools - 2] += (value[pools - 1] - value[pools - 2]) * count[pools - 1] / total
            count[pools - 2] = total
            pools -= 1
    # Round the seam: the last may not come up to the first of the next round.
    limit = value[0] + n * (1 - _LEAST_STRETCH)
    out = np.empty(n)
    k = 0
    for pool in range(pools):
        for _ in range(count[pool]):
            i = seam + k
            at = min(value[pool], limit) + _LEAST_STRETCH * k
            if i < n:
                out[i] = at
            else:
                out[i - n] = at - n
            k += 1
    return out


@njit(cache=True, nogil=True)
def _refined(source, target, weight, place):  # type: ignore[no-untyped-def]
    """Gauss-Newton from a monotone map to the least sum near it."""
    n = len(source)
    total = _energy(source, target, weight, place)
    diagonal, right = np.empty(n), np.empty(n)
    for _ in range(_MOST_ROUNDS):
        for i in range(n):
            y, x, dy, dx = _at(target, place[i])
            before = place[i - 1] if i > 0 else place[n - 1] - n
            after = place[i + 1] if i < n - 1 else place[0] + n
            diagonal[i] = dy * dy + dx * dx + 2 * weight
            right[i] = (
                (source[i, 0] - y) * dy
                + (source[i, 1] - x) * dx
                - weight * (2 * place[i] - before - after)
            )
        step = _solved(diagonal, -weight, right)
        share, lower = 1.0, False
        for _ in range(_MOST_HALVINGS):
            tried = _increasing(place + share * step)
            sum_tried = _energy(source, target, weight, tried)
            if sum_tried < total:
                lower = True
                break
            share /= 2
        if not lower:
            break
        moved = 0.0
        for i in range(n):
            moved = max(moved, abs(tried[i] - place[i]))
        place, total = tried, sum_tried
        if moved < _DONE:
            break
    return place


@njit(cache=True, nogil=True)
def _energy(source, target, weight, place):  # type: ignore[no-untyped-def]
    n = len(source)
    total = 0.0
    for i in range(n):
        y, x, _, _ = _at(target, place[i])
        after = place[i + 1] if i < n - 1 else place[0] + n
        total += (source[i, 0] - y) ** 2 + (source[i, 1] - x) ** 2
        total += weight * (after - place[i]) ** 2
    return total


@njit(cache=True, nogil=True)
def _at(target, place):  # type: ignore[no-untyped-def]
    """Point of the fine line at a node's place, and how it moves from node to node."""
    m = len(target)
    at = place * _FINER
    whole = np.floor(at)
    share = at - whole
    i = int(whole) % m
    j = i + 1 if i + 1 < m else 0
    dy, dx = target[j, 0] - target[i, 0], target[j, 1] - target[i, 1]
    return target[i, 0] + share * dy, target[i, 1] + share * dx, _FINER * dy, _FINER * dx


@njit(cache=True, nogil=True)
def _solved(diagonal, beside, right):  # type: ignore[no-untyped-def]
    """Periodic tridiagonal system with one value beside the diagonal (Sherman and Morrison)."""
    n = len(diagonal)
    first = -diagonal[0]
    last = beside * beside / first
    factor, y, z = np.empty(n), np.empty(n), np.empty(n)
    pivot = diagonal[0] - first
    y[0], z[0] = right[0] / pivot, first / pivot
    for i in range(1, n):
        factor[i] = beside / pivot
        pivot = diagonal[i] - beside * factor[i]
        corner = 0.0
        if i == n - 1:
            pivot -= last
            corner = beside
        y[i] = (right[i] - beside * y[i - 1]) / pivot
        z[i] = (corner - beside * z[i - 1]) / pivot
    for i in range(n - 2, -1, -1):
        y[i] -= factor[i + 1] * y[i + 1]
        z[i] -= factor[i + 1] * z[i + 1]
    across = beside / first
    share = (y[0] + across * y[n - 1]) / (1 + z[0] + across * z[n - 1])
    for i in range(n):
        y[i] -= share * z[i]
    return y
