"""Outlines of a cell on its image, coloured by what the edge does there."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.figures.edge_map import CONTACT
from lamella.report.kymograph import SHARE, movement
from lamella.report.style import INK, PAGE_MM, figure, nothing, styled
from lamella.report.tables import has, has_values, numbers
from lamella.report.words import unit

MOST_PANELS = 6
_MARGIN = 0.08


@styled
def edge_outlines(
    images: dict[int, NDArray[np.generic]],
    edge: pd.DataFrame,
    *,
    pixel_size_um: float | None = None,
    title: str = "",
) -> Figure:
    """A panel per image: the cell, and its edge coloured by its movement since the frame before.

    Red protrudes, blue retracts; edge that is not free, or whose movement is not known, is grey. A
    dot is position 0, from which positions count clockwise.

    Parameters
    ----------
    images : dict of int to (Y, X) array
        Frames to show by their number; at most 6 are drawn.
    edge : DataFrame
        Rows of the finer table ``edge`` of one or more cells.
    pixel_size_um : float, optional
        For a bar of scale.
    title : str
    """
    shown = [t for t in sorted(images) if has(edge, Col.FRAME) and (edge[Col.FRAME] == t).any()]
    shown = shown[:MOST_PANELS]
    if not shown:
        return nothing("No edge was followed in these frames.")
    name = movement(edge)
    values = np.abs(numbers(edge, name)[numbers(edge, Col.EDGE_CONTACT) == 0])
    values = values[np.isfinite(values)]
    most = float(np.percentile(values, SHARE)) if len(values) else 1.0
    scale = Normalize(-(most or 1.0), most or 1.0)
    box = _box(edge, images[shown[0]].shape)
    columns = min(len(shown), 3)
    rows = -(-len(shown) // columns)
    side = (PAGE_MM - 22) / columns
    aspect = (box[1] - box[0]) / (box[3] - box[2])
    drawn = figure(PAGE_MM, rows * (side * aspect + 6) + 6, layout="compressed")
    grid = drawn.subplots(rows, columns, squeeze=False)
    low, high = _grey([images[t] for t in shown])
    for axes, t in zip(grid.flat, shown, strict=False):
        axes.imshow(images[t], cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        for _, part in edge[edge[Col.FRAME] == t].groupby(Col.CELL):
            lines, free, colour = _coloured(part, name)
            axes.add_collection(LineCollection(list(lines[~free]), colors=CONTACT, linewidths=1.6))
            drawing = axes.add_collection(
                LineCollection(
                    list(lines[free]),
                    array=colour[free],
                    cmap=colormaps["RdBu_r"],
                    norm=scale,
                    linewidths=1.6,
                    capstyle="round",
                )
            )
            axes.plot(*lines[0, 0], "o", ms=2.5, mfc="white", mec=INK, mew=0.5)
        axes.set(xlim=box[2:], ylim=box[1::-1], xticks=[], yticks=[])
        axes.set_title(_when(edge, t), fontsize=7)
    for axes in list(grid.flat)[len(shown) :]:
        axes.set_axis_off()
    if pixel_size_um:
        _bar(grid.flat[0], box, pixel_size_um)
    bar = drawn.colorbar(drawing, ax=grid, pad=0.01, aspect=30, extend="both")
    bar.set_label(f"protrusion and retraction ({unit(name)})", fontsize=7)
    bar.outline.set_linewidth(0.4)
    if title:
        drawn.suptitle(title, fontsize=8, x=0.01, ha="left")
    return drawn


def _coloured(
    part: pd.DataFrame, name: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Lines (n, 2, 2) as (x, y) from halfway before each position to halfway after, and colours."""
    part = part.sort_values(Col.EDGE_POSITION)
    points = np.stack([numbers(part, Col.EDGE_X_PX), numbers(part, Col.EDGE_Y_PX)], 1)
    halfway = (points + np.roll(points, -1, 0)) / 2
    lines = np.stack([np.roll(halfway, 1, 0), points, halfway], 1)
    values = numbers(part, name)
    free = np.isfinite(values) & (numbers(part, Col.EDGE_CONTACT) == 0)
    return lines, free, values


def _box(edge: pd.DataFrame, shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Top, bottom, left, right of what is shown: all outlines with a margin, within the image."""
    out = []
    for name, size in ((Col.EDGE_Y_PX, shape[0]), (Col.EDGE_X_PX, shape[1])):
        values = numbers(edge, name)
        low, high = float(values.min()), float(values.max())
        margin = max(_MARGIN * (high - low), 3.0)
        out += [max(low - margin, -0.5), min(high + margin, size - 0.5)]
    return out[0], out[1], out[2], out[3]


def _grey(images: list[NDArray[np.generic]]) -> tuple[float, float]:
    values = np.concatenate([np.asarray(image, np.float64)[::4, ::4].ravel() for image in images])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, (0.5, 99.8)))
    return low, high if high > low else low + 1


def _when(edge: pd.DataFrame, t: int) -> str:
    if not has_values(edge, Col.TIME_MIN):
        return f"frame {t}"
    minutes = numbers(edge[edge[Col.FRAME] == t], Col.TIME_MIN)[0]
    return f"frame {t}, {minutes:g} min"


def _bar(axes: Axes, box: tuple[float, float, float, float], um: float) -> None:
    """A bar of a round length, about a fifth of the width."""
    top, bottom, left, right = box
    wanted = (right - left) * um / 5
    length = max(
        (m * 10.0**k for k in range(-2, 5) for m in (1, 2, 5) if m * 10.0**k <= wanted),
        default=wanted,
    )
    y, x = bottom - 0.05 * (bottom - top), left + 0.05 * (right - left)
    axes.add_patch(Rectangle((x, y), length / um, 0.012 * (bottom - top), color="white", lw=0))
    axes.text(x, y - 0.015 * (bottom - top), f"{length:g} µm", color="white", fontsize=6)
