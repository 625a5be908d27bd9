"""Places, words and colours that all parts of the figure share."""

from __future__ import annotations

import textwrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lamella.report.filmstrip import CELL_COLOUR
from lamella.report.style import COLOURS

WIDTH_MM = 240.0
_LINE = 55  # characters that fit the width of a panel

BLUE, RED, YELLOW = COLOURS[0], COLOURS[1], tuple(c / 255 for c in CELL_COLOUR)
STILL, MOVING, UNDECIDED = "#8FC1E3", RED, "#EDEDED"


class Place:
    """Axes and words at millimetres from the top left."""

    def __init__(self, drawn: Figure, height_mm: float) -> None:
        self._figure, self._height = drawn, height_mm

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        return self._figure.add_axes((
            left / WIDTH_MM,
            1 - (top + height) / self._height,
            width / WIDTH_MM,
            height / self._height,
        ))  # fmt: skip

    def text(self, left: float, top: float, words: str, **style: Any) -> None:
        self._figure.text(left / WIDTH_MM, 1 - top / self._height, words, **{"va": "top", **style})


def letter(i: int) -> str:
    """A, B, C … and numbers beyond Z."""
    return chr(ord("A") + i) if i < 26 else str(i + 1)


def wrapped(words: str, line: int = _LINE) -> str:
    """Words in lines that fit a panel."""
    return textwrap.fill(words, line)


def percent(share: float) -> str:
    """A share in per cent; a small one is not told as 0."""
    return f"{share:.0%}" if share >= 0.01 or share == 0 else "< 1%"


def short(value: float) -> str:
    """A positive number in few digits."""
    return f"{value:.1f}" if abs(value) < 10 else f"{value:,.0f}" if value < 1e5 else f"{value:.0e}"


def signed(value: float) -> str:
    """A number in few digits, with its sign."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{short(abs(value))}"


def fitting(name: str, most: int) -> str:
    """A long name without its middle."""
    half = most // 2
    return name if len(name) <= most else f"{name[: half - 1]}…{name[-half:]}"
