"""How deep every pixel of a region lies, in equal parts of the way to its deepest place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.regions import inside_of


def depth_bins(
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    area: NDArray[np.int64],
    *,
    n: int,
) -> NDArray[np.int64]:
    """Part of the way from the edge (0) to the deepest place (n − 1) in which each pixel lies.

    Depth is the exact Euclidean distance to the nearest pixel that is not the region's, less the
    half pixel by which the edge is nearer. Beyond the frame is outside; so are other regions.

    Parameters
    ----------
    labels : (Y, X) integer array
    label, box, area : (n,), (n, 4), (n,) int64 arrays
        The regions, as in `Regions`.
    n : int
        Parts.

    Returns
    -------
    (Σ area,) int64 array
        In the order of `pixels_of`. Where all pixels are equally deep (a line of 1 px), n − 1.

    References
    ----------
    Felzenszwalb and Huttenlocher 2012, https://doi.org/10.4086/toc.2012.v008a019
    """
    found: NDArray[np.int64] = _bins(labels, label, box, int(area.sum()), n)
    return found


@njit(cache=True, nogil=True)
def _bins(labels, label, box, total, n):  # type: ignore[no-untyped-def]
    found = np.empty(total, np.int64)
    at = 0
    for i in range(len(label)):
        inside = inside_of(labels, label[i], box[i])
        squared = squared_distances(inside)
        deepest = np.sqrt(squared.max()) - 0.5
        for y in range(inside.shape[0]):
            for x in range(inside.shape[1]):
                if inside[y, x]:
                    part = int(n * (np.sqrt(squared[y, x]) - 0.5) / deepest)
                    found[at] = min(part, n - 1)
                    at += 1
    return found


@njit(cache=True, nogil=True)
def squared_distances(inside):  # type: ignore[no-untyped-def]
    """Squared distance of every pixel of a mask to the nearest outside, px²; 0 outside.

    Beyond the array is outside. Equal to the squares of `lamella.kernels.distance.distance_inside`,
    of one mask after the other without a call of Python for each.
    """
    height, width = inside.shape
    column = np.zeros((height, width), np.float64)  # along columns, not squared
    for y in range(height):
        for x in range(width):
            if inside[y, x]:
                column[y, x] = (column[y - 1, x] if y else 0.0) + 1
    for y in range(height - 1, -1, -1):
        for x in range(width):
            if inside[y, x]:
                column[y, x] = min(column[y, x], (column[y + 1, x] if y < height - 1 else 0.0) + 1)
    squared = np.zeros((height, width))
    # The lower envelope of the parabolas that stand on the pixels of a row, with one at each end.
    foot, base, begin = np.empty(width + 2, np.int64), np.empty(width + 2), np.empty(width + 2)
    half = np.zeros(width + 2)
    for k in range(1, width + 2):
        half[k] = 0.5 / k
    for y in range(height):
        n = 1
        foot[0], base[0], begin[0] = -1, 1.0, -np.inf  # `base` with the square of the foot
        for x in range(width + 1):
            rise = x * x + (column[y, x] ** 2 if x < width else 0.0)
            while True:
                meet = (rise - base[n - 1]) * half[x - foot[n - 1]]
                if meet > begin[n - 1]:
                    break
                n -= 1
            foot[n], base[n], begin[n] = x, rise, meet
            n += 1
        k = 0
        for x in range(width):
            while k + 1 < n and begin[k + 1] < x:
                k += 1
            squared[y, x] = x * x - 2 * x * foot[k] + base[k]
    return squared
