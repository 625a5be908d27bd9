"""SuperPlot: every cell, the movies over their cells, the sessions over their movies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.report.figures.marks import FEWEST_IN_SHAPE, as_shapes, dots, limits, silhouette
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
from lamella.report.tables import flags, has_values, numbers, only, sibling, texts, unique
from lamella.report.words import axis_label, count, label, number

MOST_MARKS = 400
"""Means of movies of one condition, beyond which they are small."""
_ROOM = (-0.42, 0.26)
"""Where a condition's values lie beside its place; its mean stands to the right of them."""
_MEAN = 0.38
_NARROWEST_LANE_MM = 2.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lanes:
    """Where the values of each session lie beside the place of their condition."""

    middle: dict[str, float]
    width: float
    other: float
    """Where values without a session lie."""

    @classmethod
    def of(cls, sessions: tuple[str, ...], mm: float) -> Lanes:
        """A lane for each session where `mm` millimetres of a condition are enough for that."""
        low, high = _ROOM
        centre, n = (low + high) / 2, max(len(sessions), 1)
        each = (high - low) / n
        if each * mm < _NARROWEST_LANE_MM:
            return cls(dict.fromkeys(sessions, centre), high - low, centre)
        middles = {name: low + each * (k + 0.5) for k, name in enumerate(sessions)}
        return cls(middles, each * 0.9, centre)

    def at(self, session: str) -> float:
        return self.middle.get(session, self.other)


@styled
def superplot(
    cells: pd.DataFrame,
    measure: str,
    conditions: pd.DataFrame | None = None,
    key: Key | None = None,
    *,
    units: pd.DataFrame | None = None,
    cell: str = "cell",
    movie: str = "movie",
) -> Figure:
    """One measure by condition: small marks are cells, larger ones movies, the largest sessions.

    Each session has its marker and its lane. Its means stand white in the middle of the lanes and
    are joined by a line from condition to condition, so that the eye sees whether every session
    repeats the effect. The condition's mean with its 95 % interval stands at the right of its
    values. Means and intervals are taken from `conditions` and not computed: without that table
    there are none.

    Beyond 2000 cells, those of a condition and session are drawn as the outline of their spread,
    and a thousandth of the cells at either end may lie beyond the axis, which is told. For the
    bright ÷ dim ratio, a grey tick beside each cell marks what noise alone would give.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell. Cells without a value are counted out of n.
    measure : str
        Column of `cells`.
    conditions : pandas.DataFrame, optional
        Means over units with their intervals, of all sessions and of each.
    key : Key, optional
        Colours, markers and order; from `cells` by default.
    units : pandas.DataFrame, optional
        Means of movies of this measure, as statistics count them. Where no movie has several cells,
        cells are movies, and are drawn as those are.
    cell, movie : str
        What to call a row of `cells`, and a movie.

    References
    ----------
    Lord et al. 2020, https://doi.org/10.1083/jcb.202001064
    """
    key = key or Key.of(cells)
    if not has_values(cells, measure):
        return nothing(f"No cell has a {label(measure)}.")
    cells = cells[np.isfinite(numbers(cells, measure))]
    present = set(texts(cells, Col.CONDITION))
    names = [name for name in key.conditions if name in present] or [""]
    width = _width(len(names), len(key.sessions))
    drawn = figure(width, 76)
    axes = drawn.subplots()
    lanes = Lanes.of(key.sessions, (width - 16) / len(names))
    several = units is not None and bool((numbers(units, Col.N_CELLS) > 1).any())
    shapes = as_shapes(len(cells))
    noisy = _noisy(cells, measure) and not shapes
    for place, name in enumerate(names):
        group = only(cells, condition=name) if name else cells
        for session in unique(texts(group, Col.SESSION)) or [""]:
            rows = only(group, session=session) if session else group
            _cells(axes, rows, measure, place + lanes.at(session), lanes, key, name, session,
                   small=several, shapes=shapes, noisy=noisy)  # fmt: skip
        if several and units is not None:
            _units(axes, only(units, condition=name) if name else units, place, lanes, key, name)
    means = conditions if conditions is not None else pd.DataFrame()
    means = only(means, measure=measure)
    told = _sessions(axes, means, names, lanes, key) if len(key.sessions) > 1 else False
    for place, name in enumerate(names):
        _mean(axes, only(means, condition=name, session=ALL_SESSIONS), place)
    conditions_below(axes, names, [_counts(cells, name, cell, movie) for name in names], width - 14)
    axes.set_ylabel(axis_label(measure))
    beyond = _range(axes, measure, numbers(cells, measure), units, shapes=shapes)
    if beyond:
        axes.annotate(
            f"{number(beyond)} cells beyond the axis", (1, 1), xycoords="axes fraction",
            ha="right", va="bottom", fontsize=6, color=FAINT,
        )  # fmt: skip
    legend_above(drawn, _legend(key, noisy=noisy, sessions=told, mean=has_values(means, Col.MEAN)))
    return drawn


def _width(n_conditions: int, n_sessions: int) -> float:
    """A column of a journal where marks have room in it, else the page."""
    room = (COLUMN_MM - 16) * (_ROOM[1] - _ROOM[0]) / n_conditions / max(n_sessions, 1)
    return COLUMN_MM if n_conditions <= 5 and room > 1.6 * _NARROWEST_LANE_MM else PAGE_MM


def _noisy(cells: pd.DataFrame, measure: str) -> bool:
    return measure.startswith(Col.LAM_CYTO_RATIO) and has_values(
        cells, sibling(measure, Col.LAM_CYTO_RATIO_NOISE)
    )


