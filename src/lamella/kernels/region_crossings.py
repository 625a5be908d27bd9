"""Perimeter without bias, and Euler number, of every region: from blocks of 2 × 2 pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.region_outline import padded_inside


class Crossings(NamedTuple):
    """Of n regions, (n,) each."""

    perimeter: NDArray[np.float64]
    """Crofton's, px."""
    euler: NDArray[np.int64]
    """Pieces (8-connected) less holes."""


def crossings(labels: NDArray[Any], label: NDArray[np.int64], box: NDArray[np.int64]) -> Crossings:
    """Perimeter by Cauchy and Crofton in four directions, and Euler number.

    Lines along rows, columns and both diagonals are laid over the region; the number of times that
    they cross its edge, times their distance, averaged over directions, is 2/π of the perimeter.
    Edges along the field's border count.

    Parameters
    ----------
    labels : (Y, X) integer array
    label, box : (n,), (n, 4) int64 arrays
        The regions, as in `Regions`.

    Notes
    -----
    How far it is off, on average over places between pixels (docs/accuracy.md): discs of radius 5,
    10, 20 and 50 px by −0.3, −0.1, −0.0 and −0.0 %; ellipses of 80 × 40 px in any direction by
    +0.0 %. For straight edges four directions are too few: squares of 40 px along the grid are off
    by −5.9 %, turned by 22.5° by +1.7 %, by 45° by −5.7 %. Equal to
    ``skimage.measure.perimeter_crofton(directions=4)``.

    References
    ----------
    Lehmann and Legland 2012, https://doi.org/10.54294/ddfgmr. Euler number by quads: Gray 1971,
    https://doi.org/10.1109/T-C.1971.223289
    """
    return Crossings(*_crossings(labels, label, box))


@njit(cache=True, nogil=True)
def _crossings(labels, label, box):  # type: ignore[no-untyped-def]
    perimeter = np.empty(len(label))
    euler = np.empty(len(label), np.int64)
    for i in range(len(label)):
        inside = padded_inside(labels, label[i], box[i]).view(np.uint8)
        straight = diagonal = ones = threes = opposite = 0
        for y in range(inside.shape[0] - 1):
            upper, lower = inside[y], inside[y + 1]
            for x in range(inside.shape[1] - 1):
                a, b = upper[x], upper[x + 1]
                c, d = lower[x], lower[x + 1]
                straight += (a ^ b) + (a ^ c)
                diagonal += (a ^ d) + (b ^ c)
                n = a + b + c + d
                ones += n == 1
                threes += n == 3
                opposite += (n == 2) & (a == d)
        perimeter[i] = np.pi / 8 * (straight + diagonal / np.sqrt(2.0))
        euler[i] = (ones - threes - 2 * opposite) // 4
    return perimeter, euler
