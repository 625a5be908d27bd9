"""Tips of the protrusions of one cell: where they are, how long, how wide."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.branches import branches_that_stand_out, line_length, middle, pruned
from lamella.kernels.skeleton import thinned
from lamella.kernels.ways import flooded, has_hole, length_of, pulled_tight, sees

_N_VALUES = 9
_SAME_TIP_PX = 1.5
_MOST_CLIMBS = 100


class Tips(NamedTuple):
    """The protrusions of one cell; arrays of shape (n,) by length, the longest first. px."""

    centre: tuple[int, int]
    """Row and column of the pixel furthest from the edge."""
    body_radius: float
    """Of the largest disc round the centre inside the outline: distance to the nearest pixel
    outside, less half a pixel."""
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    """Pixel of the cell in which the protrusion ends."""
    length_steps: NDArray[np.float64]
    """From the centre, in steps of 1 and √2, as published."""
    length: NDArray[np.float64]
    """From the centre, as of a string pulled tight inside the cell."""
    beyond: NDArray[np.float64]
    """Length less the radius of the body."""
    width: NDArray[np.float64]
    """2 × median distance to the edge on the skeleton, from the tip to where the branch leaves the
    body or a longer branch."""
    base_width: NDArray[np.float64]
    """2 × distance to the edge where it leaves."""
    angle: NDArray[np.float64]
    """Direction from the centre, radians from +x towards +y."""
    cut: NDArray[np.bool_]
    """Whether it ends at the field's edge or a pixel before, so that the tip may lie beyond."""
    n_branch_points: int
    skeleton_length: float
    skeleton: NDArray[np.bool_]
    """Without the branches that do not stand out."""


