"""Positives counted: per field, per well, and as a share that units may be compared by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.statistics.positives.step import WELLS, Judged, Positives

_ADDED = (Col.N_OBJECTS, Col.N_MEASURED, Col.N_POSITIVE, Col.N_TOTAL)
_PLACES = (
    Col.MOVIE, Col.CONDITION, Col.SESSION, Col.WELL, Col.FIELD, Col.REPLICATE, Col.POSITION,
    Col.UNIT,
)  # fmt: skip


def fields_of(
    cells: pd.DataFrame,
    samples: pd.DataFrame,
    judged: Mapping[str, Judged],
    settings: Mapping[str, Positives],
) -> pd.DataFrame:
    """One row per field (movie) of the samples, also of those without an object.

    Parameters
    ----------
    cells : DataFrame
        As was judged, with `movie`.
    samples : DataFrame
        `movie`, `included` and what else is known of each.
    judged, settings : mapping
        By the name of what is counted.

    Returns
    -------
    DataFrame
        What samples tell of the field, and per name `n_objects__NAME`, `n_measured__NAME`,
        `n_positive__NAME`, `n_total__NAME`, `positive_fraction__NAME`. In a field that was analysed
        and holds nothing they are 0 and the fraction NaN; where the threshold was refused, the
        positives are NaN; in a field that failed or was excluded, all are.
    """
    table = samples[[name for name in (*_PLACES, Col.INCLUDED) if name in samples]].copy()
    done = table[Col.INCLUDED].to_numpy(bool)
    movies = table[Col.MOVIE]
    for name, each in judged.items():
        step = settings[name]

        def counted(rows: pd.Series) -> pd.Series:
            found = movies.map(cells.loc[rows, Col.MOVIE].value_counts())
            return found.fillna(0).astype("Int64").where(done)

        asked = pd.Series(each.asked, index=cells.index)
        has_value = asked & np.isfinite(cells[step.measure].to_numpy(np.float64, na_value=np.nan))
        refused = (counted(has_value & each.positive.isna()) > 0).fillna(True)
        n_measured = counted(has_value)
        n_positive = counted(each.positive.fillna(False).astype(bool)).where(~refused)
        whole = n_measured if step.of is None else counted(cells[Col.OBJECT] == step.of)
        found = {
            Col.N_OBJECTS: counted(asked),
            Col.N_MEASURED: n_measured,
            Col.N_POSITIVE: n_positive,
            Col.N_TOTAL: whole,
            Col.POSITIVE_FRACTION: _share(n_positive, whole),
        }
        table = table.assign(**{column.of(name): values for column, values in found.items()})
    return table


def wells_of(fields: pd.DataFrame) -> pd.DataFrame:
    """One row per well: its fields added up, not averaged, so that every object counts the same.

    Parameters
    ----------
    fields : DataFrame
        As `fields_of` gives them. A well is known by its condition, session and `well`; by `unit`
        where wells are not known, and by `movie` without either.

    Returns
    -------
    DataFrame
        The keys, `n_fields`, `n_fields_empty`, and per name what `fields_of` counts and the pooled
        fraction; NaN counts where no field was analysed.
    """
    well = next((k for k in WELLS if k in fields and fields[k].notna().any()), Col.MOVIE)
    keys = [k for k in (Col.CONDITION, Col.SESSION, well) if k in fields]
    same = [k for k in (Col.REPLICATE, Col.UNIT) if k in fields and k != well]
    groups = fields.groupby(keys, sort=False, dropna=False)
    mark = f"{Col.N_TOTAL}__"
    named = [c.removeprefix(mark) for c in map(str, fields.columns) if c.startswith(mark)]
    objects = [Col.N_OBJECTS.of(name) for name in named]
    table = groups[same].first() if same else pd.DataFrame(index=groups.size().index)
    table[Col.N_FIELDS] = groups[Col.INCLUDED].sum().astype(np.int64)
    if objects:
        empty = (fields[objects] == 0).all(axis=1)
        by_well = [fields[k] for k in keys]
        table[Col.N_FIELDS_EMPTY] = empty.groupby(by_well, sort=False, dropna=False).sum()
    for name in named:
        for column in _ADDED:
            table[column.of(name)] = groups[column.of(name)].sum(min_count=1)
        # A field whose threshold was refused leaves the positives of its well unknown.
        known = fields[Col.N_POSITIVE.of(name)].notna() | (fields[Col.N_TOTAL.of(name)] == 0)
        whole = (known | ~fields[Col.INCLUDED].astype(bool)).groupby(
            [fields[k] for k in keys], sort=False, dropna=False
        ).all()  # fmt: skip
        n_positive = table[Col.N_POSITIVE.of(name)].where(whole)
        total = table[Col.N_TOTAL.of(name)]
        table[Col.N_POSITIVE.of(name)] = n_positive
        table[Col.POSITIVE_FRACTION.of(name)] = _share(n_positive, total)
    return table.reset_index()


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """NaN where there is nothing, or either is not known."""
    ours, every = (each.astype("Float64").to_numpy(np.float64, na_value=np.nan) for each in (
        part, whole))  # fmt: skip
    return pd.Series(ours / np.where(every > 0, every, np.nan), index=part.index)


def with_positives(
    cells: pd.DataFrame,
    fields: pd.DataFrame,
    judged: Mapping[str, Judged],
    settings: Mapping[str, Positives],
) -> pd.DataFrame:
    """The cells with what the statistics compare.

    Where the positives are a share of their own set, that is `positive__NAME` of every cell: its
    mean over the cells of a unit is the unit's fraction. Where the whole is another set, rows of
    that set carry `positive_fraction__NAME` of their field, whose mean over the rows of a unit is
    the positives of its fields over their whole: fields weigh by what they hold.
    """
    found = {}
    for name, each in judged.items():
        found[str(Col.POSITIVE.of(name))] = each.positive
        if settings[name].of is not None:
            column = Col.POSITIVE_FRACTION.of(name)
            of_field = fields.set_index(Col.MOVIE)[column]
            whole = cells[Col.OBJECT] == settings[name].of
            found[str(column)] = cells[Col.MOVIE].map(of_field).where(whole)
    return cells.assign(**found)
