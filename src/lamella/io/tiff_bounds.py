"""Sizes that a TIFF declares, looked at before anything of these sizes is made."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path

from tifffile import TiffFile, TiffPage, TiffPageSeries

from lamella.core.errors import InputError
from lamella.io.declared import refuse_hollow_piece
from lamella.io.tiff_planes import PlaneMap

_PLANES_ALWAYS_FINE = 10**6
_MOST_PLANNED = 1000
_SEGMENTS_ALWAYS_FINE = 10**6
_AGAIN = "copy it again from its source"
_MICROMANAGER = struct.pack("<I", 54773648)
_LARGE = 2**30


def refuse_endless_chain(path: Path) -> None:
    """Refuse pages that follow each other in a circle: tifffile would go round for ever.

    Of large stacks of Micro-Manager the pages are found by their index and not followed here: each
    would be another place of the disk.

    Raises
    ------
    InputError
        A page that comes again.
    """
    with path.open("rb") as file:
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        large = head[2:4] in (b"\x2b\0", b"\0\x2b")
        count, entry, offset = ("Q", 20, "Q") if large else ("H", 12, "I")
        if head[8:12] == _MICROMANAGER and path.stat().st_size > _LARGE:
            return
        counts, offsets = struct.Struct(order + count), struct.Struct(order + offset)
        start = head[8:16] if large else head[4:8]
        seen: set[int] = set()
        # What ends too early, or points beyond the end, is told when the file is opened.
        while len(start) == offsets.size and (at := offsets.unpack(start)[0]):
            if at in seen:
                raise InputError(
                    str(path), f"its pages go round in a circle after {len(seen)}", _AGAIN
                )
            seen.add(at)
            file.seek(at)
            number = file.read(counts.size)
            if len(number) < counts.size:
                return
            file.seek(at + counts.size + entry * counts.unpack(number)[0])
            start = file.read(offsets.size)


def refuse_many_planes(series: TiffPageSeries, source: str) -> None:
    """Refuse a description of more images than the file has bytes."""
    n_planes = math.prod(series.shape[:-2])
    size = Path(series.keyframe.parent.filehandle.path).stat().st_size
    if n_planes > max(size, _PLANES_ALWAYS_FINE):
        raise InputError(source, f"it declares {n_planes:.3g} images in {size} bytes", _AGAIN)


def refuse_hollow_index(tif: TiffFile, source: str) -> None:
    """Refuse an index of Micro-Manager whose planes are far more than it lists."""
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
