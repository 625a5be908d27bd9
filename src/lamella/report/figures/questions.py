"""Two measures of cells against each other, a panel per condition, with line and correlation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lamella.core.claims import ALL_CONDITIONS
from lamella.core.table import Col
from lamella.report.figures.log_axis import plain_ticks
from lamella.report.figures.marks import TAIL, as_shapes
from lamella.report.figures.panels import panels
from lamella.report.style import FAINT, INK, Key, nothing, styled
from lamella.report.tables import has, numbers, only, texts
from lamella.report.words import axis_label, count, decimals, number, shortened

LOG = "log"
MOST_PANELS = 24
_PANEL_MM = 58.0

Floats = NDArray[np.float64]


@styled
def question_panels(
    cells: pd.DataFrame,
    rows: pd.DataFrame,
    lines: pd.DataFrame,
    key: Key | None = None,
) -> Figure:
    """One question to two measures: a panel for each condition, all on the same axes.

    A mark per cell; the least squares line with its 95 % band; above, r and the correlation within
    units, both with their 95 % intervals, and n. Line, band and all numbers are those of the
    tables. Beyond 2000 cells the marks are one image inside of the SVG. A thousandth of the cells
    at either end may lie beyond the axes. At most 24 conditions are drawn.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell.
    rows : pandas.DataFrame
        Rows of ``questions`` of one question and pair of columns.
    lines : pandas.DataFrame
        Rows of ``question_lines`` of the same.
    key : Key, optional
        Colours and order; from `cells` by default.
    """
    key = key or Key.of(cells)
    if not has(rows, Col.X_COLUMN, Col.Y_COLUMN):
        return nothing("Nothing was asked of two measures.")
    x_name, y_name = texts(rows, Col.X_COLUMN)[0], texts(rows, Col.Y_COLUMN)[0]
    x, y = numbers(cells, x_name), numbers(cells, y_name)
    log = texts(rows, Col.SCALING)[0] == LOG
    known = np.isfinite(x) & np.isfinite(y)
    known &= (x > 0) & (y > 0) if log else True
    if not known.any():
        return nothing("No cell has both measures.")
    cells, x, y = cells[known], x[known], y[known]
    told = [name for name in texts(rows, Col.CONDITION) if name != ALL_CONDITIONS]
    named = [name for name in key.conditions if name in told] or told
    shown = named[:MOST_PANELS]
    drawn, grid = panels(len(shown), height_mm=_PANEL_MM)
    conditions = np.asarray(texts(cells, Col.CONDITION), dtype=object)
    image = as_shapes(len(x))
    for axes, name in zip(grid, shown, strict=True):
        own = conditions == name
        _cells(axes, x[own], y[own], key.colour(name), image=image)
        _line(axes, only(lines, condition=name))
        lines_told = _told(only(rows, condition=name))
        axes.set_title(shortened(name), pad=3 + 8.2 * len(lines_told))
        words = axes.annotate(
            "\n".join(lines_told), (0, 1), xytext=(0, 2), va="bottom", fontsize=6.5, color=INK,
            xycoords="axes fraction", textcoords="offset points", linespacing=1.25,
        )  # fmt: skip
        words.set_in_layout(False)  # else panels give way to the words above them
        _ends(axes, x, y, log=log)
    columns = min(len(shown), 3)
    for place, axes in enumerate(grid):
        if place % columns == 0:
            axes.set_ylabel(axis_label(y_name))
        if place + columns >= len(shown):
            axes.set_xlabel(axis_label(x_name))
    if len(named) > len(shown):
        drawn.text(1, 0, f"{count(len(named) - len(shown), 'condition')} not shown", ha="right",
                   va="bottom", fontsize=6, color=FAINT)  # fmt: skip
    return drawn


def _cells(axes: Axes, x: Floats, y: Floats, colour: str, *, image: bool) -> None:
    size = float(np.clip(900 / max(len(x), 1), 1.5, 12))
    pale = float(np.clip(60 / np.sqrt(max(len(x), 1)), 0.12, 0.7))
    axes.scatter(x, y, s=size, color=colour, alpha=pale, linewidth=0, zorder=2, rasterized=image)


def _line(axes: Axes, line: pd.DataFrame) -> None:
    names = (Col.LINE_X, Col.LINE_Y, Col.LINE_LOW, Col.LINE_HIGH)
    x, fitted, low, high = (numbers(line, name) for name in names)
    axes.fill_between(x, low, high, color=INK, alpha=0.15, linewidth=0, zorder=3)
    axes.plot(x, fitted, color=INK, lw=1.1, zorder=4)


def _told(row: pd.DataFrame) -> list[str]:
    """r, r within units, the exponent of a line of logarithms, and n, a line each."""
    n, units = (int(np.nan_to_num(numbers(row, name)[0])) for name in (Col.N_CELLS, Col.N_UNITS))
    told = [f"{number(n)} cells, {count(units, 'unit')}"]
    told.append(f"r {_interval(row, Col.R, Col.R_LOW, Col.R_HIGH)}")
    if units > 1:
        within = _interval(row, Col.R_WITHIN, Col.R_WITHIN_LOW, Col.R_WITHIN_HIGH)
        told.append(f"within units {within}")
    if texts(row, Col.SCALING)[0] == LOG:
        told.append(f"slope {_interval(row, Col.SLOPE, Col.SLOPE_LOW, Col.SLOPE_HIGH)}")
    return told


def _interval(row: pd.DataFrame, *names: str) -> str:
    value, low, high = (float(numbers(row, name)[0]) for name in names)
    if not np.isfinite(value):
        return "not told"
    ends = f" ({decimals(low)} to {decimals(high)})" if np.isfinite(low + high) else ""
    return decimals(value) + ends


def _ends(axes: Axes, x: Floats, y: Floats, *, log: bool) -> None:
    tail = TAIL if as_shapes(len(x)) else 0.0
    if log:
        axes.set(xscale="log", yscale="log")
    for values, axis, limit in ((x, axes.xaxis, axes.set_xlim), (y, axes.yaxis, axes.set_ylim)):
        low, high = np.percentile(values, (tail, 100 - tail))
        if log:
            limit(low / 1.1, high * 1.1)
            plain_ticks(axis, high / low)
        else:
            margin = 0.04 * (high - low or abs(high) or 1.0)
            limit(low - margin, high + margin)
