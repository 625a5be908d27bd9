"""GEFF, the graph exchange file format: tracks as a directed graph in a zarr folder.

The graph has a node per object, and an edge from every object to what became of it. Whatever
program wrote it, cells are the unbranched stretches of the graph: a cell ends where it divides or
merges. Source: Live Image Tracking Tools, GEFF specification 1, https://liveimagetrackingtools.org.
"""

from __future__ import annotations

import os
import re
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError, LamellaError, NotInstalledError, OutputError
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.atomic import whole_folder
from lamella.io.documents import read_json
from lamella.io.geff_axes import Axes, axes_of
from lamella.io.graph import cells_of, components, oriented
from lamella.io.link_rows import LARGEST_ID, MOST_FRAMES, refuse_beyond
from lamella.io.zarr_guard import refuse_hollow, refuse_unsafe_zarr

TRACK, LABEL, LINEAGE = "track_id", "label", "lineage_id"
_OURS = "lamella"  # key of what GEFF has no field for
_NAMED_BY = ("tracklet_id", "track_id", "trackid", "tracklet", "TRACK_ID")


def write_geff(path: str | os.PathLike[str], tracked: Tracked) -> None:
    """Write the graph of tracked objects; shapes are not kept.

    Nodes have t (frame), y, x (px), track_id, label, lineage_id and, where known, time_min; further
    columns of the links that are numbers come along. The axes state the scale: µm per pixel, and
    minutes per frame where these are equal. What GEFF has no field for (number of frames, frame
    size, empty ends of lives, irregular times) stands in its ``extra``.

    Raises
    ------
    NotInstalledError
        Without the package geff.
    InputError
        A cell that begins before its parent was last seen.
    OutputError
        When the disk refuses (nothing is left half-written), or a folder that is no GEFF is in the
        way. An earlier GEFF is replaced.
    """
    _require_geff()
    _refuse_other_folder(Path(path))
    from geff import GeffMetadata
    from geff.core_io import write_arrays

    tracks, scale = tracked.tracks, tracked.scale
    links = tracks.links.sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    edges = _edges(links, tracks, tracked.source)
    lineage = components(len(links), edges) + 1
    props: dict[str, NDArray[Any]] = {
        "t": links[Col.FRAME].to_numpy(np.int64),
        "y": links[Col.Y_PX].to_numpy(np.float64),
        "x": links[Col.X_PX].to_numpy(np.float64),
        TRACK: links[Col.CELL].to_numpy(np.int64),
        LABEL: links[Col.LABEL].to_numpy(np.int64),
        LINEAGE: lineage.astype(np.int64),
    }
    if scale.time_min is not None:
        props[str(Col.TIME_MIN)] = np.asarray(scale.time_min, np.float64)[props["t"]]
    columns = [
        c for c in map(str, links.columns) if c not in _TAKEN and links[c].dtype.kind in "biuf"
    ]
    props |= {name: links[name].to_numpy() for name in columns}
    # A tracklet of GEFF goes as far as it can; ours may end where a file said so, across a gap.
    only = {p for p, found in tracks.daughters.items() if len(found) == 1}
    whole = not any(
        len(tracks.parents[c]) == 1 and tracks.parents[c][0] in only for c in tracks.parents
    )
    metadata = GeffMetadata(
        directed=True,
        axes=_axes(scale, tracked.n_frames),
        node_props_metadata={},
        edge_props_metadata={},
        track_node_props={"lineage": LINEAGE} | ({"tracklet": TRACK} if whole else {}),
        extra={_OURS: _ours(tracked, columns)},
    )
    with whole_folder(path) as part:
        part.rmdir()  # the package makes it itself, and takes one that is there for a graph
        write_arrays(
            str(part),
            np.arange(len(links), dtype=np.uint64),
            {name: {"values": values, "missing": None} for name, values in props.items()},
            edges.astype(np.uint64),
            {},
            metadata,
        )


_TAKEN = frozenset(
    {"t", "y", "x", TRACK, LABEL, LINEAGE, str(Col.TIME_MIN)}
    | {str(Col.CELL), str(Col.FRAME), str(Col.Y_PX), str(Col.X_PX)}
)
"""Properties of every graph, and columns of every table of links."""


