"""Nucleus, cytoplasm, ring round the nucleus and band under the membrane of every cell."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.distance import EDGE_PX, distance_outside
from lamella.kernels.ranks import median_of
from lamella.kernels.regions import inside_of

CYTOPLASM, RING, MEMBRANE = 1, 2, 4
"""Bits of the image that `paint_compartments` makes."""


class Members(NamedTuple):
    """The pixels of one compartment of n objects, found once for all channels."""

    pixels: NDArray[np.int64]
    """(p,) places in the flattened frame, those of an object side by side."""
    start: NDArray[np.int64]
    """(n + 1,): those of object i are ``pixels[start[i]:start[i + 1]]``."""

    @property
    def area(self) -> NDArray[np.int64]:
        """(n,) pixels of every object."""
        return np.diff(self.start)


def paint_compartments(
    cells: NDArray[Any],
    nuclei: NDArray[Any],
    *,
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    nucleus: NDArray[np.int64],
    nucleus_box: NDArray[np.int64],
    ring_px: float,
    gap_px: float,
    membrane_px: float,
) -> NDArray[np.uint8]:
    """Mark to which compartments of its cell every pixel of a frame belongs.

    None of them holds a pixel of any nucleus. They may overlap: cytoplasm is all of the cell but
    the nuclei, the ring is what of it lies between `gap_px` and `gap_px` + `ring_px` from the edge
    of the cell's own nucleus, the membrane what lies within `membrane_px` of the cell's edge. Where
    the field cuts a cell there is no membrane; where it touches another cell there is one.

    Parameters
    ----------
    cells, nuclei : (Y, X) integer arrays, 0 = background
    label, nucleus : (n,) int64 arrays
        The cells, and the nucleus of each; 0 = none.
    box, nucleus_box : (n, 4) int64 arrays
        First row, first column, row and column after the last; of no nucleus anything.
    ring_px, gap_px, membrane_px : float
        Measured from edges, which run `EDGE_PX` before the nearest pixel's centre; NaN = none.

    Returns
    -------
    (Y, X) uint8 array
        Sums of `CYTOPLASM`, `RING` and `MEMBRANE`.
    """
    bits: NDArray[np.uint8] = ((cells != 0) & (nuclei == 0)).astype(np.uint8) * np.uint8(CYTOPLASM)
    rows, columns = cells.shape
    if np.isfinite(ring_px + gap_px):
        near, far = gap_px + EDGE_PX if gap_px else 0.0, gap_px + ring_px + EDGE_PX
        reach = int(np.ceil(far))
        for i in np.flatnonzero(nucleus):
            crop = _grown(nucleus_box[i], reach, rows, columns)
            distance = distance_outside(inside_of(nuclei, nucleus[i], crop))
            _mark(bits, cells, label[i], crop, distance, near, far, RING)
    if np.isfinite(membrane_px):
        for i in range(len(label)):
            crop = _grown(box[i], 1, rows, columns)
            distance = distance_outside(~inside_of(cells, label[i], crop))
            _mark(bits, cells, label[i], crop, distance, 0.0, membrane_px + EDGE_PX, MEMBRANE)
    return bits


def members_of(
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    *,
    bits: NDArray[np.uint8] | None = None,
    bit: int = 0,
) -> Members:
    """The pixels of every object, or of them those that have a bit.

    Parameters
    ----------
    labels : (Y, X) integer array
    label : (n,) int64 array
        Objects, one more than once where that is wanted; 0 = none, which has no pixels.
    box : (n, 4) int64 array
    bits : (Y, X) uint8 array, optional
        See `paint_compartments`; by default all pixels of the objects.
    bit : int
    """
    if bits is None:
        bits, bit = np.ones(labels.shape, np.uint8), 1
    start = np.zeros(len(label) + 1, np.int64)
    np.cumsum(_count(labels, label, box, bits, bit), out=start[1:])
    return Members(_collect(labels, label, box, bits, bit, start), start)


def signal_of(
    image: NDArray[Any], members: Members
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sum, mean and median of the pixels of every object, (n,) each; NaN without pixels.

    The mean and the median of an object with a NaN are NaN.
    """
    total, mean, median = _signal(np.ascontiguousarray(image).reshape(-1), *members)
    return total, mean, median


def _grown(box: NDArray[np.int64], by: int, rows: int, columns: int) -> tuple[int, int, int, int]:
    top, left, bottom, right = (int(edge) for edge in box)
    return max(top - by, 0), max(left - by, 0), min(bottom + by, rows), min(right + by, columns)


@njit(cache=True, nogil=True)
def _mark(bits, cells, label, crop, distance, near, far, bit):  # type: ignore[no-untyped-def]
    """Add a bit to the cell's cytoplasm where the distance is above `near` and at most `far`."""
    top, left, bottom, right = crop
    name = cells.dtype.type(label)
    for y in range(top, bottom):
        for x in range(left, right):
            away = distance[y - top, x - left]
            if near < away <= far and cells[y, x] == name and bits[y, x] & CYTOPLASM:
                bits[y, x] |= np.uint8(bit)


@njit(cache=True, nogil=True)
def _count(labels, label, box, bits, bit):  # type: ignore[no-untyped-def]
    count = np.zeros(len(label), np.int64)
    for i in range(len(label)):
        if label[i] == 0:
            continue
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        for y in range(top, bottom):
            for x in range(left, right):
                count[i] += labels[y, x] == name and bits[y, x] & bit != 0
    return count


@njit(cache=True, nogil=True)
def _collect(labels, label, box, bits, bit, start):  # type: ignore[no-untyped-def]
    pixels = np.empty(start[-1], np.int64)
    for i in range(len(label)):
        if label[i] == 0:
            continue
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        k = start[i]
        for y in range(top, bottom):
            for x in range(left, right):
                if labels[y, x] == name and bits[y, x] & bit != 0:
                    pixels[k] = y * labels.shape[1] + x
                    k += 1
    return pixels


@njit(cache=True, nogil=True)
def _signal(image, pixels, start):  # type: ignore[no-untyped-def]
    n = len(start) - 1
    total, mean, median = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    for i in range(n):
        size = start[i + 1] - start[i]
        if size == 0:
            continue
        values = np.empty(size)
        for k in range(size):
            values[k] = image[pixels[start[i] + k]]
        total[i] = values.sum()
        mean[i] = total[i] / size
        if not np.isnan(total[i]):
            median[i] = median_of(values)
    return total, mean, median
