"""Which plane of a TIFF file is which frame of which channel, and where its bytes lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffPage, TiffPageSeries

from lamella.core.errors import InputError, SettingsError
from lamella.core.take import Z, slices_of
from lamella.io.declared import refuse_type
from lamella.io.planned import frames_taken
from lamella.io.tiff_bounds import (
    refuse_hollow_planes,
    refuse_many_planes,
    refuse_uneven_segments,
)
from lamella.io.tiff_metadata import Page
from lamella.io.tiff_planes import PlaneMap
from lamella.io.tiff_positions import Position

# Axes that are neither time nor channel for certain: stage position, angle, phase, lifetime,
# wavelength, view. Any other letter (I, Q …) is a row of pages that nobody named: time.
_TYPED = "RAPHEV"


@dataclass(frozen=True)
class Layout:
    """A series as frames and channels.

    Parameters
    ----------
    plane_of : (T, C, Z) int array
        Plane of every frame, channel and slice that is read.
    time_pages : list of pages or None
        Page of every frame's first channel; None where planes have no pages of their own.
    """

    planes: PlaneMap
    plane_of: NDArray[np.intp]
    time_pages: Sequence[Page] | None
    notes: tuple[str, ...]

    @property
    def n_frames(self) -> int:
        return int(self.plane_of.shape[0])

    @property
    def n_channels(self) -> int:
        return int(self.plane_of.shape[1])


def layout(position: Position, *, source: str, axes: str | None, z: Z | None) -> Layout:
    """Read the layout of one position of an open file.

    Raises
    ------
    InputError
        For what is no time series of grey frames, for unsupported types, for slices that nobody
        chose, and for missing bytes.
    SettingsError
        For an `axes` with letters other than T, C, Y, X.
    """
    series = position.series
    stored_axes, shape = series.axes, tuple(series.shape)
    lead = [(axis, size) for axis, size in zip(stored_axes, shape, strict=True) if axis not in "YX"]
    _refuse_colour(source, stored_axes, shape, axes)
    refuse_type(source, series.dtype)
    refuse_many_planes(series, source)
    order = np.arange(int(np.prod([size for _, size in lead], dtype=np.int64)), dtype=np.intp)
    order = order.reshape([size for _, size in lead])
    if position.place is not None:
        along = [axis for axis, _ in lead].index("R")
        order = np.take(order, position.place, axis=along)
        del lead[along]
    names = _named(source, lead, shape[-2:], axes, z)
    plane_of = _frames_channels_slices(order, names)
    wanted = slices_of(plane_of.shape[2], z, source=source)
    plane_of = plane_of[:, :, wanted.start : wanted.stop]
    planes, pages = _planes(series, source, int(order.max(initial=0)) + 1)
    plane_of, notes = _without_missing_end(planes, plane_of, source)
    _refuse_cut_off(planes, plane_of, source)
    time_pages = None
    if pages is not None:
        time_pages = [page for page in (pages[p] for p in plane_of[:, 0, 0]) if page is not None]
    return Layout(planes, plane_of, time_pages, notes)


def _refuse_colour(source: str, axes: str, shape: tuple[int, ...], override: str | None) -> None:
    # Samples in front of Y and X may be frames: some programs store three frames as colour.
    if "S" in axes and (override is None or axes.endswith("S")):
        raise InputError(
            source,
            f"it is a colour image ({shape[axes.index('S')]} samples a pixel, axes {axes})",
            "split its channels (Fiji: Image > Color > Split Channels) or save it as grey"
            + ("" if axes.endswith("S") else "; if they are frames, set axes to TYX"),
        )


def _named(
    source: str,
    lead: list[tuple[str, int]],
    frame: tuple[int, ...],
    axes: str | None,
    z: Z | None,
) -> str:
    """Letters T, C and Z for the leading dimensions."""
    stored = "".join(axis for axis, _ in lead)
    sizes = tuple(size for _, size in lead)
    if axes is not None:
        return _overridden(source, stored, (*sizes, *frame), axes)
    if "Z" in stored and z is None:
        _refuse_slices(source, stored, dict(lead)["Z"])
    unknown = [axis for axis in stored if axis not in "TCZ"]
    if len(unknown) == 1 and "T" not in stored and unknown[0] not in _TYPED:
        return stored.replace(unknown[0], "T")
    if unknown:
        raise InputError(
            source,
            f"its axes {stored}YX of shape {(*sizes, *frame)} are more than time and channels",
            'say what they are with axes (such as "TCYX"), or save one file per '
            + ("position" if "R" in unknown else "series"),
        )
    return stored


def _refuse_slices(source: str, stored: str, n_slices: int) -> None:
    if "T" in stored:
        slices_of(n_slices, None, source=source)
    as_time = stored.replace("Z", "T") + "YX"
    raise InputError(
        source,
        f"it is a z-stack (axes {stored}YX, {n_slices} slices), not a time series",
        f'if its slices are time points set axes = "{as_time}" in [scale] of study.toml '
        f'(or --axes {as_time}), otherwise z = "max", "mean" or the number of a slice there '
        "(or --z max)",
    )


def _overridden(source: str, stored: str, shape: tuple[int, ...], axes: str) -> str:
    letters = axes.upper()
    if set(letters) - set("TCYX") or len(set(letters)) < len(letters) or letters[-2:] != "YX":
        raise SettingsError(
            "axes",
            f"{axes!r} is not made of T, C and a final YX, each once",
            "use TYX, CYX, TCYX or CTYX",
        )
    if len(shape) == 2:  # one frame: time and channels are 1 long, whatever they are called
        return ""
    if len(letters) != len(shape):
        raise InputError(
            source,
            f"axes {axes} has {len(letters)} letters, the file has {len(shape)} dimensions "
            f"(axes {stored}YX, shape {shape})",
            "give one letter for every dimension longer than 1",
        )
    return letters[:-2]


def _frames_channels_slices(order: NDArray[np.intp], names: str) -> NDArray[np.intp]:
    """Plane numbers as (T, C, Z); a missing axis is 1 long."""
    for axis in "TCZ":
        if axis not in names:
            order, names = order[..., None], names + axis
    return order.transpose(*(names.index(axis) for axis in "TCZ"))


def _planes(
    series: TiffPageSeries, source: str, n_planes: int
) -> tuple[PlaneMap, list[Page | None] | None]:
    keyframe: TiffPage = series.keyframe
    height, width = series.shape[-2:]
    stored = np.dtype(series.dtype).newbyteorder(keyframe.parent.byteorder)
    n_bytes = height * width * stored.itemsize
    start = None if series.is_multifile else series.dataoffset
    if start is not None and stored.kind != "b":
        # All planes one after the other, also where a file above 4 GB has only one page.
        offsets = (start + n_bytes * np.arange(n_planes, dtype=np.int64))[:, None]
        where = PlaneMap(
            files=(_path(keyframe),),
            file_of=np.zeros(n_planes, np.intp),
            offsets=offsets,
            counts=np.full_like(offsets, n_bytes),
            shape=(height, width),
            stored=stored,
            plain=True,
            keyframe=(0, 0),
        )
        pages = list(series) if len(series) == n_planes and series.kind == "mmstack" else None
        return where, pages
    pages = list(series)
    if (keyframe.imagelength, keyframe.imagewidth) != (height, width):
        raise InputError(
            source,
            f"its pages are {keyframe.imagelength}×{keyframe.imagewidth}, its description says "
            f"{height}×{width}",
            "open it in Fiji and save it as TIFF",
        )
    if len(pages) < n_planes:
        raise InputError(
            source,
            f"it promises {n_planes} images and holds {len(pages)}",
            "copy it again from its source, or open it in Fiji and save it as TIFF",
        )
    refuse_uneven_segments([len(page.dataoffsets) for page in pages if page is not None], source)
    where = _paged(pages, keyframe, (height, width), stored, n_bytes)
    refuse_hollow_planes(where, keyframe, source)
    return where, pages


def _paged(
    pages: list[Page | None],
    keyframe: TiffPage,
    shape: tuple[int, int],
    stored: np.dtype[Any],
    n_bytes: int,
) -> PlaneMap:
    """Planes with a page each. A page that does not exist has offset −1."""
    n_segments = max(1, *(len(page.dataoffsets) for page in pages if page is not None))
    offsets = np.full((len(pages), n_segments), -1, np.int64)
    counts = np.zeros((len(pages), n_segments), np.int64)
    files: dict[str, int] = {_path(keyframe): 0}
    file_of = np.zeros(len(pages), np.intp)
    for p, page in enumerate(pages):
        if (
            page is None
            or not page.dataoffsets
            or page.dataoffsets[0] == 0 == page.databytecounts[0]
        ):
            continue
        file_of[p] = files.setdefault(_path(page), len(files))
        offsets[p, : len(page.dataoffsets)] = page.dataoffsets
        counts[p, : len(page.databytecounts)] = page.databytecounts
    present = offsets[:, 0] >= 0
    joined = np.all(offsets[present, 1:] == (offsets + counts)[present, :-1])
    plain = bool(keyframe.is_final and stored.kind != "b" and joined)
    if plain:
        offsets, counts = offsets[:, :1], np.full((len(pages), 1), n_bytes, np.int64)
    return PlaneMap(
        files=tuple(files),
        file_of=file_of,
        offsets=offsets,
        counts=counts,
        shape=shape,
        stored=stored,
        plain=plain,
        keyframe=(0, int(keyframe.index)),
    )


def _path(page: Page) -> str:
    return page.parent.filehandle.path


def _without_missing_end(
    planes: PlaneMap, plane_of: NDArray[np.intp], source: str
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Drop frames that were planned and never taken; a hole in the middle is an error."""
    complete = np.all(planes.offsets[plane_of, 0] >= 0, axis=(1, 2))
    n_taken, notes = frames_taken(complete, source=source)
    return plane_of[:n_taken], notes


def _refuse_cut_off(planes: PlaneMap, plane_of: NDArray[np.intp], source: str) -> None:
    sizes = np.array([Path(file).stat().st_size for file in planes.files], np.int64)
    ends = (planes.offsets + planes.counts).max(axis=1)
    beyond = (ends > sizes[planes.file_of])[plane_of].any(axis=(1, 2))
    if beyond.any():
        t = int(np.argmax(beyond))
        raise InputError(
            source,
            f"it is cut off: frame {t} of {len(beyond)} lies beyond its end",
            "copy it again from its source",
        )
