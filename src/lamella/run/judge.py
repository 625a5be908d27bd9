"""Positives in a table of cells from a file: what `lamella positives` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast, get_args

import pandas as pd

from lamella.core.errors import InputError, SettingsError
from lamella.core.table import Col
from lamella.core.wells import well_name
from lamella.io.any_table import read_any_table
from lamella.io.tables import write_table
from lamella.run.positives import Counted, count_positives, warn_of_positives
from lamella.run.single import refuse_existing, step_from
from lamella.statistics.positives import Positives, Threshold
from lamella.statistics.positives.cut import Side


def positives_from(
    measure: str, method: str, options: Sequence[str], *, side: str, by: str
) -> Positives:
    """The step from what the command line says; ``by`` may be ``none``.

    Raises
    ------
    SettingsError, FaultsError
        What does not exist or does not fit.
    """
    if side not in get_args(Side):
        raise SettingsError(f"--side {side}", "there is no such side", "use above or below")
    threshold = step_from(Threshold, method, options, ("--method", "--set"))
    return Positives(
        measure=measure,
        threshold=threshold,
        side=cast(Side, side),
        by=False if by == "none" else by,
    )


def judge_table(
    table: Path,
    out: Path,
    step: Positives,
    *,
    name: str,
    columns: Mapping[str, str] | None = None,
    force: bool = False,
) -> Counted:
    """Write cells.csv with ``positive__NAME``, thresholds.csv, fields.csv and wells.csv into `out`.

    Parameters
    ----------
    columns : mapping of str to str
        What the table calls `condition`, `session`, `well` and `movie`, by these; as they are by
        default. Without a movie every well is a field, and without wells the table is one.

    Raises
    ------
    InputError
        A table without rows.
    SettingsError
        A column or controls that it lacks.
    OutputError
        When there are results already, unless `force`.
    """
    for file in ("cells.csv", *(f"{each}.csv" for each in Counted._fields[1:])):
        refuse_existing(out / file, force=force)
    cells = read_any_table(table)
    if not len(cells):
        raise InputError(str(table), "it has no rows", "give a table with a row per cell")
    renamed = {k: v for k, v in (columns or {}).items() if k != v}
    if step.by and step.by in cells and Col.SESSION not in {*cells, *renamed}:
        renamed[Col.SESSION] = step.by  # wells of one name on two plates are two
    named = _under_our_names(cells, renamed)
    samples = named.drop_duplicates(Col.MOVIE).assign(**{Col.INCLUDED: True})
    counted = count_positives({name: step}, named, samples)
    warn_of_positives(counted, Col.WELL)
    judged = [str(c) for c in counted.cells if c not in named]
    cells = cells.assign(**{column: counted.cells[column] for column in judged})
    write_table(out / "cells.csv", cells)
    for each, found in counted.tables.items():
        write_table(out / f"{each}.csv", found)
    return counted


def _under_our_names(cells: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    for ours, theirs in columns.items():
        if theirs not in cells.columns:
            raise SettingsError(
                f"--{ours}",
                f"there is no column {theirs!r} in the table",
                f"its columns are {', '.join(map(str, cells.columns))}",
            )
    out = cells.assign(**{ours: cells[theirs] for ours, theirs in columns.items()})
    if Col.WELL in out:  # A1 is A01; numbers stay
        one_name = out[Col.WELL].map(lambda w: well_name(w) if isinstance(w, str) else w)
        out = out.assign(**{Col.WELL: one_name})
    keys = [key for key in (Col.CONDITION, Col.SESSION, Col.WELL, Col.UNIT) if key in out]
    if Col.MOVIE in out:
        return _each_by_itself(out, keys)
    if not keys:
        return out.assign(**{Col.MOVIE: "all"})
    places = out.groupby(keys, sort=False, dropna=False).ngroup()
    return out.assign(**{Col.MOVIE: (places + 1).astype(str)})


def _each_by_itself(cells: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Cells whose movies have names of their own: field 1 of two plates is two fields."""
    names = cells[Col.MOVIE].astype(str)
    pairs = {key: pd.DataFrame({"name": names, "key": cells[key]}) for key in keys}
    apart = [
        key for key, both in pairs.items() if both.drop_duplicates()["name"].duplicated().any()
    ]
    for key in apart:
        names = cells[key].astype(str) + " " + names
    return cells.assign(**{Col.MOVIE: names}) if apart else cells
