"""The cells of a study as a workbook: what `lamella export --to excel` does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from lamella.core.errors import InputError, SettingsError
from lamella.core.table import Col, dictionary
from lamella.io import read_table
from lamella.io.excel import Sheet, sheet_name, write_workbook
from lamella.run.saved import is_run, read_lock
from lamella.run.single import refuse_existing

ABOUT = "About"
_SUMMARIES = ("fields", "wells", "effects")
_OF_A_MOVIE = ("cells", "frames")
_Told = tuple[str, str, pd.DataFrame]
"""Name of a sheet, what it holds, and its table."""


def export_workbook(source: Path, out: Path, *, force: bool = False) -> list[str]:
    """Write a workbook with a sheet per condition, the cells of that condition in it.

    The first sheet tells what every column is, with its unit; behind the conditions come the
    tables of fields, wells and effects, where the run has them. Columns in which no cell of the
    study has a value are left out.

    Parameters
    ----------
    source : Path
        Folder of a run, or of `lamella measure` (then a sheet of cells and one of frames).
    out : Path
        The workbook, ``.xlsx``.

    Returns
    -------
    list of str
        Names of the sheets.

    Raises
    ------
    InputError, SettingsError, OutputError
    NotInstalledError
        Without openpyxl.
    """
    if out.suffix.lower() != ".xlsx":
        raise SettingsError(str(out), "workbooks are .xlsx", "give a name that ends in .xlsx")
    refuse_existing(out, force=force)
    made = _of_run(source) if is_run(source) else _of_measures(source)
    names, sheets = [ABOUT], []
    for wished, told, table in made:
        names.append(sheet_name(wished, names))
        sheets.append((names[-1], told, table))
    title = str(read_lock(source)["settings"]["title"]) if is_run(source) else source.name
    about = Sheet(ABOUT, _about(title, sheets))
    return write_workbook(out, [about, *(Sheet(name, table) for name, _, table in sheets)])


def _of_run(run: Path) -> list[_Told]:
    cells = read_table(run / "tables/cells.parquet").dropna(axis="columns", how="all")
    if not len(cells):
        raise InputError(str(run), "no cell was measured", "see status.csv and run again")
    if Col.CONDITION not in cells.columns:
        cells[Col.CONDITION] = "cells"
    named = cells[Col.CONDITION].fillna("no condition").astype(str)
    sheets: list[_Told] = [
        (each, f"One row per object of the condition {each}.", cells[named == each])
        for each in named.unique()
    ]
    return [*sheets, *_summaries(run)]


def _summaries(run: Path) -> Iterator[_Told]:
    for name in _SUMMARIES:
        file = run / f"tables/{name}.csv"
        table = read_table(file) if file.is_file() else pd.DataFrame()
        if len(table):
            yield name, f"The table {name} of the run.", table


def _of_measures(folder: Path) -> list[_Told]:
    """Tables of `lamella measure`."""
    sheets: list[_Told] = []
    for name in _OF_A_MOVIE:
        files = [folder / f"{name}{suffix}" for suffix in (".csv", ".parquet")]
        if file := next((file for file in files if file.is_file()), None):
            sheets.append((name, f"The table {name} of one movie.", read_table(file)))
    if not sheets:
        raise InputError(
            str(folder),
            "it holds no tables of measures",
            "give a run, or what `lamella measure` wrote",
        )
    return sheets


def _about(title: str, sheets: list[_Told]) -> pd.DataFrame:
    """Sheets, with their rows, and columns, with unit and meaning."""
    rows = [(title, "", "Measured by Lamella. An empty cell is a value that is missing.")]
    rows += [("", "", ""), ("sheet", "rows", "what it holds")]
    rows += [(name, str(len(table)), told) for name, told, table in sheets]
    rows += [("", "", ""), ("column", "unit", "meaning")]
    known = dictionary([table for _, _, table in sheets])
    for name, unit, meaning in known.itertuples(index=False, name=None):
        rows.append((str(name), str(unit), str(meaning)))
    return pd.DataFrame(rows[1:], columns=list(rows[0]))
