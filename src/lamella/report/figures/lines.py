"""Effects one below the other, a line each, with words beside them."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lamella.report.style import HAIR, INK, PAGE_MM, figure

_LINE_MM, _FOOT_MM = 4.6, 11.0


def lines_below(
    n: int, *, limit: float, across: tuple[float, float], head_mm: float
) -> tuple[Figure, Axes]:
    """A figure as wide as a page with places 0, 1 … n − 1 from the top, and its axes.

    Parameters
    ----------
    limit : float
        The axis goes from −limit to limit.
    across : (float, float)
        Where the axes begin and end, as shares of the width; words stand beside them.
    head_mm : float
        Room above, for a legend and the heads of the words.
    """
    height = _LINE_MM * n + head_mm + _FOOT_MM
    drawn = figure(PAGE_MM, height, layout=None)
    axes = drawn.subplots()
    left, right = across
    drawn.subplots_adjust(
        left=left, right=right, top=1 - head_mm / height, bottom=_FOOT_MM / height
    )
    axes.axvline(0, color=INK, lw=0.7, zorder=1)
    axes.set(xlim=(-limit, limit), ylim=(n - 0.4, -0.6), yticks=[])
    axes.grid(axis="x", color=HAIR, lw=0.4)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    return drawn, axes


def beside(axes: Axes, x: float, place: float, text: str, **looks: Any) -> None:
    """Words on the height of a place; x is a share of the axes, below 0 and above 1 outside."""
    axes.text(
        x, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize=7, **looks
    )
