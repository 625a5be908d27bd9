"""Which objects of two label images share pixels, and how many, in one pass over both."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Contingency(NamedTuple):
    """The n objects of image a, the m of image b, and the p pairs that share pixels.

    Background is no object; it is in no pair.
    """

    label_a: NDArray[np.int64]
    """(n,) labels, rising."""
    label_b: NDArray[np.int64]
    """(m,) labels, rising."""
    area_a: NDArray[np.int64]
    """(n,) pixels."""
    area_b: NDArray[np.int64]
    """(m,) pixels."""
    a: NDArray[np.intp]
    """(p,) place of a pair's first object in `label_a`."""
    b: NDArray[np.intp]
    """(p,) place of its second in `label_b`. Pairs are sorted by a, then b."""
    shared: NDArray[np.int64]
    """(p,) pixels of both."""

    @property
    def iou(self) -> NDArray[np.float64]:
        """(p,) intersection over union of every pair."""
        union = self.area_a[self.a] + self.area_b[self.b] - self.shared
        iou: NDArray[np.float64] = self.shared / union
        return iou

    @property
    def covers_a(self) -> NDArray[np.bool_]:
        """(p,) whether the second object holds more than half of the first: at most one does."""
        return 2 * self.shared > self.area_a[self.a]

    @property
    def covers_b(self) -> NDArray[np.bool_]:
        """(p,) whether the first object holds more than half of the second: at most one does."""
        return 2 * self.shared > self.area_b[self.b]


def contingency(a: NDArray[Any], b: NDArray[Any]) -> Contingency:
    """Count the pixels that the objects of two label images of one shape share.

    Parameters
    ----------
    a, b : (Y, X) integer arrays, 0 = background

    Raises
    ------
    ValueError
        Images of different shapes.
    """
    if a.shape != b.shape:
        raise ValueError(f"label images of one shape are compared, got {a.shape} and {b.shape}")
    one, two = a.ravel(), b.ravel()
    # Neighbours mostly have the same pair of labels: only runs of equal pairs are sorted.
    turns = np.flatnonzero((one[1:] != one[:-1]) | (two[1:] != two[:-1])) + 1
    starts = np.concatenate([[0], turns]) if one.size else turns
    length = np.diff(np.append(starts, one.size))
    label_a, i = np.unique(one[starts], return_inverse=True)
    label_b, j = np.unique(two[starts], return_inverse=True)
    pair, which = np.unique(i * max(len(label_b), 1) + j, return_inverse=True)
    shared = np.zeros(len(pair), np.int64)
    np.add.at(shared, which, length)
    i, j = np.divmod(pair, max(len(label_b), 1))
    area_a = np.bincount(i, shared, len(label_a)).astype(np.int64)
    area_b = np.bincount(j, shared, len(label_b)).astype(np.int64)
    # Without background, a place is one less where the background came first.
    no_a, no_b = int(np.isin(0, label_a)), int(np.isin(0, label_b))
    both = (label_a[i] != 0) & (label_b[j] != 0)
    return Contingency(
        label_a[no_a:].astype(np.int64),
        label_b[no_b:].astype(np.int64),
        area_a[no_a:],
        area_b[no_b:],
        i[both] - no_a,
        j[both] - no_b,
        shared[both],
    )
