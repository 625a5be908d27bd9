"""Small panels in a grid as wide as a page."""

from __future__ import annotations

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lamella.report.style import COLUMN_MM, PAGE_MM, figure

_MOST_ABREAST = 3


def panels(n: int, *, height_mm: float) -> tuple[Figure, list[Axes]]:
    """A figure of `n` panels, at most three abreast, each `height_mm` high; and their axes."""
    columns = min(n, _MOST_ABREAST)
    rows = ceil(n / columns)
    drawn = figure(COLUMN_MM if n == 1 else PAGE_MM, height_mm * rows + 10)
    grid = drawn.subplots(rows, columns, squeeze=False).ravel().tolist()
    for empty in grid[n:]:
        empty.set_axis_off()
    return drawn, grid[:n]
