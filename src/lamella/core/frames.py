"""Frames: a stack of 2-D images read one at a time, on demand.

Everything that is as long as a movie is a `Frames`: raw pixels in a file, a normalised view of
them, the labels that a segmenter would give. Steps take a `Frames` and return another, and pixels
move only when :meth:`Frames.frame` is called, so that a movie need never fit into memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Image = NDArray[Any]


class Frames(ABC):
    """A stack of equally sized 2-D frames, addressed by their number in the movie.

    Attributes
    ----------
    span : range
        The frame numbers that may be read: ``range(0, T)`` for a whole movie, a part of it for a
        `Window`.
    frame_shape : tuple of int
        (Y, X).
    dtype : numpy.dtype
        Type of every frame.
    """

    span: range
    frame_shape: tuple[int, int]
    dtype: np.dtype[Any]

    @abstractmethod
    def frame(self, t: int) -> Image:
        """Frame number `t`, shape (Y, X). The caller must not write into it."""

    def __len__(self) -> int:
        return len(self.span)

    def __iter__(self) -> Iterator[Image]:
        return (self.frame(t) for t in self.span)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, Y, X)."""
        return (len(self.span), *self.frame_shape)

    def asarray(self) -> Image:
        """All frames at once, shape (T, Y, X). Holds the whole stack in memory."""
        out = np.empty(self.shape, self.dtype)
        for i, frame in enumerate(self):
            out[i] = frame
        return out

    def _refuse_outside(self, t: int) -> None:
        if t not in self.span:
            last = self.span.stop - 1
            raise IndexError(f"frame {t} lies outside the frames {self.span.start} to {last}")


class ArrayFrames(Frames):
    """Frames held in memory, or in a memory map."""

    def __init__(self, array: ArrayLike) -> None:
        self._array = np.asarray(array)
        if self._array.ndim != 3:
            raise ValueError(f"Expected axes TYX, got an array of shape {self._array.shape}")
        self.span = range(self._array.shape[0])
        self.frame_shape = (self._array.shape[1], self._array.shape[2])
        self.dtype = self._array.dtype

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        image: Image = self._array[t]
        return image


class MappedFrames(Frames):
    """Frames computed on demand: ``function(t)`` gives frame `t`.

    Frame `t` may look at other frames of its source, as far as the reach of its step allows.
    """

    def __init__(
        self,
        source: Frames,
        function: Callable[[int], Image],
        *,
        dtype: DTypeLike | None = None,
        frame_shape: tuple[int, int] | None = None,
    ) -> None:
        self._function = function
        self.span = source.span
        self.frame_shape = frame_shape or source.frame_shape
        self.dtype = np.dtype(dtype) if dtype is not None else source.dtype

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        return self._function(t)


class Window(Frames):
    """A part of other frames; reading outside it is an error.

    It is how a movie is cut into chunks, and how the tests hold a step to its declared reach.
    """

    def __init__(self, source: Frames, start: int, stop: int) -> None:
        self._source = source
        self.span = range(max(start, source.span.start), min(stop, source.span.stop))
        self.frame_shape, self.dtype = source.frame_shape, source.dtype

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        return self._source.frame(t)


class ReadAhead(Frames):
    """Reads the next frames in a thread of its own while the caller works on these.

    Reading and decompressing leave the interpreter free, so that both go on at the same time. Use
    it in a ``with`` block, at whose end the thread ends; only that thread reads from `source`.
    Frames may be asked for in any order, rising numbers come at once; an error is raised where its
    frame is asked for. Frames in memory are passed through.

    Parameters
    ----------
    block_mb : float
        Frames are handed over in blocks of about this size, since every hand-over costs the time in
        which a small frame is read. Two blocks are held.
    stop : int, optional
        Frames from this number on are read only when they are asked for; by default none is.
    """

    def __init__(self, source: Frames, *, block_mb: float = 2, stop: int | None = None) -> None:
        self._source = source
        self.span, self.frame_shape, self.dtype = source.span, source.frame_shape, source.dtype
        frame_bytes = max(1, self.frame_shape[0] * self.frame_shape[1] * self.dtype.itemsize)
        self._stop = self.span.stop if stop is None else min(stop, self.span.stop)
        self._step = max(1, int(block_mb * 2**20 / frame_bytes))
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._stopped = False
        self._block: dict[int, Image | Exception] = {}
        self._next: tuple[range, Future[dict[int, Image | Exception]]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stopped = True
        self._reader.shutdown(wait=True, cancel_futures=True)
        self._block, self._next = {}, None

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        if isinstance(self._source, ArrayFrames):
            return self._source.frame(t)
        if t not in self._block:
            if self._next is None or t not in self._next[0]:
                self._next = self._begin(t)
            span, reading = self._next
            self._block = {}  # let go of before the next is waited for
            self._block = reading.result()
            self._next = self._begin(span.stop) if span.stop < self._stop else None
        image = self._block[t]
        if isinstance(image, Exception):
            raise image
        return image

    def _begin(self, start: int) -> tuple[range, Future[dict[int, Image | Exception]]]:
        span = range(start, max(start + 1, min(start + self._step, self._stop)))
        return span, self._reader.submit(self._read, span)

    def _read(self, span: range) -> dict[int, Image | Exception]:
        block: dict[int, Image | Exception] = {}
        for t in span:
            if self._stopped:
                break
            try:
                block[t] = self._source.frame(t)
            except Exception as error:  # raised where the frame is asked for, if it ever is
                block[t] = error
        return block


def chunked(frames: Frames, edges: Sequence[int]) -> list[Window]:
    """Cut `frames` before each frame number in `edges`."""
    cuts = [frames.span.start, *edges, frames.span.stop]
    return [Window(frames, a, b) for a, b in pairwise(cuts)]
