"""The files in which the pixels of an array lie: looked at before they are decoded.

zarr reads a chunk that is not there as zeros, and some codecs one that is cut off as well; and a
few bytes may declare gigabytes.
"""

from __future__ import annotations

import math
import stat
import zlib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from lamella.core.errors import InputError
from lamella.io.declared import LARGEST_FRAME, MOST_OF_LABELS, SMALL

_COPY_AGAIN = "copy it again from its source, or write it again"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_MOST_CHUNKS = 100_000


class ChunkFiles:
    """Where the chunks (or shards) of an open array are, and whether they can be decoded.

    Parameters
    ----------
    array : zarr.Array
    folder : Path
        Of the array.
    """

    def __init__(self, array: Any, folder: Path) -> None:
        self._folder, self._array = folder, array
        self.shape: tuple[int, ...] = tuple(array.shards or array.chunks)
        self._n_bytes = math.prod(self.shape) * array.dtype.itemsize
        self._codec = _last_codec(array.metadata.to_dict()) if array.shards is None else ""

    def of(self, spans: list[range]) -> Iterator[Path]:
        """Files that hold a part of the array, given as one range an axis."""
        grid = [
            range(span.start // size, (span.stop - 1) // size + 1)
            for span, size in zip(spans, self.shape, strict=True)
        ]
        for place in product(*grid):
            yield self._folder / self._array.metadata.encode_chunk_key(place)

    def refuse_unsafe(self, file: Path) -> int:
        """Bytes of a file that may be decoded; 0 where there is none.

        Raises
        ------
        InputError
            A file that is cut off, is no plain file, or declares more than the chunk can hold.
        """
        try:
            found = file.lstat()
        except FileNotFoundError:
            return 0
        if not stat.S_ISREG(found.st_mode):
            raise InputError(str(file), "it is no plain file", "copy the movie as a whole")
        if found.st_size > 2 * self._n_bytes + SMALL:
            raise InputError(str(file), "it is larger than what it may hold", _COPY_AGAIN)
        if self._codec:
            self._refuse_head(file, found.st_size)
        return found.st_size

    def _refuse_head(self, file: Path, size: int) -> None:
        with file.open("rb") as stream:
            head = stream.read(18)
        declared: int | None = None
        if self._codec == "blosc":
            declared = int.from_bytes(head[4:8], "little")
            if len(head) < 16 or int.from_bytes(head[12:16], "little") != size:
                raise InputError(str(file), "it is cut off or damaged", _COPY_AGAIN)
        elif self._codec == "zstd":
            declared = _zstd_content(head)
        elif self._codec == "lz4":
            declared = int.from_bytes(head[:4], "little")
        elif self._codec in ("zlib", "gzip") and size * 1032 > max(self._n_bytes, SMALL):
            declared = _inflated(file, self._n_bytes)
        if declared is not None and declared > self._n_bytes:
            raise InputError(
                str(file),
                f"it declares {declared} bytes, where a chunk has {self._n_bytes}",
                _COPY_AGAIN,
            )


def refuse_unreasonable(array: Any, n_planes: int, spans: list[range], files: ChunkFiles) -> None:
    """Raise the InputError of frames that no memory holds, or that declare what is not stored.

    Parameters
    ----------
    spans : list of range
        The first frame of the first channel.
    """
    where = str(array.store_path)
    n_bytes = math.prod(len(span) for span in spans) * array.dtype.itemsize
    if n_bytes > LARGEST_FRAME:
        raise InputError(
            where, f"a frame of it has {n_bytes / 2**30:.3g} GiB", "crop it, or cut it into tiles"
        )
    if n_planes > 10**7:
        raise InputError(where, f"it declares {n_planes:.3g} planes", _COPY_AGAIN)
    n_chunks = math.prod(
        -(-len(span) // size) for span, size in zip(spans, files.shape, strict=True)
    )
    if n_chunks > _MOST_CHUNKS:
        raise InputError(
            where, f"a frame of it lies in {n_chunks} files", "write it in larger chunks"
        )
    if n_bytes > SMALL:
        stored = sum(files.refuse_unsafe(file) for file in files.of(spans))
        if n_bytes > stored * MOST_OF_LABELS:
            raise InputError(
                where,
                f"a frame of it declares {n_bytes / 2**20:.4g} MiB and holds {stored} bytes",
                _COPY_AGAIN,
            )


def _last_codec(metadata: dict[str, Any]) -> str:
    """Name of the codec that wrote the bytes of the files."""
    codecs = metadata.get("codecs")
    last = codecs[-1] if codecs else metadata.get("compressor")
    if not isinstance(last, dict):
        return ""
    return str(last.get("id") or last.get("name")).removeprefix("numcodecs.")


def _zstd_content(head: bytes) -> int | None:
    """Size that the header of a Zstandard frame declares (RFC 8878); None where it does not say."""
    if head[:4] != _ZSTD_MAGIC or len(head) < 6:
        return None
    flags = head[4]
    single, width = bool(flags & 0x20), flags >> 6
    start = 5 + (0 if single else 1) + (0, 1, 2, 4)[flags & 3]
    if width == 0 and not single:
        return None
    n = (1, 2, 4, 8)[width]
    return int.from_bytes(head[start : start + n], "little") + (256 if n == 2 else 0)


def _inflated(file: Path, most: int) -> int:
    """Bytes that a deflated file gives, counted up to a little more than `most`."""
    inflate, total = zlib.decompressobj(wbits=47), 0
    with file.open("rb") as stream:
        while total <= most and (data := stream.read(2**16)):
            while data and total <= most:
                try:
                    total += len(inflate.decompress(data, 2**20))
                except zlib.error:
                    return total  # said by who decodes it
                data = inflate.unconsumed_tail
    return total


def native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """A type as this machine has it; bool as uint8."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder("=")
