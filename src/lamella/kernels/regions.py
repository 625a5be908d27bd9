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
# Pixels of a row that are looked at together.
_STRETCH = 64


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

    def at_border(self, frame_shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Whether each object touches the edge of the frame, shape (n,)."""
        touches: NDArray[np.bool_] = (self.box[:, :2] == 0) | (self.box[:, 2:] == frame_shape)
        cut: NDArray[np.bool_] = touches.any(axis=1)
        return cut


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
    largest = np.int64(0)
    area = np.zeros(n, np.int64)
    total = np.zeros((n, 2), np.int64)
    box = np.empty((n, 4), np.int64)
    box[:, 0] = height
    box[:, 1] = width
    box[:, 2:] = 0
    for y in range(height):
        # Most rows of most frames hold no object, and most stretches of the others; a maximum is a
        # few vector instructions.
        row_largest = _largest(labels[y])
        largest = max(largest, np.int64(row_largest))
        if row_largest == 0 or largest >= n:
            continue
        for left in range(0, width, _STRETCH):
            stretch = labels[y, left : left + _STRETCH]
            if _largest(stretch) == 0:
                continue
            x = 0
            while x < len(stretch):  # one run of equal labels after the other
                start, k = x, stretch[x]
                x += 1
                while x < len(stretch) and stretch[x] == k:
                    x += 1
                if k != 0:
                    first, last = left + start, left + x - 1
                    area[k] += x - start
                    total[k, 0] += y * (x - start)
                    total[k, 1] += (first + last) * (x - start) // 2
                    box[k, 0] = min(box[k, 0], y)
                    box[k, 1] = min(box[k, 1], first)
                    box[k, 2] = y + 1
                    box[k, 3] = max(box[k, 3], last + 1)
    return largest, area, total, box


@njit(cache=True, nogil=True)
def _largest(row):  # type: ignore[no-untyped-def]
    largest = row[0]
    for x in range(1, len(row)):
        largest = max(largest, row[x])
    return largest


@njit(cache=True, nogil=True)
def inside_of(labels, label, box):  # type: ignore[no-untyped-def]
    """Mask of one object within its box, (bottom − top, right − left) bool array."""
    top, left, bottom, right = box
    name = labels.dtype.type(label)  # compared in the type of the frame, many pixels at a time
    inside = np.empty((bottom - top, right - left), np.bool_)
    for y in range(bottom - top):
        row, found = labels[top + y, left:right], inside[y]
        for x in range(len(found)):
            found[x] = row[x] == name
    return inside


@njit(cache=True, nogil=True)
def iou_with_namesake(labels, label, area, box, other, other_label, other_area):  # type: ignore[no-untyped-def]
    """Intersection over union of every object with that of the same label in another frame.

    Parameters
    ----------
    labels, other : (Y, X) integer arrays of one type
    label, area, box, other_label, other_area : int64 arrays
        The objects of both frames, as in `Regions`.

    Returns
    -------
    (n,) float64 array
        NaN where the other frame does not have the label.
    """
    iou = np.full(len(label), np.nan)
    for i in range(len(label)):
        j = np.searchsorted(other_label, label[i])
        if j == len(other_label) or other_label[j] != label[i]:
            continue
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        shared = 0
        for y in range(top, bottom):
            a, b = labels[y, left:right], other[y, left:right]
            for x in range(len(a)):
                shared += (a[x] == name) & (b[x] == name)
        iou[i] = shared / (area[i] + other_area[j] - shared)
    return iou


@njit(cache=True, nogil=True)
def means_of(image, labels, label, box):  # type: ignore[no-untyped-def]
    """Mean pixel value of every object, (n,) float64."""
    mean = np.empty(len(label))
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        total, n = 0.0, 0
        for y in range(top, bottom):
            a, b = image[y, left:right], labels[y, left:right]
            for x in range(len(a)):
                if b[x] == name:
                    total += a[x]
                    n += 1
        mean[i] = total / n
    return mean
