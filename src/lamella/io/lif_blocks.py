"""The header and the blocks of a LIF, looked at before its library reads what they declare.

A LIF begins with XML in UTF-16, which is read at once and parsed as it is; blocks of pixels follow,
each with its name. Source: the description that Leica gives with LAS X, as liffile follows it.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from lamella.core.errors import InputError
from lamella.io.first_bytes import of_another_kind

_HEAD = struct.Struct("<IIBI")  # mark, bytes, mark, characters
_BLOCKS = (struct.Struct("<IIBQBI"), struct.Struct("<IIBIBI"))  # versions 2 and 1
_FIRST, _SECOND = 0x70, 0x2A
_COPY_AGAIN = "copy it again from its source"


def refuse_odd_lif(path: Path) -> None:
    """Look at the header and at the heads of the blocks.

    Raises
    ------
    InputError
        What is no LIF (a list of other files in XML, say), declares a header or a name of a block
        beyond its end, or a document type.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD.size)
        mark, _, second, n = _HEAD.unpack(head.ljust(_HEAD.size, b"\0"))
        if (mark, second) != (_FIRST, _SECOND):
            raise of_another_kind(path, head, "LIF")
        if _HEAD.size + 2 * n > size:
            raise InputError(
                str(path), f"it declares a header of {2 * n} bytes and has {size}", _COPY_AGAIN
            )
        xml = file.read(2 * n)
        if not xml.startswith("<".encode("utf-16-le")):
            raise InputError(str(path), "its header is no XML", "give the LIF itself")
        if "<!DOCTYPE".encode("utf-16-le") in xml:
            raise InputError(str(path), "its header declares a document type", _COPY_AGAIN)
        _refuse_long_names(file, size, path)


def _refuse_long_names(file: BinaryIO, size: int, path: Path) -> None:
    at = file.tell()
    while at < size:
        read = [_block(file, at, kind) for kind in _BLOCKS]
        found = [each for each in read if each is not None]
        if not found:
            return  # the end of the blocks, for the library too
        # A block of the one version is seldom one of the other; neither may ask for more.
        for _, n_name, _ in found:
            if n_name > size:
                raise InputError(
                    str(path), f"a block of it has a name of {n_name} bytes", _COPY_AGAIN
                )
        n_pixels, n_name, head = found[0]
        at += head + n_name + n_pixels


def _block(file: BinaryIO, at: int, kind: struct.Struct) -> tuple[int, int, int] | None:
    """Bytes of the pixels, of the name and of the head of a block; None where there is none."""
    file.seek(at)
    head = file.read(kind.size)
    if len(head) < kind.size:
        return None
    first, _, second, n_pixels, third, n = kind.unpack(head)
    if (first, second, third) != (_FIRST, _SECOND, _SECOND):
        return None
    return n_pixels, 2 * n, kind.size
