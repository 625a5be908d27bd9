"""The outline of one cell, frame by frame: a ring as wide as it is to be seen."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion

from lamella.core.frames import Frames, Image, MappedFrames


def outline_frames(cells: Frames, cell: int, *, width_px: int = 2) -> Frames:
    """The outermost pixels of a cell; a frame is computed when it is asked for.

    Only the pixels around the cell are worked on, so that a large field costs little.

    Parameters
    ----------
    cells : Frames
        (T, Y, X) cells by number.
    width_px : int
        Width of the ring, inwards. A cell thinner than twice that is filled.

    Returns
    -------
    Frames
        uint8: 1 on the outline, 0 elsewhere, and everywhere in frames without the cell. Where the
        cell is cut by the edge of the frame, the outline runs along it.
    """

    def ring(t: int) -> Image:
        here = cells.frame(t) == cell
        out = np.zeros(here.shape, np.uint8)
        rows = np.flatnonzero(here.any(axis=1))
        if len(rows):
            top, bottom = rows[0], rows[-1] + 1
            columns = np.flatnonzero(here[top:bottom].any(axis=0))
            box = np.s_[top:bottom, columns[0] : columns[-1] + 1]
            out[box] = here[box] & ~binary_erosion(here[box], iterations=width_px)
        return out

    return MappedFrames(cells, ring, dtype=np.uint8)
