"""Our own table of tracks, ``tracks.csv``: one row per cell and frame in which it was found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError, LamellaError
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col, in_order
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.delimited import open_delimited
from lamella.io.link_rows import (
    LARGEST_ID,
    refuse_beyond,
    refuse_doubles,
    settled_parents,
    whole_frames,
)
from lamella.io.tables import read_table, write_table

NEEDED = (Col.CELL, Col.FRAME, Col.LABEL, Col.Y_PX, Col.X_PX)
TABLE = "tracks.csv"
"""What the table is called in a folder."""
_ORDER = (
    Col.CELL, Col.FRAME, Col.TIME_MIN, Col.LABEL, Col.Y_PX, Col.X_PX, Col.Y_UM, Col.X_UM,
    Col.PIXEL_SIZE_UM, Col.INTERPOLATED,
)  # fmt: skip
_OF_CELL = (Col.FIRST_FRAME, Col.LAST_FRAME, Col.PARENT, Col.GENERATION)
_DERIVED = (Col.TIME_MIN, Col.Y_UM, Col.X_UM, Col.PIXEL_SIZE_UM, *_OF_CELL)


def track_table(tracks: Tracks, *, scale: Scale | None = None) -> pd.DataFrame:
    """The rows of ``tracks.csv``.

    Returns
    -------
    DataFrame
        cell, frame, time_min, label, y_px, x_px, y_um, x_um, pixel_size_um (the same in every row),
        further columns of the links, and of every cell first_frame, last_frame, parent and
        generation. `parent` is 0 for cells of nobody; the parents of a merged cell stand in one
        field, separated by spaces. What is not known of the scale is NaN.
    """
    scale = scale or Scale()
    links = tracks.links.sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    frames = links[Col.FRAME].to_numpy(np.int64)
    times = np.full(len(links), np.nan)
    if scale.time_min is not None and len(links):
        times = np.asarray(scale.time_min)[frames]
    cells = links[Col.CELL]
    parents = {cell: " ".join(map(str, found)) for cell, found in tracks.parents.items()}
    parent = cells.map(lambda cell: parents.get(cell, "0"))
    if all(len(found) == 1 for found in tracks.parents.values()):
        parent = parent.astype(np.int64)
    lives, generations = tracks.first_last, tracks.generations
    table = links.copy()
    table[Col.TIME_MIN] = times
    table[Col.Y_UM], table[Col.X_UM] = links[Col.Y_PX] * scale.um, links[Col.X_PX] * scale.um
    table[Col.PIXEL_SIZE_UM] = float(scale.um)
    table[Col.FIRST_FRAME] = cells.map(lambda cell: lives[cell][0]).astype(np.int64)
    table[Col.LAST_FRAME] = cells.map(lambda cell: lives[cell][1]).astype(np.int64)
    table[Col.PARENT] = parent
    table[Col.GENERATION] = cells.map(generations).astype(np.int64)
    return in_order(table, _ORDER)


def write_track_table(path: str | os.PathLike[str], tracked: Tracked) -> None:
    """Write ``tracks.csv``; reading it gives the same tracks."""
    write_table(path, track_table(tracked.tracks, scale=tracked.scale))


def read_track_table(
    path: str | os.PathLike[str],
    *,
    n_frames: int | None = None,
    frame_shape: tuple[int, int] | None = None,
    scale: Scale | None = None,
) -> Tracked:
    """Tracks from a ``tracks.csv`` of ours.

    Parameters
    ----------
    n_frames : int, optional
        Frames of the movie; the last frame of any cell ends it otherwise.
    scale : Scale, optional
        Wins over what the table tells.

    Returns
    -------
    Tracked
        Without labels. Scale as far as the rows tell it: the pixel size by its column (in tables
        without one, from places in µm and in pixels), times where they are regular or every frame
        has a row.

    Raises
    ------
    InputError
        Columns that are missing, numbers that are not whole or not positive, places that are
        missing, two rows of a cell in one frame.
    """
    source = str(Path(path))
    table = read_table(path)
    missing = [str(name) for name in NEEDED if name not in table.columns]
    if missing:
        raise InputError(
            source, f"it has no column {', '.join(missing)}", "give a table of `lamella track`"
        )
    links = table.drop(columns=[c for c in _DERIVED if c in table.columns])
    for name in NEEDED:
        links[name] = _numbers(links[name], source, whole=name not in (Col.Y_PX, Col.X_PX))
    refuse_doubles(links, source=source, what="cell")
    refuse_beyond(links, n_frames, source=source)
    links = links.sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    lives = dict(Tracks.from_links(links).first_last)
    notes: list[str] = []
    if {Col.FIRST_FRAME, Col.LAST_FRAME} <= set(table.columns):
        lives = _stated_lives(table, lives, source)
    parents = settled_parents(_parents(table, source), lives, notes)
    last = max((last for _, last in lives.values()), default=-1)
    if n_frames is not None and last >= n_frames:
        raise InputError(
            source,
            f"a cell lives to frame {last}, and the movie has {n_frames} frames",
            "take the table of this movie",
        )
    n = n_frames or last + 1
    for name in (Col.Y_UM, Col.X_UM, Col.TIME_MIN):
        if name in table.columns:
            table[name] = _known(table[name], source)
    told = Scale(_pixel_size(table, source), _times(table, n, notes))
    merged = (scale or Scale()).completed_by(told)
    return Tracked(
        Tracks(links, lives, parents), n, frame_shape=frame_shape, scale=merged, source=source,
        notes=tuple(notes),
    )  # fmt: skip


def is_our_table(path: str | os.PathLike[str]) -> bool:
    """Whether a file has the columns of our table."""
    try:
        return set(NEEDED) <= set(open_delimited(path).header)
    except LamellaError:
        return False


def _known(values: pd.Series, source: str) -> NDArray[np.float64]:
    """Numbers, NaN where nothing stands."""
    numbers = np.full(len(values), np.nan)
    there = values.notna().to_numpy()
    numbers[there] = _numbers(values[there], source, whole=False)
    return numbers


def _number(value: Any) -> float:
    """NaN for what is none that a float holds."""
    try:
        return float(value)
    except (OverflowError, ValueError, TypeError):
        return float("nan")


def _numbers(values: pd.Series, source: str, *, whole: bool) -> NDArray[np.generic]:
    try:
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    except OverflowError:  # a whole number of hundreds of digits
        numbers = np.array([_number(value) for value in values], np.float64)
    odd = np.flatnonzero(~np.isfinite(numbers))
    if len(odd):
        raise InputError(
            source,
            f"row {values.index[odd[0]] + 1} has {str(values.iloc[odd[0]])[:40]!r} in the column "
            f"{values.name}",
            "give a number in every row",
        )
    if not whole:
        return numbers
    if values.name in (Col.FRAME, Col.FIRST_FRAME, Col.LAST_FRAME):
        return whole_frames(numbers, source=source, column=str(values.name))
    odd = np.flatnonzero((numbers != np.floor(numbers)) | (numbers < 1) | (numbers > LARGEST_ID))
    if len(odd):
        raise InputError(
            source,
            f"row {odd[0] + 1} has {numbers[odd[0]]:.15g} in the column {values.name}",
            f"number cells and labels from 1 to {LARGEST_ID}",
        )
    return numbers.astype(np.int64)


def _stated_lives(
    table: pd.DataFrame, found: dict[int, tuple[int, int]], source: str
) -> dict[int, tuple[int, int]]:
    """Lives as stated, empty frames at their ends included; never shorter than the rows show."""
    names = [str(Col.FIRST_FRAME), str(Col.LAST_FRAME)]
    stated = table[[str(Col.CELL)]].assign(**{n: _known(table[n], source) for n in names})
    each = stated.groupby(Col.CELL)[names].first()
    firsts = _numbers(each[Col.FIRST_FRAME], source, whole=True)
    lasts = _numbers(each[Col.LAST_FRAME], source, whole=True)
    lives = dict(found)
    for cell, first, last in zip(each.index, firsts, lasts, strict=True):
        low, high = found[int(cell)]
        lives[int(cell)] = (max(0, min(low, int(first))), max(high, int(last)))
    return lives


def _parents(table: pd.DataFrame, source: str) -> dict[int, tuple[int, ...]]:
    if Col.PARENT not in table.columns:
        return {}
    found: dict[int, tuple[int, ...]] = {}
    first = table.drop_duplicates(Col.CELL).set_index(Col.CELL)[Col.PARENT]
    for cell, value in first.items():
        try:
            number = _cell(str(cell))
            parents = [_cell(part) for part in str(value).split() if part.lower() != "nan"]
        except (ValueError, OverflowError):
            raise InputError(
                source, f"cell {cell} has the parent {str(value)[:40]!r}",
                "give numbers of cells, separated by spaces, or 0",
            ) from None  # fmt: skip
        if any(parents):
            found[number] = tuple(p for p in parents if p)
    return found


def _cell(text: str) -> int:
    """A cell's number; spreadsheets write 7 as 7.0. Raises ValueError where it is not whole."""
    value = float(text)
    if value != int(value):
        raise ValueError(text)
    return int(value)


