"""Structuring elements and the filling of holes."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@cache
def disc(radius_px: int) -> NDArray[np.uint8]:
    """Structuring element: a disc of this radius, (2r + 1, 2r + 1) uint8."""
    side = 2 * radius_px + 1
    element: NDArray[np.uint8] = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(
        np.uint8
    )
    return element


def filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Background that cannot be reached from beyond the frame becomes object."""
    padded = np.pad(mask, 1).view(np.uint8)
    cv2.floodFill(padded, None, (0, 0), 2)
    out: NDArray[np.bool_] = padded[1:-1, 1:-1] != 2
    return out


def components(mask: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """8-connected components and their areas; component 0 is the background."""
    _, found, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    return found, stats[:, cv2.CC_STAT_AREA].astype(np.int64)


def box_around(mask: NDArray[np.bool_], *, margin_px: int) -> tuple[slice, slice]:
    """The rows and columns that hold the mask, which is not empty, with a margin."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(rows[0] - margin_px, 0), rows[-1] + 1 + margin_px),
        slice(max(columns[0] - margin_px, 0), columns[-1] + 1 + margin_px),
    )
