"""What TIFF files state about scale, time and channels: Micro-Manager, OME and ImageJ.

Resolution tags of a plain TIFF are print settings (72 dpi) and are not trusted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffFrame, TiffPage

from lamella.core.movie import regular_times
from lamella.io.stated import Stated
from lamella.io.units import micrometres, minutes
from lamella.io.xml_text import xml_root

_PRINT_DPI = {72, 75, 96, 100, 150, 200, 300, 600}
# Planes' own times and the nominal interval may differ this much before it is worth a word.
_DRIFT = 0.1

Page = TiffPage | TiffFrame


def stated_in(
    tif: TiffFile,
    *,
    n_frames: int,
    n_channels: int,
    time_pages: Sequence[Page] | None,
    image: int = 0,
) -> Stated:
    """Everything the open file says; its most specific format is asked first.

    Parameters
    ----------
    image : int
        Number of the image in the OME-XML that is read.
    time_pages : sequence of pages or None
        The first channel's page of every frame, where the file has such pages.
    """
    out = Stated()
    if tif.is_micromanager:
        out = out.filled_from(_micromanager(tif, n_frames, n_channels, time_pages))
    if tif.is_ome:
        out = out.filled_from(ome_stated(tif.ome_metadata or "", n_frames, n_channels, image))
    if tif.is_imagej:
        out = out.filled_from(_imagej(tif, n_frames, n_channels))
    return out


def elapsed_or_nominal(
    per_frame: Sequence[float | None], interval: float | None, n_frames: int
) -> tuple[NDArray[np.float64] | None, tuple[str, ...]]:
    """Times of the frames themselves, where every frame has one and they increase; else nominal."""
    nominal = regular_times(n_frames, interval) if interval and interval > 0 else None
    if len(per_frame) != n_frames or any(time is None for time in per_frame):
        return nominal, ()
    times = np.array(per_frame, dtype=np.float64)
    steps = np.diff(times)
    if np.any(steps <= 0):
        return nominal, ()
    notes: tuple[str, ...] = ()
    if nominal is not None and n_frames > 1:
        mean = float(steps.mean())
        if interval and abs(mean - interval) > _DRIFT * interval:
            notes = (
                f"file plans {interval:.4g} min between frames, its frames were taken "
                f"{mean:.4g} min apart on average: the frames' own times are used",
            )
    return times - times[0], notes


def ome_stated(xml: str, n_frames: int, n_channels: int, image: int = 0) -> Stated:
    """What an OME-XML text says of one of its images."""
    root = xml_root(xml)
    if root is None:
        return Stated(notes=("its OME-XML is damaged: scale and channel names are not read",))
    images = root.findall(".//{*}Image/{*}Pixels")
    if image >= len(images):
        return Stated()
    pixels = images[image]
    size = [
        micrometres(pixels.get(f"PhysicalSize{axis}"), pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        for axis in "XY"
    ]
    per_frame: list[float | None] = [None] * n_frames
    for plane in pixels.iterfind("{*}Plane"):
        told = plane.get("TheT", "0")
        first = plane.get("TheC", "0") == "0" and plane.get("TheZ", "0") == "0"
        # What is no number is the time of no frame.
        t = int(told) if re.fullmatch(r"[0-9]{1,9}", told) else n_frames
        if first and t < n_frames and plane.get("DeltaT") is not None:
            per_frame[t] = minutes(plane.get("DeltaT"), plane.get("DeltaTUnit", "s"))
    interval = minutes(pixels.get("TimeIncrement"), pixels.get("TimeIncrementUnit", "s"))
    times, notes = elapsed_or_nominal(per_frame, interval, n_frames)
    names = tuple(channel.get("Name") for channel in pixels.iterfind("{*}Channel"))
    return Stated(_xy(*size), times, names if len(names) == n_channels else None, notes)


def _xy(x: float | None, y: float | None) -> tuple[float, float] | None:
    return (x, y or x) if x else None


def _imagej(tif: TiffFile, n_frames: int, n_channels: int) -> Stated:
    """ImageJ's description; `fps` is the speed of display and says nothing about the cells."""
    meta: Mapping[str, Any] = tif.imagej_metadata or {}
    notes: list[str] = []
    interval = minutes(meta.get("finterval"), str(meta.get("tunit") or "s"))
    times, _ = elapsed_or_nominal([], interval, n_frames)
    return Stated(
        _imagej_pixel(tif, str(meta.get("unit", "")), notes),
        times,
        _imagej_names(meta.get("Labels"), n_frames, n_channels),
        tuple(notes),
    )


