"""Tables of other programs as text: whatever the delimiter, the decimal mark and the encoding."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError

_LONGEST_LINE = 1 << 20
_LOOK = 20  # lines in which the header is looked for
_DELIMITERS = (",", ";", "\t", "|")
MISSING = frozenset({"", "nan", "na", "n/a", "none", "null"})
"""What stands in a cell of which nothing is known, in lower case."""


@dataclass(frozen=True)
class Delimited:
    """A text table whose header has been found; its rows are read when they are asked for.

    Parameters
    ----------
    header : tuple of str
        Names of the columns, stripped.
    line : int
        Line of the header, from 1; lines before it are a title.
    delimiter, encoding : str
    """

    path: Path
    header: tuple[str, ...]
    line: int
    delimiter: str
    encoding: str

    def columns(self, names: Sequence[str], *, skip: int = 0) -> tuple[list[int], list[list[str]]]:
        """Line number of every row, and the texts of some columns; `skip` rows are left out.

        Raises
        ------
        InputError
            A row that is longer or shorter than the header, a line above 1 MiB.
        """
        places = [self.header.index(name) for name in names]
        lines: list[int] = []
        texts: list[list[str]] = [[] for _ in names]
        for line, row in self._rows():
            if line <= self.line or not any(cell.strip() for cell in row):
                continue
            if skip:
                skip -= 1
                continue
            if len(row) != len(self.header):
                raise InputError(
                    str(self.path),
                    f"line {line} has {len(row)} fields, the header {len(self.header)}",
                    "give every row one field a column",
                )
            lines.append(line)
            for place, text in zip(places, texts, strict=True):
                text.append(row[place].strip())
        return lines, texts

    def first_rows(self, n: int) -> list[list[str]]:
        """The rows below the header, as they are; for units that stand there."""
        found: list[list[str]] = []
        for line, row in self._rows():
            if line > self.line:
                found.append([cell.strip() for cell in row])
            if len(found) == n:
                break
        return found

    def rows_of_names(self) -> int:
        """How many rows below the header are no data: TrackMate's names, short names and units."""
        rows = self.first_rows(3)
        if len(rows) < 3 or any(len(row) != len(self.header) for row in rows):
            return 0
        units = [cell for cell in rows[2] if cell]
        bracketed = all(cell.startswith("(") and cell.endswith(")") for cell in units)
        return 3 if units and bracketed else 0

    def numbers(self, name: str, texts: list[str], lines: list[int]) -> NDArray[np.float64]:
        """The texts of a column as numbers, NaN where missing; a decimal comma is understood.

        Raises
        ------
        InputError
            Names the line with anything else, such as a formula.
        """
        decimal_comma = self.delimiter != ","
        try:  # the usual table at once; as objects, since one long text must not widen all
            out = np.array(texts, dtype=object).astype(np.float64)
        except ValueError:
            out = np.empty(len(texts))
            for i, text in enumerate(texts):
                try:
                    out[i] = float(text)
                except ValueError:
                    out[i] = self._odd(name, text, lines[i], decimal_comma)
        # Spelt-out infinity is read by float; as a place or a frame it is nothing.
        infinite = np.flatnonzero(np.isinf(out))
        if len(infinite):
            self._refuse(name, texts[infinite[0]], lines[infinite[0]])
        return out

    def _odd(self, name: str, text: str, line: int, decimal_comma: bool) -> float:
        if text.lower() in MISSING:
            return math.nan
        plain = text.replace(",", ".") if decimal_comma and text.count(",") == 1 else ""
        try:
            return float(plain)
        except ValueError:
            self._refuse(name, text, line)

    def _refuse(self, name: str, text: str, line: int) -> NoReturn:
        shown = text if len(text) <= 40 else text[:37] + "…"
        raise InputError(
            str(self.path),
            f"line {line} has {shown!r} in the column {name!r}, which is not a number",
            "correct the table, or leave the cell empty where nothing is known",
        )

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        with _reading(self.path, self.encoding) as file:
            rows = csv.reader(bounded_lines(file, self.path), delimiter=self.delimiter)
            for row in rows:
                yield rows.line_num, row


def open_delimited(path: str | os.PathLike[str], *, least_columns: int = 3) -> Delimited:
    """Find the header, the delimiter and the encoding of a text table.

    The header is the first of 20 lines that splits into at least `least_columns` names at a comma,
    semicolon, tab or bar; what stands before it is a title. UTF-8 (with or without a byte order
    mark), UTF-16 with one, and Latin-1 are understood.

    Raises
    ------
    InputError
        A file that is missing or empty, or has no such header.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), "there is no such file", "check the path")
    if path.stat().st_size == 0:
        raise InputError(str(path), "it is empty (0 bytes)", "give a table with a header line")
    encoding = _encoding(path)
    with _reading(path, encoding) as file:
        for number, line in enumerate(bounded_lines(file, path), start=1):
            fields = {mark: next(csv.reader([line], delimiter=mark), []) for mark in _DELIMITERS}
            mark = max(_DELIMITERS, key=lambda m: len(fields[m]))
            header = tuple(field.strip() for field in fields[mark])
            if len([name for name in header if name]) >= least_columns:
                return Delimited(path, header, number, mark, encoding)
            if number == _LOOK:
                break
    raise InputError(
        str(path),
        f"none of its first lines is a header of {least_columns} or more columns",
        "give a table with a line of column names, separated by commas, semicolons or tabs",
    )


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        file.seek(0)
        block = file.read(1 << 16)
    try:
        # The block may end in the middle of a letter, which is no fault.
        block.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return "utf-8-sig" if error.start > len(block) - 4 else "latin-1"
    return "utf-8-sig"


@contextmanager
def _reading(path: Path, encoding: str) -> Iterator[TextIO]:
    """The open file; what is wrong with its text while it is read is told as InputError."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield file
    except OSError as error:
        raise InputError(
            str(path), f"it cannot be read ({error.strerror})", "check its access rights"
        ) from error
    except csv.Error as error:
        raise InputError(
            str(path), f"it is not a table of text ({error})", "export it again as CSV"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            str(path), f"it is not {encoding} text (byte {error.start})", "save it as CSV UTF-8"
        ) from error


def bounded_lines(file: TextIO, path: Path) -> Iterator[str]:
    """Lines of bounded length, so that a file without line ends cannot fill the memory.

    Raises
    ------
    InputError
        A line above 1 MiB.
    """
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise InputError(
                str(path),
                f"its line {number} is longer than {_LONGEST_LINE >> 20} MiB",
                "give a table with one row a line",
            )
        yield line
