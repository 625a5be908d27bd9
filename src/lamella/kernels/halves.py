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

from lamella.kernels.regions import inside_of

# An integer histogram beats a partial sort while it fits into the processor's second-level cache.
_WIDEST_HISTOGRAM = 1 << 17


class Split(NamedTuple):
    """Bright is above `threshold`, dim below; `tie_weight` of those equal to it is bright."""

    threshold: float
    tie_weight: float


class Sums(NamedTuple):
    """Weight, intensity and first moments of weighted pixels: of one set, or (n,) arrays of n."""

    weight: Any
    intensity: Any
    row: Any
    column: Any


class Parts(NamedTuple):
    """Weighted sums over the bright and the dim part of an object, or of n objects."""

    bright: Sums
    dim: Sums


def split_objects(
    image: NDArray[Any],
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    *,
    percentile: float,
) -> tuple[Split, Parts]:
    """Split every object of a frame, and sum its two parts.

    Parameters
    ----------
    image, labels : (Y, X) arrays
        Integer or float values without NaN; integer labels.
    label, box : (n,), (n, 4) int64 arrays
        The objects, as in `Regions`.
    percentile : float
        Above 0 and below 100; 50 is the median split.

    Returns
    -------
    split, parts
        As `split_at_percentile` and `sum_parts` give them for one object, with arrays of shape (n,)
        in the place of numbers. Rows and columns are counted from the corner of the frame.
    """
    found = _split_objects(image, labels, label, box, percentile, image.dtype.kind in "ui")
    return Split(found[0], found[1]), Parts(Sums(*found[2:6]), Sums(*found[6:10]))


@njit(cache=True, nogil=True)
def _split_objects(image, labels, label, box, percentile, whole):  # type: ignore[no-untyped-def]
    found = np.empty((10, len(label)))
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        crop = image[top:bottom, left:right]
        inside = inside_of(labels, label[i], box[i])
        threshold, tie_weight, cut = _split(_values_inside(crop, inside), percentile, whole)
        found[0, i], found[1, i] = threshold, tie_weight
        bright, dim = _sum_parts(crop, inside, inside, cut, tie_weight)
        for part, sums in ((2, bright), (6, dim)):
            found[part, i], found[part + 1, i] = sums[0], sums[1]
            found[part + 2, i] = sums[2] + top * sums[0]
            found[part + 3, i] = sums[3] + left * sums[0]
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
    threshold, tie_weight, _ = _split(values, percentile, values.dtype.kind in "ui")
    return Split(threshold, tie_weight)


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
        low, high = np.int64(values.min()), np.int64(values.max())
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
    ordered = np.partition(values, rank)
    after = ordered[rank]
    before = ordered[:rank].max() if rank else after
    n_after = n_above = 0
    for value in values:
        n_after += value == after
        n_above += value > after
    return float(before), float(after), n_after, n_above


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
    near = mask if distance is None else mask & (distance <= within)
    cut = _not_above(split.threshold, image.dtype)
    bright, dim = _sum_parts(image, mask, near, cut, split.tie_weight)
    return Parts(Sums(*bright), Sums(*dim))


def _not_above(threshold: float, dtype: np.dtype[Any]) -> Any:
    """The largest value of a type that is not above the threshold."""
    if dtype.kind in "ui":
        return dtype.type(np.floor(threshold))
    cut = dtype.type(threshold)
    return np.nextafter(cut, dtype.type(-np.inf)) if cut > threshold else cut


@njit(cache=True, nogil=True)
def _sum_parts(image, mask, near, cut, tie_weight):  # type: ignore[no-untyped-def]
    """Sums of the bright and of the dim part; bright are pixels of `near` above `cut`.

    Every row is summed in whole numbers where the image has them, without a branch: that is what
    the compiler turns into vector instructions.
    """
    zero = 0 * image[0, 0]  # int64, or float64 for a float image
    bright, every = np.zeros(4), np.zeros(4)
    for y in range(mask.shape[0]):
        row, inside, able = image[y], mask[y], near[y]
        n, total, columns = 0, zero, 0
        n_above, total_above, columns_above, n_tied, columns_tied = 0, zero, 0, 0, 0
        for x in range(len(row)):
            above, tied = able[x] & (row[x] > cut), able[x] & (row[x] == cut)
            n += 1 if inside[x] else 0
            total += row[x] if inside[x] else zero
            columns += x if inside[x] else 0
            n_above += 1 if above else 0
            total_above += row[x] if above else zero
            columns_above += x if above else 0
            n_tied += 1 if tied else 0
            columns_tied += x if tied else 0
        weight = n_above + tie_weight * n_tied
        bright[0] += weight
        bright[1] += total_above + tie_weight * n_tied * cut
        bright[2] += y * weight
        bright[3] += columns_above + tie_weight * columns_tied
        every[0] += n
        every[1] += total
        every[2] += y * n
        every[3] += columns
    return bright, every - bright
