"""Kymographs: what each place on a cell's edge does over time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.style import HAIR, INK, PAGE_MM, figure, nothing, styled
from lamella.report.tables import has, has_values, numbers, per_channel
from lamella.report.words import label, unit

SHARE = 96.0
"""Per cent of the values that a colour scale spans; what lies beyond has its end's colour."""
CONTACT = HAIR


def movement(table: pd.DataFrame) -> str:
    """The column of the edge's movement: per minute where that is known, else per frame."""
    return Col.EDGE_VELOCITY if has_values(table, Col.EDGE_VELOCITY) else Col.EDGE_STEP_PX


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
    signed = not name.startswith(Col.EDGE_BAND_MEAN)
    frames, values = _as_image(edge, name)
    if name in (Col.EDGE_VELOCITY, Col.EDGE_STEP_PX):
        _, contact = _as_image(edge, Col.EDGE_CONTACT)
        values = np.where(contact > 0, np.nan, values)
    low, high = _limits(values, signed=signed)
    times = _times(edge, frames)
    borders = _borders(times)
    drawing = axes.pcolormesh(
        borders,
        np.linspace(0, 100, values.shape[0] + 1),
        values,
        cmap=_colours(signed=signed),
        vmin=low,
        vmax=high,
        rasterized=True,
    )
    for run_begins in _run_borders(edge, frames, borders):
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


def _as_image(edge: pd.DataFrame, name: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Frames from the first to the last, and values by (position, frame); NaN where none are."""
    frame, position = (
        numbers(edge, column).astype(np.int64) for column in (Col.FRAME, Col.EDGE_POSITION)
    )
    frames = np.arange(frame.min(), frame.max() + 1)
    image = np.full((int(position.max()) + 1, len(frames)), np.nan)
    image[position, frame - frames[0]] = numbers(edge, name)
    return frames, image


def _times(edge: pd.DataFrame, frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """Time of every frame in minutes, frames of a gap in between; frame numbers where unknown."""
    if not has_values(edge, Col.TIME_MIN):
        return frames.astype(np.float64)
    known = edge.drop_duplicates(Col.FRAME).sort_values(Col.FRAME)
    return np.interp(frames, numbers(known, Col.FRAME), numbers(known, Col.TIME_MIN))


def _borders(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the column of each frame begins, and the last one ends: halfway between times."""
    if len(times) == 1:
        return np.array([times[0] - 0.5, times[0] + 0.5])
    middle = (times[1:] + times[:-1]) / 2
    return np.concatenate([[2 * times[0] - middle[0]], middle, [2 * times[-1] - middle[-1]]])


def _limits(values: NDArray[np.float64], *, signed: bool) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return -1.0, 1.0
    if signed:
        most = float(np.percentile(np.abs(finite), SHARE)) or 1.0
        return -most, most
    low, high = (float(v) for v in np.percentile(finite, (100 - SHARE, SHARE)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _run_borders(
    edge: pd.DataFrame, frames: NDArray[np.int64], borders: NDArray[np.float64]
) -> list[float]:
    """Where runs begin, but the first."""
    begins = edge.groupby(Col.EDGE_RUN)[Col.FRAME].min().to_numpy(np.int64)
    return [float(borders[frame - frames[0]]) for frame in np.sort(begins)[1:]]
