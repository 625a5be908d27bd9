"""Workbooks for Excel, written row by row."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lamella.core.errors import LamellaError, NotInstalledError, OutputError
from lamella.io.atomic import whole_file

MOST_ROWS, MOST_COLUMNS, MOST_IN_NAME = 1_048_576, 16_384, 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_WIDEST, _ROWS_LOOKED_AT = 40, 50


class Sheet(NamedTuple):
    """A sheet of a workbook: its name as it is wished, and its rows below a header."""

    name: str
    table: pd.DataFrame


def write_workbook(
    path: str | os.PathLike[str], sheets: Iterable[Sheet], *, most_rows: int = MOST_ROWS
) -> list[str]:
    """Write an ``.xlsx`` with a sheet per table; half a workbook is never left.

    Rows are written as they are made, so that half a million of them do not fill the memory. Text
    that looks like a formula stays text. What is missing is an empty cell; infinite numbers are
    text, for which Excel has no number. A table of more rows than a sheet holds goes on in another
    sheet, with the header again.

    Parameters
    ----------
    path : path
    sheets : iterable of Sheet
        Names are made to Excel's rules by `sheet_name`.
    most_rows : int
        Rows that a sheet holds, the header included.

    Returns
    -------
    list of str
        Names of the sheets.

    Raises
    ------
    OutputError
        More columns than a sheet holds, or the disk refuses.
    NotInstalledError
        Without openpyxl.
    """
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise NotInstalledError(
            str(path), "workbooks need openpyxl", 'pip install "lamella[excel]"'
        ) from error
    book = Workbook(write_only=True)
    names: list[str] = []
    # openpyxl leaves its file open after an error, and complains of it later on.
    zipped = io.BytesIO()
    try:
        for sheet in sheets:
            _refuse_wide(path, sheet)
            step = most_rows - 1  # below the header
            for start in range(0, max(len(sheet.table), 1), step):
                names.append(sheet_name(sheet.name, names))
                _write(book.create_sheet(names[-1]), sheet.table.iloc[start : start + step])
        book.save(zipped)
    except (LamellaError, MemoryError):
        raise
    except Exception as error:  # of openpyxl's own files, or of the library that writes them
        raise OutputError(
            str(path),
            f"its sheets cannot be kept in {tempfile.gettempdir()} meanwhile ({error})",
            "free some space there, or name another folder in TMPDIR",
        ) from error
    with whole_file(Path(path)) as part:
        part.write_bytes(zipped.getbuffer())
    return names


def _refuse_wide(path: str | os.PathLike[str], sheet: Sheet) -> None:
    n = len(sheet.table.columns)
    if n > MOST_COLUMNS:
        raise OutputError(
            str(path), f"{sheet.name} has {n} columns, Excel has {MOST_COLUMNS}", "export it as CSV"
        )


def sheet_name(wished: str, taken: Sequence[str]) -> str:
    r"""A name that Excel takes, as near to the wished one as can be.

    At most 31 characters, none of ``[]:*?/\`` nor control characters, no apostrophe at an end, not
    ``History``, and none that differs from another in upper and lower case alone: such get a
    number.

    Examples
    --------
    >>> sheet_name("EdU 10 µM / 24 h [a]", ["edu 10 µm _ 24 h _a_"])
    'EdU 10 µM _ 24 h _a_ (2)'
    """
    name = _FORBIDDEN.sub("_", wished).strip().strip("'")[:MOST_IN_NAME].rstrip(" '") or "sheet"
    name = f"{name}_" if name.lower() == "history" else name
    used = {each.lower() for each in taken}
    found, n = name, 1
    while found.lower() in used:
        n += 1
        found = f"{name[: MOST_IN_NAME - len(f' ({n})')].rstrip()} ({n})"
    return found


def _write(sheet: Any, table: pd.DataFrame) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    def text(value: str) -> Any:
        value = _CONTROL.sub("\ufffd", value)
        if value[:1] not in ("=", "#"):
            return value
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"  # neither a formula nor an error
        return cell

    def cell(value: Any) -> Any:
        if isinstance(value, str):
            return text(value)
        if value is None or value is pd.NA or value is pd.NaT or value != value:
            return None
        if isinstance(value, np.generic):
            value = value.item()
        return text(str(value)) if value in (float("inf"), float("-inf")) else value

    sheet.freeze_panes = "A2"
    for i, name in enumerate(map(str, table.columns), start=1):
        there = table.iloc[:_ROWS_LOOKED_AT, i - 1].dropna()
        width = max(len(name), *(len(str(value)) for value in there), 0) + 2
        sheet.column_dimensions[get_column_letter(i)].width = min(width, _WIDEST)
    header = []
    for name in table.columns:
        header.append(WriteOnlyCell(sheet, _CONTROL.sub("\ufffd", str(name))))
        header[-1].data_type, header[-1].font = "s", Font(bold=True)
    sheet.append(header)
    for row in table.itertuples(index=False, name=None):
        sheet.append([cell(value) for value in row])
