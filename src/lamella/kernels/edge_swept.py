"""How far an outline moved, so that what it swept is exactly the change of area."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lamella.kernels.edge_match import matched
from lamella.kernels.outline_smooth import arc_lengths, at_arc

FloatArray = NDArray[np.float64]


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
    map_ = matched(one, two, stiffness, positions, shift)
    return _swept(one, two, map_, positions, origins)


def _swept(
    before: FloatArray, after: FloatArray, map_: FloatArray, n: int, origins: tuple[float, float]
) -> EdgeStep:
    arc_before, arc_after = arc_lengths(before), arc_lengths(after)
    p, q = _cuts(arc_before, arc_after, map_)
    a = at_arc(before, arc_before, p * arc_before[-1])
    b = at_arc(after, arc_after, q * arc_after[-1])
    # Quadrangles, positive clockwise on the screen: half the product of their diagonals.
    one, two = a[1:] - b[:-1], a[:-1] - b[1:]
    area = np.append(0.0, np.cumsum((one[:, 1] * two[:, 0] - one[:, 0] * two[:, 1]) / 2))
    # Area swept up to the ends and the middles of the positions, and where these came from.
    where = origins[1] + (np.arange(2 * n + 1) - 1) / (2 * n)
    rounds = np.floor(where - q[0])
    at = where - rounds
    i = np.clip(np.searchsorted(q, at, side="right") - 1, 0, len(q) - 2)
    part = q[i + 1] - q[i]
    share = np.clip(np.divide(at - q[i], part, out=np.zeros_like(at), where=part > 0), 0, 1)
    swept = area[i] + share * (area[i + 1] - area[i]) + rounds * area[-1]
    origin = p[i] + share * (p[i + 1] - p[i]) + rounds * (p[-1] - p[0])
    source = (origin[1::2] - origins[0]) * n
    return EdgeStep(
        np.diff(swept[::2]),
        (arc_after[-1] / n + np.diff(origin[::2]) * arc_before[-1]) / 2,
        source - np.floor(source[0] / n) * n,
    )


def _cuts(
    arc_before: FloatArray, arc_after: FloatArray, map_: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Ways p along `before` and q along `after` of all cuts, from node 0 once round to it again."""
    n = len(map_)
    node_p, node_q = np.arange(n + 1) / n, np.append(map_, map_[0] + 1)
    own = arc_before[1:-1] / arc_before[-1]
    theirs = arc_after[:-1] / arc_after[-1]
    theirs = np.sort(theirs + np.ceil(map_[0] - theirs))
    p = np.concatenate((node_p, own, np.interp(theirs, node_q, node_p)))
    q = np.concatenate((node_q, np.interp(own, node_p, node_q), theirs))
    order = np.argsort(q, kind="stable")
    # Rounding may have swapped neighbours.
    return np.maximum.accumulate(p[order]), q[order]
