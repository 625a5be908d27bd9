"""Split a set of pixels at a percentile into a bright and a dim part, fair to ties.

Pixels that equal the splitting value belong to both parts, each with the weight that makes the
bright part exactly ``1 − percentile/100`` of the pixels. No order of the pixels, and so no
direction in the image, can then leak into means or centroids.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# An integer histogram beats a partial sort while it fits into the processor's second-level cache.
_WIDEST_HISTOGRAM = 1 << 17


class Split(NamedTuple):
    """Bright is above `threshold`, dim below; `tie_weight` of those equal to it is bright."""

    threshold: float
    tie_weight: float


def split_at_percentile(values: NDArray[Any], *, percentile: float) -> Split:
    """Find the value that leaves ``1 − percentile/100`` of the pixels above it.

    Parameters
    ----------
    values : (n,) integer or float array, n ≥ 1, without NaN
    percentile : float
        Above 0 and below 100; 50 is the median split.

    Returns
    -------
    Split
        When the cut falls between two different values, `threshold` is their mean (for the median
        of an even number of pixels this is ``numpy.median``) and `tie_weight` is 0.
    """
    n_dim = len(values) * percentile / 100
    if abs(n_dim - round(n_dim)) < 1e-9:  # 0.6 · 10 is not 6 in floating point
        n_dim = float(round(n_dim))
    n_bright = len(values) - n_dim
    below = min(int(n_dim), len(values) - 1)
    if values.dtype.kind in "ui":
        threshold, tie_weight = _split_by_histogram(values, n_bright, n_dim)
        if tie_weight >= 0:
            return Split(threshold, tie_weight)
    if n_dim == below and below > 0:
        ordered = np.partition(values, (below - 1, below))
        before, after = float(ordered[below - 1]), float(ordered[below])
        if before != after:
            return Split((before + after) / 2, 0.0)
    else:
        after = float(np.partition(values, below)[below])
    n_above = np.count_nonzero(values > after)
    return Split(after, (n_bright - n_above) / np.count_nonzero(values == after))


@njit(cache=True, nogil=True)
def _split_by_histogram(values, n_bright, n_dim):  # type: ignore[no-untyped-def]
    """Threshold and tie weight; the weight is negative when values spread too far to be counted."""
    low, high = np.int64(values.min()), np.int64(values.max())
    if high - low >= _WIDEST_HISTOGRAM:
        return 0.0, -1.0
    counts = np.zeros(high - low + 1, np.int64)
    for value in values:
        counts[value - low] += 1
    passed = 0
    for bin_ in range(len(counts)):
        if counts[bin_] == 0:
            continue
        if passed == n_dim and passed > 0:  # the cut falls exactly before this value
            before = bin_ - 1
            while counts[before] == 0:
                before -= 1
            return low + (before + bin_) / 2, 0.0
        if passed + counts[bin_] > n_dim:
            n_above = len(values) - passed - counts[bin_]
            return float(low + bin_), (n_bright - n_above) / counts[bin_]
        passed += counts[bin_]
    return float(high), 1.0


class Sums(NamedTuple):
    """Weight, intensity and first moments of a set of weighted pixels."""

    weight: float
    intensity: float
    row: float
    column: float


class Parts(NamedTuple):
    """Weighted sums over the bright and the dim part of an object."""

    bright: Sums
    dim: Sums


def sum_parts(
    image: NDArray[Any],
    mask: NDArray[np.bool_],
    split: Split,
    *,
    distance: NDArray[Any] | None = None,
    within: float = np.inf,
) -> Parts:
    """Sum the two parts of an object.

    Parameters
    ----------
    image, mask : (Y, X) arrays
    split : Split
    distance : (Y, X) array, optional
        When given, only pixels at most `within` from the edge can be bright; all others are dim.

    Returns
    -------
    Parts
        Rows and columns are counted from the corner of `image`.
    """
    if distance is None:
        distance = np.zeros((0, 0), np.float32)
    sums = _sum_parts(image, mask, split.threshold, split.tie_weight, distance, within)
    return Parts(Sums(*sums[0]), Sums(*sums[1]))


@njit(cache=True, nogil=True)
def _sum_parts(image, mask, threshold, tie_weight, distance, within):  # type: ignore[no-untyped-def]
    sums = np.zeros((2, 4), np.float64)
    height, width = mask.shape
    limited = distance.size > 0
    for y in range(height):
        for x in range(width):
            if not mask[y, x]:
                continue
            value = np.float64(image[y, x])
            if value > threshold:
                bright = 1.0
            elif value == threshold:
                bright = tie_weight
            else:
                bright = 0.0
            if limited and distance[y, x] > within:
                bright = 0.0
            for part, weight in ((0, bright), (1, 1.0 - bright)):
                sums[part, 0] += weight
                sums[part, 1] += weight * value
                sums[part, 2] += weight * y
                sums[part, 3] += weight * x
    return sums
