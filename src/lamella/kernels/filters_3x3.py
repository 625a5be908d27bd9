"""Mean and maximum of 3 × 3 pixels as ImageJ takes them before it looks for a background.

Along rows, then along columns of what that gave, the edge pixel repeated, in float32 throughout: so
that results are the same to the last bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_THIRD = np.float32(0.333333333)


@njit(cache=True, nogil=True)
def mean_3x3(pixels: Plane) -> None:
    """Replace the pixels, (Y, X) float32, by their means."""
    height, width = pixels.shape
    for y in range(height):
        before = here = pixels[y, 0]
        for x in range(width):
            after = pixels[y, x + 1] if x + 1 < width else here
            pixels[y, x] = (before + here + after) * _THIRD
            before, here = here, after
    above, row = pixels[0].copy(), pixels[0].copy()
    for y in range(height):
        row[:] = pixels[y]
        below = pixels[y + 1] if y + 1 < height else row
        for x in range(width):
            pixels[y, x] = (above[x] + row[x] + below[x]) * _THIRD
        above, row = row, above


@njit(cache=True, nogil=True)
def maximum_3x3(pixels: Plane) -> float:
    """Replace the pixels by their maxima; by how much they grew on average."""
    height, width = pixels.shape
    grown = 0.0
    for y in range(height):
        before = here = pixels[y, 0]
        for x in range(width):
            after = pixels[y, x + 1] if x + 1 < width else here
            pixels[y, x] = max(before, here, after)
            grown += pixels[y, x] - here
            before, here = here, after
    # Down each column in turn: what is added up in another order rounds otherwise.
    for x in range(width):
        before = here = pixels[0, x]
        for y in range(height):
            after = pixels[y + 1, x] if y + 1 < height else here
            pixels[y, x] = max(before, here, after)
            grown += pixels[y, x] - here
            before, here = here, after
    return grown / width / height
