"""Whether intensity at the edge follows its movement."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lamella.core.table import Col
from lamella.report.style import COLOURS, COLUMN_MM, HAIR, figure, nothing, styled
from lamella.report.tables import has, has_values, numbers, texts, unique


@styled
def edge_lag(lags: pd.DataFrame, *, title: str = "") -> Figure:
    """Correlation of movement with intensity over lags, a line per channel of one cell.

    To the right of 0 intensity comes after movement, to the left before it. The band is the 95 %
    interval of the mean over independent positions.

    Parameters
    ----------
    lags : DataFrame
        Rows of the finer table ``edge_lags`` of a single cell.
    title : str
    """
    if not has(lags, Col.EDGE_LAG_FRAMES) or not has_values(lags, Col.EDGE_CORRELATION):
        return nothing("Too few frames to hold intensity against movement.")
    in_min = has_values(lags, Col.EDGE_LAG_MIN)
    across = Col.EDGE_LAG_MIN if in_min else Col.EDGE_LAG_FRAMES
    drawn = figure(COLUMN_MM, 60)
    axes = drawn.subplots()
    axes.axhline(0, color=HAIR, lw=0.6, zorder=0)
    axes.axvline(0, color=HAIR, lw=0.6, zorder=0)
    channels = unique(texts(lags, Col.EDGE_CHANNEL)) or [""]
    for channel, colour in zip(channels, COLOURS, strict=False):
        rows = lags[[name == channel for name in texts(lags, Col.EDGE_CHANNEL)]]
        rows = rows.sort_values(Col.EDGE_LAG_FRAMES)
        x = numbers(rows, across)
        axes.fill_between(
            x,
            numbers(rows, Col.EDGE_CORRELATION_LOW),
            numbers(rows, Col.EDGE_CORRELATION_HIGH),
            color=colour,
            alpha=0.18,
            lw=0,
        )
        axes.plot(x, numbers(rows, Col.EDGE_CORRELATION), "o-", ms=2.2, color=colour, label=channel)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=not in_min))
    axes.set_xlabel(f"Intensity after movement ({'min' if in_min else 'frames'})")
    axes.set_ylabel("Correlation")
    if any(channels):
        axes.legend(loc="best")
    if title:
        axes.set_title(title)
    return drawn
