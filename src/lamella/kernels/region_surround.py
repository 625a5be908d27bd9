"""The ring of background around every region."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.region_pixels import Pixels


def surrounds(
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    *,
    gap_px: float,
    width_px: float,
) -> Pixels:
    """Pixels further than `gap_px` from a region, and no further than `gap_px` + `width_px`.

    Distances are between centres of pixels. Pixels of any region are left out, so that the rings of
    neighbours may share pixels and that of a region among others may have none. Holes of a region
    that are large enough hold some of its ring.

    Parameters
    ----------
    labels : (Y, X) integer array
    label, box : (n,), (n, 4) int64 arrays
        The regions, as in `Regions`.
    """
    near, far = _disc(gap_px), _disc(gap_px + width_px)
    return Pixels(*_surrounds(labels, label, box, near, far))


def _disc(radius: float) -> NDArray[np.int64]:
    """Half-width of a disc's rows, from its topmost to its lowest one."""
    reach = int(radius)
    dy = np.arange(-reach, reach + 1)
    # A hair more than the radius, so that 5² = 3² + 4² whatever the rounding.
    half: NDArray[np.float64] = np.sqrt(np.maximum(radius * radius - dy * dy, 0.0)) + 1e-9
    return np.asarray(half, np.int64)


@njit(cache=True, nogil=True)
def _surrounds(labels, label, box, near, far):  # type: ignore[no-untyped-def]
    height, width = labels.shape
    reach = len(far) // 2
    rows, columns = np.empty(1024, np.int32), np.empty(1024, np.int32)
    start = np.zeros(len(label) + 1, np.int64)
    n = 0
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        # Where runs of pixels, widened by the disc's rows, begin (+1) and end (−1).
        shape = (bottom - top + 2 * reach, right - left + 2 * reach + 1)
        wide, narrow = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        y0, x0 = top - reach, left - reach
        for y in range(top, bottom):
            row, x = labels[y, left:right], 0
            while x < len(row):
                if row[x] != name:
                    x += 1
                    continue
                first = x
                while x < len(row) and row[x] == name:
                    x += 1
                _widen(wide, far, y - y0, first + reach, x + reach)
                _widen(narrow, near, y - y0, first + reach, x + reach)
        low, high = max(-x0, 0), min(width - x0, shape[1] - 1)
        if n + shape[0] * shape[1] > len(rows):
            more = max(n, shape[0] * shape[1])
            rows = np.concatenate((rows, np.empty(more, np.int32)))
            columns = np.concatenate((columns, np.empty(more, np.int32)))
        for y in range(max(y0, 0), min(y0 + shape[0], height)):
            in_wide, in_narrow = wide[y - y0], narrow[y - y0]
            for k in range(1, high):
                in_wide[k] += in_wide[k - 1]
                in_narrow[k] += in_narrow[k - 1]
            row = labels[y, x0 + low : x0 + high]
            for k in range(len(row)):
                # Written in any case, and kept by going on: no branch that is hard to foresee.
                rows[n], columns[n] = y, x0 + low + k
                n += (in_wide[low + k] > 0) & (in_narrow[low + k] == 0) & (row[k] == 0)
        start[i + 1] = n
    return rows[:n], columns[:n], start


@njit(cache=True, nogil=True)
def _widen(changes, disc, y, first, last):  # type: ignore[no-untyped-def]
    """Add the disc at every pixel of a run to the changes along the rows."""
    top = y - len(disc) // 2
    for k in range(len(disc)):
        changes[top + k, first - disc[k]] += 1
        changes[top + k, last + disc[k]] -= 1
