"""Frames side by side as a figure for a paper: panels, one scale bar, a time on each."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lamella.report.shot import Bar, Legend, Shot
from lamella.report.style import PAGE_MM, SIGNED, style_applied, styled

DPI = 300
_GAP_MM = 1.0
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OUTLINE_PT = 0.8
# A dark ground, not a dark rim: with a rim, matplotlib would write letters into an SVG as curves.
_GROUND = {"facecolor": "black", "alpha": 0.4, "linewidth": 0, "boxstyle": "square,pad=0.15"}


@styled
def shot_strip(
    shots: Sequence[Shot],
    *,
    columns: int = 8,
    width_mm: float = PAGE_MM,
    bar: Bar | None = None,
    legend: Legend | None = None,
    letters: bool = True,
) -> Figure:
    """A figure of frames in rows: letters above, times within, the scale bar in the last panel.

    Parameters
    ----------
    shots : sequence of Shot
        All of one size.
    columns : int
        Panels a row, at most.
    width_mm : float
        Of the figure; fewer panels than `columns` make it narrower.
    bar, legend
        Drawn once.
    letters : bool
        a, b, c … at the panels; beyond 26 panels there are none.

    Raises
    ------
    ValueError
        No shots.
    """
    if not shots:
        raise ValueError("Expected shots, got none")
    columns = min(columns, len(shots))
    rows = -(-len(shots) // columns)
    side_mm = (width_mm + _GAP_MM) / max(columns, 3) - _GAP_MM
    height, width = shots[0].picture.shape[:2]
    tall_mm = side_mm * height / width
    foot_mm = 6.0 if legend is not None else 0.0
    total = (
        columns * (side_mm + _GAP_MM) - _GAP_MM,
        rows * (tall_mm + _GAP_MM) - _GAP_MM + foot_mm,
    )
    drawn = Figure(figsize=(total[0] / 25.4, total[1] / 25.4))
    for place, shot in enumerate(shots):
        row, column = divmod(place, columns)
        left = column * (side_mm + _GAP_MM) / total[0]
        top = 1 - row * (tall_mm + _GAP_MM) / total[1]
        high = tall_mm / total[1]
        axes = drawn.add_axes((left, top - high, side_mm / total[0], high))
        _panel(axes, shot)
        if letters and 1 < len(shots) <= len(_LETTERS):
            _say(axes, 0.03, 0.97, _LETTERS[place], ha="left", va="top", weight="bold", size=8)
        if shot.stamp:
            _say(axes, 0.97, 0.97, shot.stamp, ha="right", va="top", size=6.5)
    if bar is not None:
        _put_bar(drawn.axes[-1], bar, width, height)
    if legend is not None:
        sign = f"edge velocity: blue −{legend.most:.2g}, red +{legend.most:.2g} {legend.unit}"
        drawn.text(0, 0.0, sign, size=6.5, va="bottom")
    return drawn


def _panel(axes: Axes, shot: Shot) -> None:
    height, width = shot.picture.shape[:2]
    axes.imshow(shot.picture, interpolation="nearest", aspect="auto")
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    axes.set_axis_off()
    for line in shot.lines:
        colour: Any = tuple(value / 255 for value in line.colour)
        places = np.vstack([line.places, line.places[:1]]) if line.closed else line.places
        if line.arrow:
            axes.annotate(
                "", xy=(places[-1, 1], places[-1, 0]), xytext=(places[0, 1], places[0, 0]),
                arrowprops={"arrowstyle": "-|>", "color": colour, "lw": _OUTLINE_PT,
                            "shrinkA": 0, "shrinkB": 0, "mutation_scale": 5},
            )  # fmt: skip
        else:
            axes.plot(places[:, 1], places[:, 0], color=colour, lw=_OUTLINE_PT * line.width)
    for marks in shot.marks:
        colours = np.array(marks.colours, float).reshape(-1, 3) / 255
        axes.scatter(
            marks.places[:, 1],
            marks.places[:, 0],
            s=1.3 * marks.size**2,
            c=colours,
            linewidths=0,
            zorder=3,
        )


def _put_bar(axes: Axes, bar: Bar, width: int, height: int) -> None:
    thick, edge = max(height * 0.022, 0.5), width * 0.04
    left = width - 0.5 - edge - bar.length_px
    top = height - 0.5 - edge - thick
    axes.add_patch(
        Rectangle(
            (left, top),
            bar.length_px,
            thick,
            facecolor="white",
            edgecolor="black",
            lw=0.3,
            gid="scale-bar",
        )
    )
    axes.text(
        left + bar.length_px, top - thick * 0.6, bar.words, color="white", size=6.5, ha="right",
        va="bottom", bbox=_GROUND,
    )  # fmt: skip


def _say(axes: Axes, x: float, y: float, words: str, **how: Any) -> None:
    axes.text(x, y, words, transform=axes.transAxes, color="white", bbox=_GROUND, **how)


def strip_bytes(drawn: Figure, suffix: str) -> bytes:
    """The figure as ``.png`` of 300 dpi, ``.svg`` (text stays text) or ``.pdf``, without a date."""
    file = BytesIO()
    known: dict[str, dict[str, Any]] = {
        ".png": {"Software": SIGNED},
        ".svg": {"Date": None, "Creator": SIGNED},
        ".pdf": {"CreationDate": None, "Creator": SIGNED},
    }
    with style_applied():
        drawn.savefig(file, format=suffix[1:], dpi=DPI, metadata=known[suffix])
    return file.getvalue()