def _cells(
    axes: Axes,
    rows: pd.DataFrame,
    measure: str,
    middle: float,
    lanes: Lanes,
    key: Key,
    name: str,
    session: str,
    *,
    small: bool,
    shapes: bool,
    noisy: bool,
) -> None:
    """The cells of one condition and session."""
    values, colour = numbers(rows, measure), key.colour(name)
    if shapes and len(values) >= FEWEST_IN_SHAPE:
        silhouette(axes, values, middle, width=lanes.width, colour=colour)
        return
    size = float(np.clip(1200 / max(len(values), 1), 2, 7 if small else 18))
    counting = flags(rows, Col.IN_STATISTICS, default=True)
    pale = np.where(counting, 0.45 if small else 0.85, 0.18)
    x, _ = dots(
        axes, values, middle, width=lanes.width, s=size, marker=key.marker(session), color=colour,
        alpha=pale, edgecolor="white", linewidth=0.0 if small else 0.3, zorder=2,
    )  # fmt: skip
    if noisy:
        noise = numbers(rows, sibling(measure, Col.LAM_CYTO_RATIO_NOISE))
        axes.scatter(x, noise, marker="_", s=14, color=FAINT, lw=0.8, zorder=1)


def _units(axes: Axes, units: pd.DataFrame, place: int, lanes: Lanes, key: Key, name: str) -> None:
    """The means of movies, in the lanes of their sessions."""
    many = len(units) > MOST_MARKS
    for session in unique(texts(units, Col.SESSION)) or [""]:
        rows = only(units, session=session) if session else units
        values = numbers(rows, Col.MEAN)
        dots(
            axes, values[np.isfinite(values)], place + lanes.at(session), width=lanes.width,
            s=5 if many else 22, marker=key.marker(session), color=key.colour(name),
            edgecolor=INK, linewidth=0.2 if many else 0.6, zorder=3,
        )  # fmt: skip


def _sessions(axes: Axes, means: pd.DataFrame, names: list[str], lanes: Lanes, key: Key) -> bool:
    """The mean of every session, joined from condition to condition; whether there are any."""
    told = False
    for session in key.sessions:
        rows = only(means, session=session)
        by_name = dict(zip(texts(rows, Col.CONDITION), numbers(rows, Col.MEAN), strict=True))
        y = np.asarray([by_name.get(name, np.nan) for name in names])
        x = np.arange(len(names)) + lanes.at(session)
        if not np.isfinite(y).any():
            continue
        told = True
        axes.plot(x, y, color=INK, lw=0.6, alpha=0.6, zorder=4)
        # Colour stays at the edge, so that the values below can be seen around it.
        axes.scatter(
            x, y, s=46 if lanes.width > 0.1 else 30, marker=key.marker(session), color="white",
            edgecolor=INK, linewidth=1.1, alpha=0.9, zorder=5,
        )  # fmt: skip
    return told


def _mean(axes: Axes, rows: pd.DataFrame, place: int) -> None:
    """The condition's mean and its interval, to the right of its values."""
    ends = (Col.MEAN, Col.MEAN_LOW, Col.MEAN_HIGH)
    at = place + _MEAN
    for mean, low, high in zip(*(numbers(rows, name) for name in ends), strict=True):
        if np.isfinite(mean):
            axes.plot([at - 0.07, at + 0.07], [mean, mean], color=INK, lw=1.8, zorder=6)
        if np.isfinite(low) and np.isfinite(high):
            axes.plot([at, at], [low, high], color=INK, lw=0.9, zorder=6)


def _counts(cells: pd.DataFrame, name: str, cell: str, movie: str) -> list[str]:
    """How many cells and movies a condition has."""
    group = only(cells, condition=name) if name else cells
    n_movies = len(set(texts(group, Col.MOVIE)) - {""})
    counting = int(flags(group, Col.IN_STATISTICS, default=True).sum())
    of = f"{number(counting)} of " if counting < len(group) else ""
    lines = [of + count(len(group), cell)]
    if n_movies and n_movies != len(group):
        lines.append(count(n_movies, movie))
    return lines


def _range(
    axes: Axes, measure: str, values: Floats, units: pd.DataFrame | None, *, shapes: bool
) -> int:
    """Set the ends of the axis; how many cells lie beyond them."""
    drawn_low, drawn_high = axes.dataLim.intervaly
    low, high = limits(values, shapes=shapes)
    if not shapes:
        low, high = drawn_low, drawn_high
    elif units is not None and has_values(units, Col.MEAN):
        means = limits(numbers(units, Col.MEAN), shapes=False)
        low, high = min(low, means[0]), max(high, means[1])
    if "ratio" in measure:
        axes.axhline(1, color=HAIR, lw=0.7, zorder=0)
        low = min(low, 0.97)
    margin = 0.05 * (high - low or abs(high) or 1.0)
    # An axis from 0 where that costs little: lengths above 0 compare by eye, and others do not.
    bottom = 0.0 if 0 <= low < 0.6 * high and "ratio" not in measure else low - margin
    axes.set_ylim(bottom, high + margin)
    return int(((values < bottom) | (values > high + margin)).sum())


def _legend(key: Key, *, noisy: bool, sessions: bool, mean: bool) -> list[Line2D]:
    handles = sessions_in_legend(key)
    if sessions:
        handles.append(
            Line2D([], [], marker="o", ls="-", lw=0.6, color=INK, mfc="white", ms=6, mew=1.1,
                   label=key.said("mean of a session"))
        )  # fmt: skip
    if mean:
        handles.append(Line2D([], [], marker="+", ls="", color=INK, ms=6, label="mean, 95 %"))
    if noisy:
        handles.append(Line2D([], [], marker="_", ls="", color=FAINT, ms=5, label="noise alone"))
    return handles
