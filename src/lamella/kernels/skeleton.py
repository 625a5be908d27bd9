"""The midline of a shape: thinned from the outside in, so that it is centred at every angle."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Eight neighbours, clockwise from the one above; even ones share an edge with the pixel.
_DY = np.array([-1, -1, 0, 1, 1, 1, 0, -1])
_DX = np.array([0, 1, 1, 1, 0, -1, -1, -1])


def _crossings() -> NDArray[np.int64]:
    """Yokoi's number of crossings by the bits of the eight neighbours of a pixel, (256,)."""
    off = 1 - (np.arange(256)[:, None] >> np.arange(8) & 1)
    out: NDArray[np.int64] = sum(
        off[:, k] - off[:, k] * off[:, (k + 1) % 8] * off[:, (k + 2) % 8] for k in (0, 2, 4, 6)
    )
    return out


SIMPLE = _crossings() == 1
"""By `bits_around`: no piece and no hole comes, goes or is joined when the pixel goes, (256,)."""
_NO_END = np.array([code.bit_count() >= 2 for code in range(256)])
_MAY_GO = SIMPLE & _NO_END


def skeleton_of(inside: NDArray[np.bool_], distance: NDArray[Any]) -> NDArray[np.bool_]:
    """The skeleton of a mask: lines one pixel wide, with the holes and the pieces of the mask.

    Pixels are taken off in the order of their distance to the edge, as long as no piece or hole
    comes or goes by it and no line loses its end; those of one distance from above, below, the left
    and the right in turn. So the skeleton lies in the middle to a pixel whatever way the shape is
    turned. (The parallel rules of Zhang and Suen, as in scikit-image, shorten thick arms that lie
    along a diagonal by more than their width.) It has a branch for every corner of the outline,
    the tiny ones too: see `lamella.kernels.branches` for what stands out.

    Parameters
    ----------
    inside : (Y, X) bool array
    distance : (Y, X) array
        Exact Euclidean distance of every pixel to the nearest one outside, px; beyond the array is
        outside.

    Returns
    -------
    (Y, X) bool array

    References
    ----------
    Pudney 1998, distance-ordered homotopic thinning, https://doi.org/10.1006/cviu.1998.0680 ;
    Yokoi et al. 1975, https://doi.org/10.1016/0146-664X(75)90038-2
    """
    out: NDArray[np.bool_] = _thinned(np.ascontiguousarray(inside), np.ascontiguousarray(distance))
    return out


@njit(cache=True, nogil=True)
def _thinned(inside, distance):  # type: ignore[no-untyped-def]
    height, width = inside.shape
    stride = width + 2
    on = np.zeros((height + 2) * stride, np.uint8)
    level = np.zeros((height + 2) * stride, np.int64)  # squared distance: whole numbers
    highest = np.int64(0)
    for y in range(height):
        for x in range(width):
            if inside[y, x]:
                p = (y + 1) * stride + x + 1
                on[p] = 1
                level[p] = np.int64(np.rint(np.float64(distance[y, x]) ** 2))
                highest = max(highest, level[p])
    order, begin = _by_level(on, level, highest)
    step = _DY * stride + _DX
    stamp = np.zeros(len(on), np.int64)
    waiting, again = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    facing = np.empty(len(order), np.int64)
    turn = 0
    for now in range(1, highest + 1):
        n = begin[now + 1] - begin[now]
        for i in range(n):
            waiting[i] = order[begin[now] + i]
        while n > 0:
            turn += 1
            m = 0
            for side in (0, 4, 6, 2):
                n_facing = 0
                for i in range(n):
                    p = waiting[i]
                    if on[p] and not on[p + step[side]]:
                        facing[n_facing] = p
                        n_facing += 1
                for i in range(n_facing):
                    p = facing[i]
                    around = 0
                    for k in range(8):
                        around |= int(on[p + step[k]]) << k
                    if not _MAY_GO[around]:
                        continue
                    on[p] = 0
                    for k in range(8):
                        q = p + step[k]
                        # What stayed for its neighbours' sake may go, now that one of them went.
                        if on[q] and level[q] <= now and stamp[q] != turn:
                            stamp[q] = turn
                            again[m] = q
                            m += 1
            waiting, again = again, waiting
            n = m
    out = np.empty((height, width), np.bool_)
    for y in range(height):
        for x in range(width):
            out[y, x] = on[(y + 1) * stride + x + 1]
    return out


@njit(cache=True, nogil=True)
def bits_around(on, y, x):  # type: ignore[no-untyped-def]
    """The eight neighbours of a pixel of a mask, clockwise from the one above, as bits."""
    around = 0
    for k in range(8):
        b, a = y + _DY[k], x + _DX[k]
        if 0 <= b < on.shape[0] and 0 <= a < on.shape[1]:
            around |= int(on[b, a]) << k
    return around


@njit(cache=True, nogil=True)
def _by_level(on, level, highest):  # type: ignore[no-untyped-def]
    """Pixels sorted by level, and where each level begins, (highest + 2,)."""
    begin = np.zeros(highest + 3, np.int64)
    n = 0
    for p in range(len(on)):
        if on[p]:
            begin[level[p] + 1] += 1
            n += 1
    for k in range(highest + 2):
        begin[k + 1] += begin[k]
    order, at = np.empty(n, np.int64), begin.copy()
    for p in range(len(on)):
        if on[p]:
            order[at[level[p]]] = p
            at[level[p]] += 1
    return order, begin
