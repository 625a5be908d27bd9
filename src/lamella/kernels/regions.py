"""Area, centroid and bounding box of every label of a frame, in one pass over its pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Above this, a table indexed by label would be larger than the frame: labels are compacted first.
_LARGEST_DIRECT_LABEL = 1 << 17
# A table of this size is tried first, so that the usual frame is read from memory only once.
_FIRST_TABLE = 256


class Regions(NamedTuple):
    """What one pass over a label frame tells of its n objects, sorted by label."""

    label: NDArray[np.int64]
    """Label numbers, shape (n,)."""
    area: NDArray[np.int64]
    """Pixels per object, shape (n,)."""
    centroid: NDArray[np.float64]
    """(row, column) mean of the pixel centres, shape (n, 2)."""
    box: NDArray[np.int64]
    """First row, first column, row and column after the last, shape (n, 4)."""

    def row_of(self, label: int) -> int | None:
        """Where `label` stands in these arrays; None when the frame does not have it."""
        i = int(np.searchsorted(self.label, label))
        return i if i < len(self.label) and self.label[i] == label else None


def find_regions(labels: NDArray[Any]) -> Regions:
    """Area, centroid and bounding box of every object of a label frame.

    Parameters
    ----------
    labels : (Y, X) integer or bool array, 0 = background

    Returns
    -------
    Regions
        Empty arrays when every pixel is background.
    """
    if labels.dtype == bool:
        labels = labels.view(np.uint8)
    largest, area, total, box = _accumulate(labels, _FIRST_TABLE)
    if _FIRST_TABLE <= largest <= _LARGEST_DIRECT_LABEL:
        largest, area, total, box = _accumulate(labels, largest + 1)
    elif largest > _LARGEST_DIRECT_LABEL:
        names, compact = np.unique(labels, return_inverse=True)
        compact = compact.reshape(labels.shape).astype(np.int64)
        if names[0] != 0:  # no background pixel at all: number 0 is still reserved for it
            names, compact = np.concatenate([[0], names]), compact + 1
        found = find_regions(compact)
        return found._replace(label=names[found.label].astype(np.int64))
    present = np.flatnonzero(area)
    return Regions(
        label=present,
        area=area[present],
        centroid=total[present] / area[present, None],
        box=box[present],
    )


@njit(cache=True, nogil=True)
def _accumulate(labels, n):  # type: ignore[no-untyped-def]
    """The largest label, and sums over labels below n; these are unfinished if one is larger."""
    height, width = labels.shape
    largest = 0
    area = np.zeros(n, np.int64)
    total = np.zeros((n, 2), np.float64)
    box = np.empty((n, 4), np.int64)
    box[:, 0] = height
    box[:, 1] = width
    box[:, 2:] = 0
    for y in range(height):
        # Most rows of most frames hold no object; a row's maximum is a few vector instructions.
        row_largest = labels[y, 0]
        for x in range(1, width):
            row_largest = max(row_largest, labels[y, x])
        largest = max(largest, np.int64(row_largest))
        if row_largest == 0 or largest >= n:
            continue
        for x in range(width):
            k = labels[y, x]
            if k != 0:
                area[k] += 1
                total[k, 0] += y
                total[k, 1] += x
                box[k, 0] = min(box[k, 0], y)
                box[k, 1] = min(box[k, 1], x)
                box[k, 2] = y + 1
                box[k, 3] = max(box[k, 3], x + 1)
    return largest, area, total, box


@njit(cache=True, nogil=True)
def shared_pixels(labels, other, label, top, left, bottom, right):  # type: ignore[no-untyped-def]
    """Pixels of a box that carry `label` in both frames: the cell's overlap with itself."""
    shared = 0
    for y in range(top, bottom):
        for x in range(left, right):
            if labels[y, x] == label and other[y, x] == label:
                shared += 1
    return shared
