"""Two analyses of the same cells: how far their numbers agree (Bland–Altman, Lin)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from lamella.statistics.interval import Interval

_Z = 1.959963984540054
_LEAST = 3


class Agreement(NamedTuple):
    """How two analyses of n cells agree; NaN where that cannot be told."""

    n: int
    """Cells with a value in both."""
    n_effective: float
    """Independent cells that tell as much: fewer, where cells of one movie are alike."""
    mean: float
    """Over both analyses."""
    bias: Interval
    """Mean of second minus first."""
    sd: float
    """SD (n−1) of the differences."""
    limit_low: Interval
    limit_high: Interval
    """Limits of agreement: bias ∓ 1.96 SD."""
    slope: Interval
    """Change of the difference per unit of the mean of both: proportional bias."""
    p_slope: float
    """Of no proportional bias."""
    concordance: Interval
    """Lin's coefficient: 1 = the same numbers."""


def agreement(
    first: ArrayLike, second: ArrayLike, *, cluster: ArrayLike | None = None
) -> Agreement:
    """Bland–Altman limits of agreement, proportional bias and Lin's concordance.

    Parameters
    ----------
    first, second : (n,) array_like
        The same cells in two analyses. Cells without a finite value in both are left out.
    cluster : (n,) array_like, optional
        What cells share, such as their movie. Where differences within a movie are alike (ICC ρ
        above 0, by analysis of variance), intervals and p are those of n / (1 + (m − 1) ρ) cells,
        m = Σ size² / n (Kish).

    Returns
    -------
    Agreement
        Intervals need 3 cells; the bias alone is told of fewer. Of differences that are all equal,
        limits are the bias itself. A slope needs means that differ, the concordance values that do.

    Notes
    -----
    The interval of the bias is Student's; those of the limits are exact for normal differences, by
    the noncentral t distribution. That the slope is 0 is the same as that both analyses have one
    variance (Pitman 1939).

    References
    ----------
    Bland & Altman 1999, https://doi.org/10.1177/096228029900800204; limits: Carkeet 2015,
    https://doi.org/10.1097/OPX.0000000000000513; concordance: Lin 1989,
    https://doi.org/10.2307/2532051, its variance as corrected in Biometrics 56 (2000), 324,
    https://doi.org/10.1111/j.0006-341X.2000.00324.x

    Examples
    --------
    >>> found = agreement([1, 2, 3, 4], [1.1, 2.3, 3.2, 4.2])
    >>> round(found.bias.value, 3), round(found.limit_high.value, 3)
    (0.2, 0.36)
    """
    x, y = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    known = np.isfinite(x) & np.isfinite(y)
    groups = np.arange(len(x)) if cluster is None else np.asarray(cluster).ravel()
    x, y, groups = x[known], y[known], groups[known]
    n = len(x)
    if n == 0:
        none = Interval()
        return Agreement(0, 0, math.nan, none, math.nan, none, none, none, math.nan, none)
    difference, middle = y - x, (x + y) / 2
    n_eff = _effective(difference, groups)
    bias, sd = float(difference.mean()), _sd(difference)
    return Agreement(
        n,
        n_eff,
        float(middle.mean()),
        _bias(bias, sd, n_eff),
        sd,
        *_limits(bias, sd, n_eff),
        *_slope(middle, difference, n_eff),
        _concordance(x, y, n_eff),
    )


def _sd(values: NDArray[np.float64]) -> float:
    """SD (n−1); exactly 0 where all values are the same, whatever rounding makes of their mean."""
    if len(values) < 2:
        return math.nan
    return 0.0 if np.ptp(values) <= 1e-12 * np.abs(values).max() else float(values.std(ddof=1))


def _effective(difference: NDArray[np.float64], groups: NDArray[np.generic]) -> float:
    """How many independent differences tell as much as these."""
    n = len(difference)
    _, which, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    k = len(sizes)
    if k == n or k < 2:  # every cell by itself; or one movie, which cannot tell how alike they are
        return float(n)
    means = np.bincount(which, difference) / sizes
    between = float((sizes * (means - difference.mean()) ** 2).sum()) / (k - 1)
    within = float(((difference - means[which]) ** 2).sum()) / (n - k)
    size = (n - float((sizes**2).sum()) / n) / (k - 1)
    total = between + (size - 1) * within
    alike = max((between - within) / total, 0.0) if total > 0 else 0.0
    return n / (1 + (float((sizes**2).sum()) / n - 1) * alike)


def _bias(bias: float, sd: float, n: float) -> Interval:
    if n < _LEAST:
        return Interval(bias)
    half = float(special.stdtrit(n - 1, 0.975)) * sd / math.sqrt(n)
    return Interval(bias, bias - half, bias + half)


def _limits(bias: float, sd: float, n: float) -> tuple[Interval, Interval]:
    if not math.isfinite(sd):
        return Interval(), Interval()
    if sd == 0:
        return Interval(bias, bias, bias), Interval(bias, bias, bias)
    low, high = bias - _Z * sd, bias + _Z * sd
    if n < _LEAST:
        return Interval(low), Interval(high)
    # √n (limit − bias) / SD follows the noncentral t of n − 1 degrees of freedom about 1.96 √n.
    root = math.sqrt(n)
    inner, outer = (
        float(special.nctdtrit(n - 1, _Z * root, q)) * sd / root for q in (0.025, 0.975)
    )
    return Interval(low, bias - outer, bias - inner), Interval(high, bias + inner, bias + outer)


def _slope(
    middle: NDArray[np.float64], difference: NDArray[np.float64], n: float
) -> tuple[Interval, float]:
    """Least squares of the difference on the mean, with p."""
    if n < _LEAST or not _sd(middle) > 0:
        return Interval(), math.nan
    if _sd(difference) == 0:
        return Interval(0.0, 0.0, 0.0), math.nan
    x = middle - middle.mean()
    slope = float(x @ difference / (x @ x))
    residual = difference - difference.mean() - slope * x
    # The mean squares are those of all cells, their number is that of the effective ones.
    se = math.sqrt(float(residual @ residual) / float(x @ x) / (n - 2))
    if se == 0:
        return Interval(slope, slope, slope), 0.0
    half = float(special.stdtrit(n - 2, 0.975)) * se
    p = 2 * float(special.stdtr(n - 2, -abs(slope) / se))
    return Interval(slope, slope - half, slope + half), p


def _concordance(x: NDArray[np.float64], y: NDArray[np.float64], n: float) -> Interval:
    """Lin's coefficient, its interval by Fisher's z."""
    if not (_sd(x) > 0 or _sd(y) > 0):
        return Interval()  # constants: there is nothing to be concordant about
    if _sd(y - x) == 0 and x[0] == y[0]:
        return Interval(1.0, 1.0, 1.0)
    a, b, apart = float(x.var()), float(y.var()), float((y.mean() - x.mean()) ** 2)
    shared = float(((x - x.mean()) * (y - y.mean())).mean())
    c = 2 * shared / (a + b + apart)
    square = 1 - c * c
    if n < _LEAST or a == 0 or b == 0 or shared == 0 or not square > 0:
        return Interval(c)
    r, u = shared / math.sqrt(a * b), apart / math.sqrt(a * b)
    variance = (
        (1 - r**2) * c**2 / (square * r**2)
        + 2 * c**3 * (1 - c) * u / (r * square**2)
        - c**4 * u**2 / (2 * r**2 * square**2)
    ) / (n - 2)
    if not variance >= 0:
        return Interval(c)
    half = _Z * math.sqrt(variance)
    return Interval(c, math.tanh(math.atanh(c) - half), math.tanh(math.atanh(c) + half))
