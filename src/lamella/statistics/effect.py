"""How large a difference is: Cohen's d with its interval, Hedges' g, Cliff's delta."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lamella.statistics.noncentral import d_interval


@dataclass(frozen=True)
class Effect:
    """The difference between two groups of units; NaN where it is not defined.

    Attributes
    ----------
    n, n_reference : int
        Values that entered.
    n_missing, n_missing_reference : int
        Values left out because they are not finite.
    mean, mean_reference, difference : float
        Of the measure; difference = mean − mean_reference.
    cohens_d, cohens_d_low, cohens_d_high : float
        Difference over the pooled SD (n−1), and its 95 % interval. Undefined when a group has
        fewer than 2 values or neither group varies.
    hedges_g : float
        Cohen's d freed of its bias in small samples.
    cliffs_delta : float
        P(value > reference value) − P(value < reference value).
    """

    n: int
    n_reference: int
    n_missing: int
    n_missing_reference: int
    mean: float
    mean_reference: float
    difference: float
    cohens_d: float
    cohens_d_low: float
    cohens_d_high: float
    hedges_g: float
    cliffs_delta: float


def cohens_d(x: ArrayLike, reference: ArrayLike) -> Effect:
    """Effect sizes of one group against a reference.

    Parameters
    ----------
    x, reference : (N,), (M,) array_like
        One value a unit, independent of each other. Values that are not finite are left out and
        counted.

    Returns
    -------
    Effect
        What degenerate groups leave undefined is NaN; nothing is raised or warned of.

    Notes
    -----
    d and its interval assume normal groups of equal variance; Cliff's delta assumes nothing.

    References
    ----------
    Cohen 1988, https://doi.org/10.4324/9780203771587

    Examples
    --------
    >>> effect = cohens_d([3, 4, 5], [1, 2, 3])
    >>> effect.difference, effect.cohens_d, round(effect.hedges_g, 4)
    (2.0, 2.0, 1.5958)
    """
    values, n_missing = _finite(x)
    others, n_missing_reference = _finite(reference)
    n, m = len(values), len(others)
    mean, mean_reference = _mean(values), _mean(others)
    difference = mean - mean_reference
    spread = pooled_sd(values, others)
    d = difference / spread if spread > 0 else math.nan
    low, high = d_interval(d, n, m)
    return Effect(
        n=n,
        n_reference=m,
        n_missing=n_missing,
        n_missing_reference=n_missing_reference,
        mean=mean,
        mean_reference=mean_reference,
        difference=difference,
        cohens_d=d,
        cohens_d_low=low,
        cohens_d_high=high,
        hedges_g=d * hedges_correction(n + m - 2),
        cliffs_delta=cliffs_delta(values, others),
    )


def pooled_sd(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """SD within two groups, n−1 each; NaN when one has fewer than 2 values."""
    n, m = len(x), len(y)
    if min(n, m) < 2:
        return math.nan
    return math.sqrt((_squares(x) + _squares(y)) / (n + m - 2))


def hedges_correction(df: int) -> float:
    """Factor that frees d of its bias, exact: Γ(df/2) / (√(df/2) Γ((df−1)/2)); NaN below df 2.

    References
    ----------
    Hedges 1981, https://doi.org/10.3102/10769986006002107
    """
    if df < 2:
        return math.nan
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def cliffs_delta(x: ArrayLike, reference: ArrayLike) -> float:
    """P(x > reference) − P(x < reference) over all pairs; ties count 0; NaN when a group is empty.

    −1 to 1. Sorts instead of comparing all pairs: O(n log n).

    Parameters
    ----------
    x, reference : (N,), (M,) array_like
        Finite values.

    References
    ----------
    Cliff 1993, https://doi.org/10.1037/0033-2909.114.3.494

    Examples
    --------
    >>> cliffs_delta([2, 3], [1, 2])
    0.75
    """
    values, others = np.asarray(x, np.float64), np.sort(np.asarray(reference, np.float64))
    if len(values) == 0 or len(others) == 0:
        return math.nan
    below = np.searchsorted(others, values, side="left").sum()
    above = (len(others) - np.searchsorted(others, values, side="right")).sum()
    return (int(below) - int(above)) / (len(values) * len(others))


def _finite(values: ArrayLike) -> tuple[NDArray[np.float64], int]:
    given = np.asarray(values, np.float64).ravel()
    kept = given[np.isfinite(given)]
    return kept, len(given) - len(kept)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else math.nan


def _squares(values: NDArray[np.float64]) -> float:
    """Sum of squared deviations from the mean; exactly 0 where all values are the same."""
    # The mean of equal values is rounded, and d would become a huge number instead of undefined.
    if values.min() == values.max():
        return 0.0
    return float(np.sum((values - values.mean()) ** 2))