def read_geff(
    path: str | os.PathLike[str],
    *,
    n_frames: int | None = None,
    frame_shape: tuple[int, int] | None = None,
    scale: Scale | None = None,
) -> Tracked:
    """Tracked objects, without shapes, from a GEFF of any program.

    Cells are the unbranched stretches of the graph, gaps included. They keep the numbers that the
    file gives to its tracklets, where every stretch has one of its own; a tracklet that ends where
    the graph goes on without branching ends the cell, too.

    Parameters
    ----------
    n_frames, frame_shape, scale
        Of the movie, where they are known; win over the file.

    Raises
    ------
    NotInstalledError
        Without the package geff.
    InputError
        A folder that is no valid GEFF; nodes without a place or a frame, with depth, or with one
        number; edges to nowhere, within a frame or in a circle; units in µm without a pixel size.
    """
    _require_geff()
    path = Path(path)
    source = str(path)
    if not path.is_dir():
        raise InputError(source, "there is no such folder", "check the path")
    refuse_unsafe_zarr(path, what="graph")
    given = scale or Scale()
    notes: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about units, which are looked at below
            nodes, props, edges, axes, metadata = _loaded(path, notes)
    except (LamellaError, MemoryError):
        raise
    except Exception as error:  # a broken store may raise anything inside the reader
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            source, f"it is not a valid GEFF ({first[:200]})", "write it again"
        ) from error
    ours = metadata.extra.get(_OURS)
    ours = ours if isinstance(ours, dict) else {}

    frames, interval = axes.frames(props, source=source, notes=notes)
    y, x, pixel = axes.places(props, given, source=source, notes=notes)
    for values, what in ((y, "place"), (x, "place")):
        if not np.isfinite(values).all():
            raise InputError(source, f"a node has no {what}", "give every node a place")
    start, end = oriented(nodes, edges, frames, metadata.directed, source, notes)
    name = _track_names(metadata, props, len(nodes))
    cell, parents = cells_of(frames, start, end, name, notes)
    links = pd.DataFrame({Col.CELL: cell, Col.FRAME: frames, Col.LABEL: _labels(props, cell)})
    links[Col.Y_PX], links[Col.X_PX] = y, x
    for column in _columns(ours):
        if column in props:
            links[column] = props[column]
    refuse_beyond(links, n_frames, source=source)
    links = links.sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    tracks = Tracks.from_links(links, parents)
    lives = dict(tracks.first_last) | _stated_lives(ours, tracks)
    last = max((b for _, b in lives.values()), default=-1)
    if n_frames is not None and last >= n_frames:
        raise InputError(
            source,
            f"a cell lives to frame {last}, and the movie has {n_frames} frames",
            "take the graph of this movie",
        )
    n = n_frames or max(last + 1, _whole(ours.get("n_frames")))
    shape = ours.get("frame_shape")
    if frame_shape is None and isinstance(shape, list) and len(shape) == 2:
        sizes = (_whole(shape[0]), _whole(shape[1]))
        frame_shape = sizes if all(sizes) else None
    times = _times(ours, interval, n) if given.time_min is None else given.time_min
    return Tracked(
        Tracks(links, lives, parents),
        n,
        frame_shape=frame_shape,
        scale=Scale(pixel if given.pixel_size_um is None else given.pixel_size_um, times),
        source=source,
        notes=tuple(notes),
    )


def _require_geff() -> None:
    try:
        import geff  # noqa: F401
    except ImportError as error:
        raise NotInstalledError(
            "GEFF", "the package geff is not installed", 'pip install "lamella[formats]"'
        ) from error


