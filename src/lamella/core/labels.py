"""Labels: the pixels of every object of one kind, in every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lamella.core.frames import ArrayFrames, Frames, Image


@dataclass(frozen=True)
class Labels:
    """A named set of objects, painted frame by frame.

    Parameters
    ----------
    name : str
        What the objects are: ``cell``, ``nucleus`` …
    frames : Frames
        (T, Y, X) unsigned integers, 0 = background. Before tracking, a number means an object of
        its frame; after it, the number is the cell's track id in every frame.
    """

    name: str
    frames: Frames

    @classmethod
    def from_array(cls, array: ArrayLike, *, name: str = "cell") -> Labels:
        """Labels from a (T, Y, X) array; a boolean array becomes 0 and 1."""
        data = np.asarray(array)
        if data.dtype == bool:
            data = data.view(np.uint8)
        if not np.issubdtype(data.dtype, np.integer):
            raise TypeError(f"labels are whole numbers, got {data.dtype}")
        if data.min(initial=0) < 0:
            raise ValueError("labels are not negative; 0 is the background")
        return cls(name, ArrayFrames(data))

    @property
    def n_frames(self) -> int:
        return len(self.frames)

    def frame(self, t: int) -> Image:
        """Labels of one frame, shape (Y, X)."""
        return self.frames.frame(t)