def find_tips(
    inside: NDArray[np.bool_],
    distance: NDArray[Any],
    *,
    stand_out: float,
    min_length: float = 0.0,
    origin: tuple[int, int] = (1, 1),
    field: tuple[int, int] | None = None,
) -> Tips:
    """The protrusions of a cell: what stands out of its body and of each other.

    The skeleton's end points are candidates, as published. Those stay whose branch stands out of
    the largest discs inside the cell on its way from the centre (`branches_that_stand_out`), and
    whose length is at least `stand_out` more than the radius of the body and at least `min_length`.
    A skeleton ends before the cell does; the tip is the pixel of the cell that is furthest, on
    from the end of the skeleton, from the last bend of the way there.

    Parameters
    ----------
    inside : (Y, X) bool array
        The cell, in one 8-connected piece, not empty; beyond the array is outside.
    distance : (Y, X) array
        Exact Euclidean distance to the nearest pixel outside.
    stand_out, min_length : float
        px.
    origin, field : (int, int)
        Row and column of the first pixel in the field, and the shape of the field, to tell what the
        field's edge cuts; without `field` nothing is cut.

    Returns
    -------
    Tips
        Rows and columns are those of the array. A cell of one pixel has no tips, nor has a ring.

    References
    ----------
    Gómez-de-Mariscal et al. 2021, https://doi.org/10.48550/arXiv.2112.08817
    """
    shape = field or (2**40, 2**40)
    centre, radius, table, n_branch_points, length, skeleton = tips_of(
        np.ascontiguousarray(inside), distance, stand_out, min_length, *origin, *shape
    )
    y, x, steps, tight, beyond, width, base, angle, cut = table.T
    return Tips(
        (int(centre[0]), int(centre[1])), float(radius), y, x, steps, tight, beyond, width, base,
        angle, cut > 0, int(n_branch_points), float(length), skeleton,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def tips_of(inside, distance, stand_out, min_length, top, left, field_height, field_width):  # type: ignore[no-untyped-def]
    """`find_tips` for numba code: a row of values for every tip."""
    cy, cx = middle(distance)
    radius = np.float64(distance[cy, cx]) - 0.5
    skeleton = thinned(inside, distance)
    ends, way, owner, rank = branches_that_stand_out(skeleton, distance, cy, cx, stand_out)
    table = np.empty((len(ends), _N_VALUES))
    n = 0
    if len(ends):
        holed = has_hole(inside)
        steps, before = flooded(inside, cy, cx, False)
        if holed:
            _, before = flooded(inside, cy, cx, True)
        for i in range(len(ends)):
            ey, ex = ends[i]
            width, base = _widths(way, owner, distance, ey, ex, rank[i], cy, cx, radius)
            y, x = _outermost(inside, steps, before, ey, ex, max(width, 2.0))
            length = length_of(pulled_tight(inside, before, y, x))
            if length - radius < stand_out or length < min_length:
                continue
            twin = False
            for j in range(n):
                twin |= np.hypot(table[j, 0] - y, table[j, 1] - x) <= _SAME_TIP_PX
            if twin:
                continue
            margin = min(
                top + ey, left + ex, field_height - 1 - top - ey, field_width - 1 - left - ex
            )
            at_edge = min(top + y, left + x, field_height - 1 - top - y, field_width - 1 - left - x)
            # Masks often end a pixel before the field does.
            cut = at_edge <= 1 or margin + 1 <= distance[ey, ex] + 0.5
            angle = np.arctan2(np.float64(y - cy), np.float64(x - cx))
            table[n, 0], table[n, 1] = y, x
            table[n, 2], table[n, 3], table[n, 4] = steps[y, x], length, length - radius
            table[n, 5], table[n, 6], table[n, 7] = width, base, angle
            table[n, 8] = cut
            ends[n], rank[n] = ends[i], rank[i]
            n += 1
    table, ends, rank = table[:n], ends[:n], rank[:n]
    bare = pruned(skeleton, way, ends)
    n_branch_points = _branch_points(way, owner, distance, ends, rank, cy, cx, radius)
    by_length = np.argsort(-table[:, 3], kind="mergesort")
    return (cy, cx), radius, table[by_length], n_branch_points, line_length(bare), bare


@njit(cache=True, nogil=True)
def _outermost(inside, steps, before, y, x, radius):  # type: ignore[no-untyped-def]
    """On from the end of a branch, the pixel furthest from the last bend of the way to that end.

    Looked for within a disc, and again within a disc round what was found there, until nothing is
    further. On the way out the distance from the centre, in steps, never falls.
    """
    string = pulled_tight(inside, before, y, x)
    k = 0
    while k < len(string) - 1 and not sees(inside, string[k, 0], string[k, 1], y, x):
        k += 1
    # A bend right at the end would tell nothing of the direction.
    while k > 0 and np.hypot(string[k, 0] - y, string[k, 1] - x) < 3 * radius:
        k -= 1
    from_y, from_x = string[k]
    furthest = np.hypot(y - from_y, x - from_x)
    span = int(radius)
    for _ in range(_MOST_CLIMBS):
        at_y, at_x = y, x
        for b in range(max(at_y - span, 0), min(at_y + span + 1, inside.shape[0])):
            for a in range(max(at_x - span, 0), min(at_x + span + 1, inside.shape[1])):
                if not inside[b, a] or steps[b, a] < steps[at_y, at_x]:
                    continue
                if (b - at_y) ** 2 + (a - at_x) ** 2 > radius * radius:
                    continue
                far = np.hypot(b - from_y, a - from_x)
                if far > furthest + 1e-9 and sees(inside, at_y, at_x, b, a):
                    furthest, y, x = far, b, a
        if y == at_y and x == at_x:
            break
    return y, x


@njit(cache=True, nogil=True)
def _widths(way, owner, distance, y, x, own, cy, cx, radius):  # type: ignore[no-untyped-def]
    """Width along a branch, and where it leaves the body or a longer branch."""
    width = distance.shape[1]
    n, p = 0, y * width + x
    values = np.empty(distance.size)
    while p >= 0:
        b, a = p // width, p % width
        if n and (owner[b, a] != own or (b - cy) ** 2 + (a - cx) ** 2 <= radius * radius):
            break
        values[n] = distance[b, a]
        n += 1
        p = way[b, a]
    return 2 * np.median(values[:n]), 2 * values[n - 1]


@njit(cache=True, nogil=True)
def _branch_points(way, owner, distance, ends, rank, cy, cx, radius):  # type: ignore[no-untyped-def]
    """Places where branches part; all within the body's disc are one, if three branches leave it.

    Nor do two count whose discs inside the cell hold each other's middle.
    """
    width = distance.shape[1]
    n_from_body, n = 0, 0
    places = np.empty((len(ends), 2), np.int64)
    for i in range(len(ends)):
        p = ends[i, 0] * width + ends[i, 1]
        while way[p // width, p % width] >= 0 and owner[p // width, p % width] == rank[i]:
            p = way[p // width, p % width]
        y, x = p // width, p % width
        if (y - cy) ** 2 + (x - cx) ** 2 <= radius * radius:
            n_from_body += 1
            continue
        known = False
        for j in range(n):
            b, a = places[j]
            apart = np.hypot(np.float64(b - y), np.float64(a - x))
            known |= apart <= max(distance[b, a], distance[y, x])
        if not known:
            places[n] = y, x
            n += 1
    return n + (n_from_body >= 3)
