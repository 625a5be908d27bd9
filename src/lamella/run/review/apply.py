"""Decisions as tables, and what they leave out of the statistics."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import LamellaWarning
from lamella.core.table import Col
from lamella.run.review.decision import Decision
from lamella.run.review.record import decisions_of
from lamella.run.review.standing import (
    COUNTS,
    Standing,
    keys_of_events,
    last_ones,
    standing,
)

TABLE = "decisions"
"""Of ``OUT/tables``, where anybody decided anything."""
COLUMNS = [
    Col.MOVIE, Col.OBJECT, Col.CELL, Col.KIND, Col.FRAME, Col.OTHER, Col.DECISION, Col.REASON,
    Col.FIRST_EXCLUDED, Col.LAST_EXCLUDED, Col.WHO, Col.WHEN, Col.STANDING, Col.STANDING_WORDS,
]  # fmt: skip
_CELL = [Col.MOVIE, Col.OBJECT, Col.CELL]
_FRAMES = (Col.FIRST_EXCLUDED, Col.LAST_EXCLUDED)


def decision_table(
    folders: Mapping[str, Path], frames: pd.DataFrame, events: pd.DataFrame
) -> pd.DataFrame:
    """Every decision about some movies, and whether it counts.

    Parameters
    ----------
    folders : mapping of str to Path
        ``OUT/movies/<movie>`` by name.
    frames : DataFrame
        Where the cells are: movie, object, cell, frame, y_px, x_px.
    events : DataFrame
        Suspicious events that there are now: movie, object, kind, cell, frame, other. May be empty.

    Returns
    -------
    DataFrame
        `COLUMNS`, movie by movie, in the order in which it was decided.

    Raises
    ------
    InputError
        A file of decisions that is damaged.
    """
    rows: list[dict[str, Any]] = []
    for movie, folder in folders.items():
        decisions = decisions_of(folder)
        if decisions:
            known = events[events[Col.MOVIE] == movie] if len(events) else events
            here = frames[frames[Col.MOVIE] == movie]
            told = standing(decisions, here, keys_of_events(known))
            rows += [{Col.MOVIE: movie, **as_row(each)} for each in told]
    table = pd.DataFrame(rows, columns=COLUMNS)
    whole = dict.fromkeys((Col.CELL, Col.FRAME, Col.OTHER, *_FRAMES), "Int64")
    return table.astype(whole)


def as_row(told: Standing) -> dict[str, Any]:
    """A row of `decision_table`, but for the movie."""
    each = told.decision
    return {
        Col.OBJECT: each.object,
        Col.CELL: each.cell,
        Col.KIND: each.kind,
        Col.FRAME: each.frame,
        Col.OTHER: each.other,
        Col.DECISION: each.verdict,
        Col.REASON: each.reason,
        Col.FIRST_EXCLUDED: each.first,
        Col.LAST_EXCLUDED: each.last,
        Col.WHO: each.who,
        Col.WHEN: each.when,
        Col.STANDING: told.state,
        Col.STANDING_WORDS: told.words,
    }


def warn_of_outdated(table: pd.DataFrame) -> None:
    """Tell of decisions that cannot be applied, since their cell is not where it was."""
    old = table[table[Col.STANDING] == "outdated"]
    if len(old):
        first = old.iloc[0]
        warnings.warn(
            f"{len(old)} decision{'s' if len(old) > 1 else ''} about suspicious events "
            f"{'are' if len(old) > 1 else 'is'} outdated and not applied, such as that of "
            f"{first[Col.WHO]} on {first[Col.MOVIE]}: {first[Col.STANDING_WORDS]}; decide again",
            LamellaWarning,
            stacklevel=2,
        )


def with_reasons(
    cells: pd.DataFrame, frames: pd.DataFrame, table: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells and frames with the column `excluded`, where any are, and unchanged where none is."""
    excluded = table[(table[Col.DECISION] == "exclude") & (table[Col.STANDING] == COUNTS)]
    whole = excluded[excluded[Col.FIRST_EXCLUDED].isna()]
    if len(whole):
        why = whole.groupby([str(name) for name in _CELL])[Col.REASON].agg(_together)
        keys = pd.MultiIndex.from_frame(cells[_CELL])
        told = why.reindex(keys).to_numpy(object)
        cells = cells.assign(**{Col.EXCLUDED: pd.Series(told, index=cells.index, dtype="str")})
    some = excluded[excluded[Col.FIRST_EXCLUDED].notna()]
    if len(some):
        told = np.full(len(frames), None, object)
        for _, row in some.iterrows():
            told[_of_cell(frames, row) & _between(frames, row)] = row[Col.REASON]
        frames = frames.assign(**{Col.EXCLUDED: pd.Series(told, index=frames.index, dtype="str")})
    return cells, frames


def left_out(cells: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each cell was left out by a person."""
    if Col.EXCLUDED not in cells:
        return np.zeros(len(cells), bool)
    out: NDArray[np.bool_] = cells[Col.EXCLUDED].notna().to_numpy(bool)
    return out


def frames_left_out(folder: Path, name: str) -> list[Decision]:
    """Decisions that leave frames of a set of objects out, the last about each event."""
    return [
        each
        for each in last_ones(decisions_of(folder))
        if each.frames is not None and each.object == name
    ]


def unseen(decisions: Sequence[Decision], rows: pd.DataFrame) -> pd.DataFrame:
    """Cell and frame of what these decisions leave out, those that are outdated left aside.

    Parameters
    ----------
    rows : DataFrame
        Where the cells of the movie are: object, cell, frame, y_px, x_px.
    """
    counting = [each.decision for each in standing(decisions, rows, ()) if each.state == COUNTS]
    pairs = {(each.cell, t) for each in counting for t in each.frames or ()}
    return pd.DataFrame(sorted(pairs), columns=[str(Col.CELL), str(Col.FRAME)], dtype=np.int64)


def _together(reasons: pd.Series) -> str:
    return "; ".join(dict.fromkeys(reasons))


def _of_cell(frames: pd.DataFrame, row: pd.Series) -> NDArray[np.bool_]:
    same = [(frames[name] == row[name]).to_numpy(bool) for name in _CELL]
    out: NDArray[np.bool_] = np.logical_and.reduce(same)
    return out


def _between(frames: pd.DataFrame, row: pd.Series) -> NDArray[np.bool_]:
    out: NDArray[np.bool_] = (
        frames[Col.FRAME].between(row[Col.FIRST_EXCLUDED], row[Col.LAST_EXCLUDED]).to_numpy(bool)
    )
    return out
