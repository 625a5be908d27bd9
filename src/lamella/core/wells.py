"""Names of the wells of a plate: a row's letters and a column's number."""

from __future__ import annotations

import re

_WELL = re.compile(r"([A-Za-z]{1,2})[ _-]*0*(\d{1,2})")
_MOST_ROWS, _MOST_COLUMNS = 32, 48  # 1536 wells
_LETTERS = 26


def well_name(text: str) -> str:
    """A well's name as letters and two digits; what is no well stays as it is.

    >>> well_name("a1"), well_name("H-012"), well_name("AF48"), well_name("blank")
    ('A01', 'H12', 'AF48', 'blank')
    """
    place = well_place(text)
    return text if place is None else f"{row_letters(place[0])}{place[1]:02d}"


def well_place(text: str) -> tuple[int, int] | None:
    """Row and column of a well, from 1; None of what is no well of at most 32 × 48."""
    match = _WELL.fullmatch(text.strip())
    if match is None:
        return None
    place = row_number(match[1]), int(match[2])
    return place if 1 <= place[0] <= _MOST_ROWS and 1 <= place[1] <= _MOST_COLUMNS else None


def row_letters(row: int) -> str:
    """The letters of a row, from 1: A to Z, then AA to AF."""
    return chr(64 + row) if row <= _LETTERS else "A" + chr(64 + row - _LETTERS)


def row_number(text: str) -> int:
    """The number of a row, from 1, that is given in letters or digits; 0 of what is no row.

    >>> row_number("B"), row_number("02"), row_number("AA"), row_number("?")
    (2, 2, 27, 0)
    """
    if text.isdecimal():
        return int(text)
    letters = text.strip().upper()
    if re.fullmatch("A?[A-Z]", letters) is None:
        return 0
    return ord(letters[-1]) - 64 + (_LETTERS if len(letters) > 1 else 0)
