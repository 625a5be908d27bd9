"""Frames as an array that reads what is looked at, and the frame that comes next."""

from __future__ import annotations

import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import LamellaError
from lamella.core.frames import Frames, MappedFrames
from lamella.napari.kept import Kept
from lamella.napari.stack import Stack

_KEPT_BYTES = 256 * 2**20

_READING = RLock()
"""One frame is read at a time, whoever reads: no format has to bear two readers at once."""


class LazyStack(Stack):
    """A (T, Y, X) array of frames that are read when they are indexed.

    napari takes it for an array. Frames that were looked at last are kept, up to 256 MiB and 512
    MiB of all stacks together, so that going back and forth reads nothing twice. Who goes on step
    by step finds the next frame read: a thread does that while this one is being drawn.

    Parameters
    ----------
    frames : Frames
    kept_bytes : int
        How much of them is kept in memory.
    """

    def __init__(self, frames: Frames, *, kept_bytes: int = _KEPT_BYTES) -> None:
        self._frames = frames
        self.shape = frames.shape
        self.dtype = frames.dtype
        each = max(1, int(np.prod(frames.frame_shape)) * frames.dtype.itemsize)
        self._kept = Kept(each, kept_bytes)
        self._last, self._stride = 0, 0
        self._coming: Future[None] | None = None

    @property
    def frames(self) -> Frames:
        """What is read."""
        return self._frames

    @property
    def kept_frames(self) -> Frames:
        """The same frames for others, who read nothing that is kept here."""
        first = self._frames.span.start
        return MappedFrames(self._frames, lambda t: self._read(t - first))

    @property
    def n_kept(self) -> int:
        """Frames that are held in memory."""
        return len(self._kept)

    @property
    def most_kept(self) -> int:
        """Frames that are held at most."""
        return self._kept.most

    def __getitem__(self, key: Any) -> Any:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(first, (int, np.integer)):
            image = self.frame(int(first))
            return image[tuple(rest)] if rest else image
        if first is Ellipsis:
            return np.asarray(self)[key]
        wanted = np.arange(len(self))[first]
        if not len(wanted):
            return np.empty((0, *self.shape[1:]), self.dtype)[(slice(None), *rest)]
        images = [self._read(int(t)) for t in wanted]
        return np.stack([image[tuple(rest)] if rest else image for image in images])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self._frames.asarray().astype(dtype or self.dtype, copy=False)

    def frame(self, t: int) -> NDArray[Any]:
        """One frame, (Y, X); those before 0 count from the end."""
        t = range(len(self))[t]
        image = self._read(t)
        stride = t - self._last
        steady = abs(stride) == 1 or (stride != 0 and stride == self._stride)
        if stride:
            self._last, self._stride = t, stride
        if steady and 0 <= t + stride < len(self):
            self._read_ahead(t + stride)
        return image

    def settle(self) -> None:
        """Wait until nothing is being read ahead."""
        if self._coming is not None:
            self._coming.result()

    def _read_ahead(self, t: int) -> None:
        if t in self._kept or (self._coming is not None and not self._coming.done()):
            return
        self._coming = _reader().submit(_read_in_advance, weakref.WeakMethod(self._read), t)

    def _read(self, t: int) -> NDArray[Any]:
        image = self._kept.get(t)
        if image is not None:
            return image
        with _READING:
            image = self._kept.get(t)  # by now, from the thread that reads ahead
            if image is None:
                image = self._frames.frame(self._frames.span[t])
                self._kept.put(t, image)
            return image


@cache
def _reader() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="next-frame")


def _read_in_advance(read: weakref.WeakMethod[Any], t: int) -> None:
    of_stack = read()
    if of_stack is None:  # it is shown no more
        return
    try:
        of_stack(t)
    except (LamellaError, OSError):
        return  # told where the frame is asked for, by whom it is read again
