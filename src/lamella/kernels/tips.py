"""Tips of the protrusions of one cell: where they are, how long, how wide."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.branches import branches_that_stand_out, centre_of, line_length, pruned
from lamella.kernels.skeleton import skeleton_of
from lamella.kernels.ways import distances_within, has_hole, length_of, pulled_tight, sees

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


def _exact(distance: Any) -> Any:
    """Distances between pixels in full: their last digit in float32 depends on the crop."""
    return np.sqrt(np.rint(np.asarray(distance, np.float64) ** 2))


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
    top, left = origin
    height, width = field or (2**40, 2**40)
    inside, distance = np.ascontiguousarray(inside), np.ascontiguousarray(distance)
    cy, cx = centre_of(distance)
    radius = float(_exact(distance[cy, cx])) - 0.5
    skeleton = skeleton_of(inside, distance)
    ends, way, owner, rank = branches_that_stand_out(
        skeleton, distance, (cy, cx), stand_out=stand_out
    )
    table: list[tuple[float, ...]] = []
    kept: list[int] = []
    branches: list[_Branch] = []
    if len(ends):
        steps, before = distances_within(inside, (cy, cx))
        if has_hole(inside):
            _, before = distances_within(inside, (cy, cx), wide=True)
    for i, (ey, ex) in enumerate(ends.tolist()):
        branch = _branch(way, owner, distance, ends[i], int(rank[i]), (cy, cx), radius)
        y, x = _outermost(inside, steps, before, ey, ex, max(branch.width, 2.0))
        length = length_of(pulled_tight(inside, before, y, x))
        if length - radius < stand_out or length < min_length:
            continue
        if any(math.hypot(twin[0] - y, twin[1] - x) <= _SAME_TIP_PX for twin in table):
            continue
        margin = min(top + ey, left + ex, height - 1 - top - ey, width - 1 - left - ex)
        at_edge = min(top + y, left + x, height - 1 - top - y, width - 1 - left - x)
        # Masks often end a pixel before the field does.
        cut = at_edge <= 1 or margin + 1 <= float(distance[ey, ex]) + 0.5
        angle = math.atan2(y - cy, x - cx)
        table.append((
            y, x, steps[y, x], length, length - radius, branch.width, branch.base, angle, cut
        ))  # fmt: skip
        kept.append(i)
        branches.append(branch)
    bare = pruned(skeleton, way, ends[kept])
    columns = np.array(table, np.float64).reshape(len(table), 9).T
    y, x, steps_to, length_to, beyond, width_of, base, angles, at_field_edge = columns[
        :, np.argsort(-columns[3], kind="stable")
    ]
    return Tips(
        (cy, cx), radius, y, x, steps_to, length_to, beyond, width_of, base, angles,
        at_field_edge > 0, _branch_points(branches, (cy, cx), radius), float(line_length(bare)),
        bare,
    )  # fmt: skip


class _Branch(NamedTuple):
    width: float
    base: float
    """Width where it leaves the body or a longer branch."""
    meets: tuple[int, int]
    """Pixel of the longer branch that it meets; its own last one where it meets none."""
    room: float
    """Distance to the edge there."""


def _branch(
    way: NDArray[np.int64],
    owner: NDArray[np.int64],
    distance: NDArray[Any],
    end: NDArray[np.int64],
    own: int,
    centre: tuple[int, int],
    radius: float,
) -> _Branch:
    pixels = _followed(way, owner, int(end[0]), int(end[1]), own)
    y, x = np.divmod(pixels, way.shape[1])
    left = (owner[y, x] != own) | ((y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius * radius)
    left[0] = False
    n = int(left.argmax()) if left.any() else len(left)
    values = _exact(distance[y, x])
    return _Branch(
        2 * float(np.median(values[:n])),
        2 * float(values[n - 1]),
        (int(y[-1]), int(x[-1])),
        float(values[-1]),
    )


def _branch_points(branches: list[_Branch], centre: tuple[int, int], radius: float) -> int:
    """Places where branches part; all within the body's disc are one, if three branches leave it.

    Nor do two count whose discs inside the cell hold each other's middle.
    """
    n_from_body = 0
    places: list[_Branch] = []
    for branch in branches:
        y, x = branch.meets
        if (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius * radius:
            n_from_body += 1
        elif all(math.dist(at.meets, (y, x)) > max(at.room, branch.room) for at in places):
            places.append(branch)
    return len(places) + (n_from_body >= 3)


@njit(cache=True, nogil=True)
def _followed(way, owner, y, x, own):  # type: ignore[no-untyped-def]
    """Pixels from the end of a branch to the first that is another's, ``row * X + column``."""
    width = way.shape[1]
    pixels = np.empty(way.size, np.int64)
    pixels[0] = y * width + x
    n = 1
    while way[y, x] >= 0 and owner[y, x] == own:
        p = way[y, x]
        pixels[n] = p
        n += 1
        y, x = p // width, p % width
    return pixels[:n]


@njit(cache=True, nogil=True)
def _outermost(inside, steps, before, y, x, radius):  # type: ignore[no-untyped-def]
    """On from the end of a branch, the pixel furthest from the last bend of the way to that end.

    Looked for within a disc, and again within a disc round what was found there, until nothing is
    further. On the way out the distance from the centre, in steps, never falls.
    """
    string = pulled_tight(inside, before, y, x)
    k = 0
    while k < len(string) - 1 and not sees(inside, string[k, 0], string[k, 1], float(y), float(x)):
        k += 1
    # A bend right at the end would tell nothing of the direction.
    while k > 0 and np.hypot(string[k, 0] - y, string[k, 1] - x) < 3 * radius:
        k -= 1
    from_y, from_x = string[k, 0], string[k, 1]
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
                if far > furthest + 1e-9 and sees(
                    inside, float(at_y), float(at_x), float(b), float(a)
                ):
                    furthest, y, x = far, b, a
        if y == at_y and x == at_x:
            break
    return y, x
