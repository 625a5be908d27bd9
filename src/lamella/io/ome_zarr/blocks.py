"""Planes of an OME-Zarr, cut from blocks that are stored together and decoded once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from lamella.core.frames import Image
from lamella.io.ome_zarr.chunks import ChunkFiles, native
from lamella.io.ome_zarr.image import ImageMetadata

HELD_BYTES = 2**26
"""Of decoded blocks that are kept for the planes that come next, of all slices and channels."""

_Place = tuple[int, int, int]


class Blocks:
    """Reads planes. May be pickled and used from several threads: arrays open where they are used.

    A chunk often holds several frames or slices. What it holds is decoded together and kept, as
    long as it fits into `HELD_BYTES`. Blocks of other frames are let go of first, the one that was
    used longest ago before the others; then the one before this: a projection asks for those of the
    same frames again and again in the same order, and what was used longest ago is wanted next.

    Parameters
    ----------
    array : zarr.Array
        The open array.
    reopen : function
        Opens it again in another process.
    """

    def __init__(self, image: ImageMetadata, array: Any, reopen: Callable[[], Any]) -> None:
        self._image, self._reopen = image, reopen
        self.source = str(image.array)
        sizes = dict(zip(image.axes, array.shape, strict=True))
        self.n_frames, self._n_slices = int(sizes.get("T", 1)), int(sizes.get("Z", 1))
        self.frame_shape = (int(sizes["Y"]), int(sizes["X"]))
        self.dtype = native(array.dtype)
        self._depth = self._depths(array.chunks)
        self._begin(array)

    def _begin(self, array: Any) -> None:
        self._array: Any = array
        self._lock = threading.Lock()
        self._held: dict[_Place, Image] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("_array", "_lock", "_held")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin(None)

    def _depths(self, chunks: tuple[int, ...]) -> tuple[int, int]:
        """Frames and slices that are read together: those of a chunk, where they are few."""
        along = dict(zip(self._image.axes, chunks, strict=True))
        plane = self.frame_shape[0] * self.frame_shape[1] * self.dtype.itemsize
        t, z = min(along.get("T", 1), self.n_frames), min(along.get("Z", 1), self._n_slices)
        for each in ((t, z), (1, z), (t, 1)):
            if each[0] * each[1] * plane <= HELD_BYTES:
                return each
        return 1, 1

    def plane(self, t: int, c: int, z: int) -> Image:
        """One plane, shape (Y, X)."""
        depth_t, depth_z = self._depth
        place = (t - t % depth_t, c, z - z % depth_z)
        if self._depth == (1, 1):  # nothing else is stored with it
            alone: Image = self._read(place)[0, 0]
            return alone
        with self._lock:
            block = self._held.pop(place, None)
            if block is None:
                block = self._read(place)
            self._keep(place, block)
        image: Image = block[t - place[0], z - place[2]]
        return image

    def _keep(self, place: _Place, block: Image) -> None:
        free = HELD_BYTES - block.nbytes - sum(each.nbytes for each in self._held.values())
        for other in [other for other in self._held if other[0] != place[0]]:
            if free < 0:  # in the order in which they were used
                free += self._held.pop(other).nbytes
        while free < 0 and self._held:
            free += self._held.popitem()[1].nbytes
        self._held[place] = block

    def _read(self, place: _Place) -> Image:
        """The block that begins at a place, (T, Z, Y, X)."""
        if self._array is None:
            self._array = self._reopen()
        array, axes = self._array, self._image.axes
        spans = spans_of(axes, array.shape, *place)
        lengths = (self.n_frames, self._n_slices)
        for axis, start, depth, n in zip("TZ", place[::2], self._depth, lengths, strict=True):
            if axis in axes:
                spans[axes.index(axis)] = range(start, min(start + depth, n))
        files = ChunkFiles(array, self._image.array)
        for file in files.of(spans):
            files.refuse_unsafe(file)
        found = np.asarray(array[tuple(slice(s.start, s.stop) for s in spans)])
        order = [axes.index(axis) for axis in "TZYX" if axis in axes]
        others = [n for n in range(len(axes)) if n not in order]
        held = {axis: len(spans[axes.index(axis)]) if axis in axes else 1 for axis in "TZ"}
        planes = found.transpose(*others, *order).reshape(*held.values(), *self.frame_shape)
        return np.ascontiguousarray(planes, self.dtype)


def spans_of(axes: str, shape: tuple[int, ...], t: int, c: int, z: int) -> list[range]:
    """One plane of an array, as a range an axis."""
    at = {"T": t, "C": c, "Z": z, "?": 0}
    return [
        range(at[axis], at[axis] + 1) if axis in at else range(size)
        for axis, size in zip(axes, shape, strict=True)
    ]
