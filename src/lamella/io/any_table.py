"""A table of cells from any program: ours, a spreadsheet's, another tracker's."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from lamella.core.errors import InputError
from lamella.io.delimited import MISSING, Delimited, open_delimited
from lamella.io.tables import TEXT_COLUMNS, read_table, refuse_header

_SPREADSHEETS = (".xlsx", ".xls", ".ods")
_YES_NO = {"true": True, "false": False}


def read_any_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table whatever its delimiter, decimal mark and encoding.

    Parquet and CSV as `lamella.io.tables.read_table` reads them; else the header is looked for as
    `lamella.io.delimited.open_delimited` does, below a title, and TrackMate's lines of names and
    units below it are left out. A column is numeric where every entry is a number or missing, with
    a decimal comma too where commas do not separate; of truths where every entry is true or false;
    else text. Names (movie, condition, session, unit …) stay text.

    Raises
    ------
    InputError
        A file that is missing, empty or a spreadsheet's own, has no header of two columns, two
        columns of one name, or a row that is longer or shorter than the header.
    """
    path = Path(path)
    if path.suffix.lower() in _SPREADSHEETS:
        raise InputError(str(path), "it is a workbook", "save the sheet as CSV")
    if path.suffix.lower() == ".parquet":
        return read_table(path)
    found = open_delimited(path, least_columns=2)
    n_names = found.rows_of_names()
    if _plain(found) and not n_names:
        return read_table(path)
    refuse_header(path, found.header)
    lines, texts = found.columns(found.header, skip=n_names)
    columns = zip(found.header, texts, strict=True)
    return pd.DataFrame({name: _column(found, name, text, lines) for name, text in columns})


def _plain(found: Delimited) -> bool:
    """Whether it is what a table of ours looks like."""
    at_once = found.line == 1 and found.delimiter == ","
    return at_once and found.path.suffix.lower() == ".csv" and found.encoding.startswith("utf-8")


def _column(found: Delimited, name: str, texts: list[str], lines: list[int]) -> pd.Series:
    known = [text.lower() not in MISSING for text in texts]
    if name not in TEXT_COLUMNS and any(known):
        if all(text.lower() in _YES_NO for text in texts):
            return pd.Series([_YES_NO[text.lower()] for text in texts])
        try:
            return pd.Series(found.numbers(name, texts, lines))
        except InputError:
            pass  # it is text
    return pd.Series([text if there else None for text, there in zip(texts, known, strict=True)])
