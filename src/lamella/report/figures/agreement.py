"""Two analyses cell by cell: the difference against the mean of both (Bland–Altman)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lamella.core.table import Col
from lamella.report.figures.panels import panels
from lamella.report.style import COLOURS, FAINT, HAIR, INK, nothing, styled
from lamella.report.tables import has_values, numbers, only, texts, unique
from lamella.report.words import decimals, in_brackets, label, number

_MANY = 2000


@styled
def bland_altman(matched: pd.DataFrame, agreement: pd.DataFrame) -> Figure:
    """A dot per cell and a panel per measure: bias (line) and limits of agreement (dashed).

    Shaded are their 95 % intervals. Nothing is computed here.

    Parameters
    ----------
    matched : pandas.DataFrame
        Rows of matched_cells.csv of two analyses and one kind of object.
    agreement : pandas.DataFrame
        Their rows of agreement.csv.
    """
    measures = [
        m
        for m in unique(texts(agreement, Col.MEASURE))
        if has_values(only(matched, measure=m), Col.VALUE_DIFFERENCE)
    ]
    if not measures:
        return nothing("No cell has a value in both analyses.")
    drawn, axes = panels(len(measures), height_mm=52)
    for panel, measure in zip(axes, measures, strict=True):
        _panel(panel, only(matched, measure=measure), only(agreement, measure=measure))
        panel.set_title(label(measure), pad=13)
        panel.set_xlabel(f"mean of both{in_brackets(measure)}")
        panel.set_ylabel("difference")
    return drawn


def _panel(axes: Axes, cells: pd.DataFrame, row: pd.DataFrame) -> None:
    middle, difference = numbers(cells, Col.MEAN_OF_BOTH), numbers(cells, Col.VALUE_DIFFERENCE)
    many = len(cells) > _MANY
    axes.axhline(0, color=HAIR, lw=0.6, zorder=0)
    axes.scatter(
        middle,
        difference,
        s=2 if many else 9,
        color=COLOURS[0],
        alpha=0.25 if many else 0.75,
        lw=0,
        rasterized=many,
        zorder=2,
    )
    for name, dashes in ((Col.BIAS, "-"), (Col.LIMIT_LOW, "--"), (Col.LIMIT_HIGH, "--")):
        value, low, high = (numbers(row, f"{name}{end}")[0] for end in ("", "_low", "_high"))
        if not np.isfinite(value):
            continue
        axes.axhline(value, color=INK, lw=0.9, ls=dashes, zorder=3)
        if np.isfinite(low) and np.isfinite(high):
            axes.axhspan(low, high, color=FAINT, alpha=0.22, lw=0, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    told = f"n = {number(int(numbers(row, Col.N_MATCHED)[0]))}"
    if has_values(row, Col.CONCORDANCE):
        told += f", concordance {decimals(numbers(row, Col.CONCORDANCE)[0])}"
    axes.text(0, 1.01, told, transform=axes.transAxes, va="bottom", fontsize=6.5, color=FAINT)
