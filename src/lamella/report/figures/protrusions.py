"""Tips, skeletons and bodies drawn on a frame, to be judged by eye."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.figures.why.images import draw_grey, frame_only, outline, scale_bar
from lamella.report.style import COLOURS, FAINT, PAGE_MM, figure, styled

_OUTLINE, _SKELETON, _BODY, _TIP, _CUT = "white", COLOURS[5], COLOURS[2], COLOURS[4], COLOURS[1]
_MARGIN_PX = 12
_KEY_MM = 9.0

Window = tuple[int, int, int, int]
"""Top, left, bottom and right in the frame."""


@styled
def protrusions(
    image: NDArray[Any],
    labels: NDArray[Any],
    cells: pd.DataFrame,
    tips: pd.DataFrame,
    skeletons: NDArray[np.bool_],
    *,
    title: str,
    show: Sequence[int] | None = None,
    pixel_size_um: float | None = None,
) -> Figure:
    """One frame with the protrusions of its cells, as a picture; with `show`, cells close up.

    Parameters
    ----------
    image, labels : (Y, X) arrays
        The frame and its cells.
    cells, tips : DataFrame
        The rows of this frame: centre and radius of the bodies, and the tips.
    skeletons : (Y, X) bool array
        As of ``Protrusion.skeletons``.
    title : str
    show : sequence of int, optional
        Cells to show in a panel each, those that are there; default the whole frame in one.
    pixel_size_um : float, optional
        For the scale bar.
    """
    present = set(np.unique(labels).tolist())
    asked = [cell for cell in show or () if cell in present]
    windows = [_around(labels, cell) for cell in asked]
    windows = windows or [(0, 0, labels.shape[0], labels.shape[1])]
    n_columns = min(len(windows), 4)
    n_rows = -(-len(windows) // n_columns)
    shape = max(h / w for h, w in ((b - t, r - le) for t, le, b, r in windows))
    panel_mm = PAGE_MM / n_columns * min(shape, 1.4)
    drawn = figure(PAGE_MM, panel_mm * n_rows + _KEY_MM + 6)
    drawn.suptitle(title, x=0.01, ha="left", fontsize=8)
    grid = drawn.subplots(n_rows, n_columns, squeeze=False)
    for axes, window in zip(grid.flat, windows, strict=False):
        _panel(axes, image, labels, cells, tips, skeletons, window, pixel_size_um)
    for axes in grid.flat[len(windows) :]:
        axes.set_axis_off()
    _key(drawn)
    return drawn


def _around(labels: NDArray[Any], cell: int) -> Window:
    """A square window round a cell, in the field where there is room."""
    rows, columns = (np.flatnonzero((labels == cell).any(axis=axis)) for axis in (1, 0))
    side = int(max(np.ptp(rows), np.ptp(columns))) + 1 + 2 * _MARGIN_PX
    top, left = (
        min(max(int(each[0] + each[-1] + 1 - side) // 2, 0), max(length - side, 0))
        for each, length in zip((rows, columns), labels.shape, strict=True)
    )
    return top, left, min(top + side, labels.shape[0]), min(left + side, labels.shape[1])


def _panel(
    axes: Axes,
    image: NDArray[Any],
    labels: NDArray[Any],
    cells: pd.DataFrame,
    tips: pd.DataFrame,
    skeletons: NDArray[np.bool_],
    window: Window,
    pixel_size_um: float | None,
) -> None:
    top, left, bottom, right = window
    here = np.s_[top:bottom, left:right]
    close = right - left < 0.5 * labels.shape[1]
    thin = 0.9 if close else 0.45
    draw_grey(axes, np.asarray(image[here], np.float32))
    outline(axes, labels[here], _OUTLINE, thin)
    axes.add_collection(
        LineCollection(_lines(skeletons[here]), colors=_SKELETON, linewidths=1.8 * thin)
    )
    bodies = cells[[Col.BODY_Y_PX, Col.BODY_X_PX, Col.BODY_RADIUS_PX]].to_numpy(float)
    for y, x, radius in bodies[np.isfinite(bodies).all(axis=1)]:
        axes.add_patch(
            Circle((x - left, y - top), radius, fill=False, edgecolor=_BODY, linewidth=1.2 * thin)
        )
    tips = tips[tips[Col.TIP_Y_PX].between(top, bottom) & tips[Col.TIP_X_PX].between(left, right)]
    cut = tips[Col.TIP_CUT].to_numpy(bool)
    edge = [withStroke(linewidth=1.6, foreground="black")]
    for rows, marker, colour in ((tips[~cut], "o", _TIP), (tips[cut], "x", _CUT)):
        axes.plot(
            rows[Col.TIP_X_PX] - left, rows[Col.TIP_Y_PX] - top, marker, color=colour,
            ms=4 if close else 2, mew=1.0, path_effects=edge if marker == "x" else None,
            mec="black" if marker == "o" else colour, mfc=colour, clip_on=False,
        )  # fmt: skip
    shape = (bottom - top, right - left)
    frame_only(axes, shape)
    scale_bar(axes, shape[1], pixel_size_um, named=True, dark=True)


def _lines(skeleton: NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """Short lines between the neighbouring pixels of a skeleton, (x, y)."""
    found: list[list[tuple[int, int]]] = []
    height, width = skeleton.shape
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = np.s_[: height - dy, max(-dx, 0) : width - max(dx, 0)]
        b = np.s_[dy:, max(dx, 0) : width - max(-dx, 0)]
        y, x = np.nonzero(skeleton[a] & skeleton[b])
        x = x + max(-dx, 0)
        found += [[(p, q), (p + dx, q + dy)] for q, p in zip(y.tolist(), x.tolist(), strict=True)]
    return found


def _key(drawn: Figure) -> None:
    handles = [
        Line2D([], [], color=FAINT, lw=1, label="outline (white)"),
        Line2D([], [], color=_BODY, lw=1.2, label="body: largest disc inside"),
        Line2D([], [], color=_SKELETON, lw=1.8, label="skeleton of what stands out"),
        Line2D([], [], color=_TIP, marker="o", mec="black", ls="", ms=4, label="tip"),
        Line2D([], [], color=_CUT, marker="x", ls="", ms=4, label="cut by the field's edge"),
    ]
    drawn.legend(handles=handles, loc="outside lower left", ncols=len(handles), fontsize=7)
