"""Cells to experimental units: what statistics may count."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.claims import ALL_SESSIONS
from lamella.core.errors import InputError, SettingsError
from lamella.core.table import Col

_LARGEST = 1e100
"""Squares of larger values, and their sums, would leave the range of numbers."""

_MOST_NAMED, _MOST_NEAR = 20, 5
"""Columns that an error names: all of so many, else those spelt most alike."""


def to_units(
    cells: pd.DataFrame,
    *,
    value: str,
    condition: str = Col.CONDITION,
    session: str | None = Col.SESSION,
    unit: str | None = None,
) -> pd.DataFrame:
    """Average the cells of each experimental unit.

    Cells of one movie share their dish, their day and their focus; counted as if independent they
    make differences look surer than they are.

    Parameters
    ----------
    cells : DataFrame
        One row per cell.
    value : str
        The measure; values that are not finite are left out and counted.
    condition : str
        Column of the condition. Rows without one are left out.
    session : str or None
        Column of the imaging session. The default may be absent from the table; rows without a
        session belong to none. None = sessions are not told apart.
    unit : str or None
        Column of the experimental unit. None = the column ``unit`` where it is filled, else the
        movie; in a table with neither, each row is a unit. Rows without a unit are left out.

    Returns
    -------
    DataFrame
        One row per unit, in order of first appearance: `condition`, `session` (None where there is
        none), `unit`, the measure (NaN where no cell has a value), `n_cells` (cells with a value),
        `n_cells_missing`, `n_movies` (of the cells with a value; NaN without a column ``movie``).

    Raises
    ------
    SettingsError
        A column that the table lacks, or a measure that is not numeric.
    InputError
        A table of several kinds of objects, or a session named ``all``.

    Notes
    -----
    Units are nested in conditions and sessions, because dishes are numbered anew in each: a unit
    imaged in two sessions counts once in each. With ``session=None`` it counts once.
    """
    refuse_unknown_measures(cells, [value])
    refuse_several_objects(cells)
    rows = assigned(cells, condition=condition, session=session, unit=unit)
    return unit_means(rows, value)


def refuse_unknown_measures(cells: pd.DataFrame, measures: list[str]) -> None:
    """Raise when a measure is not a numeric column, naming those that are."""
    numeric = [str(name) for name in cells.select_dtypes("number").columns]
    for measure in measures:
        if measure not in numeric:
            there = measure in cells.columns
            what = f"is not numeric{_example(cells[measure])}" if there else "is not in the table"
            raise SettingsError(
                "measures",
                f"{measure!r} {what}",
                _instead(measure, numeric),
            )
        largest = cells[measure].abs().where(finite(cells[measure])).max()
        if largest > _LARGEST:
            raise SettingsError(
                "measures",
                f"{measure!r} holds {largest:.3g}, which is too large to compute with",
                "if it marks missing values, leave those empty",
            )


def _instead(measure: str, numeric: list[str]) -> str:
    """The columns to choose from; of very many those that are spelt much like it."""
    near = get_close_matches(measure, numeric, n=_MOST_NEAR, cutoff=0.6)
    if len(numeric) > _MOST_NAMED and near:
        return f"did you mean {', '.join(near)}? The table has {len(numeric)} numeric columns"
    return f"the numeric columns of the table are {', '.join(numeric) or 'none'}"


def _example(column: pd.Series) -> str:
    """The first entry that keeps a column from being one of numbers, as words."""
    text = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
    return f": it holds {str(text.iloc[0])[:40]!r}" if len(text) else ""


def assigned(
    cells: pd.DataFrame, *, condition: str, session: str | None, unit: str | None
) -> pd.DataFrame:
    """The cells that have a condition and a unit, with these columns under their standard names.

    `condition`, `session` and `unit` are text, so that doses given as numbers are names too;
    every other column stays.
    """
    if session == Col.SESSION and session not in cells.columns:
        session = None
    for setting, column in (("condition", condition), ("session", session), ("unit", unit)):
        if column is not None and column not in cells.columns:
            raise SettingsError(
                setting,
                f"there is no column {column!r} in the table",
                f"its columns are {', '.join(map(str, cells.columns))}",
            )
    rows = cells.copy()
    rows[Col.UNIT] = _unit_names(cells, unit)
    rows[Col.CONDITION] = _names(cells[condition])
    rows[Col.SESSION] = None if session is None else _names(cells[session])
    if (rows[Col.SESSION] == ALL_SESSIONS).any():
        raise InputError(
            str(session),
            f"a session is named {ALL_SESSIONS!r}, which means every session",
            "give that session another name",
        )
    return rows[rows[Col.CONDITION].notna() & rows[Col.UNIT].notna()]


def unit_means(rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """One row per unit of assigned cells; see `to_units`."""
    keys = [Col.CONDITION, Col.SESSION, Col.UNIT]
    known = finite(rows[value])
    work = rows[keys].copy()
    work[value] = rows[value].astype(np.float64).where(known)
    work[Col.N_CELLS] = known.astype(np.int64)
    work[Col.N_CELLS_MISSING] = (~known).astype(np.int64)
    work[Col.N_MOVIES] = rows[Col.MOVIE].where(known) if Col.MOVIE in rows.columns else np.nan
    units = (
        work.groupby(keys, sort=False, dropna=False)
        .agg(
            {value: "mean", Col.N_CELLS: "sum", Col.N_CELLS_MISSING: "sum", Col.N_MOVIES: "nunique"}
        )
        .reset_index()
    )
    if Col.MOVIE not in rows.columns:
        units[Col.N_MOVIES] = np.nan
    return units


def finite(column: pd.Series) -> NDArray[np.bool_]:
    """True where the column has a value that is a finite number."""
    known: NDArray[np.bool_] = np.isfinite(column.to_numpy(np.float64, na_value=np.nan))
    return known


def _names(column: pd.Series) -> pd.Series:
    """The column as text; what is missing or blank is None."""
    text = column.astype(object).where(column.notna(), None)
    return text.map(_name, na_action="ignore").astype(object)


def _name(value: object) -> str | None:
    # Whole numbers become floats in a column that has gaps: 10 and 10.0 are one dose.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def counts_rows(cells: pd.DataFrame, unit: str | None) -> bool:
    """Whether each row counts as one, as the table names neither its movie nor another unit."""
    named = Col.UNIT in cells.columns and bool(_names(cells[Col.UNIT]).notna().any())
    return unit is None and Col.MOVIE not in cells.columns and not named


def _unit_names(cells: pd.DataFrame, unit: str | None) -> pd.Series:
    if counts_rows(cells, unit):
        return pd.Series([str(i) for i in range(len(cells))], index=cells.index, dtype=object)
    movies = _names(cells[Col.MOVIE]) if Col.MOVIE in cells.columns else None
    if unit is not None:
        names = _names(cells[unit])
        # Cells are numbered anew in each movie.
        if unit == Col.CELL and movies is not None:
            return names.where(
                names.isna(), [f"{m}/{c}" for m, c in zip(movies, names, strict=True)]
            )
        return names
    if Col.UNIT not in cells.columns:
        return _names(cells[Col.MOVIE])
    units = _names(cells[Col.UNIT])
    return units if movies is None else units.where(units.notna(), movies)


def refuse_several_objects(cells: pd.DataFrame) -> None:
    """Raise when rows of the table are not of one kind, such as cells and their nuclei."""
    if Col.OBJECT in cells.columns:
        objects = [str(name) for name in cells[Col.OBJECT].dropna().unique()]
        if len(objects) > 1:
            raise InputError(
                Col.OBJECT,
                f"the table holds several kinds of objects: {', '.join(objects)}",
                "compare one kind at a time",
            )
