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
        for y in range(top, bottom):
            x = left
            while x < right:
                if labels[y, x] != name:
                    x += 1
                    continue
                first = x
                while x < right and labels[y, x] == name:
                    x += 1
                for disc, changes in ((far, wide), (near, narrow)):
                    for k in range(len(disc)):
                        row = changes[y - top + reach + k - len(disc) // 2]
                        row[first - left + reach - disc[k]] += 1
                        row[x - left + reach + disc[k]] -= 1
        y0, x0 = top - reach, left - reach
        for y in range(max(y0, 0), min(y0 + shape[0], height)):
            in_wide = in_narrow = 0
            for k in range(shape[1] - 1):
                in_wide += wide[y - y0, k]
                in_narrow += narrow[y - y0, k]
                x = x0 + k
                if in_wide > 0 and in_narrow == 0 and 0 <= x < width and labels[y, x] == 0:
                    if n == len(rows):
                        rows = np.concatenate((rows, np.empty(n, np.int32)))
                        columns = np.concatenate((columns, np.empty(n, np.int32)))
                    rows[n], columns[n] = y, x
                    n += 1
        start[i + 1] = n
    return rows[:n], columns[:n], start
