"""Compare conditions in a table of cells from a file: what `lamella stats` does."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lamella.core.errors import LamellaWarning
from lamella.core.table import Col
from lamella.io.tables import read_table, write_table
from lamella.run.report import write_figures
from lamella.run.single import refuse_existing
from lamella.statistics import by_condition, compare_conditions


def compare_table(
    table: Path,
    out: Path,
    *,
    values: Sequence[str],
    condition: str,
    session: str | None = None,
    unit: str | None = None,
    reference: str | None = None,
    force: bool = False,
) -> pd.DataFrame:
    """Write conditions.csv, effects.csv and their figures into `out`.

    Returns
    -------
    DataFrame
        The effects.
    """
    from lamella.report.contents import ReportInput
    from lamella.report.pictures import pictures

    for name in ("conditions.csv", "effects.csv"):
        refuse_existing(out / name, force=force)
    cells = counting_cells(read_table(table), str(table))
    conditions = by_condition(cells, values, condition=condition, session=session, unit=unit)
    effects = compare_conditions(
        cells,
        measures=values,
        condition=condition,
        session=session,
        unit=unit,
        reference=reference,
    )
    write_table(out / "conditions.csv", conditions)
    write_table(out / "effects.csv", effects)
    names = {condition: Col.CONDITION} | ({session: Col.SESSION} if session else {})
    shown = cells.rename(columns=names)[[*dict.fromkeys(names.values()), *values]]
    drawn = pictures(ReportInput(cells=shown, conditions=conditions, effects=effects))
    write_figures(drawn, out / "figures")
    return effects


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
