"""What a report counts, in words: its objects, and the units of its statistics."""

from __future__ import annotations

import pandas as pd

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.tables import texts, unique
from lamella.report.words import count, number


def objects_counted(cells: pd.DataFrame) -> str:
    """How many rows there are, of every set of objects where there are several.

    A nucleus beside its cell is no second cell.
    """
    kinds = texts(cells, Col.OBJECT)
    several = unique(kinds)
    if len(several) < 2:
        return count(len(cells), "cell")
    each = ", ".join(f"{number(kinds.count(kind))} {kind}" for kind in several)
    return f"{count(len(kinds), 'object')} ({each})"


def units_word(report: ReportInput) -> str:
    """What n counts, in the plural: movies, unless the table or the settings name another unit."""
    cells = report.cells
    named = report.provenance.get("settings", {}).get("statistics", {}).get("unit")
    if named in (Col.WELL, Col.FIELD, Col.POSITION):
        return f"{named}s"
    if Col.MOVIE not in cells.columns:
        return "cells" if Col.UNIT not in cells.columns else "units"
    if Col.UNIT not in cells.columns or texts(cells, Col.UNIT) == texts(cells, Col.MOVIE):
        return f"{report.movie}s"
    return "units"
