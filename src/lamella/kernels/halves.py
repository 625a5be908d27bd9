"""Split the pixels of an object at a percentile into a bright and a dim part, fair to ties.

Pixels that equal the splitting value belong to both parts, each with the weight that makes the
bright part exactly ``1 − percentile/100`` of the pixels. No order of the pixels, and so no
direction in the image, can then leak into means or centroids.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.ranks import largest_of_first, select
from lamella.kernels.regions import inside_of

# An integer histogram beats a partial sort while it fits into the processor's second-level cache.
_WIDEST_HISTOGRAM = 1 << 17
# A count in the upper half of an int64, a sum of columns in the lower (rows up to 90 000 px).
_ONE, _COLUMNS = 1 << 32, (1 << 32) - 1


class Halves(NamedTuple):
    """The two parts of n objects: arrays of shape (n,)."""

    threshold: NDArray[np.float64]
    """Bright is above it, dim below. Where the cut falls between two different values, their mean:
    for the median of an even number of pixels this is ``numpy.median``."""
    tie_weight: NDArray[np.float64]
    """Share of the pixels equal to the threshold that is bright; 0 where the cut is between."""
    bright_mean: NDArray[np.float64]
    dim_mean: NDArray[np.float64]
    ratio: NDArray[np.float64]
    """NaN for an object of 1 pixel, or whose dim mean is not positive."""
    bright_row: NDArray[np.float64]
    bright_column: NDArray[np.float64]
    dim_row: NDArray[np.float64]
    dim_column: NDArray[np.float64]


def halves_of_objects(
    image: NDArray[Any],
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    *,
    percentile: float,
    level: float = 0.0,
) -> Halves:
    """Split every object of a frame, and tell the mean and the centroid of its two parts.

    Parameters
    ----------
    image, labels : (Y, X) arrays
        Integer or float values without NaN; integer labels.
    label, box : (n,), (n, 4) int64 arrays
        The objects, as in `Regions`.
    percentile : float
        Above 0 and below 100; 50 is the median split.
    level : float
        Background: subtracted from the means, and so from what the ratio is made of. Where pixels
        divide does not depend on it: `threshold` is that of the raw pixels.
    """
    whole = image.dtype.kind in "ui"
    return Halves(*_halves_of_objects(image, labels, label, box, percentile, float(level), whole))


@njit(cache=True, nogil=True)
def _halves_of_objects(image, labels, label, box, percentile, level, whole):  # type: ignore[no-untyped-def]
    found = np.empty((9, len(label)))
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        crop = image[top:bottom, left:right].copy()  # read from memory once, in one go
        inside = inside_of(labels, label[i], box[i])
        values = _values_inside(crop, inside)
        threshold, tie_weight, cut = _split(values, percentile, whole)
        bright, dim = _sum_parts(crop, inside, cut, tie_weight)
        lam, cyto = bright[1] / bright[0] - level, dim[1] / dim[0] - level
        found[0, i], found[1, i], found[2, i], found[3, i] = threshold, tie_weight, lam, cyto
        found[4, i] = lam / cyto if len(values) > 1 and cyto > 0 else np.nan
        found[5, i], found[6, i] = top + bright[2] / bright[0], left + bright[3] / bright[0]
        found[7, i], found[8, i] = top + dim[2] / dim[0], left + dim[3] / dim[0]
    return found


@njit(cache=True, nogil=True)
def _values_inside(image, inside):  # type: ignore[no-untyped-def]
    values = np.empty(inside.size, image.dtype)
    n = 0
    for y in range(inside.shape[0]):
        row, found = image[y], inside[y]
        for x in range(len(row)):
            if found[x]:
                values[n] = row[x]
                n += 1
    return values[:n]


@njit(cache=True, nogil=True)
def _split(values, percentile, whole):  # type: ignore[no-untyped-def]
    """Threshold, tie weight, and the largest pixel value that is not above the threshold."""
    n_dim = len(values) * percentile / 100
    if abs(n_dim - round(n_dim)) < 1e-9:  # 0.6 · 10 is not 6 in floating point
        n_dim = float(round(n_dim))
    below = min(int(n_dim), len(values) - 1)
    between = n_dim == below and below > 0  # the cut falls between two pixels, not on one
    before, after, n_after, n_above = _around_rank(values, below, whole)
    if between and before != after:
        return (before + after) / 2, 0.0, values.dtype.type(before)
    n_bright = len(values) - n_dim
    return after, (n_bright - n_above) / n_after, values.dtype.type(after)


@njit(cache=True, nogil=True)
def _around_rank(values, rank, whole):  # type: ignore[no-untyped-def]
    """Values number rank − 1 and rank in rising order, and how many equal and exceed the latter."""
    if whole:
        low = high = np.int64(values[0])
        for value in values:
            low, high = min(low, np.int64(value)), max(high, np.int64(value))
        if high - low < _WIDEST_HISTOGRAM:
            counts = np.zeros(high - low + 1, np.int64)
            for value in values:
                counts[np.int64(value) - low] += 1
            passed, at = counts[0], 0
            while passed <= rank:
                at += 1
                passed += counts[at]
            before = at
            if passed - counts[at] == rank and rank > 0:
                before -= 1
                while counts[before] == 0:
                    before -= 1
            return float(low + before), float(low + at), counts[at], len(values) - passed
    ordered = values.astype(np.float64)
    select(ordered, rank)
    after = ordered[rank]
    before = largest_of_first(ordered, rank) if rank else after
    n_after = n_above = 0
    for value in ordered:
        n_after += value == after
        n_above += value > after
    return before, after, n_after, n_above


@njit(cache=True, nogil=True)
def _sum_parts(image, mask, cut, tie_weight):  # type: ignore[no-untyped-def]
    """Weight, intensity, row and column, summed over the pixels above `cut` and over all others.

    Every row is summed in whole numbers where the image has them, without a branch: that is what
    the compiler turns into vector instructions. Count and column sum of a row share one number.
    """
    zero = 0 * image[0, 0]  # int64, or float64 for a float image
    bright, every = np.zeros(4), np.zeros(4)
    for y in range(mask.shape[0]):
        row, inside = image[y], mask[y]
        n_above = n_tied = n_inside = 0
        total_above, total_inside = zero, zero
        for x in range(len(row)):
            one = _ONE + x
            above, tied = inside[x] & (row[x] > cut), inside[x] & (row[x] == cut)
            n_above += one if above else 0
            n_tied += one if tied else 0
            n_inside += one if inside[x] else 0
            total_above += row[x] if above else zero
            total_inside += row[x] if inside[x] else zero
        weight = (n_above >> 32) + tie_weight * (n_tied >> 32)
        bright[0] += weight
        bright[1] += total_above + tie_weight * (n_tied >> 32) * cut
        bright[2] += y * weight
        bright[3] += (n_above & _COLUMNS) + tie_weight * (n_tied & _COLUMNS)
        every[0] += n_inside >> 32
        every[1] += total_inside
        every[2] += y * (n_inside >> 32)
        every[3] += n_inside & _COLUMNS
    return bright, every - bright
