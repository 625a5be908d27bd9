"""How two measures of cells go together, with intervals that know which cells share a unit."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from lamella.statistics.interval import Interval
from lamella.statistics.resampling import FEWEST_UNITS

FEWEST_CELLS = 3
"""Below this, two measures always lie on a line, or on none."""
_EPS = float(np.finfo(np.float64).eps)

Floats = NDArray[np.float64]


class Together(NamedTuple):
    """Correlation and straight line of two measures; NaN = cannot be told."""

    n_cells: int
    n_units: int
    interval_by: str
    """``units``: units left out one by one; ``cells``: as if cells were independent; or empty."""
    r: Interval
    """Pearson's, over cells."""
    r_within: Interval
    """Of cells with the mean of their unit taken off both measures."""
    spearman: float
    slope: Interval
    intercept: Interval
    line: Floats
    """(4, points) x, fitted y and the ends of its 95 % interval, point by point."""


def together(x: Floats, y: Floats, unit: NDArray[np.int64], *, points: int = 25) -> Together:
    """Pearson's r, r within units, Spearman's rho and the least squares line of y on x.

    Cells of one well share its cells' density, its staining and its focus. Counted as if
    independent, they make a correlation look surer than it is; and wells that differ in both
    measures make one where no cell has it, which `r_within` tells apart.

    Parameters
    ----------
    x, y : (n,) float arrays
        One value per cell; a cell lacking one is left out.
    unit : (n,) int array
        Which unit a cell belongs to.
    points : int
        Where the line is told, evenly from the smallest to the largest x.

    Returns
    -------
    Together
        Everything NaN below 3 cells or where x is the same everywhere; r and rho where y is.

    Notes
    -----
    From 3 units on, the error is that of the delete-one-unit jackknife, Student's t with the number
    of units less one degrees of freedom, and z = artanh r instead of r; `r_within` likewise. Below,
    units cannot tell how far they scatter: the interval is that of independent cells (Fisher's z;
    least squares), which holds for these units alone.

    References
    ----------
    MacKinnon, Nielsen & Webb 2023, https://doi.org/10.1002/jae.2969; Fisher 1921, Metron 1, 3-32;
    Efron & Stein 1981, https://doi.org/10.1214/aos/1176345462
    """
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known].astype(np.float64), y[known].astype(np.float64)
    _, place = np.unique(unit[known], return_inverse=True)
    n, k = len(x), int(place.max()) + 1 if len(place) else 0
    if n < FEWEST_CELLS or _constant(x):
        none = Interval()
        return Together(n, k, "", none, none, math.nan, none, none, np.empty((4, 0)))
    # Around 0 and of scale 1, sums of squares lose no digits.
    (x0, sx), (y0, sy) = _scale(x), _scale(y)
    sums = _sums((x - x0) / sx, (y - y0) / sy, place, k)
    inside = _inside(sums)
    at = np.linspace(x.min(), x.max(), points)

    def found(weight: Floats) -> Floats:
        """z, z within, slope, intercept and the line's points of units so weighted: (…, 4 + p)."""
        z, slope, mean_x, mean_y = _line(weight @ sums)
        steep = slope * sy / sx
        height = y0 + sy * mean_y - steep * (x0 + sx * mean_x)
        own = weight @ inside
        with np.errstate(divide="ignore", invalid="ignore"):
            within = np.arctanh(np.clip(own[:, 2] / np.sqrt(own[:, 0] * own[:, 1]), -1, 1))
        fitted = height[:, None] + steep[:, None] * at
        return np.column_stack([z, within, steep, height, fitted])

    value = found(np.ones((1, k)))[0]
    flat = _constant(y)
    value[0] = np.nan if flat else value[0]
    # What rounding leaves of deviations that are all 0 has a correlation, too.
    if min(inside[:, 0].sum(), inside[:, 1].sum()) <= 8 * _EPS * n:
        value[1] = np.nan
    if k >= FEWEST_UNITS:
        others = found(1 - np.eye(k))
        with np.errstate(invalid="ignore"):
            se = np.sqrt((k - 1) / k * ((others - others.mean(axis=0)) ** 2).sum(axis=0))
        half, by = float(special.stdtrit(k - 1, 0.975)) * se, "units"
    else:
        half, by = _half_over_cells(value, x, y, at, k), "cells"
    low, high = value - half, value + half
    ends = [Interval(*map(float, each)) for each in zip(value, low, high, strict=True)]
    ranks = np.stack([pd.Series(each).rank().to_numpy(np.float64) for each in (x, y)])
    return Together(
        n_cells=n,
        n_units=k,
        interval_by=by,
        r=_from_z(ends[0]),
        r_within=_from_z(ends[1]),
        spearman=math.nan if flat else float(np.corrcoef(ranks)[0, 1]),
        slope=ends[2],
        intercept=ends[3],
        line=np.stack([at, value[4:], low[4:], high[4:]]),
    )


def _constant(values: Floats) -> bool:
    return bool(np.ptp(values) <= 8 * _EPS * np.abs(values).max(initial=0.0))


def _scale(values: Floats) -> tuple[float, float]:
    return float(values.mean()), float(values.std()) or 1.0


def _sums(x: Floats, y: Floats, place: NDArray[np.intp], k: int) -> Floats:
    """(units, 6): cells, Σx, Σy, Σx², Σy², Σxy."""
    parts = (np.ones_like(x), x, y, x * x, y * y, x * y)
    return np.stack([np.bincount(place, part, k) for part in parts], axis=1)


def _inside(sums: Floats) -> Floats:
    """(units, 3): squares of x, squares of y and products, around the means of the unit."""
    n, a, b, aa, bb, ab = sums.T
    return np.stack([aa - a * a / n, bb - b * b / n, ab - a * b / n], axis=1)


def _line(sums: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Of each row of sums: z = artanh r, slope, mean x and mean y."""
    n, a, b = sums[:, 0], sums[:, 1], sums[:, 2]
    squares_x, squares_y, products = _inside(sums).T
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.clip(products / np.sqrt(squares_x * squares_y), -1, 1)
        return np.arctanh(r), products / squares_x, a / n, b / n


def _half_over_cells(value: Floats, x: Floats, y: Floats, at: Floats, k: int) -> Floats:
    """Half the width of the intervals of independent cells."""
    n, slope, intercept = len(x), value[2], value[3]
    normal = float(special.ndtri(0.975))
    half = np.full(len(value), np.nan)
    for place, free in ((0, n - 3), (1, n - k - 2)):
        half[place] = normal / math.sqrt(free) if free > 0 else np.nan
    residual = y - intercept - slope * x
    squares = float(((x - x.mean()) ** 2).sum())
    sd = math.sqrt(float((residual**2).sum()) / (n - 2))
    t = float(special.stdtrit(n - 2, 0.975))
    half[2] = t * sd / math.sqrt(squares)
    places = np.concatenate([[0.0], at])
    half[3:] = t * sd * np.sqrt(1 / n + (places - x.mean()) ** 2 / squares)
    return half


def _from_z(ends: Interval) -> Interval:
    return Interval(*(math.tanh(end) if not math.isnan(end) else end for end in ends))
