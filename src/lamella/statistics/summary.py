"""Every condition by itself: mean, spread and numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from lamella.core.table import Col
from lamella.statistics.units import (
    ALL_SESSIONS,
    assigned,
    finite,
    refuse_several_objects,
    refuse_unknown_measures,
    to_units,
    unit_means,
)

__all__ = ["by_condition", "by_session", "summarised", "to_units"]

COLUMNS = [
    Col.MEASURE,
    Col.CONDITION,
    Col.SESSION,
    Col.N,
    Col.N_CELLS,
    Col.N_MOVIES,
    Col.MEAN,
    Col.SD,
    Col.MEDIAN,
    Col.MEAN_LOW,
    Col.MEAN_HIGH,
    Col.N_CELLS_MISSING,
    Col.N_CELLS_SHORT,
    Col.N_CELLS_LEFT_OUT,
]


def by_condition(
    cells: pd.DataFrame,
    measures: Sequence[str],
    *,
    condition: str = Col.CONDITION,
    session: str | None = Col.SESSION,
    unit: str | None = None,
) -> pd.DataFrame:
    """Summarise every measure of every condition, over all sessions and in each.

    Parameters
    ----------
    cells, condition, session, unit
        As for `to_units`.
    measures : sequence of str
        Numeric columns.

    Returns
    -------
    DataFrame
        One row per measure, session (``all`` first) and condition, in order of first appearance:
        `measure`, `condition`, `session`, `n` (units), `n_cells`, `n_movies`, `mean`, `sd` (n−1),
        `median`, `mean_low`, `mean_high` (95 % interval of the mean, Student's t over units),
        `n_cells_missing`, `n_cells_short` (0 here: only a study leaves short cells out),
        `n_cells_left_out` (of the whole table). NaN where there are too few units.
    """
    refuse_unknown_measures(cells, list(measures))
    refuse_several_objects(cells)
    rows = assigned(cells, condition=condition, session=session, unit=unit)
    return summarised(
        rows, measures, list(rows[Col.CONDITION].unique()), n_left_out=len(cells) - len(rows)
    )


def summarised(
    rows: pd.DataFrame,
    measures: Sequence[str],
    conditions: Sequence[str],
    *,
    n_left_out: int,
    short: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """The table of `by_condition`, from assigned cells; a condition without cells has its rows.

    Cells that are `short` enter no number but the one that counts them.
    """
    rows = rows.assign(**{Col.N_CELLS_SHORT: False if short is None else short})
    table = [
        {
            Col.MEASURE: measure,
            Col.CONDITION: condition,
            Col.SESSION: session,
            **_of_long_ones(cells[cells[Col.CONDITION] == condition], measure),
            Col.N_CELLS_LEFT_OUT: n_left_out,
        }
        for measure in measures
        for session, cells in by_session(rows)
        for condition in conditions
    ]
    return pd.DataFrame(table, columns=COLUMNS)


def _of_long_ones(cells: pd.DataFrame, measure: str) -> dict[str, float]:
    short = cells[Col.N_CELLS_SHORT].to_numpy(bool)
    return {**_summary(cells[~short], measure), Col.N_CELLS_SHORT: int(short.sum())}


def by_session(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of all sessions, then those of each, in order of first appearance."""
    yield ALL_SESSIONS, rows
    for name in rows[Col.SESSION].dropna().unique():
        yield str(name), rows[rows[Col.SESSION] == name]


def _summary(cells: pd.DataFrame, measure: str) -> dict[str, float]:
    units = unit_means(cells, measure)
    values = units[measure].dropna().to_numpy(np.float64)
    n = len(values)
    mean = float(values.mean()) if n else math.nan
    sd = float(values.std(ddof=1)) if n > 1 else math.nan
    half = float(special.stdtrit(n - 1, 0.975)) * sd / math.sqrt(n) if n > 1 else math.nan
    return {
        Col.N: n,
        Col.N_CELLS: int(units[Col.N_CELLS].sum()),
        # Counted over cells: a unit may span movies, and a movie units.
        Col.N_MOVIES: cells.loc[finite(cells[measure]), Col.MOVIE].nunique()
        if Col.MOVIE in cells.columns
        else math.nan,
        Col.MEAN: mean,
        Col.SD: sd,
        Col.MEDIAN: float(np.median(values)) if n else math.nan,
        Col.MEAN_LOW: mean - half,
        Col.MEAN_HIGH: mean + half,
        Col.N_CELLS_MISSING: int(units[Col.N_CELLS_MISSING].sum()),
    }
