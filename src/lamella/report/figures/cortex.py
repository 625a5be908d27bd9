"""The cortex of cells: around the cell and over time, and turned into the direction of movement."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.style import (
    COLUMN_MM,
    FAINT,
    HAIR,
    INK,
    Key,
    figure,
    legend_above,
    nothing,
    styled,
)
from lamella.report.tables import groups_of_movies, has, has_values, numbers, plain
from lamella.report.words import axis_label, number

FloatArray = NDArray[np.float64]

MOST_LINES = 60
"""Of more cells, only the mean of each condition is drawn."""

_MAP = "viridis"


@styled
def cortex_map(
    cortex: pd.DataFrame,
    frames: pd.DataFrame | None = None,
    *,
    measure: str = Col.CORTEX_MEAN,
    title: str = "",
) -> Figure:
    """Intensity of one cell's cortex by angle (upwards) and time, as colours.

    Angles run from −180° to 180°, 0 along +x, growing towards +y, which is downwards in the image.
    Where movement is known, a dot marks its direction: a cortex that leads is bright under the
    dots. Frames in which the cell was not measured stay empty.

    Parameters
    ----------
    cortex : DataFrame
        The table ``cortex``, rows of one cell.
    frames : DataFrame, optional
        Rows of the same cell, with `Col.WINDOW_MOVEMENT_ANGLE`.
    measure : str
        Column of `cortex`, such as that of one channel.
    """
    if not has(cortex, Col.CORTEX_ANGLE, Col.FRAME) or not has_values(cortex, measure):
        return nothing("No cortex was measured.")
    time, of = _times(cortex)
    grid = cortex.assign(_t=time).pivot_table(
        index=Col.CORTEX_ANGLE, columns="_t", values=measure, aggfunc="mean", dropna=False
    )
    angle = (grid.index.to_numpy(np.float64) + 180) % 360 - 180
    order = np.argsort(angle)
    angle, step = angle[order], 360 / len(angle)
    known = grid.columns.to_numpy(np.float64)
    between = float(np.median(np.diff(known))) if len(known) > 1 else 1.0
    # Missing frames are columns of their own, so that none is stretched over a gap.
    every = np.arange(round(np.ptp(known) / between) + 1) * between + known[0]
    values = np.full((len(angle), len(every)), np.nan)
    values[:, np.rint((known - known[0]) / between).astype(int)] = grid.to_numpy(np.float64)[order]
    # Angles begin at −180° with half a sector; what lies beyond it stands at the other end.
    values = np.vstack([values, values[:1]])
    drawn = figure(COLUMN_MM * 1.35, 62)
    axes = drawn.subplots()
    low, high = np.nanpercentile(values, [2, 98]) if np.isfinite(values).any() else (0, 1)
    mesh = axes.pcolormesh(
        np.append(every, every[-1] + between) - between / 2,
        np.append(angle, angle[0] + 360 + np.array([0, step])) - step / 2,
        values,
        cmap=_MAP,
        vmin=low,
        vmax=high if high > low else low + 1,
        rasterized=True,
    )
    axes.set_ylim(-180, 180)
    if frames is not None and has_values(frames, Col.WINDOW_MOVEMENT_ANGLE):
        at, _ = _times(frames)
        way = numbers(frames, Col.WINDOW_MOVEMENT_ANGLE)
        axes.plot(at, way, ls="", marker="o", ms=2.6, color="white", mec=INK, mew=0.5, clip_on=True,
                  label="movement")  # fmt: skip
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), borderpad=0, handlelength=1)
    axes.yaxis.set_major_locator(FixedLocator([-180, -90, 0, 90, 180]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{number(round(value))}°"))
    axes.set_ylabel("Angle around the centroid")
    axes.set_xlabel(of)
    axes.set_title(title)
    bar = drawn.colorbar(mesh, ax=axes, pad=0.02, aspect=30)
    bar.set_label(axis_label(measure))
    bar.outline.set_visible(False)
    return drawn


@styled
def cortex_by_movement(
    cortex_mean: pd.DataFrame,
    cells: pd.DataFrame | None = None,
    key: Key | None = None,
    *,
    measure: str = Col.CORTEX_RELATIVE,
) -> Figure:
    """Mean profile of every cell's cortex, turned so that the cell moves towards 0°.

    A thin line per cell, a thick one per condition (mean of its cells), 1 = the cell's own mean. A
    peak in the middle: the signal leads.

    Parameters
    ----------
    cortex_mean : DataFrame
        The table ``cortex_mean``.
    cells : DataFrame, optional
        Condition of each movie, where the table has none.
    measure : str
        Its column, such as that of one channel.
    """
    if not has(cortex_mean, Col.CORTEX_TO_MOVEMENT) or not has_values(cortex_mean, measure):
        return nothing("No cell has a cortex and a movement.")
    cells = cortex_mean if cells is None else cells
    key = key or Key.of(cells)
    drawn = figure(COLUMN_MM, 62)
    axes = drawn.subplots()
    if measure.partition("__")[0] == Col.CORTEX_RELATIVE:
        axes.axhline(1, color=HAIR, lw=0.8, zorder=0)
    axes.axvline(0, color=HAIR, lw=0.8, zorder=0)
    _lines(axes, cortex_mean, cells, key, measure)
    axes.set_xlim(-180, 180)
    axes.xaxis.set_major_locator(FixedLocator([-180, -90, 0, 90, 180]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{number(round(value))}°"))
    axes.set_xlabel("Angle from the direction of movement")
    axes.set_ylabel(axis_label(measure))
    for at, word in ((0, "front"), (-180, "back"), (180, "back")):
        axes.annotate(word, (at, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
                      textcoords="offset points", ha="center", fontsize=6, color=FAINT)  # fmt: skip
    handles = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
    if len(handles) > 1:
        legend_above(drawn, handles)
    return drawn


def _lines(axes: Axes, table: pd.DataFrame, cells: pd.DataFrame, key: Key, measure: str) -> None:
    keys = [name for name in (Col.MOVIE, Col.OBJECT, Col.CELL) if name in table.columns]
    groups = groups_of_movies(cells, pd.DataFrame())
    profiles: dict[str, list[FloatArray]] = {}
    angle = np.sort(np.unique(numbers(table, Col.CORTEX_TO_MOVEMENT)))
    for name, rows in table.groupby(keys, sort=False):
        movie = plain(name[0]) if isinstance(name, tuple) and Col.MOVIE in keys else ""
        rows = rows.sort_values(Col.CORTEX_TO_MOVEMENT)
        values = numbers(rows, measure)
        if len(values) == len(angle) and np.isfinite(values).any():
            profiles.setdefault(groups.get(movie, ("", ""))[0], []).append(values)
    few = sum(map(len, profiles.values())) <= MOST_LINES
    # The profile goes round: its first point stands at both ends.
    around = np.append(angle, angle[0] + 360)
    for condition in [c for c in (*key.conditions, "") if c in profiles]:
        stack = np.array(profiles[condition])
        colour = key.colour(condition)
        if few:
            for values in stack:
                axes.plot(around, np.append(values, values[0]), color=colour, lw=0.5, alpha=0.4)
        with_value = np.isfinite(stack)
        n = with_value.sum(axis=0)
        mean = np.divide(
            np.where(with_value, stack, 0).sum(axis=0), n, out=np.full(len(angle), np.nan),
            where=n > 0,
        )  # fmt: skip
        axes.plot(around, np.append(mean, mean[0]), color=colour, lw=1.8,
                  label=condition or "all cells")  # fmt: skip


def _times(table: pd.DataFrame) -> tuple[FloatArray, str]:
    """Time of every row and its name, or the frame where no time is known."""
    if has_values(table, Col.TIME_MIN):
        return numbers(table, Col.TIME_MIN), "Time (min)"
    return numbers(table, Col.FRAME), "Frame"
