"""The interval of a standardised difference, from the noncentral t distribution."""

from __future__ import annotations

import math

import numpy as np
from scipy import special
from scipy.optimize import brentq

# Up to this t by the series of the noncentral t, which from 4.4 on now and then gives no number and
# is slow where t is large (at 1e6 it takes minutes); beyond it by quadrature, where both agree to
# 1e-7, mostly 1e-13.
_SMALL_T = 3.0
_NODES, _WEIGHTS = special.roots_legendre(400)
_END = 9.0


def noncentrality_interval(t: float, df: float, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of the noncentrality of an observed t.

    The noncentralities are sought under which the observed t would be as extreme as `level` just
    allows (the pivot method). Times the factor that makes t the standardised difference, they are
    the interval of that difference: exact for independent normal units of equal variance.

    Parameters
    ----------
    t : float
        Student's t; any finite number.
    df : float
        Its degrees of freedom, above 0; infinite for the normal distribution.
    level : float
        Coverage.

    Returns
    -------
    (float, float)
        Lower and upper end; they leave out 0 exactly where p is below 1 − `level`. NaN where t is
        not a number.

    References
    ----------
    Cumming and Finch 2001, https://doi.org/10.1177/0013164401614002

    Examples
    --------
    >>> low, high = noncentrality_interval(0.0, 18)
    >>> round(low, 4), round(high, 4)
    (-1.96, 1.96)
    """
    if not (math.isfinite(t) and df > 0):
        return math.nan, math.nan
    tail = (1 - level) / 2
    if math.isinf(df):
        half = float(special.ndtri(1 - tail))
        return t - half, t + half
    low = _noncentrality(abs(t), df, 1 - tail)
    high = _noncentrality(abs(t), df, tail)
    # Solved for |t|, so that swapping the groups gives exactly the mirrored interval.
    return (low, high) if t >= 0 else (-high, -low)


def _noncentrality(t: float, df: float, probability: float) -> float:
    """The noncentrality under which T stays below `t` with this probability."""

    def excess(nc: float) -> float:
        return noncentral_t_cdf(t, df, nc) - probability

    # SD of the noncentrality's distribution, roughly: Z + t·S below.
    step = 2 * math.sqrt(1 + t * t / (2 * df))
    low, high = t - step, t + step
    # The probability falls as the noncentrality grows.
    while excess(low) < 0:
        low -= step
        step *= 2
    while excess(high) > 0:
        high += step
        step *= 2
    return float(brentq(excess, low, high, xtol=1e-12 * max(1.0, t), rtol=1e-13))


def noncentral_t_cdf(t: float, df: float, nc: float) -> float:
    """P(T ≤ t) for a noncentral t with `df` degrees of freedom, t ≥ 0, right at any size of t.

    T ≤ t means nc ≤ t·S + Z, with Z standard normal and S² = χ²/df: for larger t this is integrated
    over Z, where it is smooth, up to nc, beyond which it is certain.
    """
    if t <= _SMALL_T or t < 0.5 * math.sqrt(2 * df):
        return float(special.nctdtr(df, nc, t))
    last = min(max(nc, -_END), _END)
    half = (last + _END) / 2
    z = half * (_NODES + 1) - _END
    normal = half * _WEIGHTS * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    inside = float(normal @ special.gammaincc(df / 2, df * ((nc - z) / t) ** 2 / 2))
    return inside + float(special.ndtr(-last))
