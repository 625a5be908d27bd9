"""How much two masks share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray


class Overlap(NamedTuple):
    """Pixels of two masks: of both, of the first, of the second."""

    shared: int
    a: int
    b: int

    @property
    def iou(self) -> float:
        """Intersection over union; NaN when both masks are empty, 0 when one is."""
        union = self.a + self.b - self.shared
        return self.shared / union if union else float("nan")

    @property
    def dice(self) -> float:
        """2 · intersection over the sum of the areas; NaN when both masks are empty."""
        total = self.a + self.b
        return 2 * self.shared / total if total else float("nan")


def overlap(a: ArrayLike, b: ArrayLike) -> Overlap:
    """Count the pixels that two masks share, and those that each has.

    Parameters
    ----------
    a, b : array_like
        Masks of one shape; everything that is not 0 is inside.

    Raises
    ------
    ValueError
        Masks of different shapes, which numpy might silently broadcast.
    """
    inside_a, inside_b = np.asarray(a) != 0, np.asarray(b) != 0
    if inside_a.shape != inside_b.shape:
        raise ValueError(f"masks of one shape are compared, got {inside_a.shape} {inside_b.shape}")
    return Overlap(
        int(np.count_nonzero(inside_a & inside_b)),
        int(np.count_nonzero(inside_a)),
        int(np.count_nonzero(inside_b)),
    )


def intersection_over_union(a: ArrayLike, b: ArrayLike) -> float:
    """Intersection over union (Jaccard index) of two masks of one shape.

    1 for equal masks, 0 when they share nothing or one is empty, NaN when both are empty: nothing
    was there to agree on.

    References
    ----------
    Jaccard 1912, https://doi.org/10.1111/j.1469-8137.1912.tb05611.x

    Examples
    --------
    >>> intersection_over_union([[1, 1, 0]], [[0, 1, 1]])
    0.3333333333333333
    """
    return overlap(a, b).iou


def dice(a: ArrayLike, b: ArrayLike) -> float:
    """Dice coefficient of two masks of one shape: 2 · IoU / (1 + IoU). NaN when both are empty.

    References
    ----------
    Dice 1945, https://doi.org/10.2307/1932409

    Examples
    --------
    >>> dice([[1, 1, 0]], [[0, 1, 1]])
    0.5
    """
    return overlap(a, b).dice


class SharedPixels(NamedTuple):
    """How many pixels every pair of objects of two label images shares.

    Pairs that share none are not in it. Sorted by the first label, then by the second.
    """

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    n: NDArray[np.int64]


def shared_pixels(a: NDArray[Any], b: NDArray[Any]) -> SharedPixels:
    """The pixels that the objects of two label images of one shape share, background apart.

    Parameters
    ----------
    a, b : (Y, X) integer arrays, 0 = background

    Raises
    ------
    ValueError
        Images of different shapes.

    Examples
    --------
    >>> shared_pixels(np.array([[1, 1, 2, 0]]), np.array([[7, 7, 7, 7]]))
    SharedPixels(a=array([1, 2]), b=array([7, 7]), n=array([2, 1]))
    """
    if a.shape != b.shape:
        raise ValueError(f"labels of one shape are compared, got {a.shape} {b.shape}")
    first, second, length = _runs(np.ascontiguousarray(a), np.ascontiguousarray(b))
    order = np.lexsort((second, first))
    first, second, length = first[order], second[order], length[order]
    new = np.ones(len(first), bool)
    new[1:] = (np.diff(first) != 0) | (np.diff(second) != 0)
    starts = np.flatnonzero(new)
    n = np.add.reduceat(length, starts) if len(starts) else length
    return SharedPixels(first[starts], second[starts], n)


@njit(cache=True, nogil=True)
def _runs(a, b):  # type: ignore[no-untyped-def]
    """Stretches of a row in which both labels stay the same and neither is background."""
    height, width = a.shape
    room = 1024
    first, second = np.empty(room, np.int64), np.empty(room, np.int64)
    length = np.empty(room, np.int64)
    n = 0
    for y in range(height):
        x = 0
        while x < width:
            p, q = a[y, x], b[y, x]
            if p == 0 or q == 0:
                x += 1
                continue
            start = x
            x += 1
            while x < width and a[y, x] == p and b[y, x] == q:
                x += 1
            if n == room:
                room *= 2
                first = _longer(first, room)
                second = _longer(second, room)
                length = _longer(length, room)
            first[n], second[n], length[n] = p, q, x - start
            n += 1
    return first[:n], second[:n], length[:n]


@njit(cache=True, nogil=True)
def _longer(values, room):  # type: ignore[no-untyped-def]
    out = np.empty(room, values.dtype)
    out[: len(values)] = values
    return out
