"""Kymographs: what each place on a cell's edge does over time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from lamella.core.table import Col
from lamella.report.kymograph import is_signed, kymograph, movement
from lamella.report.style import HAIR, INK, PAGE_MM, figure, nothing, styled
from lamella.report.tables import has, has_values, per_channel
from lamella.report.words import label, unit

CONTACT = HAIR


@styled
def edge_map(edge: pd.DataFrame, *, title: str = "") -> Figure:
    """Velocity, curvature and intensity of one cell over place and time, a panel each.

    Time runs to the right, position on the edge upwards, from the followed origin. Velocity and
    curvature have colours on both sides of a white 0, as far to one side as to the other. Edge that
    is not free, and what was not measured, is grey; a line stands where positions start anew.

    Parameters
    ----------
    edge : DataFrame
        Rows of the finer table ``edge`` of a single cell.
    title : str
        Above the figure, such as movie and cell.
    """
    if not has(edge, Col.FRAME, Col.EDGE_POSITION):
        return nothing("No edge was followed.")
    curvature = Col.EDGE_CURVATURE if has_values(edge, Col.EDGE_CURVATURE) else (
        Col.EDGE_CURVATURE_PX
    )  # fmt: skip
    names = [movement(edge), curvature, *per_channel(edge, Col.EDGE_BAND_MEAN)]
    names = [name for name in names if has_values(edge, name)]
    if not names:
        return nothing("The edge was never measured.")
    drawn = figure(PAGE_MM, 44 * len(names) + 12)
    panels = drawn.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        _panel(drawn, axes, edge, name)
    panels[-1].set_xlabel("Time (min)" if has_values(edge, Col.TIME_MIN) else "Frame")
    if title:
        drawn.suptitle(title, fontsize=8, x=0.01, ha="left")
    return drawn


def _panel(drawn: Figure, axes: Axes, edge: pd.DataFrame, name: str) -> None:
    signed, drawn_as = is_signed(name), kymograph(edge, name)
    drawing = axes.pcolormesh(
        drawn_as.borders,
        np.linspace(0, 100, drawn_as.values.shape[0] + 1),
        drawn_as.values,
        cmap=_colours(signed=signed),
        vmin=drawn_as.low,
        vmax=drawn_as.high,
        rasterized=True,
    )
    for run_begins in drawn_as.runs:
        axes.axvline(run_begins, color=INK, lw=0.6)
    axes.set_facecolor(CONTACT)
    axes.set_ylabel("Position (% of edge)")
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_title(_title(name), fontsize=7.5)
    bar = drawn.colorbar(drawing, ax=axes, pad=0.01, aspect=12, extend="both" if signed else "max")
    bar.set_label(unit(name) or label(name), fontsize=7)
    bar.outline.set_linewidth(0.4)


def _title(name: str) -> str:
    words = {
        Col.EDGE_VELOCITY: "Velocity of the edge, protrusion red, retraction blue",
        Col.EDGE_STEP_PX: "Movement of the edge, protrusion red, retraction blue",
        Col.EDGE_CURVATURE: "Curvature, convex red, concave blue",
        Col.EDGE_CURVATURE_PX: "Curvature, convex red, concave blue",
    }
    if name in words:
        return words[Col.describe(name)]
    channel = name.partition("__")[2]
    return f"Intensity along the edge{f', {channel}' if channel else ''}"


def _colours(*, signed: bool) -> Colormap:
    return colormaps["RdBu_r" if signed else "magma"].with_extremes(bad=CONTACT)
