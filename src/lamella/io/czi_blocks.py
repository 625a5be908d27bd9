"""The blocks of pixels in a CZI, as its directory lists them: looked at before they are read.

Of a block that claims to go on beyond the end of the file, Zeiss' library ends the whole process.
Source: ZISRAW (CZI) file format, design specification 1.2.2, Carl Zeiss Microscopy.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError

_SEGMENT = struct.Struct("<16sqq")  # name, bytes allocated, bytes used
_DIRECTORY_AT = struct.Struct("<q")
_DIRECTORY_PLACE = 32 + 52  # of that offset, in the first segment
_ENTRIES_FROM = 32 + 128
_ENTRY = struct.Struct("<2siqiiB5si")
_DIMENSION = struct.Struct("<4siifi")
_SIZES = struct.Struct("<iiq")  # of a block: metadata, attachment, pixels
_LEAST_HEAD = 256
_COPY_AGAIN = "copy it again from its source"


class Blocks:
    """Where the blocks of one scene lie, of full resolution.

    Parameters
    ----------
    scene : int or None
        None where the file knows no scenes.

    Attributes
    ----------
    at : (N, 3) int64 array
        T, C, Z of every block, as the file counts them.

    Raises
    ------
    InputError
        A directory that is damaged or cut off.
    """

    def __init__(self, source: str, scene: int | None) -> None:
        self._source = source
        with Path(source).open("rb") as file:
            try:
                found = _directory(file, Path(source).stat().st_size)
            except (struct.error, ValueError, OverflowError) as error:
                raise InputError(
                    source, "its directory of blocks is damaged or cut off", _COPY_AGAIN
                ) from error
        rows = [
            (position, n_dimensions, *(dims.get(axis, (0, 0))[0] for axis in "TCZ"))
            for position, n_dimensions, dims in found
            if scene is None or dims.get("S", (scene, 0))[0] == scene
        ]
        table = np.array(rows, np.int64).reshape(-1, 5)
        self._positions, self._n_dimensions, self.at = table[:, 0], table[:, 1], table[:, 2:]

    def refuse_cut_off(self, t: int, c: int, z: int) -> None:
        """Look at the blocks of one plane.

        Raises
        ------
        InputError
            When one of them is none, or lies beyond the end of the file.
        """
        size = Path(self._source).stat().st_size
        with Path(self._source).open("rb", buffering=0) as file:
            for block in np.flatnonzero((self.at == (t, c, z)).all(axis=1)):
                start = int(self._positions[block])
                if not _is_whole(file, start, int(self._n_dimensions[block]), size):
                    raise InputError(
                        self._source, f"a block of it (at byte {start}) is cut off", _COPY_AGAIN
                    )


def _directory(file: BinaryIO, size: int) -> list[tuple[int, int, dict[str, tuple[int, int]]]]:
    """Position, number of dimensions, and start and size along each, of the blocks."""
    file.seek(_DIRECTORY_PLACE)
    start = _DIRECTORY_AT.unpack(file.read(_DIRECTORY_AT.size))[0]
    if not 0 < start < size:
        raise ValueError(f"a directory at {start}")
    file.seek(start)
    name, _, used = _SEGMENT.unpack(file.read(_SEGMENT.size))
    if not name.startswith(b"ZISRAWDIRECTORY") or not 0 <= used <= size - start:
        raise ValueError("no directory")
    n_entries = struct.unpack("<i", file.read(4))[0]
    file.seek(start + _ENTRIES_FROM)
    data, at = file.read(used), 0
    found = []
    for _ in range(n_entries):
        schema, _, position, _, _, _, _, n = _ENTRY.unpack_from(data, at)
        if schema != b"DV" or not 0 <= n <= len(data) // _DIMENSION.size:
            raise ValueError(f"an entry of kind {schema!r} with {n} dimensions")
        at += _ENTRY.size
        dims = {}
        reduced = False
        for _ in range(n):
            axis, begin, length, _, stored = _DIMENSION.unpack_from(data, at)
            at += _DIMENSION.size
            name_of = axis.rstrip(b"\0 ").decode("ascii", "replace")
            dims[name_of] = (begin, length)
            reduced |= name_of in "XY" and stored not in (0, length)
        if not reduced:  # others are levels of a pyramid
            found.append((position, n, dims))
    return found


def _is_whole(file: BinaryIO, start: int, n_dimensions: int, size: int) -> bool:
    if not 0 < start < size:
        return False
    file.seek(start)
    head = file.read(_SEGMENT.size + _SIZES.size)
    if len(head) < _SEGMENT.size + _SIZES.size or not head.startswith(b"ZISRAWSUBBLOCK"):
        return False
    _, allocated, used = _SEGMENT.unpack_from(head)
    lengths = _SIZES.unpack_from(head, _SEGMENT.size)
    entry = _ENTRY.size + n_dimensions * _DIMENSION.size
    inside = max(_LEAST_HEAD, _SIZES.size + entry) + sum(lengths)
    end = start + _SEGMENT.size
    return bool(min(*lengths, allocated, used) >= 0 and end + max(inside, used) <= size)


def complete_frames(
    blocks: Blocks, start: Sequence[int], sizes: Sequence[int]
) -> NDArray[np.bool_]:
    """Of which frames every channel and slice is there, shape (T,): the library reads others as 0.

    Parameters
    ----------
    start, sizes : sequence of int
        First number and length along T, C, Z.
    """
    there = np.zeros(tuple(sizes), bool)
    place = blocks.at - np.array(start)
    inside = ((place >= 0) & (place < np.array(sizes))).all(axis=1)
    there[tuple(place[inside].T)] = True
    complete: NDArray[np.bool_] = there.all(axis=(1, 2))
    return complete