def _imagej_pixel(tif: TiffFile, unit: str, notes: list[str]) -> tuple[float, float] | None:
    tags = tif.pages.first.tags
    per_unit = []
    for name in ("XResolution", "YResolution"):
        value = tags.valueof(name)
        if value is None or not value[0] or not value[1]:
            return None
        per_unit.append((value[0], value[1]))
    if unit.lower().startswith("in") and per_unit[0][0] / per_unit[0][1] in _PRINT_DPI:
        notes.append("its pixel size is a print resolution (dpi): not used")
        return None
    x, y = (micrometres(denominator / numerator, unit) for numerator, denominator in per_unit)
    return _xy(x, y)


def _imagej_names(labels: object, n_frames: int, n_channels: int) -> tuple[str, ...] | None:
    """Slice labels that can only be channel names: the same distinct words in every frame."""
    if not isinstance(labels, (list, tuple)) or n_channels < 2:
        return None
    words = [str(label).strip() for label in labels]
    names = words[:n_channels]
    repeats = words == names * (len(words) // n_channels)
    telling = all(re.match(r"[^\W\d]", name) and not re.search(r"[:/\\.]", name) for name in names)
    whole = len(words) in (n_channels, n_channels * n_frames)
    numbered = any(re.fullmatch(r"(slice|frame|image|t|z|c)[ _-]?\d+", n, re.I) for n in names)
    if whole and repeats and telling and not numbered and len(set(names)) == n_channels:
        return tuple(names)
    return None


def micromanager_pixel_um(*sources: Mapping[str, Any]) -> float | None:
    """The pixel size that the first of these tells: summaries, and tags of images."""
    return next(
        (
            number
            for source in sources
            for key in ("PixelSizeUm", "PixelSize_um")
            if (number := micrometres(source.get(key), "um"))
        ),
        None,
    )


def _micromanager(
    tif: TiffFile, n_frames: int, n_channels: int, time_pages: Sequence[Page] | None
) -> Stated:
    """Micro-Manager's summary, and the elapsed time that it stores with every image."""
    summary: Mapping[str, Any] = (tif.micromanager_metadata or {}).get("Summary", {})
    first = _image_tags(tif.pages.first)
    size = micromanager_pixel_um(summary, first)
    interval = minutes(summary.get("Interval_ms"), "ms")
    elapsed: list[float | None] = []
    if "ElapsedTime-ms" in first and time_pages is not None:
        elapsed = _elapsed(time_pages)
    times, notes = elapsed_or_nominal(elapsed, interval, n_frames)
    names = summary.get("ChNames")
    if isinstance(names, str):  # 1.4 wrote the list as text
        names = _json(names)
    known = isinstance(names, list) and len(names) == n_channels
    return Stated(_xy(size, size), times, tuple(map(str, names or ())) if known else None, notes)


def _elapsed(pages: Sequence[Page]) -> list[float | None]:
    """Elapsed time of every page in minutes; empty where a page has no tags of its own."""
    out: list[float | None] = []
    for page in pages:
        handle = page.parent.filehandle
        was_closed = handle.closed
        if was_closed:
            handle.open()
        try:
            tags = _image_tags(page if isinstance(page, TiffPage) else page.aspage())
        except Exception:  # a page that is only an entry of the index map
            return []
        finally:
            if was_closed:
                handle.close()
        out.append(minutes(tags.get("ElapsedTime-ms"), "ms"))
    return out


def _image_tags(page: Any) -> Mapping[str, Any]:
    tags = page.tags.valueof("MicroManagerMetadata") if "MicroManagerMetadata" in page.tags else {}
    tags = _json(tags) if isinstance(tags, str) else tags
    return tags if isinstance(tags, Mapping) else {}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
