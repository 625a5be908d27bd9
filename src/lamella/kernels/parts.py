"""Sums over a part of every object, where a pixel may belong to the part by a share only.

A *share* image tells for every pixel of the frame, from 0 to 1, how far it belongs to the part that
is asked for, such as the lamellipodium. It is 0 outside of all objects; the rest of an object is
whatever of its pixels does not belong to the part.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class PartSums(NamedTuple):
    """Sums over one part of n objects: arrays of shape (n,)."""

    weight: FloatArray
    """Pixels, shares counted as such."""
    intensity: FloatArray
    row: FloatArray
    column: FloatArray

    def means(self, level: float = 0.0) -> FloatArray:
        """Mean intensity above `level`; NaN for an empty part."""
        return _over(self.intensity, self.weight) - level

    def centroids(self) -> FloatArray:
        """(n, 2) row and column; NaN for an empty part."""
        return np.stack([_over(self.row, self.weight), _over(self.column, self.weight)], axis=1)


def _over(total: FloatArray, weight: FloatArray) -> FloatArray:
    out: FloatArray = np.divide(total, weight, out=np.full(weight.shape, np.nan), where=weight > 0)
    return out


def shares_above(
    image: NDArray[Any],
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    *,
    threshold: FloatArray,
    tie_weight: FloatArray,
    below: bool = False,
) -> NDArray[np.float32]:
    """The share image of pixels above each object's threshold.

    Parameters
    ----------
    image, labels : (Y, X) arrays
    label, box : (n,), (n, 4) int64 arrays
        The objects, as in `Regions`.
    threshold, tie_weight : (n,) float64 arrays
        As `halves_of_objects` gives them: a pixel that equals the threshold belongs by the weight.
    below : bool
        The other part: pixels below the threshold, and what the ties leave.

    Returns
    -------
    (Y, X) float32 array
    """
    out: NDArray[np.float32] = np.zeros(labels.shape, np.float32)
    _shares_above(image, labels, label, box, threshold, tie_weight, below, out)
    return out


@njit(cache=True, nogil=True)
def _shares_above(image, labels, label, box, threshold, tie_weight, below, out):  # type: ignore[no-untyped-def]
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        cut, tied = threshold[i], np.float32(tie_weight[i])
        full, none = np.float32(1), np.float32(0)
        if below:
            full, none, tied = none, full, np.float32(1) - tied
        for y in range(top, bottom):
            own, row, found = labels[y, left:right], image[y, left:right], out[y, left:right]
            for x in range(len(own)):
                if own[x] == name:
                    found[x] = full if row[x] > cut else (tied if row[x] == cut else none)


def sums_of_parts(
    image: NDArray[Any],
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    share: NDArray[np.float32],
) -> tuple[PartSums, PartSums]:
    """Sums over the part and over the rest of every object of a frame."""
    found = _sums_of_parts(image, labels, label, box, share)
    return PartSums(*found[0]), PartSums(*found[1])


@njit(cache=True, nogil=True)
def _sums_of_parts(image, labels, label, box, share):  # type: ignore[no-untyped-def]
    found = np.zeros((2, 4, len(label)))
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        part, every = found[0, :, i], found[1, :, i]
        for y in range(top, bottom):
            own, row, belongs = labels[y, left:right], image[y, left:right], share[y, left:right]
            for x in range(len(own)):
                if own[x] == name:
                    w, value = np.float64(belongs[x]), np.float64(row[x])
                    part[0] += w
                    part[1] += w * value
                    part[2] += w * y
                    part[3] += w * (left + x)
                    every[0] += 1
                    every[1] += value
                    every[2] += y
                    every[3] += left + x
        for k in range(4):
            every[k] -= part[k]
        if every[0] < 1e-6 * part[0]:  # shares are of single precision: what is left is rounding
            every[:] = 0
    return found
