"""Which branches of a skeleton stand out of the shape, and the skeleton without the others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.skeleton import SIMPLE, bits_around
from lamella.kernels.ways import flooded

_TIE = 1e-4  # distances are float32
_DIAGONAL = 2**0.5


def centre_of(distance: NDArray[Any]) -> tuple[int, int]:
    """The middle of a cell's body: row and column of the pixel that is furthest from the edge.

    The widest place of a cell is where its nucleus is, as published. Where several pixels are
    equally far, the one of their largest group of neighbours (the first in reading order, of groups
    of one size) that lies nearest to the group's centroid (again the first).

    Parameters
    ----------
    distance : (Y, X) array
        Distance of every pixel to the nearest one outside, 0 outside; not 0 everywhere.

    References
    ----------
    Gómez-de-Mariscal et al. 2021, https://doi.org/10.48550/arXiv.2112.08817
    """
    y, x = middle(distance)
    return int(y), int(x)


@njit(cache=True, nogil=True)
def middle(distance):  # type: ignore[no-untyped-def]
    """`centre_of` for numba code."""
    height, width = distance.shape
    highest = distance[0, 0]
    for y in range(height):
        for x in range(width):
            highest = max(highest, distance[y, x])
    most = 0
    best = np.empty((0, 2), np.int64)
    done = np.zeros((height, width), np.bool_)
    for y in range(height):
        for x in range(width):
            if done[y, x] or distance[y, x] < highest - _TIE:
                continue
            group = [(y, x)]
            done[y, x] = True
            i = 0
            while i < len(group):
                b, a = group[i]
                i += 1
                for v in range(max(b - 1, 0), min(b + 2, height)):
                    for u in range(max(a - 1, 0), min(a + 2, width)):
                        if not done[v, u] and distance[v, u] >= highest - _TIE:
                            done[v, u] = True
                            group.append((v, u))
            if len(group) > most:
                most = len(group)
                best = np.array(group)
    mean_y, mean_x = best[:, 0].mean(), best[:, 1].mean()
    nearest, at = np.inf, 0
    for i in range(len(best)):
        apart = (best[i, 0] - mean_y) ** 2 + (best[i, 1] - mean_x) ** 2
        first = best[i, 0] * width + best[i, 1] < best[at, 0] * width + best[at, 1]
        if apart < nearest - _TIE or (apart < nearest + _TIE and first):
            nearest, at = apart, i
    return best[at, 0], best[at, 1]


@njit(cache=True, nogil=True)
def neighbours(on, y, x):  # type: ignore[no-untyped-def]
    """How many of the 8 neighbours of a pixel are on."""
    n = 0
    for b in range(max(y - 1, 0), min(y + 2, on.shape[0])):
        for a in range(max(x - 1, 0), min(x + 2, on.shape[1])):
            n += on[b, a] and not (b == y and a == x)
    return n


@njit(cache=True, nogil=True)
def pruned(skeleton, before, ends):  # type: ignore[no-untyped-def]
    """The skeleton without loose ends, except the ways to `ends`; rings stay.

    Without ends nothing but rings is left, or the pixel nearest to the centre.
    """
    height, width = skeleton.shape
    stays = np.zeros((height, width), np.bool_)
    for i in range(len(ends)):
        p = ends[i, 0] * width + ends[i, 1]
        while p >= 0:
            stays[p // width, p % width] = True
            p = before[p // width, p % width]
    left = skeleton.copy()
    todo = [(y, x) for y in range(height) for x in range(width) if skeleton[y, x]]
    while todo:
        y, x = todo.pop()
        # A loose end, or a corner of a place where lines meet: it joins nothing.
        if not left[y, x] or stays[y, x] or before[y, x] < 0 or not SIMPLE[bits_around(left, y, x)]:
            continue
        left[y, x] = False
        for b in range(max(y - 1, 0), min(y + 2, height)):
            for a in range(max(x - 1, 0), min(x + 2, width)):
                todo.append((b, a))  # noqa: PERF401  numba knows no extend by a generator
    return left


@njit(cache=True, nogil=True)
def branches_that_stand_out(skeleton, distance, y0, x0, stand_out):  # type: ignore[no-untyped-def]
    """End points of the skeleton whose branches stand out of every disc that they come from.

    Every end point is followed to the centre, the one that reaches furthest first; a branch begins
    where its way meets one that was followed before, or a ring, or the centre. It stands out where
    its end reaches beyond the largest disc inside the cell round its beginning, and round any point
    from there to the centre, by `stand_out` px or more. Corners and bumps of the outline reach
    hardly beyond the disc that touches the outline there, whatever the length of their branch.

    Parameters
    ----------
    skeleton : (Y, X) bool array, in one piece
    distance : (Y, X) array, to the nearest pixel outside
    y0, x0 : int
        Centre; the tree grows from the nearest pixel of the skeleton.
    stand_out : float

    Returns
    -------
    ends : (n, 2) int64 array
        The one that reaches furthest first.
    before : (Y, X) int64 array
        The pixel before on the way from the centre, ``row * X + column``.
    owner : (Y, X) int64 array
        Which of all end points (in that order) a pixel of the skeleton was first followed from; −1
        elsewhere.
    rank : (n,) int64 array
        The number in `owner` of each of `ends`.
    """
    height, width = skeleton.shape
    nearest, ry, rx = np.inf, 0, 0
    for y in range(height):
        for x in range(width):
            apart = float((y - y0) ** 2 + (x - x0) ** 2)
            if skeleton[y, x] and apart < nearest:
                nearest, ry, rx = apart, y, x
    found = [
        (y, x)
        for y in range(height)
        for x in range(width)
        if skeleton[y, x] and neighbours(skeleton, y, x) == 1
    ]
    along, before = flooded(skeleton, ry, rx, False)
    rings = pruned(skeleton, before, np.empty((0, 2), np.int64))  # and what leads to them
    owner = np.full((height, width), -1, np.int64)
    reach = np.empty(len(found))
    for i in range(len(found)):
        y, x = found[i]
        reach[i] = along[y, x] + distance[y, x]
    order = np.argsort(-reach, kind="mergesort")
    ends, rank = np.empty((len(found), 2), np.int64), np.empty(len(found), np.int64)
    n = 0
    for i in range(len(found)):
        y, x = found[order[i]]
        p, meets = y * width + x, False
        deepest = 0.0
        while p >= 0:
            b, a = p // width, p % width
            meets |= owner[b, a] >= 0 or rings[b, a]
            if owner[b, a] < 0:
                owner[b, a] = i
            if meets:
                deepest = max(deepest, float(along[b, a] + distance[b, a]))
            p = before[b, a]
        is_centre = y == ry and x == rx
        if not is_centre and reach[order[i]] - deepest >= stand_out:
            ends[n] = y, x
            rank[n] = i
            n += 1
    return ends[:n], before, owner, rank[:n]


@njit(cache=True, nogil=True)
def line_length(lines):  # type: ignore[no-untyped-def]
    """Length of lines one pixel wide, px: 1 to a neighbour along rows and columns, √2 diagonally.

    Two diagonal neighbours count only where no pixel between them leads round the corner.
    """
    height, width = lines.shape
    total = 0.0
    for y in range(height):
        for x in range(width):
            if not lines[y, x]:
                continue
            below = y + 1 < height and lines[y + 1, x]
            right = x + 1 < width and lines[y, x + 1]
            left = x > 0 and lines[y, x - 1]
            total += int(below) + int(right)
            if y + 1 < height:
                if x + 1 < width and lines[y + 1, x + 1] and not (below or right):
                    total += _DIAGONAL
                if x > 0 and lines[y + 1, x - 1] and not (below or left):
                    total += _DIAGONAL
    return total
