"""Mean squared displacement and memory of direction of every condition, by lag."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import NDArray

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.report.style import (
    FAINT,
    HAIR,
    INK,
    PAGE_MM,
    Key,
    figure,
    legend_above,
    nothing,
    styled,
)
from lamella.report.tables import has_values, numbers, only, texts, unique

FloatArray = NDArray[np.float64]

BAND = 0.18
"""Opacity of an interval."""


@styled
def msd_by_lag(msd: pd.DataFrame, key: Key | None = None) -> Figure:
    """Displacement on logarithmic axes, and direction autocorrelation, a line per condition.

    Left: dots are means over cells of their means over pairs of frames, bands their 95 % intervals
    over movies, lines the persistent random walk that was fitted; grey guides have slope 1
    (diffusion) and 2 (straight ahead). Right: mean cosine between steps a lag apart; localisation
    error turns steps round, so that the line falls at the first lag. All sessions together. Lags
    are in minutes, or in frames where the interval is not known.

    Parameters
    ----------
    msd : DataFrame
        The table ``msd`` of `lamella.statistics.Movement`, of one kind of object.
    key : Key, optional
        Colours and order of conditions; by default in order of appearance.
    """
    rows = only(msd, session=ALL_SESSIONS)
    if not has_values(rows, Col.MSD):
        return nothing("No displacement was measured: the pixel size is not known.")
    if not np.nanmax(numbers(rows, Col.MSD)) > 0:
        return nothing("No displacement to draw: no step was valid, or nothing moved.")
    key = key or Key(tuple(unique(texts(rows, Col.CONDITION))))
    timed = has_values(rows, Col.LAG_MIN)
    across, unit = (Col.LAG_MIN, "min") if timed else (Col.LAG_FRAMES, "frames")
    present = unique(texts(rows, Col.CONDITION))
    conditions = [name for name in key.conditions if name in present]
    conditions += [name for name in present if name not in conditions]
    drawn = figure(PAGE_MM, 74)
    left, right = drawn.subplots(1, 2)
    for name in conditions:
        one = only(rows, condition=name)
        _displacement(left, one, across, key.colour(name))
        _memory(right, one, across, key.colour(name))
    _guides(left)
    left.set(xscale="log", yscale="log", xlabel=f"Lag ({unit})")
    for axis in (left.xaxis, left.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    left.set_ylabel("Mean squared displacement (µm²)")
    right.axhline(0, color=HAIR, lw=0.6, zorder=0)
    right.set(xlabel=f"Lag ({unit})", ylabel="Direction autocorrelation", xlim=(0, None))
    right.xaxis.set_major_locator(MaxNLocator(6, integer=not timed))
    legend_above(drawn, _legend(conditions, key, fitted=has_values(rows, Col.MSD_OF_WALK)))
    return drawn


def _displacement(axes: Axes, rows: pd.DataFrame, across: str, colour: str) -> None:
    lag, seen = numbers(rows, across), numbers(rows, Col.MSD)
    shown = (lag > 0) & (seen > 0)
    low, high = numbers(rows, Col.MSD_LOW), numbers(rows, Col.MSD_HIGH)
    axes.fill_between(lag[shown], low[shown], high[shown], color=colour, alpha=BAND, lw=0)
    sparse = _evenly(np.flatnonzero(shown), lag)
    axes.plot(lag[sparse], seen[sparse], "o", color=colour, ms=2.6, mec="white", mew=0.3)
    axes.plot(lag[shown], numbers(rows, Col.MSD_OF_WALK)[shown], color=colour, lw=0.9)


def _memory(axes: Axes, rows: pd.DataFrame, across: str, colour: str) -> None:
    lag, memory = numbers(rows, across), numbers(rows, Col.DIRECTION_AUTOCORRELATION)
    ends = [
        numbers(rows, name)
        for name in (Col.DIRECTION_AUTOCORRELATION_LOW, Col.DIRECTION_AUTOCORRELATION_HIGH)
    ]
    axes.fill_between(lag, ends[0], ends[1], color=colour, alpha=BAND, lw=0)
    axes.plot(lag, memory, "o-", color=colour, ms=2, lw=0.7)


def _evenly(places: NDArray[np.intp], lag: FloatArray) -> NDArray[np.intp]:
    """Of many lags, those about evenly spaced on a logarithmic axis."""
    if len(places) <= 24:
        return places
    wanted = np.geomspace(lag[places[0]], lag[places[-1]], 24)
    nearest = np.abs(lag[places][None] - wanted[:, None]).argmin(axis=1)
    chosen: NDArray[np.intp] = places[np.unique(nearest)]
    return chosen


def _guides(axes: Axes) -> None:
    """Short lines of slope 1 and 2 below the data, where longer lags leave room."""
    dots = [np.asarray(line.get_xydata()) for line in axes.lines if line.get_marker() == "o"]
    points = np.concatenate(dots)
    if not len(points):
        return
    (shortest, bottom), (longest, top) = points.min(axis=0), points.max(axis=0)
    axes.set(xlim=(shortest / 1.25, longest * 1.9), ylim=(bottom / 2.5, top * 2.5))
    start, height = max(longest / 5, np.sqrt(shortest * longest)), bottom / 1.7
    if longest <= shortest:
        return
    for slope in (1, 2):
        end = height * (longest / start) ** slope
        axes.plot([start, longest], [height, end], color=FAINT, lw=0.7, ls="--", zorder=0)
        axes.annotate(
            f"slope {slope}", (longest, end), xytext=(2, 0), textcoords="offset points",
            ha="left", va="center", fontsize=6, color=FAINT,
        )  # fmt: skip


def _legend(conditions: list[str], key: Key, *, fitted: bool) -> list[Line2D]:
    shown = [
        Line2D([], [], marker="o", ls="-", lw=0.9, ms=3, color=key.colour(name), label=name)
        for name in conditions
    ]
    band = Line2D([], [], lw=5, color=HAIR, solid_capstyle="butt", label="95 % over movies")
    walk = Line2D([], [], lw=0.9, color=INK, label="persistent random walk")
    return [*shown, band, *([walk] if fitted else [])]
