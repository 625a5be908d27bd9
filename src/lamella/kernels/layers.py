"""Three layers of every object by Otsu's thresholds, dimmest first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.parts import PartSums

_BINS = 256


def layers_of_objects(
    image: NDArray[Any], labels: NDArray[Any], label: NDArray[np.int64], box: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Which of its object's three layers every pixel belongs to.

    The two thresholds maximise the variance between the layers, on a histogram of 256 bins between
    the smallest and the largest value of the object; the same as ``multi_otsu`` of three classes,
    for all objects of a frame at once.

    Parameters
    ----------
    image, labels : (Y, X) arrays
        Values without NaN.
    label, box : (n,), (n, 4) int64 arrays
        The objects, as in `Regions`.

    Returns
    -------
    (Y, X) uint8 array
        1 = dimmest, 2, 3 = brightest; 0 outside of objects, and in those that fill fewer than
        three bins or one of whose layers would be empty.

    References
    ----------
    Liao, Chen, Chung, J. Inf. Sci. Eng. 17:713 (2001).
    """
    out: NDArray[np.uint8] = np.zeros(labels.shape, np.uint8)
    _layers(image, labels, label, box, out)
    return out


def sums_of_layers(
    image: NDArray[Any],
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    layers: NDArray[np.uint8],
) -> tuple[PartSums, PartSums, PartSums]:
    """Sums over each of the three layers of every object."""
    found = _sums(image, labels, label, box, layers)
    return PartSums(*found[0]), PartSums(*found[1]), PartSums(*found[2])


@njit(cache=True, nogil=True)
def _layers(image, labels, label, box, out):  # type: ignore[no-untyped-def]
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        values = np.empty((bottom - top) * (right - left), np.float64)
        n = 0
        for y in range(top, bottom):
            own, row = labels[y, left:right], image[y, left:right]
            for x in range(len(own)):
                if own[x] == name:
                    values[n] = row[x]
                    n += 1
        low, high = _two_thresholds(values[:n])
        if np.isnan(low):
            continue
        middle = bright = 0
        for value in values[:n]:
            middle += low < value <= high
            bright += value > high
        if middle == 0 or bright == 0 or middle + bright == n:
            continue
        for y in range(top, bottom):
            own, row, found = labels[y, left:right], image[y, left:right], out[y, left:right]
            for x in range(len(own)):
                if own[x] == name:
                    found[x] = 1 + (row[x] > low) + (row[x] > high)


@njit(cache=True, nogil=True)
def _two_thresholds(values):  # type: ignore[no-untyped-def]
    """Highest values of the first and of the second layer; NaN without three filled bins."""
    least = most = values[0]
    for value in values:
        least, most = min(least, value), max(most, value)
    if not most > least:
        return np.nan, np.nan
    counts, sums = np.zeros(_BINS), np.zeros(_BINS)
    highest = np.full(_BINS, least)
    per_value = _BINS / (most - least)
    for value in values:
        i = min(int((value - least) * per_value), _BINS - 1)
        counts[i] += 1
        sums[i] += value - least
        highest[i] = max(highest[i], value)
    # Filled bins; before each: pixels, and the sum of their values.
    filled, n, total = np.empty(_BINS, np.int64), np.zeros(_BINS + 1), np.zeros(_BINS + 1)
    k = 0
    for i in range(_BINS):
        if counts[i] > 0:
            filled[k] = i
            n[k + 1], total[k + 1] = n[k] + counts[i], total[k] + sums[i]
            k += 1
    if k < 3:
        return np.nan, np.nan
    first, second = _best_cuts(n[: k + 1], total[: k + 1])
    return highest[filled[first - 1]], highest[filled[second - 1]]


@njit(cache=True, nogil=True)
def _best_cuts(n, total):  # type: ignore[no-untyped-def]
    """Bins at which the second and the third layer begin so that layers vary the most.

    Σ total² ÷ n over layers is, but for a constant, the variance between them. The best first cut
    never moves back when the second moves on, so that halving the range of second cuts halves the
    range of first cuts on either side: n log n pairs are tried, not n².
    """
    last = len(n) - 1
    best, first, second = -1.0, 1, 2
    # Ranges of second cuts that are open (from, to), and of their first cuts (from, to).
    stack = np.empty((64, 4), np.int64)
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = 2, last - 1, 1, last - 2
    n_open = 1
    while n_open:
        n_open -= 1
        low, high = stack[n_open, 0], stack[n_open, 1]
        from_, to = stack[n_open, 2], stack[n_open, 3]
        j = (low + high) // 2
        here, at = -1.0, from_
        for i in range(from_, min(to, j - 1) + 1):
            between = total[j] - total[i]
            score = total[i] * total[i] / n[i] + between * between / (n[j] - n[i])
            if score > here:
                here, at = score, i
        rest = total[last] - total[j]
        here += rest * rest / (n[last] - n[j])
        if here > best:
            best, first, second = here, at, j
        if low < j:
            stack[n_open, 0], stack[n_open, 1] = low, j - 1
            stack[n_open, 2], stack[n_open, 3] = from_, at
            n_open += 1
        if j < high:
            stack[n_open, 0], stack[n_open, 1] = j + 1, high
            stack[n_open, 2], stack[n_open, 3] = at, to
            n_open += 1
    return first, second


@njit(cache=True, nogil=True)
def _sums(image, labels, label, box, layers):  # type: ignore[no-untyped-def]
    found = np.zeros((3, 4, len(label)))
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        for y in range(top, bottom):
            own, row, layer = labels[y, left:right], image[y, left:right], layers[y, left:right]
            for x in range(len(own)):
                if own[x] == name and layer[x] > 0:
                    k = layer[x] - 1
                    found[k, 0, i] += 1
                    found[k, 1, i] += row[x]
                    found[k, 2, i] += y
                    found[k, 3, i] += left + x
    return found
