"""A view of a movie in which the cell stays in the middle. For looking, never for measuring."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Step


class Centre(Step):
    """Shift every frame so that the cell's centroid lies at the middle of the field, (H//2, W//2).

    The shift is a whole number of pixels, so no pixel value changes, and undoing it gives the same
    pixels back, except those that left the field. What enters from outside is 0. Image and mask are
    shifted by the same offset. Frames without a cell use the offset of the last frame that had one,
    those before the first cell that of the first.
    """

    version: ClassVar[int] = 1

    def offsets(
        self, centroids: NDArray[np.float64], *, frame_shape: tuple[int, int]
    ) -> NDArray[np.int64]:
        """The shift of every frame.

        Parameters
        ----------
        centroids : (T, 2) float array
            (y, x) in px; NaN where the cell was not found.
        frame_shape : (Y, X)

        Returns
        -------
        (T, 2) int64 array
            Rows and columns to add to raw coordinates; 0 when the cell was never found.
        """
        middle = np.array(frame_shape) // 2
        found = np.isfinite(centroids).all(axis=1)
        if not found.any():
            return np.zeros((len(centroids), 2), np.int64)
        latest = np.maximum.accumulate(np.where(found, np.arange(len(centroids)), -1))
        latest[latest < 0] = np.flatnonzero(found)[0]
        # Half a pixel rounds up everywhere, not to even, so that a steady cell stays steady.
        rounded: NDArray[np.int64] = np.floor(centroids[latest] + 0.5).astype(np.int64)
        return middle - rounded

    def __call__(self, frames: Frames, *, offsets: NDArray[np.int64]) -> Frames:
        """The frames as seen from the cell, same shape and type."""
        return MappedFrames(frames, lambda t: shifted(frames.frame(t), offsets[t]))

    def inverse(self, frames: Frames, *, offsets: NDArray[np.int64]) -> Frames:
        """Frames in the cell's view moved back to raw coordinates."""
        return self(frames, offsets=-offsets)


def shifted(frame: Image, offset: NDArray[np.int64]) -> Image:
    """A frame moved by whole pixels (rows, columns); what enters is 0."""
    dy, dx = int(offset[0]), int(offset[1])
    height, width = frame.shape
    out = np.zeros_like(frame)
    if abs(dy) < height and abs(dx) < width:
        out[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)] = frame[
            max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)
        ]
    return out