def _pixel_size(table: pd.DataFrame, source: str) -> float | None:
    """The pixel size that the table states, or, where it has no such column, that its places tell.

    Raises
    ------
    InputError
        A column of several sizes, or of one that is not positive.
    """
    if Col.PIXEL_SIZE_UM not in table.columns:
        return _size_of_places(table)
    sizes = np.unique(_known(table[Col.PIXEL_SIZE_UM].dropna(), source))
    if len(sizes) > 1 or (sizes <= 0).any():
        raise InputError(
            source,
            f"its column {Col.PIXEL_SIZE_UM} says {', '.join(f'{s:g}' for s in sizes[:3])}",
            "give every row the one pixel size of the movie, above 0",
        )
    return float(sizes[0]) if len(sizes) else None


def _size_of_places(table: pd.DataFrame) -> float | None:
    """The size whose products with the pixels are the places in µm: exact, as far as can be."""
    if not {Col.Y_UM, Col.X_UM} <= set(table.columns):
        return None
    px = np.concatenate([table[Col.Y_PX], table[Col.X_PX]]).astype(np.float64)
    um = np.concatenate([table[Col.Y_UM], table[Col.X_UM]]).astype(np.float64)
    usable = np.isfinite(um) & np.isfinite(px) & (px != 0)
    if not usable.any():
        return None
    px, um = px[usable], um[usable]
    size = float(um[np.argmax(np.abs(px))] / px[np.argmax(np.abs(px))])
    if not 0 < size < np.inf:
        return None
    for digits in range(1, 18):  # the shortest number that does it is the one that was meant
        short = float(f"{size:.{digits}g}")
        if np.array_equal(px * short, um):
            return short
    near = [size]
    for end in (0.0, np.inf):  # a quotient is rounded, so that the product may miss by a digit
        near += [float(np.nextafter(near[0], end))]
        near += [float(np.nextafter(near[-1], end))]
    return next((each for each in near if np.array_equal(px * each, um)), size)


def _times(table: pd.DataFrame, n_frames: int, notes: list[str]) -> NDArray[np.float64] | None:
    if Col.TIME_MIN not in table.columns or n_frames == 0:
        return None
    known = table.dropna(subset=[Col.TIME_MIN]).drop_duplicates(Col.FRAME)
    frames = known[Col.FRAME].to_numpy(np.int64)
    times = known[Col.TIME_MIN].to_numpy(np.float64)
    if not len(frames):
        return None
    if len(frames) == n_frames:
        out = np.empty(n_frames)
        out[frames] = times
        return out if np.all(np.diff(out) > 0) else None
    last = int(np.argmax(frames))
    if frames[last] > 0:
        step = float(times[last] / frames[last])
        for digits in range(1, 18):
            short = float(f"{step:.{digits}g}")
            if short > 0 and np.array_equal(regular_times(n_frames, short)[frames], times):
                return regular_times(n_frames, short)
        if np.allclose(regular_times(n_frames, step)[frames], times, rtol=1e-6):
            return regular_times(n_frames, step)  # sums of steps, rounded on their way
    notes.append("its rows do not tell the times of all frames: times are not read")
    return None
