"""How much units differ in sessions like these, and how well that is known."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from lamella.statistics.blocks import Blocks, places
from lamella.statistics.design import Design, Pair
from lamella.statistics.interval import Interval


def unit_sd(design: Design, pair: Pair) -> Interval:
    """SD of units of a condition over sessions like these, averaged over two conditions.

    The variance is that of a unit of a session drawn at random: what sessions do to all conditions
    alike, what they do to one of them, and the scatter of units within. The pooled SD of the units
    of a study is smaller on average, the more so the fewer the sessions, because units of one
    session count in it as if each had a session of its own.

    Returns
    -------
    Interval
        From the sessions that have both conditions; NaN below two of them, or without scatter.

    Notes
    -----
    With A the mean and g the difference of the two session means, the variance is expected to be
    Var(A) + Var(g) / 4 + (1 − 1/ñ) W, where W is the variance of units within and ñ the harmonic
    mean of their numbers. The three are independent and nearly χ², exactly in balanced designs;
    the interval of their sum is that of Graybill and Wang.

    References
    ----------
    Graybill & Wang 1980, https://doi.org/10.1080/01621459.1980.10477565; for unequal numbers of
    units Thomas & Hultquist 1978, https://doi.org/10.1214/aos/1176344201
    """
    shared = design.shared_sessions(pair)
    k = len(shared)
    if k < 2:
        return Interval()
    blocks = Blocks.of(design)
    here = np.ix_(np.array(places(design, pair)), shared)
    n, mean = blocks.n[here], blocks.mean[here]
    squares, df = float(blocks.squares[here].sum()), int(n.sum()) - 2 * k
    within = (1 - float((1 / n).mean())) * squares / df if df > 0 else 0.0
    parts = [
        (float(mean.mean(axis=0).var(ddof=1)), k - 1),
        (float((mean[0] - mean[1]).var(ddof=1)) / 4, k - 1),
        (within, max(df, 1)),
    ]
    variance = sum(part for part, _ in parts)
    if variance * n.sum() <= blocks.noise:
        return Interval()
    ends = [(part, _ends(freedom)) for part, freedom in parts]
    low = math.sqrt(sum((part * (1 - small)) ** 2 for part, (small, _) in ends))
    high = math.sqrt(sum((part * (large - 1)) ** 2 for part, (_, large) in ends))
    return Interval(*(math.sqrt(end) for end in (variance, variance - low, variance + high)))


def sd_interval(sd: float, df: int) -> Interval:
    """An SD of normal values with its χ² interval; NaN where there is none."""
    if not (sd > 0 and df > 0):
        return Interval(sd)
    small, large = _ends(df)
    return Interval(sd, sd * math.sqrt(small), sd * math.sqrt(large))


def _ends(df: int) -> tuple[float, float]:
    """By which a variance is multiplied for the ends of its 95 % interval."""
    return df / float(special.chdtri(df, 0.025)), df / float(special.chdtri(df, 0.975))
