"""Compare conditions in a table of cells from a file: what `lamella stats` does."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from lamella.core.errors import FaultsError, InputError, LamellaWarning, SettingsError
from lamella.core.table import Col
from lamella.io.any_table import read_any_table
from lamella.io.tables import write_table
from lamella.run.options import values_of
from lamella.run.report import REPORT_FILE, write_figures, write_page
from lamella.run.saved import is_run
from lamella.run.settings import faults_of
from lamella.run.single import refuse_existing
from lamella.run.versions import versions
from lamella.statistics import Contrasts, Tables
from lamella.statistics.measures import with_yes_and_no_as_numbers
from lamella.statistics.units import assigned, counts_rows


def contrasts_from(
    settings: Mapping[str, Any], *, margins: Sequence[str] = (), kinds: Sequence[str] = ()
) -> Contrasts:
    """The statistics of a table from what the command line says.

    Parameters
    ----------
    settings : mapping
        Of `Contrasts`.
    margins, kinds : sequence of str
        ``measure=value`` each.

    Raises
    ------
    FaultsError
        Everything that does not fit, in words.
    """
    told = {
        **settings,
        "margins": values_of(margins, flag="--margin"),
        "kinds": values_of(kinds, flag="--kind"),
    }
    try:
        return Contrasts.model_validate(told)
    except ValidationError as error:
        raise FaultsError(faults_of(error, Contrasts, where="lamella stats")) from None


def compare_table(table: Path, out: Path, contrasts: Contrasts, *, force: bool = False) -> Tables:
    """Write conditions, effects, models, replication, their figures and report.html into `out`.

    Parameters
    ----------
    contrasts : Contrasts
        With `measures`. Cells of few steps count as the others do, unless the table's column
        `in_statistics` says otherwise.

    Raises
    ------
    InputError
        A table without rows, or in which no row has a condition.
    SettingsError
        When `out` is the folder of a run, whose figures and report these would replace.
    OutputError
        When there are results or figures already, unless `force`.
    """
    from lamella.report.contents import ReportInput
    from lamella.report.pictures import pictures

    if is_run(out):
        raise SettingsError(f"--out {out}", "it is the folder of a run", "choose another folder")
    for name in (*(f"{name}.csv" for name in Tables._fields), "figures", REPORT_FILE):
        refuse_existing(out / name, force=force)
    cells = read_any_table(table)
    if not len(cells):
        raise InputError(str(table), "it has no rows", "give a table with a row per cell")
    cells = counting_cells(cells, str(table))
    asked = contrasts.model_copy(update={"min_steps": 0})
    tables = asked(cells)
    warn_of_counted_rows(cells, contrasts.unit, str(table))
    if not len(tables.conditions):
        raise InputError(
            str(table),
            f"no row has a condition in the column {contrasts.condition!r}, and a unit",
            "fill them in, or name other columns",
        )
    if not len(tables.effects):
        only = tables.conditions[Col.CONDITION].iloc[0]
        warnings.warn(
            f"{table}: nothing is compared, as the column {contrasts.condition!r} holds one "
            f"condition alone, {only!r}; add cells of another, or name another column",
            LamellaWarning,
            stacklevel=2,
        )
    for name, found in tables._asdict().items():
        write_table(out / f"{name}.csv", found)
    report = ReportInput(
        title=f"Conditions in {table.name}",
        cells=_shown(cells, asked),
        units=asked.units(cells),
        provenance={
            "versions": versions(),
            "settings": {"statistics": asked.model_dump(mode="json", exclude_none=True)},
        },
        **tables._asdict(),
    )
    drawn = pictures(report)
    write_figures(drawn, out / "figures")
    write_page(report, drawn, out)
    return tables


def _shown(cells: pd.DataFrame, asked: Contrasts) -> pd.DataFrame:
    """What figures need of the cells, under the names that they look for."""
    measures = asked.measures or ()
    cells, _ = with_yes_and_no_as_numbers(cells, measures)
    rows = assigned(cells, condition=asked.condition, session=asked.session, unit=asked.unit)
    keys = [name for name in (Col.MOVIE, Col.OBJECT, Col.CELL) if name in rows.columns]
    units = [] if counts_rows(cells, asked.unit) else [Col.UNIT]
    wanted = dict.fromkeys([*keys, Col.CONDITION, Col.SESSION, *units, *measures])
    return rows[list(wanted)]


def counting_cells(cells: pd.DataFrame, source: str) -> pd.DataFrame:
    """The cells of a table that count, where a study has told which do."""
    if Col.IN_STATISTICS not in cells.columns:
        return cells
    out = cells[Col.IN_STATISTICS].eq(False)
    if out.any():
        warnings.warn(
            f"{source}: {int(out.sum())} of {len(cells)} cells do not count ({Col.IN_STATISTICS} "
            "is False: too few steps beside the others of their movie, or excluded by a person) "
            "and are left out; delete that column to count them",
            LamellaWarning,
            stacklevel=3,
        )
    return cells[~out]


def warn_of_counted_rows(cells: pd.DataFrame, unit: str | None, source: str) -> None:
    """Say so where nothing tells which cells share a movie."""
    if counts_rows(cells, unit):
        warnings.warn(
            f"{source}: it has no column {Col.MOVIE!r} and no --unit is given, so that each of its "
            f"{len(cells)} rows counts as one; where a movie or well has several rows, differences "
            "look surer than they are: name its column with --unit",
            LamellaWarning,
            stacklevel=3,
        )
