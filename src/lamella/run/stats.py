"""Compare conditions in a table of cells from a file: what `lamella stats` does."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from lamella.core.errors import FaultsError, LamellaWarning
from lamella.core.table import Col
from lamella.io.tables import read_table, write_table
from lamella.run.options import values_of
from lamella.run.report import REPORT_FILE, write_figures, write_page
from lamella.run.settings import faults_of
from lamella.run.single import refuse_existing
from lamella.run.versions import versions
from lamella.statistics import Contrasts, Tables


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
    """
    from lamella.report.contents import ReportInput
    from lamella.report.pictures import pictures

    for name in (*(f"{name}.csv" for name in Tables._fields), REPORT_FILE):
        refuse_existing(out / name, force=force)
    cells = counting_cells(read_table(table), str(table))
    contrasts = contrasts.model_copy(update={"min_steps": 0})
    tables = contrasts(cells)
    for name, found in tables._asdict().items():
        write_table(out / f"{name}.csv", found)
    report = ReportInput(
        title=f"Conditions in {table.name}",
        cells=_shown(cells, contrasts),
        units=contrasts.units(cells),
        provenance={
            "versions": versions(),
            "settings": {"statistics": contrasts.model_dump(mode="json", exclude_none=True)},
        },
        **tables._asdict(),
    )
    drawn = pictures(report)
    write_figures(drawn, out / "figures")
    write_page(report, drawn, out)
    return tables


def _shown(cells: pd.DataFrame, contrasts: Contrasts) -> pd.DataFrame:
    """What a report shows of every cell, under the names that it knows."""
    of: dict[str, str | None] = {Col.CONDITION: contrasts.condition, Col.SESSION: contrasts.session,
          Col.UNIT: contrasts.unit}  # fmt: skip
    keys: dict[str, str] = {name: name for name in (Col.MOVIE, Col.OBJECT, Col.CELL, Col.UNIT)}
    keys |= {name: column for name, column in of.items() if column is not None}
    columns = {str(name): column for name, column in keys.items() if column in cells.columns}
    columns |= {name: name for name in contrasts.measures or () if name not in columns}
    return pd.DataFrame({name: cells[column] for name, column in columns.items()})


def counting_cells(cells: pd.DataFrame, source: str) -> pd.DataFrame:
    """The cells of a table that count, where a study has told which do."""
    if Col.IN_STATISTICS not in cells.columns:
        return cells
    out = cells[Col.IN_STATISTICS].eq(False)
    if out.any():
        warnings.warn(
            f"{source}: {int(out.sum())} of {len(cells)} cells do not count ({Col.IN_STATISTICS} "
            "is False: too few steps beside the others of their movie) and are left out; delete "
            "that column to count them",
            LamellaWarning,
            stacklevel=3,
        )
    return cells[~out]
