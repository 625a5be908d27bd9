"""A mixture of two normal distributions, by expectation–maximisation."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lamella.statistics.design import FloatArray

_ROUNDS, _SETTLED = 500, 1e-9
_STARTS = (0.5, 0.2, 0.8, 0.05, 0.95)
"""Shares of the values that begin in the lower normal: small groups at either end are found too."""
_LEAST_SD = 1e-3
"""Of the SD of all: a normal that sits on a few equal values has an endless likelihood."""


class TwoNormals(NamedTuple):
    """The lower normal first."""

    share: FloatArray
    """(2,) adding to 1."""
    mean: FloatArray
    sd: FloatArray
    log_likelihood: float

    @property
    def separation(self) -> float:
        """Distance of the means over the mean SD; 2 parts them cleanly.

        Ashman's D, save that a narrow population is told from a wide one, too: D divides by the
        root mean square of the SDs, which is that of the wide one whatever the other.

        References
        ----------
        Ashman, Bird and Zepf 1994, https://doi.org/10.1086/117248
        """
        return float(np.ptp(self.mean) / self.sd.mean())

    @property
    def crossing(self) -> float:
        """Where a value between the means belongs to either with probability ½; NaN = nowhere."""
        (a, b), (m, n), (s, t) = self.share, self.mean, self.sd
        # log(a/s) − (x−m)²/2s² = log(b/t) − (x−n)²/2t²
        square = 1 / (2 * t**2) - 1 / (2 * s**2)
        linear = m / s**2 - n / t**2
        rest = n**2 / (2 * t**2) - m**2 / (2 * s**2) + math.log(a * t / (b * s))
        between = [x for x in _roots(square, linear, rest) if m < x < n]
        return between[0] if between else math.nan


def two_normals(values: FloatArray, start: TwoNormals | None = None) -> TwoNormals | None:
    """Fit a mixture of two normals with SDs of their own.

    Parameters
    ----------
    values : (n,) finite
    start : TwoNormals, optional
        Where to begin; by default in several places, of which the best end is kept.

    Returns
    -------
    TwoNormals or None
        None where there are fewer than 4 values or they are all equal.

    References
    ----------
    Dempster, Laird and Rubin 1977, https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
    """
    sd = float(values.std()) if len(values) >= 4 else 0.0
    if not sd > 1e-12 * max(float(np.abs(values).max(initial=0)), 1e-300):
        return None
    floor = _LEAST_SD * sd
    if start is not None:
        return _climbed(values, start, floor)
    ranked = np.sort(values)
    ends = []
    for share in _STARTS:
        k = min(max(round(share * len(ranked)), 2), len(ranked) - 2)
        parts = ranked[:k], ranked[k:]
        begun = TwoNormals(
            np.array([k, len(ranked) - k]) / len(ranked),
            np.array([part.mean() for part in parts]),
            np.array([max(part.std(), 0.1 * sd) for part in parts]),
            -math.inf,
        )
        ends.append(_climbed(values, begun, floor))
    return max(ends, key=lambda end: end.log_likelihood)


def one_normal(values: FloatArray) -> float:
    """Log likelihood of the best single normal."""
    n, variance = len(values), float(values.var())
    return -n / 2 * (math.log(2 * math.pi * variance) + 1)


def gain_in_bic(values: FloatArray, two: TwoNormals) -> float:
    """By how much two normals beat one in Schwarz's criterion; 10 and more is very strong.

    References
    ----------
    Schwarz 1978, https://doi.org/10.1214/aos/1176344136; Kass and Raftery 1995,
    https://doi.org/10.1080/01621459.1995.10476572
    """
    more = 3  # parameters: 5 against 2
    return 2 * (two.log_likelihood - one_normal(values)) - more * math.log(len(values))


def _climbed(values: FloatArray, at: TwoNormals, floor: float) -> TwoNormals:
    share, mean, sd, before = at.share, at.mean, at.sd, -math.inf
    for _ in range(_ROUNDS):
        z = (values[:, None] - mean) / sd
        logs = np.log(share) - np.log(sd) - 0.5 * z**2 - 0.5 * math.log(2 * math.pi)
        top = logs.max(axis=1)
        weight = np.exp(logs - top[:, None])
        total = weight.sum(axis=1)
        reached = float((top + np.log(total)).sum())
        if reached - before < _SETTLED * len(values):
            break
        before = reached
        weight /= total[:, None]
        sizes = np.maximum(weight.sum(axis=0), 1e-9)
        share = sizes / sizes.sum()
        mean = weight.T @ values / sizes
        off = (weight * (values[:, None] - mean) ** 2).sum(axis=0) / sizes
        sd = np.maximum(np.sqrt(off), floor)
    order = np.argsort(mean, kind="stable")
    return TwoNormals(share[order], mean[order], sd[order], reached)


def _roots(square: float, linear: float, rest: float) -> list[float]:
    """Real roots of square·x² + linear·x + rest, also where the first is all but 0."""
    inside = linear**2 - 4 * square * rest
    if inside < 0:
        return []
    # Stable where square vanishes, as it does for equal SDs.
    half = -(linear + math.copysign(math.sqrt(inside), linear)) / 2
    return [x for x in ((rest / half) if half else math.nan, (half / square) if square else (
        math.nan)) if math.isfinite(x)]  # fmt: skip
