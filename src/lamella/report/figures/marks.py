"""Many values above one place of an axis: dots as long as they can be told apart, then a shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lamella.report.style import swarm

MOST_DOTS = 2000
"""Dots of one figure; of more, groups of at least `FEWEST_IN_SHAPE` are drawn as shapes."""
FEWEST_IN_SHAPE = 40
TAIL = 0.1
"""Per cent of the values, at either end, that an axis need not reach where shapes are drawn."""
_GRID = 160

Floats = NDArray[np.float64]


def as_shapes(n_values: int) -> bool:
    """Whether a figure of so many values draws shapes: dots hide each other, and weigh."""
    return n_values > MOST_DOTS


def silhouette(
    axes: Axes, values: Floats, place: float, *, width: float, colour: str, log: bool = False
) -> None:
    """How the values are spread, as an outline that is widest where they are most, at most `width`.

    A histogram of 160 bins, smoothed by a Gaussian of Silverman's width (1986, Density Estimation,
    3.31), that ends at the smallest and the largest value; a line where all are equal. For an axis
    of logarithms (`log`), of the logarithms of the positive values.
    """
    values = values[np.isfinite(values)]
    if log:
        values = np.log(values[values > 0])
    if not len(values):
        return
    low, high = values.min(), values.max()
    if low == high:
        at = np.exp(low) if log else low
        axes.plot([place - width / 2, place + width / 2], [at, at], color=colour, lw=1.5)
        return
    counts, borders = np.histogram(values, bins=_GRID)
    step = borders[1] - borders[0]
    quartile = float(np.subtract(*np.percentile(values, (75, 25)))) / 1.34
    spread = min(values.std(), quartile or values.std())
    sigma = max(0.9 * spread * len(values) ** -0.2 / step, 0.5)
    reach = np.arange(-int(np.ceil(4 * sigma)), int(np.ceil(4 * sigma)) + 1)
    weights = np.exp(-0.5 * (reach / sigma) ** 2)
    smooth = np.convolve(counts, weights)[len(reach) // 2 :][:_GRID]
    half = smooth / smooth.max() * width / 2
    middle = (borders[1:] + borders[:-1]) / 2
    middle = np.exp(middle) if log else middle
    axes.fill_betweenx(
        middle, place - half, place + half, facecolor=colour, alpha=0.35, edgecolor="none", zorder=1
    )


def dots(
    axes: Axes, values: Floats, place: float, *, width: float, **looks: Any
) -> tuple[Floats, Floats]:
    """The values as dots side by side; where they were drawn, (x, y)."""
    x = place + swarm(values, width=width)
    axes.scatter(x, values, **looks)
    return x, values


def spans_decades(values: Floats) -> bool:
    """Whether an axis of logarithms shows the values better: positive, and far apart.

    At least 99 of 100 are above 0, and of those the 95th percentile is 10 times the 5th or more.
    """
    values = values[np.isfinite(values)]
    positive = values[values > 0]
    if not len(positive) or len(positive) < 0.99 * len(values):
        return False
    low, high = np.percentile(positive, (5, 95))
    return bool(high >= 10 * low)


def limits(values: Floats, *, shapes: bool) -> tuple[float, float]:
    """Lowest and highest value that an axis must show; a thousandth may lie beyond of shapes."""
    values = values[np.isfinite(values)]
    if shapes:
        low, high = np.percentile(values, (TAIL, 100 - TAIL))
    else:
        low, high = values.min(), values.max()
    return float(low), float(high)
