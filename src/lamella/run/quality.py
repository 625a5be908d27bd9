"""How far the outlines of every movie can be trusted: quality.csv, the rank of film strips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col

COLUMNS = [
    Col.MOVIE, Col.OBJECT, Col.N_FRAMES, Col.N_EMPTY_FRAMES, Col.N_INVALID_FRAMES,
    Col.N_SIZE_BREAKS, Col.AREA_FLICKER, Col.OUTLINE_SCORE,
]  # fmt: skip
NEEDED = (Col.MOVIE, Col.CELL, Col.FRAME, Col.AREA_PX, Col.EMPTY, Col.VALID, Col.PAIR_VALID,
          Col.SIZE_BREAK)  # fmt: skip
"""Columns of the table of frames that the scores are made from."""


def outline_scores(frames: pd.DataFrame, *, movies: Sequence[str] = ()) -> pd.DataFrame:
    """A score of every movie and kind of object, from 0 to 1, and what it is made of.

    The score is the share of frames with a trusted outline, times 1 − the area's flicker: ::

        outline_score = (frames − empty − invalid − size breaks) / frames · (1 − area_flicker)

    Frames are those of every cell between its first and its last. *Empty*: not found; *invalid*:
    found, and too small to be trusted, or filled in; *size break*: the area changed too much from
    the frame before; *flicker*: median over trusted steps of 1 − smaller ÷ larger area, 0 where no
    step is trusted (the share is low then). It ranks movies of one study; cells that change their
    area fast flicker without fault of the outline.

    Parameters
    ----------
    frames : DataFrame
        One row per cell and frame; a table that lacks a column of the sightings gives no row.
    movies : sequence of str
        Movies that were looked at. One in which nothing was found scores 0, with 0 frames.

    Returns
    -------
    DataFrame
        `COLUMNS`, in the order of `movies`; `object` is missing where nothing was found.
    """
    if not all(name in frames.columns for name in NEEDED):
        return pd.DataFrame(columns=COLUMNS)
    keys = [name for name in (Col.MOVIE, Col.OBJECT) if name in frames.columns]
    rows = frames.sort_values([*keys, Col.CELL, Col.FRAME], kind="stable")
    empty, valid, breaks = (_flags(rows[name]) for name in (Col.EMPTY, Col.VALID, Col.SIZE_BREAK))
    counts = rows[keys].copy()
    counts[Col.N_FRAMES] = 1
    counts[Col.N_EMPTY_FRAMES] = empty
    counts[Col.N_INVALID_FRAMES] = ~empty & ~valid
    counts[Col.N_SIZE_BREAKS] = breaks
    names = [Col.N_FRAMES, Col.N_EMPTY_FRAMES, Col.N_INVALID_FRAMES, Col.N_SIZE_BREAKS]
    table = counts.groupby(keys, sort=False, dropna=False)[names].sum()
    change = rows[keys].assign(**{Col.AREA_FLICKER: _change(rows)})
    table[Col.AREA_FLICKER] = change.groupby(keys, sort=False, dropna=False).median()
    lost = table[names[1:]].sum(axis=1)
    steady = 1 - table[Col.AREA_FLICKER].fillna(0.0)
    table[Col.OUTLINE_SCORE] = (table[Col.N_FRAMES] - lost) / table[Col.N_FRAMES] * steady
    table = table.reset_index()
    blind = [movie for movie in movies if movie not in set(table[Col.MOVIE])]
    if blind:
        nothing = dict.fromkeys(names, 0)
        rest = pd.DataFrame({Col.MOVIE: blind, **nothing, Col.OUTLINE_SCORE: 0.0})
        table = pd.concat([table, rest], ignore_index=True) if len(table) else rest
    place = {movie: k for k, movie in enumerate(movies)}
    order = table[Col.MOVIE].map(place).fillna(len(place))
    return table.iloc[np.argsort(order.to_numpy(), kind="stable")].reindex(columns=COLUMNS)


def _flags(column: pd.Series) -> NDArray[np.bool_]:
    out: NDArray[np.bool_] = column.to_numpy(np.float64, na_value=np.nan) == 1
    return out


def _change(rows: pd.DataFrame) -> NDArray[np.float64]:
    """1 − smaller ÷ larger area of every trusted step, on the row that it ends at; else NaN."""
    area = rows[Col.AREA_PX].to_numpy(np.float64, na_value=np.nan)
    before = np.roll(area, 1)
    # A step that counts has its frame before in the row before: see `pair_valid`.
    known = _flags(rows[Col.PAIR_VALID]) & (area > 0) & (before > 0)
    change = np.full(len(rows), np.nan)
    change[known] = 1 - np.minimum(area, before)[known] / np.maximum(area, before)[known]
    return change
