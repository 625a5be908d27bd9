"""Which branches of a skeleton stand out of the shape, and the skeleton without the others."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.skeleton import SIMPLE, bits_around
from lamella.kernels.ways import distances_within

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
    # np.float64, as a Python number would be rounded to the precision of the distances.
    high = distance >= np.float64(distance.max()) - _TIE
    rows, columns = np.nonzero(high)
    if len(rows) > 1:
        _, groups = cv2.connectedComponents(high.view(np.uint8), connectivity=8)
        group = groups[rows, columns]
        largest = group == group[np.bincount(group)[group].argmax()]
        rows, columns = rows[largest], columns[largest]
    apart = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
    first = np.flatnonzero(apart < apart.min() + _TIE)[0]
    return int(rows[first]), int(columns[first])


def pruned(
    skeleton: NDArray[np.bool_], before: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """The skeleton without loose ends, except the ways to `ends`; rings stay.

    Without ends nothing but rings is left, or the pixel nearest to the centre. `ends` and `before`
    are those of `branches_that_stand_out`.
    """
    pixels = np.flatnonzero(skeleton)
    # A pixel that goes has its eight neighbours and its own place looked at again.
    todo = np.empty(10 * len(pixels), np.int64)
    todo[: len(pixels)] = pixels
    left = skeleton.copy()
    _prune(left, before, ends, todo, len(pixels))
    return left


@njit(cache=True, nogil=True)
def _prune(left, before, ends, todo, n):  # type: ignore[no-untyped-def]
    height, width = left.shape
    stays = np.zeros((height, width), np.bool_)
    for i in range(len(ends)):
        y, x = ends[i, 0], ends[i, 1]
        stays[y, x] = True
        while before[y, x] >= 0:
            p = before[y, x]
            y, x = p // width, p % width
            stays[y, x] = True
    while n > 0:
        n -= 1
        y, x = todo[n] // width, todo[n] % width
        # A loose end, or a corner of a place where lines meet: it joins nothing.
        if not left[y, x] or stays[y, x] or before[y, x] < 0 or not SIMPLE[bits_around(left, y, x)]:
            continue
        left[y, x] = False
        for b in range(max(y - 1, 0), min(y + 2, height)):
            for a in range(max(x - 1, 0), min(x + 2, width)):
                todo[n] = b * width + a
                n += 1


def branches_that_stand_out(
    skeleton: NDArray[np.bool_],
    distance: NDArray[Any],
    centre: tuple[int, int],
    *,
    stand_out: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
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
    centre : (int, int)
        Row and column; the tree grows from the nearest pixel of the skeleton.
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
    y, x = np.nonzero(skeleton)
    root = int(((y - centre[0]) ** 2 + (x - centre[1]) ** 2).argmin())
    along, before = distances_within(skeleton, (int(y[root]), int(x[root])))
    around = cv2.boxFilter(
        skeleton.view(np.uint8), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    loose = around[y, x] == 2  # itself and one neighbour
    ends = np.stack([y[loose], x[loose]], axis=1)
    disc = along + distance
    reach = disc[y[loose], x[loose]]
    order = np.argsort(-reach, kind="stable")
    ends, reach = ends[order], reach[order]
    rings = pruned(skeleton, before, np.empty((0, 2), np.int64))  # and what leads to them
    owner = np.full(skeleton.shape, -1, np.int64)
    deepest = _followed_to_the_root(ends, before, disc, rings, owner)
    is_root = (ends == (y[root], x[root])).all(axis=1)
    rank = np.flatnonzero(~is_root & (reach - deepest >= stand_out))
    return ends[rank], before, owner, rank


@njit(cache=True, nogil=True)
def _followed_to_the_root(ends, before, disc, rings, owner):  # type: ignore[no-untyped-def]
    """How far the discs reach that each branch comes from, (n,); fills in `owner`."""
    width = owner.shape[1]
    deepest = np.zeros(len(ends))
    for i in range(len(ends)):
        p, meets = ends[i, 0] * width + ends[i, 1], False
        while p >= 0:
            y, x = p // width, p % width
            meets |= owner[y, x] >= 0 or rings[y, x]
            if owner[y, x] < 0:
                owner[y, x] = i
            if meets:
                deepest[i] = max(deepest[i], disc[y, x])
            p = before[y, x]
    return deepest


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
