"""The tables themselves, inside of the page."""

from __future__ import annotations

from typing import NamedTuple

from lamella.report.contents import ReportInput
from lamella.report.page import uri
from lamella.report.words import count

MOST_BYTES, MOST_ROWS = 1_000_000, 20_000
"""Larger tables are left in the run's folder: they would make the page slow to open."""


class Download(NamedTuple):
    """A file that the page holds; `href` is empty where it is too large."""

    name: str
    href: str
    about: str


def downloads(report: ReportInput) -> list[Download]:
    """The tables of the statistics, and of cells, as CSV."""
    tables = {
        "effects.csv": report.effects,
        "models.csv": report.models,
        "replication.csv": report.replication,
        "conditions.csv": report.conditions,
        "outlines.csv": report.outlines,
        "units.csv": report.units,
        "wells.csv": report.wells,
        "fields.csv": report.fields,
        "thresholds.csv": report.thresholds,
        "questions.csv": report.questions,
        "cells.csv": report.cells,
    }
    found = []
    for name, table in tables.items():
        if not len(table):
            continue
        if len(table) > MOST_ROWS:
            about = f"{count(len(table), 'row')}: too large for this page, see the folder"
            found.append(Download(name, "", about))
            continue
        data = table.to_csv(index=False).encode()
        size = f"{len(data) / 1000:,.0f} kB".replace(",", "\u202f")
        fits = len(data) <= MOST_BYTES
        about = f"{count(len(table), 'row')}, {size}"
        found.append(
            Download(
                name,
                uri("text/csv;charset=utf-8", data) if fits else "",
                about if fits else f"{about}: too large for this page, see the folder",
            )
        )
    return found
