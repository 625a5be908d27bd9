"""Frames that are computed several at a time, and asked for one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import DTypeLike

from lamella.core.frames import Frames, Image


class Blocks(Frames):
    """Frames computed on demand in blocks: a graphics card wants many images at once.

    Blocks begin at multiples of their size, counted from the first frame of the movie, so that a
    part of a movie is computed in the blocks of the whole, as far as it has them. The last block
    that was computed is held.

    Parameters
    ----------
    source : Frames
        Whose numbers and shape the frames have.
    function : callable
        Gives the frames of these numbers, in their order.
    size : int
        Frames of a block.
    """

    def __init__(
        self,
        source: Frames,
        function: Callable[[Sequence[int]], Sequence[Image]],
        *,
        size: int,
        dtype: DTypeLike,
    ) -> None:
        self.span, self.frame_shape, self.dtype = source.span, source.frame_shape, np.dtype(dtype)
        self._function, self._size = function, size
        self._held: dict[int, Image] = {}

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        if t not in self._held:
            self._held = {}  # let go of before the next is computed
            start = t - t % self._size
            block = range(max(start, self.span.start), min(start + self._size, self.span.stop))
            self._held = dict(zip(block, self._function(block), strict=True))
        return self._held[t]
