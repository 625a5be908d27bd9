"""What the statistics of a report count, in a word."""

from __future__ import annotations

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.tables import texts


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
