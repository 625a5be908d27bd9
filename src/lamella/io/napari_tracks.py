"""napari's layer of tracks: as arrays for scripts, and as a table that says the same."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.io.tables import write_table

_PARENT = "parent_track_id"


class NapariTracks(NamedTuple):
    """What ``viewer.add_tracks(data, properties=properties, graph=graph)`` takes."""

    data: NDArray[np.float64]
    """(N, 4): track id, frame, row, column; sorted by track, then by frame."""
    properties: dict[str, NDArray[Any]]
    """One value a row: label, generation and, where known, time_min."""
    graph: dict[int, list[int]]
    """Track to the tracks that it came from: one by division, several by merging."""


def napari_tracks(tracked: Tracked) -> NapariTracks:
    """Tracks as napari shows them.

    Coordinates are pixels: give the layer ``scale=(1, um, um)`` where the image has a scale. Frames
    in which a cell was not found have no row; napari draws a straight line across them.
    """
    tracks = tracked.tracks
    links = tracks.links.sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    columns = [Col.CELL, Col.FRAME, Col.Y_PX, Col.X_PX]
    properties: dict[str, NDArray[Any]] = {
        str(Col.LABEL): links[Col.LABEL].to_numpy(np.int64),
        str(Col.GENERATION): links[Col.CELL].map(tracks.generations).to_numpy(np.int64),
    }
    if tracked.scale.time_min is not None:
        frames = links[Col.FRAME].to_numpy(np.int64)
        properties[str(Col.TIME_MIN)] = np.asarray(tracked.scale.time_min)[frames]
    graph = {cell: list(found) for cell, found in sorted(tracks.parents.items())}
    return NapariTracks(links[columns].to_numpy(np.float64), properties, graph)


def write_napari_csv(path: str | os.PathLike[str], tracked: Tracked) -> None:
    """The same as a table: track_id, t, y, x, the properties, and parent_track_id.

    Every row of a track repeats its parents: nothing where there are none, two or more (a merging)
    separated by spaces. :func:`lamella.io.tracker_csv.read_tracker_csv` reads it back.
    """
    layer = napari_tracks(tracked)
    ids = layer.data[:, 0].astype(np.int64)
    table = pd.DataFrame({"track_id": ids, "t": layer.data[:, 1].astype(np.int64)})
    table["y"], table["x"] = layer.data[:, 2], layer.data[:, 3]
    for name, values in layer.properties.items():
        table[name] = values
    parents = {cell: " ".join(map(str, found)) for cell, found in layer.graph.items()}
    table[_PARENT] = pd.Series(ids).map(lambda cell: parents.get(cell, "")).astype("str")
    write_table(path, table)
