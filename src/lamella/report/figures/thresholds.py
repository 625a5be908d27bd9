"""The measure that positives are told by, plate by plate, with its threshold."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.figures.log_axis import plain_ticks
from lamella.report.figures.marks import TAIL, spans_decades
from lamella.report.figures.panels import panels
from lamella.report.style import COLOURS, FAINT, INK, legend_above, nothing, styled
from lamella.report.tables import has, has_values, numbers, only, texts, unique
from lamella.report.words import axis_label, count, label, number, shortened

MOST_PLATES = 12
_BINS = 60
_PANEL_MM = 46.0

Floats = NDArray[np.float64]


@styled
def threshold_panels(
    cells: pd.DataFrame,
    thresholds: pd.DataFrame,
    *,
    by: str | None = Col.SESSION,
    controls: Collection[str] = (),
) -> Figure:
    """How one measure is spread on every plate, and where its threshold lies.

    Grey: all objects; outlined: those of the control wells; line: the threshold, with a band for
    its 95 % interval; above, the share beyond it. Where a threshold was refused, the panel says
    why. A thousandth of the objects at either end may lie beyond the axis; the axis is one of
    logarithms where values span decades.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per object.
    thresholds : pandas.DataFrame
        One row per plate, of one name of `positives`.
    by : str, optional
        Column of `cells` that names the plate; None = one threshold for all.
    controls : collection of str
        Conditions or wells of the negative controls.
    """
    if not has(thresholds, Col.MEASURE, Col.PLATE):
        return nothing("No threshold was asked for.")
    measure = texts(thresholds, Col.MEASURE)[0]
    kinds = unique(texts(thresholds, Col.OBJECT))
    cells = only(cells, object=kinds[0]) if kinds else cells
    if not has_values(cells, measure):
        return nothing(f"No object has a {label(measure)}.")
    cells = cells[np.isfinite(numbers(cells, measure))]
    plates = texts(thresholds, Col.PLATE)
    shown = plates[:MOST_PLATES]
    every = numbers(cells, measure)
    log = spans_decades(every)
    inner = every[every > 0] if log else every
    low, high = np.percentile(inner, (TAIL, 100 - TAIL))
    known = numbers(thresholds, Col.THRESHOLD)
    known = known[np.isfinite(known) & ((known > 0) | (not log))]
    low, high = float(np.min([low, *known])), float(np.max([high, *known]))
    if low == high:
        low, high = low - 0.5, high + 0.5
        log = log and low > 0
    edges = np.geomspace(low, high, _BINS + 1) if log else np.linspace(low, high, _BINS + 1)
    drawn, grid = panels(len(shown), height_mm=_PANEL_MM)
    for axes, plate in zip(grid, shown, strict=True):
        rows = only(thresholds, plate=plate)
        of_plate = cells if by is None or by not in cells else only(cells, **{by: plate})
        _objects(axes, of_plate, measure, edges, controls)
        _threshold(axes, rows, measure)
        axes.set(xlim=(edges[0], edges[-1]), yticks=[])
        axes.spines["left"].set_visible(False)
        if log:
            axes.set_xscale("log")
            plain_ticks(axes.xaxis, high / low)
    for axes in grid[-min(len(shown), 3) :]:
        axes.set_xlabel(axis_label(measure))
    if len(plates) > len(shown):
        drawn.text(1, 0, f"{count(len(plates) - len(shown), 'plate')} not shown", ha="right",
                   va="bottom", fontsize=6, color=FAINT)  # fmt: skip
    handles: list[Line2D | Patch] = [Patch(color=FAINT, alpha=0.5, label="all objects")]
    if controls:
        handles.append(Line2D([], [], color=COLOURS[1], lw=1.2, label="controls"))
    handles.append(Line2D([], [], color=INK, lw=1.2, label="threshold, 95 %"))
    legend_above(drawn, handles)
    return drawn


def _objects(
    axes: Axes, cells: pd.DataFrame, measure: str, edges: Floats, controls: Collection[str]
) -> None:
    """Both outlines have the height of their own largest bin: shapes are compared, not numbers."""
    counts, _ = np.histogram(numbers(cells, measure), edges)
    top = max(counts.max(), 1)
    axes.stairs(counts / top, edges, fill=True, color=FAINT, alpha=0.5)
    wanted = set(controls)
    own = [
        condition in wanted or well in wanted
        for condition, well in zip(texts(cells, Col.CONDITION), texts(cells, Col.WELL), strict=True)
    ]
    of_controls, _ = np.histogram(numbers(cells, measure)[np.asarray(own, bool)], edges)
    if of_controls.any():
        axes.stairs(of_controls / of_controls.max(), edges, color=COLOURS[1], lw=1.2)
    axes.set_ylim(0, 1.08)


def _threshold(axes: Axes, rows: pd.DataFrame, measure: str) -> None:
    plate = texts(rows, Col.PLATE)[0]
    names = (Col.THRESHOLD, Col.THRESHOLD_LOW, Col.THRESHOLD_HIGH, Col.POSITIVE_FRACTION)
    value, low, high, share = (float(numbers(rows, name)[0]) for name in names)
    verdict = texts(rows, Col.VERDICT)[0]
    axes.set_title(shortened(plate), pad=11)
    if not np.isfinite(value):
        said = verdict or "no threshold was found"
    else:
        if np.isfinite(low + high):
            axes.axvspan(low, high, color=INK, alpha=0.15, linewidth=0)
        axes.axvline(value, color=INK, lw=1.2)
        side = "below" if texts(rows, Col.SIDE)[0] == "below" else "above"
        said = f"{number(100 * share)} % {side} {number(value)}"
    words = axes.annotate(
        shortened(said, 64), (0, 1), xytext=(0, 2), xycoords="axes fraction", va="bottom",
        textcoords="offset points", fontsize=6.5, color=INK,
    )  # fmt: skip
    words.set_in_layout(False)
