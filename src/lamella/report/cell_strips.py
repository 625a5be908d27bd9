"""A small film strip of every cell of a movie, one below the other."""

from __future__ import annotations

from typing import NamedTuple


class CellStrips(NamedTuple):
    """The strips of a movie's cells as one picture."""

    png: bytes
    cells: tuple[tuple[str, int], ...]
    """(object, cell) of every row, from the top."""
    row_px: int
    width_px: int
