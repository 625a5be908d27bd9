"""Writers: layers of napari as files that other programs, and `lamella`, read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io import write_labels as write_label_file
from lamella.io import write_movie
from lamella.io.ctc import write_ctc
from lamella.io.track_ids import tracked_from_ids
from lamella.io.track_table import write_track_table
from lamella.io.trackmate import write_trackmate
from lamella.napari.layer_frames import frames_of
from lamella.napari.pictures import OURS

_UM = {
    "um": 1.0, "µm": 1.0, "micrometer": 1.0, "micron": 1.0,
    "nm": 1e-3, "nanometer": 1e-3, "mm": 1e3, "millimeter": 1e3,
}  # fmt: skip
_OF_TRACKS = {".xml": write_trackmate, ".csv": write_track_table}


def write_labels(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """A labels layer as OME-TIFF, or as a folder of the Cell Tracking Challenge.

    Where the path has no suffix, numbers are taken for track ids and a folder is written.
    """
    name = str(attributes.get("name", "labels"))
    frames, scale = frames_of(data, name), scale_of(attributes)
    if Path(path).suffix:
        write_label_file(path, frames, scale=scale)
        return [path]
    tracked = tracked_from_ids(Labels("cell", frames), scale=scale, source=name)
    write_ctc(path, tracked)
    return [path]


def write_images(path: str, layers: Sequence[tuple[Any, dict[str, Any], str]]) -> list[str]:
    """Image layers as one OME-TIFF, a channel each, with their scale."""
    channels: dict[str, Frames] = {}
    for data, attributes, _ in layers:
        name = str(attributes.get("name", "image"))
        if attributes.get("rgb"):
            raise InputError(name, "it is a colour picture", "save it as PNG")
        channels[name] = frames_of(data, name)
    shapes = {name: frames.shape for name, frames in channels.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise InputError(path, f"layers differ in size: {told}", "save them one by one")
    write_movie(path, channels, scale=scale_of(layers[0][1]))
    return [path]


def write_tracks(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """A tracks layer as TrackMate's XML (``.xml``) or our table ``tracks.csv`` (``.csv``)."""
    tracked = Tracked(
        tracks_of_layer(data, attributes),
        n_frames=int(np.max(np.asarray(data)[:, 1])) + 1 if len(data) else 0,
        scale=scale_of(attributes),
        source=str(attributes.get("name", "tracks")),
    )
    _writer_of(path, shapes=False)(path, tracked)
    return [path]


def write_tracked(path: str, layers: Sequence[tuple[Any, dict[str, Any], str]]) -> list[str]:
    """A labels and a tracks layer together: a folder of the Challenge, or TrackMate's XML.

    The labels' numbers are those of the tracks.
    """
    by_kind = {kind: (data, attributes) for data, attributes, kind in layers}
    labels, its_notes = by_kind["labels"]
    name = str(its_notes.get("name", "labels"))
    frames = frames_of(labels, name)
    tracked = Tracked(
        tracks_of_layer(*by_kind["tracks"]),
        n_frames=len(frames),
        labels=Labels("cell", frames),
        frame_shape=frames.frame_shape,
        scale=scale_of(its_notes),
        source=name,
    )
    _writer_of(path, shapes=True)(path, tracked)
    return [path]


def tracks_of_layer(data: Any, attributes: dict[str, Any]) -> Tracks:
    """Tracks from a layer: (N, 4) of track, frame, row, column in pixels, and its graph."""
    rows = np.asarray(data, np.float64)
    if rows.ndim != 2 or rows.shape[1] != 4:
        raise InputError(
            str(attributes.get("name", "tracks")),
            f"its rows have {rows.shape[-1]} values, and tracks of a movie have 4",
            "give track, frame, row and column",
        )
    cells, frames = rows[:, 0].astype(np.int64), rows[:, 1].round().astype(np.int64)
    links = pd.DataFrame(
        {
            Col.CELL: cells,
            Col.FRAME: frames,
            Col.LABEL: cells,
            Col.Y_PX: rows[:, 2],
            Col.X_PX: rows[:, 3],
        }
    ).sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    graph = {int(cell): tuple(np.atleast_1d(parents).astype(int).tolist())
             for cell, parents in (attributes.get("graph") or {}).items()}  # fmt: skip
    return Tracks.from_links(links, graph)


def scale_of(attributes: dict[str, Any]) -> Scale:
    """Pixel size from the layer's scale and unit, times from our notes; None where not known."""
    side = float(np.asarray(attributes.get("scale", (1.0,)), float)[-1])
    units = attributes.get("units") or ("pixel",)
    per = _UM.get(str(units[-1]))
    times = attributes.get("metadata", {}).get(OURS, {}).get("time_min")
    scale = Scale(None if per is None else side * per)
    return scale if times is None else replace(scale, time_min=np.asarray(times, np.float64))


def _writer_of(path: str, *, shapes: bool) -> Callable[[str, Tracked], object]:
    suffix = Path(path).suffix.lower()
    if not suffix and shapes:
        return write_ctc
    if suffix in _OF_TRACKS:
        return _OF_TRACKS[suffix]
    raise SettingsError(
        path,
        "no format of tracks is written under this name",
        "end it in .xml (TrackMate) or .csv (our table)"
        + (", or give no ending for a folder of the Cell Tracking Challenge" if shapes else ""),
    )