def is_geff(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a zarr folder with the attribute ``geff``."""
    for name, keys in (("zarr.json", ("attributes", "geff")), (".zattrs", ("geff",))):
        try:
            found = read_json(Path(path) / name)
        except (InputError, OSError):
            continue
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            return True
    return False


# Writing


def _refuse_other_folder(path: Path) -> None:
    """What is not ours to replace is never thrown away."""
    if path.exists() and not is_geff(path) and not (path.is_dir() and not any(path.iterdir())):
        raise OutputError(
            str(path), "something that is no GEFF is in the way", "choose another name"
        )


def _edges(links: pd.DataFrame, tracks: Tracks, source: str) -> NDArray[np.int64]:
    """Pairs of rows: every object to the next of its cell, and parents' last to the first."""
    cells = links[Col.CELL].to_numpy()
    rows = np.arange(len(links))
    same = cells[1:] == cells[:-1]
    within = np.stack([rows[:-1][same], rows[1:][same]], axis=1)
    changes = np.flatnonzero(np.r_[True, ~same, True]) if len(cells) else np.zeros(0, np.int64)
    row_of = {int(cells[a]): (int(a), int(b) - 1) for a, b in pairwise(changes)}
    frames = links[Col.FRAME].to_numpy()
    between = []
    for cell, parents in sorted(tracks.parents.items()):
        for parent in parents:
            a, b = row_of[parent][1], row_of[cell][0]
            if frames[a] >= frames[b]:
                raise InputError(
                    source,
                    f"cell {cell} begins in frame {frames[b]}, and its parent {parent} is seen to "
                    f"frame {frames[a]}",
                    "end the parent before its daughters begin",
                )
            between.append((a, b))
    return np.concatenate([within, np.array(between, np.int64).reshape(-1, 2)])


def _axes(scale: Scale, n_frames: int) -> list[Any]:
    from geff_spec import Axis

    interval = scale.interval_min
    regular = interval is not None and np.array_equal(
        np.asarray(scale.time_min), regular_times(n_frames, interval)
    )
    time = {"scale": interval, "scaled_unit": "minute"} if regular else {}
    size = scale.pixel_size_um
    space = {} if size is None else {"scale": size, "scaled_unit": "micrometer"}
    return [
        Axis(name="t", type="time", unit="frame", **time),
        Axis(name="y", type="space", unit="pixel", **space),
        Axis(name="x", type="space", unit="pixel", **space),
    ]


def _ours(tracked: Tracked, columns: list[str]) -> dict[str, Any]:
    seen = Tracks.from_links(tracked.tracks.links).first_last
    longer = {
        str(cell): list(life)
        for cell, life in tracked.tracks.first_last.items()
        if seen.get(cell) != tuple(life)
    }
    times, shape = tracked.scale.time_min, tracked.frame_shape
    return {
        "n_frames": tracked.n_frames,
        "frame_shape": None if shape is None else [int(n) for n in shape],
        "time_min": None if times is None else [float(time) for time in times],
        "first_last": longer,
        "columns": columns,
    }


# Reading


def _loaded(
    path: Path, notes: list[str]
) -> tuple[NDArray[Any], dict[str, NDArray[Any]], NDArray[Any], Axes, Any]:
    from geff import GeffReader

    reader = GeffReader(str(path.absolute()), validate=True)
    metadata = reader.metadata
    axes = axes_of(metadata, reader.node_prop_names, str(path))
    wanted = [*axes.names, *_names_of_tracks(metadata), LABEL]
    ours = metadata.extra.get(_OURS)
    wanted += _columns(ours) if isinstance(ours, dict) else []
    there = set(reader.node_prop_names)
    names = [name for name in dict.fromkeys(wanted) if name in there]
    names = [name for name in names if not metadata.node_props_metadata[name].varlength]
    reader.read_node_props(names)
    refuse_hollow(
        [reader.nodes, reader.edges, *(p["values"] for p in reader.node_props.values())], path
    )
    built = reader.build()
    props: dict[str, NDArray[Any]] = {}
    for name, prop in built["node_props"].items():
        values, missing = np.asarray(prop["values"]), prop["missing"]
        if missing is not None and np.any(missing):
            if name in axes.names:
                raise InputError(
                    str(path), f"{int(np.sum(missing))} nodes have no {name}", "give every node one"
                )
            notes.append(f"{int(np.sum(missing))} nodes have no {name}: it is not used")
            continue
        props[name] = values
    return np.asarray(built["node_ids"]), props, np.asarray(built["edge_ids"]), axes, metadata


def _columns(ours: dict[str, Any]) -> list[str]:
    """Names of the further columns of the links; never of those that every graph has."""
    names = ours.get("columns")
    names = names if isinstance(names, list) else []
    return [name for name in names if isinstance(name, str) and name not in _TAKEN]


def _names_of_tracks(metadata: Any) -> list[str]:
    declared = (metadata.track_node_props or {}).get("tracklet")
    return [declared] if declared else list(_NAMED_BY)


def _track_names(metadata: Any, props: dict[str, NDArray[Any]], n: int) -> NDArray[Any] | None:
    """The number of the tracklet of every node, where the file has such numbers."""
    for name in _names_of_tracks(metadata):
        values = props.get(name)
        if values is not None and values.shape == (n,) and values.dtype.kind in "iu":
            return values
    return None


def _labels(props: dict[str, NDArray[Any]], cell: NDArray[np.int64]) -> NDArray[np.int64]:
    values = props.get(LABEL)
    if values is None or values.shape != cell.shape or values.dtype.kind not in "iu":
        return cell
    good = len(values) == 0 or (values.min() >= 1 and values.max() <= LARGEST_ID)
    return values.astype(np.int64) if good else cell


def _whole(value: Any) -> int:
    """A stated size; 0 where it is none that a movie can have."""
    return value if isinstance(value, int) and 0 < value <= MOST_FRAMES else 0


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**53)


def _stated_lives(ours: dict[str, Any], tracks: Tracks) -> dict[int, tuple[int, int]]:
    stated, out = ours.get("first_last"), {}
    for key, life in stated.items() if isinstance(stated, dict) else ():
        # Only numbers that we write ourselves; JSON has many others, NaN among them.
        cell = int(key) if re.fullmatch("[0-9]{1,10}", key) else 0
        ends = [end for end in life if isinstance(end, int)] if isinstance(life, list) else []
        if cell in tracks.first_last and len(ends) == 2:
            low, high = tracks.first_last[cell]
            out[cell] = (max(0, min(low, ends[0])), max(high, min(ends[1], MOST_FRAMES - 1)))
    return out


def _times(ours: dict[str, Any], interval: float | None, n: int) -> NDArray[np.float64] | None:
    stated = ours.get("time_min")
    if isinstance(stated, list) and len(stated) == n and all(map(_is_number, stated)):
        times = np.array(stated, np.float64)
        if np.isfinite(times).all() and np.all(np.diff(times) > 0):
            return times
    return None if interval is None or not interval > 0 else regular_times(n, interval)
