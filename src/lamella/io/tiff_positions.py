"""Which positions a TIFF file holds: its series, or the positions of a Micro-Manager stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tifffile import TiffFile, TiffPageSeries

from lamella.core.take import names_or_numbers


@dataclass(frozen=True)
class Position:
    """One position of a file.

    Parameters
    ----------
    name : str
        As the file has it, else its number.
    series : TiffPageSeries
        Where its planes are.
    image : int
        Number of the series, and of the image in the OME-XML.
    place : int or None
        Its place along the axis R of the series, where that holds several positions.
    """

    name: str
    series: TiffPageSeries
    image: int
    place: int | None = None


def positions_in(tif: TiffFile) -> tuple[list[Position], tuple[str, ...]]:
    """The positions of an open file, and a note on series that are none.

    Series of another frame size or pixel type than the first (thumbnails, maps of a slide) are no
    positions. Of a set of files that name each other, only what lies in this one counts.
    """
    all_series = tif.series
    first = all_series[0]
    if first.kind == "mmstack":
        return _micromanager(tif, first), ()
    alike = [n for n, series in enumerate(all_series) if _alike(series, first)]
    path = tif.filehandle.path
    own = [n for n in alike if all_series[n].keyframe.parent.filehandle.path == path]
    taken = own or alike
    names = names_or_numbers([all_series[n].name for n in taken])
    found = [Position(name, all_series[n], n) for name, n in zip(names, taken, strict=True)]
    return found, _ignored([series for series in all_series if not _alike(series, first)])


def _alike(series: TiffPageSeries, first: TiffPageSeries) -> bool:
    def told(one: TiffPageSeries) -> Any:
        sizes = dict(zip(one.axes, one.shape, strict=True))
        return sizes.get("Y"), sizes.get("X"), sizes.get("S"), one.dtype

    return bool(told(series) == told(first))


def _ignored(series: Sequence[TiffPageSeries]) -> tuple[str, ...]:
    if not series:
        return ()
    told = ", ".join(f"{each.axes} {each.shape}" for each in series[:3])
    more = " …" * (len(series) > 3)
    return (f"{len(series)} more image series ignored: {told}{more}",)


def _micromanager(tif: TiffFile, series: TiffPageSeries) -> list[Position]:
    """Positions of the data set whose planes this file holds."""
    metadata: Mapping[str, Any] = tif.micromanager_metadata or {}
    own = [int(n) for n in np.unique(metadata["IndexMap"][:, 3])]
    labels = _labels(metadata.get("Summary", {}))
    names = names_or_numbers([labels[n] if n < len(labels) else "" for n in own], own)
    if "R" not in series.axes:
        return [Position(names[0], series, 0)]
    return [Position(name, series, 0, n) for name, n in zip(names, own, strict=True)]


def _labels(summary: Mapping[str, Any]) -> list[str]:
    """Names of all positions of a data set, as versions 2 and 1.4 write them."""
    listed = summary.get("StagePositions") or summary.get("InitialPositionList") or []
    if not isinstance(listed, list):
        return []
    each = [one if isinstance(one, dict) else {} for one in listed]
    return [str(one.get("Label") or one.get("label") or "") for one in each]
