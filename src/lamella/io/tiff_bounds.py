"""Sizes that a TIFF declares, looked at before anything of these sizes is made."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from tifffile import TiffFile, TiffPage, TiffPageSeries

from lamella.core.errors import InputError
from lamella.io.declared import refuse_hollow_piece
from lamella.io.tiff_planes import PlaneMap
from lamella.io.xml_text import xml_root

_PLANES_ALWAYS_FINE = 10**6
_MOST_PLANNED = 1000
_SEGMENTS_ALWAYS_FINE = 10**6
_AGAIN = "copy it again from its source"
_SIZES = {
    256: "width", 257: "height", 277: "samples", 278: "rows of a strip", 322: "tiles' width",
    323: "tiles' height", 32997: "depth", 32998: "tiles' depth", 259: "compression",
    262: "photometric interpretation", 284: "planar configuration",
}  # fmt: skip
_WHOLE = (3, 4, 13, 16, 18)  # types of unsigned integers; a single byte is text to tifffile
_MOST_ENTRIES = 4096  # as tifffile
_MICROMANAGER = struct.pack("<I", 54773648)
_NDTIFF, _SUMMARY = 483729, 2355492
_LARGE = 2**30


def refuse_odd_pages(path: Path) -> None:
    """Refuse pages that go round in a circle, and sizes that are no number: tifffile believes both.

    Of large stacks of Micro-Manager the pages are found by their index and not followed here: each
    would be another place of the disk.

    Raises
    ------
    InputError
        A page that comes again; a width, a height … of another type or several numbers.
    """
    with path.open("rb") as file:
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        large = head[2:4] in (b"\x2b\0", b"\0\x2b")
        _refuse_long_blocks(file, order, path)
        if head[8:12] == _MICROMANAGER and path.stat().st_size > _LARGE:
            return
        count, offset = (struct.Struct(order + kind) for kind in ("QQ" if large else "HI"))
        entry = struct.Struct(order + ("HHQQ" if large else "HHII"))
        start = head[8:16] if large else head[4:8]
        seen: set[int] = set()
        # What ends too early, or points beyond the end, is told when the file is opened.
        while len(start) == offset.size and (at := offset.unpack(start)[0]):
            if at in seen:
                raise InputError(
                    str(path), f"its pages go round in a circle after {len(seen)}", _AGAIN
                )
            seen.add(at)
            file.seek(at)
            number = file.read(count.size)
            if len(number) < count.size or (n := count.unpack(number)[0]) > _MOST_ENTRIES:
                return
            block = file.read(entry.size * n + offset.size)
            entries = block[: len(block) // entry.size * entry.size][: entry.size * n]
            for tag, kind, n_values, _ in entry.iter_unpack(entries):
                if tag in _SIZES and (n_values != 1 or kind not in _WHOLE):
                    raise InputError(
                        str(path), f"the {_SIZES[tag]} of page {len(seen)} is no number", _AGAIN
                    )
            start = block[-offset.size :]  # of what is cut off too: tifffile follows it


def _refuse_long_blocks(file: BinaryIO, order: str, path: Path) -> None:
    """Refuse blocks of Micro-Manager that are longer than the file: they are read at once."""
    size = path.stat().st_size
    file.seek(8)
    told = file.read(32)
    if len(told) < 32:
        return
    mark, index, mark_2, display, third, comments, _, summary = struct.unpack(f"{order}8I", told)
    if mark == _NDTIFF:
        lengths = [display, third] if mark_2 == _SUMMARY else [third]
    elif struct.pack("<I", mark) == _MICROMANAGER:
        lengths = [summary]
        for at in (index, display, comments):
            file.seek(at)
            block = file.read(8)
            if len(block) == 8:
                lengths.append(struct.unpack(f"{order}II", block)[1])
    else:
        return
    if max(lengths) > size:
        raise InputError(
            str(path), f"it declares a block of {max(lengths)} bytes and has {size}", _AGAIN
        )


def refuse_many_planes(series: TiffPageSeries, source: str) -> None:
    """Refuse a description of more images than the file has bytes."""
    n_planes = math.prod(series.shape[:-2])
    size = Path(series.keyframe.parent.filehandle.path).stat().st_size
    if n_planes > max(size, _PLANES_ALWAYS_FINE):
        raise InputError(source, f"it declares {n_planes:.3g} images in {size} bytes", _AGAIN)


def refuse_hollow_plans(tif: TiffFile, source: str) -> None:
    """Refuse far more planes than there can be: in OME-XML, or in an index of Micro-Manager.

    Raises
    ------
    InputError
        More than the file has bytes, or than 1000 times the index lists.
    """
    if tif.is_ome:
        size = Path(tif.filehandle.path).stat().st_size
        n_planes = _planes_of_ome(tif.ome_metadata or "")
        if n_planes > max(size, _PLANES_ALWAYS_FINE):
            raise InputError(source, f"it declares {n_planes:.3g} images in {size} bytes", _AGAIN)
    told = tif.micromanager_metadata if tif.is_micromanager else None
    index, summary = (told or {}).get("IndexMap"), (told or {}).get("Summary", {})
    if index is None or not len(index):
        return
    # Its columns are channel, slice, frame, position; the summary tells what was planned.
    planned = [int(summary.get(k, 1)) for k in ("Channels", "Slices", "Frames", "Positions")]
    taken = (index[:, :4].max(axis=0).astype(object) + 1).tolist()
    n_planes = math.prod(map(max, planned, taken))
    if n_planes > max(_MOST_PLANNED * len(index), _PLANES_ALWAYS_FINE):
        raise InputError(source, f"it plans {n_planes:.3g} images and lists {len(index)}", _AGAIN)


def refuse_uneven_segments(n_of_pages: Sequence[int], source: str) -> None:
    """Refuse pages of which one has far more strips than the others, as no series of frames has."""
    most, n_pages = max(n_of_pages, default=0), len(n_of_pages)
    if most * n_pages > max(4 * sum(n_of_pages), _SEGMENTS_ALWAYS_FINE):
        raise InputError(source, f"one of its {n_pages} pages has {most} strips", _AGAIN)


def refuse_hollow_planes(planes: PlaneMap, keyframe: TiffPage, source: str) -> None:
    """Refuse frames, or strips and tiles, that are declared far larger than they are stored."""
    if planes.plain:  # as large as what is stored
        return
    itemsize = planes.stored.itemsize
    stored = int(planes.counts.sum(axis=1).max(initial=0))
    refuse_hollow_piece(source, "a frame", math.prod(planes.shape) * itemsize, stored)
    largest = int(planes.counts.max(initial=0))
    tile = math.prod(keyframe.chunks) * itemsize
    refuse_hollow_piece(source, "a tile", tile, largest)


def _planes_of_ome(xml: str) -> int:
    """How many planes the images of an OME-XML text have; 0 where it cannot be read."""
    root = xml_root(xml)
    pixels = root.iterfind(".//{*}Pixels") if root is not None else ()
    sizes = ([each.get(f"Size{axis}", "1") for axis in "ZCT"] for each in pixels)
    # What is no number is told by tifffile.
    return sum(math.prod(map(int, each)) for each in sizes if all(map(str.isdecimal, each)))
