"""Cells of one frame carried into the next: what they were is where they are looked for."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.kernels.distance import distance_inside, distance_outside
from lamella.segment.by_hand.scribbles import labels_from_scribbles

_CORE = 0.4
"""Of a cell's greatest depth, beyond which its pixels are taken to be the cell's still."""


def labels_from_before(
    image: NDArray[Any], before: NDArray[Any], *, moves_px: float = 8.0
) -> NDArray[np.uint32]:
    """Find cells where they were in a frame right before or after this one.

    The inner part of every cell is its stroke, all that is further than `moves_px` from any cell is
    the stroke on the background, see `labels_from_scribbles`: so shapes may change by that much,
    and cells must overlap with themselves.

    Parameters
    ----------
    image : (Y, X) array
    before : (Y, X) integer array
        Cells of the other frame, 0 = background.
    moves_px : float
        How far an edge moves at most between the two frames.

    Returns
    -------
    (Y, X) uint32 array
        The same numbers.

    Raises
    ------
    InputError
        No cell, or cells that leave nothing of the background bare.
    """
    cells = np.asarray(before)
    names = np.unique(cells[cells > 0])
    if not len(names):
        raise InputError("the frame before", "it shows no cell", "mark the cells of this frame")
    strokes = np.zeros(cells.shape, np.int64)
    for number, name in enumerate(names, start=2):
        mask = cells == name
        depth = distance_inside(np.pad(mask, 1))[1:-1, 1:-1]
        strokes[depth > _CORE * depth.max()] = number
    far = distance_outside(cells > 0) > moves_px
    if not far.any():
        raise InputError(
            "the frame before", "cells leave no background bare", "mark the cells of this frame"
        )
    rim = _rim(far)
    strokes[rim] = 1
    found = labels_from_scribbles(image, strokes, background=1)
    out: NDArray[np.uint32] = np.concatenate([[0, 0], names])[found].astype(np.uint32)
    return out


def _rim(far: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The part of the far background next to the cells: what lies beyond decides nothing."""
    wide = cv2.erode(far.view(np.uint8), np.ones((9, 9), np.uint8), borderValue=1).astype(bool)
    rim: NDArray[np.bool_] = far & ~wide
    return rim
