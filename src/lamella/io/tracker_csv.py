"""Tables of places from other trackers: read by the names of their columns."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.delimited import MISSING, Delimited, open_delimited
from lamella.io.dialects import ROLES, Dialect, Units, speaker_of
from lamella.io.link_rows import (
    LARGEST_ID,
    MOST_FRAMES,
    frames_of_times,
    refuse_beyond,
    refuse_doubles,
    settled_parents,
    whole_frames,
)
from lamella.io.units import micrometres, minutes

_TRUE = frozenset({"1", "1.0", "true", "t", "yes"})


def read_tracker_csv(
    path: str | os.PathLike[str],
    *,
    n_frames: int | None = None,
    frame_shape: tuple[int, int] | None = None,
    scale: Scale | None = None,
    columns: Mapping[str, str] | None = None,
    units: Units | None = None,
    first_frame: int | None = None,
) -> Tracked:
    """Places of tracked objects from a text table.

    Known by their columns are TrackMate's spots (with or without its three lines of titles and
    units), CellTracksColab, celldetective, CellProfiler, trackpy, btrack, napari, Imaris, QuPath,
    ImageJ's Manual Tracking, celltrackR, and common names. What was taken for what stands in the
    notes.

    Parameters
    ----------
    n_frames, frame_shape, scale
        Of the movie, where they are known.
    columns : mapping of str to str, optional
        Role (track, frame, time, y, x, label, parent, filled) to column; wins over the guess.
    units : "px" or "um", optional
        What places are in, where the table does not tell or is wrong.
    first_frame : int, optional
        The number that the table gives to the movie's first frame; as its program counts.

    Returns
    -------
    Tracked
        Without labels. Tracks keep their numbers where these can be labels; otherwise they are
        numbered from 1 in the order of the table, and a note says so. Rows without a track, without
        a place, or made up by the tracker itself are left out, and counted in the notes.

    Raises
    ------
    InputError
        Columns that are missing, rows that are no numbers, two rows of a track in one frame, places
        in µm without a pixel size, places of which nobody knows the unit.
    """
    table = open_delimited(path)
    source, scale = str(table.path), scale or Scale()
    if first_frame is not None and abs(first_frame) >= MOST_FRAMES:
        raise InputError(source, f"its first frame is not {first_frame}", "look at the table")
    dialect, taken = _understood(table, columns or {})
    skip, stated = _units_row(table, taken)
    units = units or _stated_units(table, dialect, taken, stated)
    notes = [_told(dialect, taken, units)]

    roles = list(taken)
    lines, texts = table.columns([taken[role] for role in roles], skip=skip)
    text = dict(zip(roles, texts, strict=True))
    keep = np.array([t.lower() not in MISSING for t in text["track"]], bool)
    number: dict[str, NDArray[np.float64]] = {
        role: table.numbers(taken[role], text[role], lines)
        for role in ("frame", "time", "y", "x", "label")
        if role in text
    }
    when = "frame" if "frame" in number else "time"
    placed = keep & np.isfinite(number["y"]) & np.isfinite(number["x"]) & np.isfinite(number[when])
    filled = np.zeros(len(keep), bool)
    if "filled" in text:
        filled = np.array([t.lower() in _TRUE for t in text["filled"]], bool)
    _count(notes, int((~keep).sum()), "rows are of no track")
    _count(notes, int((keep & ~placed).sum()), "rows have no place or no frame")
    _count(notes, int((placed & filled).sum()), "rows were filled in by the tracker")
    rows = np.flatnonzero(placed & ~filled)
    if not len(rows):
        raise InputError(source, "it holds no place of any track", "look at the table")

    ids, of_id = _numbered([text["track"][i] for i in rows], notes)
    frames, interval = _frames(number, rows, taken, dialect, first_frame, source, stated)
    y, x = (_pixels(number[axis][rows], units, dialect, scale, source) for axis in "yx")
    label = number["label"][rows] if "label" in number else ids.astype(np.float64)
    if not _can_be_labels(label):
        _count(notes, 1, "column of labels does not hold whole numbers from 1")
        label = ids.astype(np.float64)
    links = pd.DataFrame(
        {
            Col.CELL: ids,
            Col.FRAME: frames,
            Col.LABEL: label.astype(np.int64),
            Col.Y_PX: y,
            Col.X_PX: x,
        }
    )
    refuse_doubles(links, source=source)
    refuse_beyond(links, n_frames, source=source)
    links = links.sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    tracks = Tracks.from_links(links)
    if "parent" in text:
        named = _parents(ids, [text["parent"][i] for i in rows], of_id)
        tracks = Tracks.from_links(links, settled_parents(named, dict(tracks.first_last), notes))
    n = n_frames or int(links[Col.FRAME].max()) + 1
    if scale.time_min is None and interval is not None:
        scale = Scale(scale.pixel_size_um, regular_times(n, interval))
    return Tracked(
        tracks, n, frame_shape=frame_shape, scale=scale, source=source, notes=tuple(notes)
    )


def _understood(table: Delimited, given: Mapping[str, str]) -> tuple[Dialect, dict[str, str]]:
    source, have = str(table.path), ", ".join(table.header)[:300]
    for role, name in given.items():
        if role not in ROLES:
            raise InputError(
                f"--column {role}={name}", "there is no such role", f"use one of {', '.join(ROLES)}"
            )
        if name not in table.header:
            raise InputError(source, f"it has no column {name!r}", f"it has {have}")
    known = speaker_of(table.header)
    if known is not None:
        taken = {**known[1], **given}
        if "time" in given and "frame" not in given:
            taken.pop("frame", None)
        return known[0], taken
    needed = {"track", "y", "x"} - set(given)
    if needed or not {"frame", "time"} & set(given):
        missing = sorted(needed) or ["frame"]
        raise InputError(
            source,
            f"nobody knows its columns ({have})",
            "say which is which: " + " ".join(f"--column {role}=NAME" for role in missing),
        )
    return Dialect("named", {}), dict(given)


def _units_row(table: Delimited, taken: Mapping[str, str]) -> tuple[int, dict[str, str]]:
    """How many rows below the header are names and units; role to unit."""
    n_names = table.rows_of_names()
    if not n_names:
        return 0, {}
    units = table.first_rows(n_names)[-1]
    place = {role: table.header.index(name) for role, name in taken.items()}
    return n_names, {role: units[at].strip("() ") for role, at in place.items()}


def _stated_units(
    table: Delimited, dialect: Dialect, taken: Mapping[str, str], stated: Mapping[str, str]
) -> Units:
    told = stated.get("x", "")
    if told.lower().startswith(("pixel", "px")):
        return "px"
    if micrometres(1, told) == 1.0:
        return "um"
    column = taken["x"].lower()
    if dialect.units is None and column.endswith(("_px", "[px]", "(px)", "pixel", "pixels")):
        return "px"
    if dialect.units is None and column.endswith(("_um", "µm", "μm", "[um]", "(um)", "micron")):
        return "um"
    if dialect.units is None:
        raise InputError(
            str(table.path),
            f"it does not tell the unit of its places ({taken['x']}, {taken['y']}"
            + (f": {told})" if told else ")"),
            "say it with --units px or --units um",
        )
    return dialect.units


def _told(dialect: Dialect, taken: Mapping[str, str], units: Units) -> str:
    parts = ", ".join(f"{role} = {name}" for role, name in taken.items())
    who = {"unknown": "columns guessed", "named": "columns as named"}.get(
        dialect.program, f"read as a table of {dialect.program}"
    )
    return f"{who}: {parts}; places in {'pixels' if units == 'px' else 'µm'}"


def _count(notes: list[str], n: int, what: str) -> None:
    if n:
        notes.append(f"{n} {what}: left out")


def _numbered(names: list[str], notes: list[str]) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Track ids from their texts: kept where they can be labels, else from 1 in their order."""
    distinct = list(dict.fromkeys(names))
    whole = {name: _whole(name) for name in distinct}
    values = [value for value in whole.values() if value is not None]
    up = int(min(values, default=-1) == 0)
    fit = values and min(values) >= 0 and max(values) + up <= LARGEST_ID
    if fit and len(set(values)) == len(distinct):
        if up:
            notes.append("tracks count from 0: their numbers are raised by 1, as 0 is background")
        of_id = {name: int(whole[name] or 0) + up for name in distinct}
    else:
        notes.append(f"tracks have names: numbered from 1 to {len(distinct)} in their order")
        of_id = {name: i for i, name in enumerate(distinct, start=1)}
    return np.array([of_id[name] for name in names], np.int64), of_id


