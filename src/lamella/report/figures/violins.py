"""How the values of cells are spread in each condition: violin, box, and the means of units."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.figures.log_axis import plain_ticks
from lamella.report.figures.marks import (
    FEWEST_IN_SHAPE,
    TAIL,
    dots,
    silhouette,
    spans_decades,
)
from lamella.report.style import (
    COLUMN_MM,
    FAINT,
    HAIR,
    INK,
    PAGE_MM,
    Key,
    conditions_below,
    figure,
    legend_above,
    nothing,
    sessions_in_legend,
    styled,
)
from lamella.report.tables import has_values, numbers, only, texts
from lamella.report.words import axis_label, count, label, number

WHISKERS = (5, 95)
"""Percentiles that the whiskers of a box reach to."""
_WIDTH, _BOX = 0.78, 0.1

Floats = NDArray[np.float64]


@styled
def violins(
    cells: pd.DataFrame,
    measure: str,
    key: Key | None = None,
    *,
    units: pd.DataFrame | None = None,
    unit: str = "units",
) -> Figure:
    """One measure by condition: how its cells are spread, and where the units lie in that.

    The violin is widest where most cells are; of fewer than 40 cells, each is a dot. Box: quartiles
    and median of the cells; whiskers: 5th and 95th percentile. Marks: means of units, a marker per
    session. The axis is one of logarithms where values span decades; what is not positive then has
    no place on it and is counted. A thousandth of the cells at either end may lie beyond the axis.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell.
    measure : str
        Column of `cells`.
    key : Key, optional
        Colours, markers and order; from `cells` by default.
    units : pandas.DataFrame, optional
        Means of units of this measure: `condition`, `session`, `mean`.
    unit : str
        What these are, in the plural.
    """
    key = key or Key.of(cells)
    if not has_values(cells, measure):
        return nothing(f"No cell has a {label(measure)}.")
    cells = cells[np.isfinite(numbers(cells, measure))]
    present = set(texts(cells, Col.CONDITION))
    names = [name for name in key.conditions if name in present] or [""]
    every = numbers(cells, measure)
    log = spans_decades(every)
    width = COLUMN_MM if len(names) <= 4 else PAGE_MM
    drawn = figure(width, 72)
    axes = drawn.subplots()
    for place, name in enumerate(names):
        group = only(cells, condition=name) if name else cells
        values = numbers(group, measure)
        _spread(axes, values[values > 0] if log else values, place, key.colour(name), log=log)
        if units is not None:
            _units(axes, only(units, condition=name) if name else units, place, key, name, log=log)
    counts = [_counts(cells, units, name, unit.removesuffix("s")) for name in names]
    conditions_below(axes, names, counts, width - 14)
    axes.set_ylabel(axis_label(measure))
    _range(axes, every, units, log=log)
    lost = int((every <= 0).sum()) if log else 0
    if lost:
        axes.annotate(
            f"{count(lost, 'cell')} not positive, not shown", (1, 1), xycoords="axes fraction",
            ha="right", va="bottom", fontsize=6, color=FAINT,
        )  # fmt: skip
    legend_above(drawn, _legend(key, units, unit.removesuffix("s")))
    return drawn


def _spread(axes: Axes, values: Floats, place: int, colour: str, *, log: bool) -> None:
    if not len(values):
        return
    if len(values) < FEWEST_IN_SHAPE:
        dots(axes, values, place, width=_WIDTH * 0.6, s=5, color=colour, alpha=0.6, linewidth=0,
             zorder=2)  # fmt: skip
    else:
        silhouette(axes, values, place, width=_WIDTH, colour=colour, log=log)
    low, q25, median, q75, high = np.percentile(values, (WHISKERS[0], 25, 50, 75, WHISKERS[1]))
    axes.plot([place, place], [low, high], color=INK, lw=0.7, zorder=3, solid_capstyle="butt")
    axes.bar(place, q75 - q25, _BOX, q25, facecolor="white", edgecolor=INK, lw=0.7, zorder=4)
    axes.plot([place - _BOX / 2, place + _BOX / 2], [median] * 2, color=INK, lw=1.6, zorder=5)


def _units(axes: Axes, units: pd.DataFrame, place: int, key: Key, name: str, *, log: bool) -> None:
    """The means of units, to the left and right of the box, each session in its lane."""
    sessions = key.sessions or ("",)
    lanes = np.linspace(-0.24, 0.24, len(sessions)) if len(sessions) > 1 else np.array([0.2])
    for lane, session in zip(lanes, sessions, strict=True):
        rows = only(units, session=session) if session else units
        values = numbers(rows, Col.MEAN)
        shown = values[np.isfinite(values) & ((values > 0) | (not log))]
        dots(
            axes, shown, place + float(lane), width=0.12, s=14, marker=key.marker(session),
            color=key.colour(name), edgecolor=INK, linewidth=0.6, zorder=6,
        )  # fmt: skip


def _counts(cells: pd.DataFrame, units: pd.DataFrame | None, name: str, unit: str) -> list[str]:
    lines = [f"{number(len(only(cells, condition=name) if name else cells))} cells"]
    if units is not None and len(units):
        n = len(only(units, condition=name) if name else units)
        lines += [count(n, unit)] if n else []  # of a condition that is left out, none is told
    return lines


def _range(axes: Axes, values: Floats, units: pd.DataFrame | None, *, log: bool) -> None:
    means = numbers(units, Col.MEAN) if units is not None else np.empty(0)
    every = [values, means[np.isfinite(means)]]
    if log:
        every = [part[part > 0] for part in every]
    tail = TAIL if len(values) >= 1000 else 0.0
    low, high = np.percentile(every[0], (tail, 100 - tail))
    low, high = min(low, *every[1], low), max(high, *every[1], high)
    if log:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.15, high * 1.15)
        plain_ticks(axes.yaxis, high / low)
        return
    margin = 0.05 * (high - low or abs(high) or 1.0)
    # An axis from 0 where that costs little: lengths above 0 compare by eye, and others do not.
    axes.set_ylim(0.0 if 0 <= low < 0.6 * high else low - margin, high + margin)
    if low < 0 < high:
        axes.axhline(0, color=HAIR, lw=0.7, zorder=0)


def _legend(key: Key, units: pd.DataFrame | None, unit: str) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Patch(facecolor="white", edgecolor=INK, lw=0.7, label="quartiles and median of cells")
    ]
    if units is not None and len(units):
        handles.append(
            Line2D([], [], marker="o", ls="", color=FAINT, mec=INK, mew=0.6, ms=4,
                   label=f"mean of {'an' if unit[0] in 'aeiou' and unit != 'unit' else 'a'} {unit}")
        )  # fmt: skip
        handles += sessions_in_legend(key)
    return handles
