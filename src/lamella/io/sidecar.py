"""What lies beside a movie and tells about it, where its own file is silent.

Micro-Manager
    ``metadata.txt`` in a folder of frames, ``<movie>_metadata.txt`` beside a stack.
OME-XML
    ``<movie>.companion.ome`` beside a file, or the only one in a folder of frames.
BIDS
    ``<movie>.json`` beside a file, with PixelSize and PixelSizeUnits, as the Brain Imaging Data
    Structure has it for microscopy (doi:10.3389/fnins.2022.871228).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lamella.core.movie import Movie, Scale, default_channel_names
from lamella.io.ome_zarr import is_zarr
from lamella.io.stated import Stated, differ, unique_names
from lamella.io.tiff_metadata import elapsed_or_nominal, micromanager_pixel_um, ome_stated
from lamella.io.units import micrometres, minutes
from lamella.io.wanted import Wanted

_ENDS = ("_metadata.txt", ".companion.ome", ".json")
_LARGEST_MB = 64  # Micro-Manager writes a few kB for every frame


class Sidecar(NamedTuple):
    """A file beside a movie, and what it states of one with so many frames and channels."""

    name: str
    stated: Stated


def sidecar_of(path: Path, *, n_frames: int, n_channels: int) -> Sidecar | None:
    """The first file beside `path` that tells something; None where there is none.

    A file that cannot be understood says nothing: it belongs to nobody's contract.
    """
    for file in files_beside(path):
        if file.stat().st_size > _LARGEST_MB << 20:
            continue
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            continue
        if file.name.endswith(".companion.ome"):
            if text.count("<Image ") > 1:  # which of them the movie is, nobody says
                return Sidecar(file.name, Stated(notes=("it tells of several images: not used",)))
            return Sidecar(file.name, ome_stated(text, n_frames, n_channels))
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            read = _micromanager if file.suffix == ".txt" else _bids
            return Sidecar(file.name, read(found, n_frames, n_channels))
    return None


def files_beside(path: Path) -> list[Path]:
    """Files beside a movie (a file, or a store of zarr), or in its folder of frames, about it."""
    if path.is_dir() and not is_zarr(path):
        companions = sorted(path.glob("*.companion.ome"))
        near = [path / "metadata.txt", *(companions if len(companions) == 1 else [])]
    else:
        stem = re.sub(r"(\.ome)?\.[A-Za-z0-9]+$", "", path.name)
        near = [path.with_name(f"{stem}{end}") for end in _ENDS]
    return [file for file in near if file.is_file()]


def completed(movie: Movie, beside: Sidecar | None, wanted: Wanted) -> Movie:
    """The movie, with what only the sidecar knows, and a note on every conflict.

    Settings win over the movie's file, and the file over what lies beside it.

    Parameters
    ----------
    wanted : Wanted
        The settings, by which the movie was opened.
    """
    if beside is None:
        return movie
    name, stated = beside
    notes = [f"{name}: {note}" for note in stated.notes]
    size, times = movie.scale.pixel_size_um, movie.scale.time_min
    if stated.pixel_um is not None:
        there = stated.pixel_um[0]
        if differ(*stated.pixel_um):
            notes.append(f"{name} gives pixels that are not square: not used")
        elif size is None:
            size = there
        elif differ(there, size):
            used = "settings" if wanted.pixel_size_um is not None else "file"
            notes.append(f"{name} says {there:.4g} µm/px, the {used} {size:.4g}: {used} used")
    if stated.time_min is not None and movie.n_frames > 1:
        there = float(np.median(np.diff(stated.time_min)))
        if times is None:
            times = stated.time_min
        elif differ(there, here := float(np.median(np.diff(times)))):
            used = "settings" if wanted.interval_min is not None else "file"
            notes.append(
                f"{name} says {there:.4g} min between frames, the {used} {here:.4g}: {used} used"
            )
    channels = movie.channels
    nameless = list(channels) == default_channel_names(len(channels))
    if stated.channel_names is not None and len(stated.channel_names) == len(channels):
        names = unique_names(stated.channel_names, len(channels))
        if nameless and wanted.channel_names is None:
            channels = dict(zip(names, channels.values(), strict=True))
    return replace(movie, channels=channels, scale=Scale(size, times), notes=(*movie.notes, *notes))


def _micromanager(found: Mapping[str, Any], n_frames: int, n_channels: int) -> Stated:
    """``metadata.txt`` of versions 1.4 and 2: a summary, and an entry for every image."""
    summary = found.get("Summary")
    summary = summary if isinstance(summary, dict) else {}
    images = [
        one
        for key, one in found.items()
        if isinstance(one, dict) and key.startswith(("FrameKey-", "Metadata-"))
    ]
    first = images[0] if images else {}
    size = micromanager_pixel_um(summary, first)
    per_frame: dict[int, float | None] = {}
    for one in images:
        number = one.get("Frame", one.get("FrameIndex"))
        is_first = not one.get("ChannelIndex") and not one.get("SliceIndex", one.get("Slice"))
        if isinstance(number, int) and is_first:
            per_frame[number] = minutes(one.get("ElapsedTime-ms"), "ms")
    times, notes = elapsed_or_nominal(
        [per_frame.get(t) for t in range(n_frames)],
        minutes(summary.get("Interval_ms"), "ms"),
        n_frames,
    )
    names = summary.get("ChNames")
    known = isinstance(names, list) and len(names) == n_channels
    return Stated(
        None if size is None else (size, size),
        times,
        tuple(map(str, names or ())) if known else None,
        notes,
    )


def _bids(found: Mapping[str, Any], n_frames: int, n_channels: int) -> Stated:
    sizes = found.get("PixelSize")
    unit = found.get("PixelSizeUnits")
    if not isinstance(sizes, list) or len(sizes) < 2 or not isinstance(unit, str):
        return Stated()
    x, y = (micrometres(size, unit) for size in sizes[:2])
    return Stated(None if x is None or y is None else (x, y))