def _whole(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else None


def _frames(
    number: Mapping[str, NDArray[np.float64]],
    rows: NDArray[Any],
    taken: Mapping[str, str],
    dialect: Dialect,
    first_frame: int | None,
    source: str,
    stated: Mapping[str, str],
) -> tuple[NDArray[np.int64], float | None]:
    """Frame of every row, and minutes between frames where the table tells."""
    unit = stated.get("time") or _unit_in(taken.get("time", ""))
    if "frame" not in number:
        frames, step = frames_of_times(number["time"][rows], source=source, column=taken["time"])
        return frames, minutes(step, unit)
    frames = whole_frames(number["frame"][rows], source=source, column=taken["frame"])
    frames = frames - (dialect.first_frame if first_frame is None else first_frame)
    if "time" in number and unit:
        times = number["time"][rows]
        first, last = int(np.argmin(frames)), int(np.argmax(frames))
        if frames[last] > frames[first] and np.isfinite(times).all():
            step = (times[last] - times[first]) / (frames[last] - frames[first])
            even = np.allclose(times - times[first], step * (frames - frames[first]), rtol=1e-3)
            return frames, (minutes(step, unit) or None) if even and step > 0 else None
    return frames, None


def _unit_in(column: str) -> str:
    """The unit in a column's name, such as ``time_min`` or ``Time (s)``."""
    return column.rstrip(")] ").replace("[", "_").replace("(", "_").rpartition("_")[2].strip()


def _pixels(
    values: NDArray[np.float64], units: Units, dialect: Dialect, scale: Scale, source: str
) -> NDArray[np.float64]:
    if units == "um":
        if scale.pixel_size_um is None:
            raise InputError(
                source, "its places are in µm, and no pixel size is known", "add --pixel-size-um"
            )
        values = values / scale.pixel_size_um
    return values - 0.5 if dialect.corner else values


def _can_be_labels(label: NDArray[np.float64]) -> bool:
    whole = np.isfinite(label) & (label == np.floor(label)) & (label >= 1) & (label <= LARGEST_ID)
    return bool(whole.all())


def _parents(
    ids: NDArray[np.int64], texts: list[str], of_id: Mapping[str, int]
) -> dict[int, tuple[int, ...]]:
    """Parents of every track from the texts of its rows; several are separated by spaces."""
    by_value = {_whole(name): cell for name, cell in of_id.items() if _whole(name) is not None}
    found: dict[int, dict[int, None]] = {}
    for cell, text in dict.fromkeys(zip(ids.tolist(), texts, strict=True)):
        for part in text.split():
            value = _whole(part)
            parent = of_id.get(part, by_value.get(value) if value is not None else None)
            # Nobody is written as nothing, as 0, as -1 or as the track itself.
            if parent == cell or (parent is None and (value is None or value <= 0)):
                continue
            found.setdefault(cell, {})[-1 if parent is None else parent] = None
    return {cell: tuple(parents) for cell, parents in found.items()}
