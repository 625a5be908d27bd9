"""Holes within single objects."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray


def without_holes(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Background that one object alone encloses becomes that object; gaps between several stay.

    Objects are taken to be 8-connected, holes 4-connected. What touches the edge of the frame is no
    hole.

    Parameters
    ----------
    labels : (Y, X) int32 array, 0 = background
    """
    n, hole = cv2.connectedComponents((labels == 0).view(np.uint8), connectivity=4)
    whole: NDArray[np.int32] = _filled(labels, hole, n)
    return whole


@njit(cache=True, nogil=True)
def _filled(labels: Any, hole: Any, n: Any) -> Any:
    """0 of `hole` is what has a label."""
    height, width = labels.shape
    around = np.zeros(n, np.int32)  # the one label around a hole; -1 = several, or the edge
    for y in range(height):
        for x in range(width):
            k = hole[y, x]
            if k == 0:
                continue
            if y == 0 or x == 0 or y == height - 1 or x == width - 1:
                around[k] = -1
                continue
            for a, b in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                name = labels[a, b]
                if name != 0 and around[k] != name:
                    around[k] = name if around[k] == 0 else -1
    out = labels.copy()
    for y in range(height):
        for x in range(width):
            if hole[y, x] != 0 and around[hole[y, x]] > 0:
                out[y, x] = around[hole[y, x]]
    return out
