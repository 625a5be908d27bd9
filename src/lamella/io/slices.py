"""Stacks of slices as one plane a frame: maximum, mean, or one slice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lamella.core.frames import Frames, Image
from lamella.core.take import Z


def projected(slices: Sequence[Frames], z: Z | None) -> Frames:
    """Frames of the slices that `slices_of` chose, as one plane a frame.

    Parameters
    ----------
    slices : sequence of Frames
        One channel, a stack of frames for every slice, all of one shape and type.
    """
    if len(slices) == 1:
        return slices[0]
    return Projection(slices, mean=z == "mean")


class Projection(Frames):
    """Maximum or mean over slices; two planes are in memory at a time.

    A maximum keeps the type of the pixels. A mean is float32 (as in ImageJ; float64 of 32-bit
    integers and float64), so that nothing is rounded to grey levels.
    """

    def __init__(self, slices: Sequence[Frames], *, mean: bool) -> None:
        self._slices, self._mean = list(slices), mean
        first = slices[0]
        self.span, self.frame_shape = first.span, first.frame_shape
        self.dtype = np.result_type(first.dtype, np.float32) if mean else first.dtype

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        if self._mean:
            total = np.zeros(self.frame_shape, np.float64)
            for frames in self._slices:
                total += frames.frame(t)
            return (total / len(self._slices)).astype(self.dtype)
        out = self._slices[0].frame(t).copy()
        for frames in self._slices[1:]:
            np.maximum(out, frames.frame(t), out=out)
        return out
