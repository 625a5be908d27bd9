"""Every cell as a dot, by condition and session, with the mean and its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.style import (
    COLUMN_MM,
    FAINT,
    HAIR,
    INK,
    PAGE_MM,
    Key,
    figure,
    nothing,
    styled,
    swarm,
)
from lamella.report.tables import (
    ALL_SESSIONS,
    flags,
    has_values,
    numbers,
    only,
    sibling,
    texts,
    unique,
)
from lamella.report.words import axis_label, label

SPEEDS: tuple[str, ...] = (Col.MEAN_SPEED, Col.MEAN_STEP_UM, Col.MEAN_STEP_PX)
"""Measures of speed, the best first: the others stand in where interval or scale is unknown."""


def speed_measure(cells: pd.DataFrame) -> str | None:
    """The best measure of speed which has values; None where none has."""
    return next((name for name in SPEEDS if has_values(cells, name)), None)


@styled
def dots_by_condition(
    cells: pd.DataFrame,
    measure: str,
    conditions: pd.DataFrame | None = None,
    key: Key | None = None,
    *,
    units: pd.DataFrame | None = None,
) -> Figure:
    """One measure of every cell, by condition; the marker is the session.

    The mean and its 95 % interval are taken from `conditions` and not computed: without that
    table, none is drawn. For the bright ÷ dim ratio, a grey tick beside each dot marks the ratio
    that noise alone would give. Cells without a value are counted out of n.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell.
    measure : str
        Column of `cells`.
    conditions : pandas.DataFrame, optional
        Means over units with their intervals.
    key : Key, optional
        Colours, markers and order; from `cells` by default.
    units : pandas.DataFrame, optional
        Means of movies of this measure, as statistics count them. Where movies have several cells
        they are drawn as large marks over the cells, which are small, and pale where they are too
        short to count (Lord et al. 2020, https://doi.org/10.1083/jcb.202001064).
    """
    key = key or Key.of(cells)
    several = units is not None and bool((numbers(units, Col.N_CELLS) > 1).any())
    if not has_values(cells, measure):
        return nothing(f"No cell has a {label(measure)}.")
    cells = cells[np.isfinite(numbers(cells, measure))]
    names = [name for name in key.conditions if name in texts(cells, Col.CONDITION)]
    names = names or [""]
    drawn = figure(COLUMN_MM if len(names) <= 5 else PAGE_MM, 72)
    axes = drawn.subplots()
    noisy = False
    for place, name in enumerate(names):
        group = only(cells, condition=name) if name else cells
        noisy |= _dots(axes, group, measure, place, key, name, small=several)
        if several and units is not None:
            _units(axes, only(units, condition=name) if name else units, place, key, name)
        if conditions is not None:
            _mean(axes, only(conditions, measure=measure, condition=name), place)
    axes.set_xticks(range(len(names)), [_under(cells, name) for name in names])
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylabel(axis_label(measure))
    _range(axes, measure)
    handles = _legend(key, noisy=noisy, mean=conditions is not None and len(conditions) > 0)
    if handles:
        drawn.legend(handles=handles, loc="outside upper left", ncols=4)
    return drawn


def _lanes(key: Key) -> tuple[NDArray[np.float64], float]:
    """Where the dots of each session lie beside the middle of a condition, and how wide."""
    many = len(key.sessions) > 4
    lanes = np.zeros(len(key.sessions) or 1)
    if not many and len(lanes) > 1:
        lanes = np.linspace(-0.24, 0.24, len(lanes))
    return lanes, 0.7 if many or len(lanes) == 1 else 0.42 / len(lanes)


def _units(axes: Axes, units: pd.DataFrame, place: int, key: Key, name: str) -> None:
    """The means of movies, in the lanes of their sessions."""
    lanes, width = _lanes(key)
    for session in unique(texts(units, Col.SESSION)) or [""]:
        rows = only(units, session=session) if session else units
        lane = lanes[key.sessions.index(session)] if session in key.sessions else 0.0
        values = numbers(rows, Col.MEAN)
        axes.scatter(
            place + lane + swarm(values, width=width),
            values,
            s=34,
            marker=key.marker(session),
            color=key.colour(name),
            edgecolor=INK,
            linewidth=0.8,
            zorder=3,
        )


def _dots(
    axes: Axes,
    group: pd.DataFrame,
    measure: str,
    place: int,
    key: Key,
    name: str,
    *,
    small: bool,
) -> bool:
    """Draw the dots of one condition, a lane per session; whether noise ticks were drawn."""
    sessions = [s for s in key.sessions if s in texts(group, Col.SESSION)] or [""]
    lanes, width = _lanes(key)
    size = float(np.clip(2200 / max(len(group), 1), 2, 9 if small else 16))
    noise_name = sibling(measure, Col.LAM_CYTO_RATIO_NOISE)
    noisy = measure.startswith(Col.LAM_CYTO_RATIO) and has_values(group, noise_name)
    for session in sessions:
        rows = only(group, session=session) if session else group
        values = numbers(rows, measure)
        lane = lanes[key.sessions.index(session)] if session else 0.0
        x = place + lane + swarm(values, width=width)
        if noisy:
            noise = numbers(rows, noise_name)
            axes.scatter(x, noise, marker="_", s=14, color=FAINT, lw=0.8, zorder=1)
        counts = flags(rows, Col.IN_STATISTICS, default=True)
        for of, alpha in ((counts, 0.85 if len(group) < 200 else 0.5), (~counts, 0.35)):
            axes.scatter(
                x[of],
                values[of],
                s=size,
                marker=key.marker(session),
                color=key.colour(name),
                alpha=alpha * (0.75 if small and len(group) < 200 else 1),
                edgecolor="white",
                linewidth=0.3,
                zorder=2,
            )
    return noisy


def _mean(axes: Axes, rows: pd.DataFrame, place: int) -> None:
    rows = only(rows, session=ALL_SESSIONS)
    for mean, low, high in zip(
        numbers(rows, Col.MEAN),
        numbers(rows, Col.MEAN_LOW),
        numbers(rows, Col.MEAN_HIGH),
        strict=True,
    ):
        if np.isfinite(mean):
            axes.plot([place - 0.14, place + 0.14], [mean, mean], color=INK, lw=1.6, zorder=4)
        if np.isfinite(low) and np.isfinite(high):
            axes.plot([place, place], [low, high], color=INK, lw=0.9, zorder=4)


def _under(cells: pd.DataFrame, name: str) -> str:
    group = only(cells, condition=name) if name else cells
    n_movies = len(set(texts(group, Col.MOVIE)))
    counting = int(flags(group, Col.IN_STATISTICS, default=True).sum())
    of = f"{counting} of " if counting < len(group) else ""
    lines = [name, f"{of}{len(group)} cells" if len(group) != 1 else "1 cell"]
    if n_movies and n_movies != len(group):
        lines.append(f"{n_movies} movies" if n_movies != 1 else "1 movie")
    return "\n".join(line for line in lines if line)


def _range(axes: Axes, measure: str) -> None:
    if "ratio" in measure:
        axes.axhline(1, color=HAIR, lw=0.7, zorder=0)
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, 0.95), high)
    elif axes.get_ylim()[0] < 0.6 * axes.get_ylim()[1]:
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]) if _negative(axes) else 0.0)


def _negative(axes: Axes) -> bool:
    return bool(axes.dataLim.y0 < 0)


def _legend(key: Key, *, noisy: bool, mean: bool) -> list[Line2D]:
    handles = []
    if len(key.sessions) > 1:
        handles = [
            Line2D([], [], marker=key.marker(s), ls="", color=FAINT, ms=4, label=s)
            for s in key.sessions
        ]
    if mean:
        handles.append(Line2D([], [], marker="+", ls="", color=INK, ms=6, label="mean, 95 %"))
    if noisy:
        handles.append(Line2D([], [], marker="_", ls="", color=FAINT, ms=5, label="noise alone"))
    return handles
