"""Every condition by itself: mean, spread and numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.statistics.units import finite, unit_means

COLUMNS = [
    Col.MEASURE,
    Col.CONDITION,
    Col.SESSION,
    Col.N,
    Col.N_CELLS,
    Col.N_MOVIES,
    Col.N_SESSIONS,
    Col.MEAN,
    Col.SD,
    Col.MEDIAN,
    Col.MAD,
    Col.MEAN_LOW,
    Col.MEAN_HIGH,
    Col.N_CELLS_MISSING,
    Col.N_CELLS_SHORT,
    Col.N_CELLS_LEFT_OUT,
]
_KEYS = [Col.SESSION, Col.CONDITION]
_COUNTS = [Col.N, Col.N_CELLS, Col.N_CELLS_MISSING, Col.N_CELLS_SHORT]


def summarised(
    rows: pd.DataFrame,
    measures: Sequence[str],
    conditions: Sequence[str],
    *,
    n_left_out: int,
    short: NDArray[np.bool_],
) -> pd.DataFrame:
    """Summarise every measure of every condition, over all sessions and in each.

    Parameters
    ----------
    rows : DataFrame
        Cells as `lamella.statistics.units.assigned` gives them, of one kind of object.
    measures, conditions : sequence of str
        A condition without cells has its rows all the same.
    n_left_out : int
        Cells that have no condition or no unit.
    short : (n,) bool array
        Cells that enter no number but the one that counts them.

    Returns
    -------
    DataFrame
        One row per measure, session (``all`` first) and condition: `n` (units), `n_cells`,
        `n_movies` (NaN without a column ``movie``), `n_sessions` (NaN where sessions are not told
        apart), `mean`, `sd` (n−1), `median`, `mad`, `mean_low`, `mean_high` (95 % interval of the
        mean, Student's t over units, as if they were drawn independently: of several sessions it
        leaves out that units of one day are alike), and the cells left out. NaN where there are
        too few units.
    """
    long = rows[~short]
    tables = [
        _summary(unit_means(long, measure), long, rows[short], measure, conditions)
        for measure in measures
    ]
    if not tables:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(tables, ignore_index=True)
    table[Col.N_CELLS_LEFT_OUT] = n_left_out
    return table[COLUMNS]


def counted_cells(units: pd.DataFrame, short: pd.DataFrame) -> pd.DataFrame:
    """Cells of every session (``all`` too) and condition that are missing or short.

    Parameters
    ----------
    units : DataFrame
        As `lamella.statistics.units.unit_means` gives them.
    short : DataFrame
        The assigned cells that are short.
    """
    each = pd.concat([units.assign(**{Col.SESSION: ALL_SESSIONS}), units], ignore_index=True)
    brief = pd.concat([short.assign(**{Col.SESSION: ALL_SESSIONS}), short], ignore_index=True)
    missing = each.groupby(_KEYS, sort=False)[Col.N_CELLS_MISSING].sum()
    found = pd.DataFrame({Col.N_CELLS_MISSING: missing})
    found = found.join(brief.groupby(_KEYS).size().rename(Col.N_CELLS_SHORT), how="outer")
    return found.fillna(0).astype(np.int64)


def _summary(
    units: pd.DataFrame,
    cells: pd.DataFrame,
    short: pd.DataFrame,
    measure: str,
    conditions: Sequence[str],
) -> pd.DataFrame:
    sessions = [ALL_SESSIONS, *units[Col.SESSION].dropna().unique()]
    each = pd.concat([units.assign(**{Col.SESSION: ALL_SESSIONS}), units], ignore_index=True)
    each = each[finite(each[measure])]
    groups = each.groupby(_KEYS, sort=False)
    off = (each[measure] - groups[measure].transform("median")).abs()
    table = pd.DataFrame(
        {
            Col.N: groups.size(),
            Col.N_CELLS: groups[Col.N_CELLS].sum(),
            Col.MEAN: groups[measure].mean(),
            Col.SD: groups[measure].std(),
            Col.MEDIAN: groups[measure].median(),
            Col.MAD: off.groupby([each[name] for name in _KEYS], sort=False).median(),
        }
    )
    # Counted over cells: a unit may span movies, and a movie units.
    seen = cells[finite(cells[measure])] if len(cells) else cells
    seen = pd.concat([seen.assign(**{Col.SESSION: ALL_SESSIONS}), seen], ignore_index=True)
    has_movies = Col.MOVIE in cells.columns
    if has_movies:
        table[Col.N_MOVIES] = seen.groupby(_KEYS)[Col.MOVIE].nunique()
    of_all = units[finite(units[measure])].groupby(Col.CONDITION)[Col.SESSION].nunique()
    wanted = pd.MultiIndex.from_product([sessions, conditions], names=_KEYS)
    table = table.join(counted_cells(units, short), how="outer").reindex(wanted).reset_index()
    table[_COUNTS] = table[_COUNTS].fillna(0).astype(np.int64)
    table[Col.N_MOVIES] = table[Col.N_MOVIES].fillna(0).astype(np.int64) if has_movies else np.nan
    in_all = table[Col.CONDITION].map(of_all).fillna(0)
    one = (table[Col.N] > 0).astype(np.int64)
    told_apart = len(sessions) > 1
    n_sessions = in_all.where(table[Col.SESSION] == ALL_SESSIONS, one)
    table[Col.N_SESSIONS] = n_sessions.astype(np.int64) if told_apart else np.nan
    n = table[Col.N].to_numpy(np.float64)
    factor = special.stdtrit(np.maximum(n - 1, 1), 0.975) / np.sqrt(np.maximum(n, 1))
    half = np.where(n > 1, factor, np.nan) * table[Col.SD]
    table[Col.MEAN_LOW], table[Col.MEAN_HIGH] = table[Col.MEAN] - half, table[Col.MEAN] + half
    table[Col.MEASURE] = measure
    return table
