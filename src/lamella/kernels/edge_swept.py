"""How far an outline moved, so that what it swept is exactly the change of area."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lamella.kernels.edge_match import matched
from lamella.kernels.outline_smooth import arc_lengths, at_arc


class EdgeStep(NamedTuple):
    """What every position of an outline did since the outline before, arrays of shape (n,)."""

    swept_px2: NDArray[np.float64]
    """Signed area between the two outlines, positive outwards; the sum is the change of area."""
    length_px: NDArray[np.float64]
    """Mean of the lengths that the position has on the two outlines."""
    came_from: NDArray[np.float64]
    """Position on the outline before, unwrapped: increasing, by less than n altogether."""

    @property
    def moved_px(self) -> NDArray[np.float64]:
        """Normal movement, positive outwards: swept area over length."""
        return self.swept_px2 / self.length_px


def edge_step(
    before: ArrayLike,
    after: ArrayLike,
    *,
    positions: int,
    origins: tuple[float, float] = (0.0, 0.0),
    stiffness: float = 0.05,
    shift: tuple[float, float] = (0.0, 0.0),
) -> EdgeStep:
    """Normal movement of an outline since the outline before.

    Parameters
    ----------
    before, after : (N, 2), (M, 2) array_like
        Points (y, x) of closed lines, clockwise on the screen.
    positions : int
        Equal shares of `after`; position k reaches from k − ½ to k + ½, counted from the origin.
    origins : (float, float)
        Where position 0 lies on either outline: way from its first point, share of its length.
    stiffness, shift
        See `match_outlines`.

    Notes
    -----
    The outlines are cut at all points of both and at the nodes of the map between them; the
    quadrangle between two neighbouring cuts is what that piece of edge swept. Its signed areas add
    up to the difference of the two polygons' areas whatever the map, up to rounding. Movement
    belongs to the time between the frames, and to the places halfway: for a disc that grows it is
    the growth of its radius exactly.
    """
    one = np.ascontiguousarray(before, dtype=np.float64)
    two = np.ascontiguousarray(after, dtype=np.float64)
    map_ = matched(one, two, float(stiffness), positions, float(shift[0]), float(shift[1]))
    return EdgeStep(*swept(one, two, map_, positions, float(origins[0]), float(origins[1])))


@njit(cache=True, nogil=True)
def swept(before, after, map_, n, origin_before, origin_after):  # type: ignore[no-untyped-def]
    """Arrays of `EdgeStep` from the map that `match_outlines` gives."""
    p, q = _cuts(before, after, map_)
    arc_before, arc_after = arc_lengths(before), arc_lengths(after)
    a = at_arc(before, arc_before, p * arc_before[-1])
    b = at_arc(after, arc_after, q * arc_after[-1])
    m = len(p)
    area = np.empty(m)  # swept up to each cut
    area[0] = 0.0
    for i in range(m - 1):
        area[i + 1] = area[i] + _quadrangle(b[i], b[i + 1], a[i + 1], a[i])
    swept_px2, length, source = np.empty(n), np.empty(n), np.empty(n)
    last_area, last_p = _looked_up(origin_after - 0.5 / n, q, area, p)
    for k in range(n):
        _, middle = _looked_up(origin_after + k / n, q, area, p)
        next_area, next_p = _looked_up(origin_after + (k + 0.5) / n, q, area, p)
        swept_px2[k] = next_area - last_area
        length[k] = (arc_after[-1] / n + (next_p - last_p) * arc_before[-1]) / 2
        source[k] = (middle - origin_before) * n
        last_area, last_p = next_area, next_p
    source -= np.floor(source[0] / n) * n
    return swept_px2, length, source


@njit(cache=True, nogil=True)
def _cuts(before, after, map_):  # type: ignore[no-untyped-def]
    """Ways p along `before` and q along `after` of all cuts, from node 0 once round to it again."""
    n = len(map_)
    node_p, node_q = np.arange(n + 1) / n, np.empty(n + 1)
    node_q[:n] = map_
    node_q[n] = map_[0] + 1
    arc_before, arc_after = arc_lengths(before), arc_lengths(after)
    own = arc_before[1:-1] / arc_before[-1]
    theirs = arc_after[:-1] / arc_after[-1]
    theirs = np.sort(theirs + np.ceil(map_[0] - theirs))
    p = np.concatenate((node_p, own, np.interp(theirs, node_q, node_p)))
    q = np.concatenate((node_q, np.interp(own, node_p, node_q), theirs))
    order = np.argsort(q, kind="mergesort")
    p, q = p[order], q[order]
    for i in range(1, len(p)):  # rounding may have swapped neighbours
        p[i] = max(p[i], p[i - 1])
    return p, q


@njit(cache=True, nogil=True)
def _quadrangle(a, b, c, d):  # type: ignore[no-untyped-def]
    """Area of a quadrangle, positive clockwise on the screen: half the product of diagonals."""
    return ((c[1] - a[1]) * (d[0] - b[0]) - (c[0] - a[0]) * (d[1] - b[1])) / 2


@njit(cache=True, nogil=True)
def _looked_up(where, q, area, p):  # type: ignore[no-untyped-def]
    """Area swept up to a way along `after`, and the way along `before` that it came from."""
    rounds = np.floor(where - q[0])
    at = where - rounds
    i = min(max(np.searchsorted(q, at, side="right") - 1, 0), len(q) - 2)
    part = q[i + 1] - q[i]
    share = min(max((at - q[i]) / part, 0.0), 1.0) if part > 0 else 0.0
    return (
        area[i] + share * (area[i + 1] - area[i]) + rounds * area[-1],
        p[i] + share * (p[i + 1] - p[i]) + rounds * (p[-1] - p[0]),
    )
