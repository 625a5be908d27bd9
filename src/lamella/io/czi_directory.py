"""The directory of a CZI: which planes it stores, which its library does not tell.

Source: Zeiss, *CZI (ZISRAW) File Format*, of which the header, the segment of the sub-block
directory and entries of the kind DV are read here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lamella.core.errors import InputError

_SEGMENT = 32  # bytes before the data of every segment
_DIRECTORY_AT = _SEGMENT + 52  # in the first segment, where the directory begins
_HEAD, _ENTRY, _AXIS = (
    128,
    32,
    20,
)  # bytes of the directory's head, of an entry and of an axis in it
_MOST_AXES = 16


class Stored(NamedTuple):
    """Where a stored image lies: its scene (None where the file knows none), time, channel, z."""

    scene: int | None
    t: int
    c: int
    z: int


def stored_planes(path: Path) -> set[Stored]:
    """The planes of which the file holds at least one tile in full resolution.

    Raises
    ------
    InputError
        When the directory is not where the file says, or is cut off.
    """
    with path.open("rb") as file:
        file.seek(_DIRECTORY_AT)
        (place,) = _unpacked(path, "<q", file.read(8))
        file.seek(max(place, 0))
        head = file.read(_SEGMENT + _HEAD)
        if not head.startswith(b"ZISRAWDIRECTORY"):
            raise _damaged(path)
        _, used = _unpacked(path, "<qq", head[16:32])
        (n_entries,) = _unpacked(path, "<i", head[_SEGMENT : _SEGMENT + 4])
        # No more is read than there is, whatever is declared.
        content = file.read(min(max(used - _HEAD, 0), path.stat().st_size))
    return set(_entries(path, content, n_entries))


def _entries(path: Path, content: bytes, n_entries: int) -> Iterator[Stored]:
    at = 0
    for _ in range(n_entries):
        entry = content[at : at + _ENTRY]
        if entry[:2] != b"DV":
            raise _damaged(path)
        (n_axes,) = _unpacked(path, "<i", entry[28:32])
        at += _ENTRY
        if not 0 <= n_axes <= _MOST_AXES:
            raise _damaged(path)
        start: dict[str, int] = {}
        whole = True
        for _ in range(n_axes):
            axis = content[at : at + 4].rstrip(b"\0").decode("latin-1")
            first, size, _, stored = _unpacked(path, "<iifi", content[at + 4 : at + _AXIS])
            at += _AXIS
            start[axis] = first
            # A level of the pyramid stores fewer pixels than it stands for.
            whole &= axis not in "XY" or stored in (0, size)
        if whole:
            yield Stored(start.get("S"), start.get("T", 0), start.get("C", 0), start.get("Z", 0))


def _unpacked(path: Path, form: str, content: bytes) -> tuple[int, ...]:
    try:
        return struct.unpack(form, content)
    except struct.error:
        raise _damaged(path) from None


def _damaged(path: Path) -> InputError:
    return InputError(
        str(path), "its directory is damaged or cut off", "copy it again from its source"
    )
