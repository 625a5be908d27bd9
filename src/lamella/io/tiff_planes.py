"""Planes of a TIFF series, read one at a time straight from their bytes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image

Decode = Callable[..., tuple[Any, tuple[int, ...], tuple[int, ...]]]

# Compressions whose strips need the tables of their page.
_JPEG = {6, 7, 34892, 33007}

_COPY_AGAIN = "copy it again from its source, or cut the movie before this frame"


@dataclass(frozen=True)
class PlaneMap:
    """Where the planes of a series lie.

    Parameters
    ----------
    files : tuple of str
        Files that hold the planes.
    file_of : (P,) int array
        Which of `files` holds a plane.
    offsets, counts : (P, S) int64 array
        Position and length, in bytes, of the S strips or tiles of every plane.
    shape : tuple of int
        (Y, X).
    stored : numpy.dtype
        Type in the file, byte order included.
    plain : bool
        Uncompressed and in one piece, so that bytes are pixels.
    keyframe : tuple of int
        File and page whose tags tell how to decode the others.
    """

    files: tuple[str, ...]
    file_of: NDArray[np.intp]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    shape: tuple[int, int]
    stored: np.dtype[Any]
    plain: bool
    keyframe: tuple[int, int]


class Planes:
    """Reads planes. May be pickled and used from several threads: files open where they are used.

    Pixels are read, never memory-mapped: mapped pages count as memory of the process.
    """

    def __init__(self, where: PlaneMap) -> None:
        self.where = where
        self._start()

    def _start(self) -> None:
        self._open: dict[int, BinaryIO] = {}
        self._lock = threading.Lock()
        self._decode: Decode | None = None
        self._jpeg: dict[str, Any] = {}

    def __getstate__(self) -> PlaneMap:
        return self.where

    def __setstate__(self, where: PlaneMap) -> None:
        self.where = where
        self._start()

    def __del__(self) -> None:
        for file in getattr(self, "_open", {}).values():
            file.close()

    def read(self, plane: int) -> Image:
        """One plane, shape (Y, X), native byte order.

        Raises
        ------
        OSError, ValueError, RuntimeError
            When its bytes are missing or damaged.
        """
        where = self.where
        if not where.plain:
            return self._decoded(plane)
        image = np.empty(where.shape, where.stored)
        self._fill(where.file_of[plane], image.reshape(-1).view(np.uint8), where.offsets[plane, 0])
        if not where.stored.isnative:
            image = image.byteswap(inplace=True).view(where.stored.newbyteorder("="))
        return image

    def _decoded(self, plane: int) -> Image:
        where = self.where
        decode = self._decoder()
        image = np.zeros(where.shape, where.stored.newbyteorder("="))
        for segment, (offset, count) in enumerate(
            zip(where.offsets[plane], where.counts[plane], strict=True)
        ):
            if not count:  # a sparse tile: nothing was written there
                continue
            data = np.empty(count, np.uint8)
            self._fill(where.file_of[plane], data, offset)
            pixels, (_, _, y, x, _), _ = decode(data.tobytes(), segment, **self._jpeg)
            if pixels is not None:
                part = image[y : y + pixels.shape[1], x : x + pixels.shape[2]]
                part[...] = pixels[0, : part.shape[0], : part.shape[1], 0]
        return image

    def _decoder(self) -> Decode:
        with self._lock:
            if self._decode is None:
                file, page = self.where.keyframe
                with TiffFile(self.where.files[file]) as tif:
                    keyframe: Any = tif.pages[page]
                    self._decode = keyframe.decode
                    if keyframe.compression in _JPEG:
                        self._jpeg["jpegtables"] = keyframe.jpegtables
                        self._jpeg["jpegheader"] = keyframe.jpegheader
            return self._decode

    def _file(self, number: int) -> BinaryIO:
        if number not in self._open:
            with self._lock:
                if number not in self._open:
                    path = Path(self.where.files[number])
                    self._open[number] = path.open("rb", buffering=0)
        return self._open[number]

    def _fill(self, file_number: np.intp, buffer: NDArray[np.uint8], offset: np.int64) -> None:
        """Fill `buffer` with the file's bytes from `offset`; a short file is an error."""
        file, position, done = self._file(int(file_number)), int(offset), 0
        view = memoryview(buffer.data)
        while done < len(view):
            if hasattr(os, "preadv"):  # reads at a place, moves no shared file position
                got = os.preadv(file.fileno(), [view[done:]], position + done)
            else:
                with self._lock:
                    file.seek(position + done)
                    got = file.readinto(view[done:])  # type: ignore[attr-defined]
            if not got:
                raise EOFError(f"{len(view) - done} bytes are missing")
            done += got


class TiffFrames(Frames):
    """One channel of a TIFF movie.

    Parameters
    ----------
    planes : Planes
        Shared by the channels of a file.
    of_frame : (T,) int array
        Plane of every frame.
    """

    def __init__(self, planes: Planes, of_frame: NDArray[np.intp]) -> None:
        self._planes, self._of_frame = planes, of_frame
        self.span = range(len(of_frame))
        self.frame_shape = planes.where.shape
        native = planes.where.stored.newbyteorder("=")
        self.dtype = np.dtype(np.uint8) if native.kind == "b" else native

    def frame(self, t: int) -> Image:
        """Frame number `t`, shape (Y, X).

        Raises
        ------
        InputError
            When the frame's bytes are damaged or gone, or a file has vanished since it was opened.
        """
        self._refuse_outside(t)
        plane = int(self._of_frame[t])
        try:
            image = self._planes.read(plane)
        except MemoryError:
            raise
        except Exception as error:  # decoders raise errors of their own
            where = self._planes.where
            raise InputError(
                where.files[where.file_of[plane]],
                f"frame {t} cannot be read ({str(error).strip() or type(error).__name__})",
                _COPY_AGAIN,
            ) from error
        return image.view(np.uint8) if image.dtype == bool else image
