"""The bright part of each cell against its dim part."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lamella.core.table import Col
from lamella.report.figures.log_axis import plain_ticks
from lamella.report.style import (
    COLUMN_MM,
    FAINT,
    HAIR,
    Key,
    figure,
    legend_above,
    nothing,
    sessions_in_legend,
    styled,
)
from lamella.report.tables import TRACK_KEYS, groups_of_movies, has, numbers, plain, sibling, texts
from lamella.report.words import axis_label

GUIDES = (2.0, 3.0)


@styled
def lam_versus_cyto(
    table: pd.DataFrame,
    lam: str = Col.LAM_MEAN,
    cells: pd.DataFrame | None = None,
    key: Key | None = None,
) -> Figure:
    """Mean of the bright part against mean of the dim part, a mark per cell, log axes.

    A ratio is a distance from the diagonal: cells along one guide line have the same ratio at any
    brightness. Means that are not positive have no place on log axes; they are counted below.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per cell; or one per cell and frame, of which each cell's mean is drawn.
    lam : str
        Column of the bright mean; the dim mean is taken from the same channel.
    cells : pandas.DataFrame, optional
        Condition and session of each movie, where `table` has none.
    key : Key, optional
        Colours and markers; from `cells` by default.
    """
    cyto = sibling(lam, Col.CYTO_MEAN)
    if not has(table, lam, cyto, Col.MOVIE):
        return nothing("No bright and dim means were measured.")
    if Col.FRAME in table.columns:
        keys = [name for name in TRACK_KEYS if name in table.columns]
        table = table.groupby(keys, sort=False)[[lam, cyto]].mean().reset_index()
    cells = table if cells is None else cells
    key = key or Key.of(cells)
    x, y = numbers(table, cyto), numbers(table, lam)
    known = np.isfinite(x) & np.isfinite(y)
    shown = known & (x > 0) & (y > 0)
    if not shown.any():
        return nothing("No cell has a positive bright and dim mean.")
    drawn = figure(COLUMN_MM, 88)
    axes = drawn.subplots()
    low = 10 ** (np.log10(min(x[shown].min(), y[shown].min())) - 0.08)
    high = 10 ** (np.log10(max(x[shown].max(), y[shown].max())) + 0.08)
    for guide in (1.0, *GUIDES):
        axes.plot(
            [low, high],
            [low * guide, high * guide],
            color=FAINT if guide == 1 else HAIR,
            lw=0.8 if guide == 1 else 0.6,
            zorder=0,
        )
        # Named where the line leaves the panel: at its top, or at the right for the diagonal.
        axes.annotate(
            f"{guide:g}×", (high / guide, high), xytext=(0, 2), textcoords="offset points",
            ha="center", fontsize=6, color=FAINT, annotation_clip=False,
        )  # fmt: skip
    groups = groups_of_movies(cells, pd.DataFrame())
    members = [groups.get(plain(movie), ("", "")) for movie in texts(table, Col.MOVIE)]
    for group in dict.fromkeys(members):
        of = shown & np.asarray([member == group for member in members])
        axes.scatter(
            x[of],
            y[of],
            s=16,
            marker=key.marker(group[1]),
            color=key.colour(group[0]),
            alpha=0.85,
            edgecolor="white",
            linewidth=0.3,
            zorder=2,
        )
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        plain_ticks(axis, high / low)
    axes.set_xlabel(axis_label(cyto))
    axes.set_ylabel(axis_label(lam))
    left_out = int((known & ~shown).sum())
    if left_out:
        axes.text(
            0.98,
            0.02,
            f"{left_out} not positive, not shown",
            transform=axes.transAxes,
            ha="right",
            fontsize=6,
            color=FAINT,
        )
    legend_above(drawn, _legend(key))
    return drawn


def _legend(key: Key) -> list[Line2D]:
    conditions = [
        Line2D([], [], marker="o", ls="", color=key.colour(name), ms=4, label=name)
        for name in key.conditions
    ]
    return [*conditions, *sessions_in_legend(key)]
