"""Frames as an array that reads what is looked at, and nothing else."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Frames, MappedFrames

_KEPT_BYTES = 256 * 2**20


class LazyStack:
    """A (T, Y, X) array of frames that are read when they are indexed.

    napari takes it for an array. Frames that were looked at last are kept, up to 256 MiB, so that
    going back and forth reads nothing twice.

    Parameters
    ----------
    frames : Frames
    kept_bytes : int
        How much of them is kept in memory.
    """

    ndim = 3

    def __init__(self, frames: Frames, *, kept_bytes: int = _KEPT_BYTES) -> None:
        self._frames = frames
        self.shape = frames.shape
        self.dtype = frames.dtype
        self._kept: OrderedDict[int, NDArray[Any]] = OrderedDict()
        self._lock = Lock()  # napari reads in threads
        bytes_each = max(1, int(np.prod(frames.frame_shape)) * frames.dtype.itemsize)
        self._most = max(1, kept_bytes // bytes_each)

    @property
    def frames(self) -> Frames:
        """What is read."""
        return self._frames

    @property
    def kept_frames(self) -> Frames:
        """The same frames for others, who read nothing that is kept here."""
        first = self._frames.span.start
        return MappedFrames(self._frames, lambda t: self.frame(t - first))

    @property
    def n_kept(self) -> int:
        """Frames that are held in memory."""
        return len(self._kept)

    @property
    def most_kept(self) -> int:
        """Frames that are held at most."""
        return self._most

    @property
    def size(self) -> int:
        """Pixels of all frames."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Of all frames, were they read."""
        return self.size * int(self.dtype.itemsize)

    def __len__(self) -> int:
        return self.shape[0]

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
        images = [self.frame(int(t)) for t in wanted]
        return np.stack([image[tuple(rest)] if rest else image for image in images])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self._frames.asarray().astype(dtype or self.dtype, copy=False)

    def frame(self, t: int) -> NDArray[Any]:
        """One frame, (Y, X); those before 0 count from the end."""
        t = range(len(self))[t]
        with self._lock:
            if t in self._kept:
                self._kept.move_to_end(t)
                return self._kept[t]
            image = self._frames.frame(self._frames.span[t])
            self._kept[t] = image
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return image
