"""From the rows of a file to links: the faults that every table of points can have."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.core.tracks import Parents

LARGEST_ID = 2**32 - 1
"""The largest number that a label image holds."""

MOST_FRAMES = 1_000_000
"""More frames than any movie has; a damaged number is not taken for one."""

# Times are rounded when they are written; between frames they may differ from a whole step by this.
_TOLERANCE = 0.05


def links_of_cells(rows: Iterable[tuple[int, int, float, float]]) -> pd.DataFrame:
    """Links from (cell, frame, y, x) in any order, where objects are labelled by their cells."""
    table = pd.DataFrame(rows, columns=[Col.CELL, Col.FRAME, Col.Y_PX, Col.X_PX])
    types = {Col.CELL: "int64", Col.FRAME: "int64", Col.Y_PX: "float64", Col.X_PX: "float64"}
    table = table.astype(types).sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    table.insert(2, Col.LABEL, table[Col.CELL])
    return table


def whole_frames(values: NDArray[np.float64], *, source: str, column: str) -> NDArray[np.int64]:
    """Frame numbers from numbers that must be whole.

    Raises
    ------
    InputError
        Names the first that is not.
    """
    odd = np.flatnonzero(values != np.floor(values))
    if len(odd):
        raise InputError(
            source,
            f"its column {column!r} holds {values[odd[0]]:g}, which is no frame number",
            f"if it holds times, say so: --column time={column}",
        )
    if len(values) and np.abs(values).max() >= MOST_FRAMES:
        raise InputError(
            source, f"frame {np.abs(values).max():.0f} is beyond any movie", "correct the table"
        )
    return values.astype(np.int64)


def frames_of_times(
    times: NDArray[np.float64], *, source: str, column: str
) -> tuple[NDArray[np.int64], float]:
    """Frame numbers from times that lie on a regular grid; the earliest is frame 0.

    Returns
    -------
    frames : (N,) int64 array
    step : float
        Time between frames, in the unit of the times; NaN where there is one time only.

    Raises
    ------
    InputError
        Times that lie on no regular grid.
    """
    distinct = np.unique(times)
    if len(distinct) < 2:
        return np.zeros(len(times), np.int64), float("nan")
    span = distinct[-1] - distinct[0]
    step = span / max(1, round(span / np.diff(distinct).min()))
    frames = np.rint((times - distinct[0]) / step)
    if (
        np.abs((times - distinct[0]) / step - frames).max() > _TOLERANCE
        or span / step > MOST_FRAMES
    ):
        raise InputError(
            source,
            f"the times in its column {column!r} are not regular (steps of "
            f"{np.diff(distinct).min():g} to {np.diff(distinct).max():g})",
            "add a column of frame numbers, and name it: --column frame=NAME",
        )
    return frames.astype(np.int64), float(step)


def refuse_doubles(links: pd.DataFrame, *, source: str, what: str = "track") -> None:
    """Raise the InputError of a track with two rows in one frame."""
    double = links.duplicated([Col.CELL, Col.FRAME])
    if double.any():
        cell, frame = links.loc[double, [Col.CELL, Col.FRAME]].iloc[0]
        raise InputError(
            source,
            f"{int(double.sum())} rows are a second one of their {what} in the same frame, such as "
            f"{what} {cell} in frame {frame}",
            "one table holds one movie; split it where it holds several, or remove the rows",
        )


def settled_parents(
    parents: Parents, first_last: dict[int, tuple[int, int]], notes: list[str]
) -> dict[int, tuple[int, ...]]:
    """Only parents that exist and begin before their children; what is left out is noted."""
    kept: dict[int, tuple[int, ...]] = {}
    n_unknown = n_late = 0
    for cell, named in sorted(parents.items()):
        known = [p for p in named if p in first_last and cell in first_last]
        early = [p for p in known if first_last[p][0] < first_last[cell][0]]
        n_unknown += len(named) - len(known)
        n_late += len(known) - len(early)
        if early:
            kept[cell] = tuple(early)
    if n_unknown:
        notes.append(f"{n_unknown} parents are no track of the file: left out")
    if n_late:
        notes.append(f"{n_late} parents do not begin before their daughters: left out")
    return kept


def refuse_beyond(links: pd.DataFrame, n_frames: int | None, *, source: str) -> None:
    """Raise the InputError of frames that the movie does not have."""
    if not len(links):
        return
    low, high = int(links[Col.FRAME].min()), int(links[Col.FRAME].max())
    if low < 0:
        raise InputError(
            source,
            f"a row is of frame {low}, before the first",
            "give the number of the movie's first frame with --first-frame",
        )
    if n_frames is not None and high >= n_frames:
        raise InputError(
            source,
            f"a row is of frame {high}, and the movie has frames 0 to {n_frames - 1}",
            "take the table of this movie; where its frames count from 1, add --first-frame 1",
        )
