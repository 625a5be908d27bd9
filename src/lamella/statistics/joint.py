"""P values of several contrasts of one model, adjusted by how the contrasts hang together."""

from __future__ import annotations

import numpy as np
from scipy import special

from lamella.statistics.additive import contrast_of
from lamella.statistics.blocks import places
from lamella.statistics.design import Design, FloatArray, Pair
from lamella.statistics.fixed import OneFit

_DRAWS = 1 << 16
_SEED = 0


def joint(t: FloatArray, correlation: FloatArray, df: float) -> FloatArray:
    """Chance that the largest of several |t| is as large, step by step from the largest down.

    Contrasts with one reference share its units, so that they err together: Holm's factor, which
    allows for any dependence, asks too much of them. Where conditions are compared with one, this
    is Dunnett's test in its step-down form; over all pairs, its first step is that of Tukey and
    Kramer.

    Parameters
    ----------
    t : (m,) statistics; those that are NaN stay so and do not count.
    correlation : (m, m) of the estimates.
    df : float
        Degrees of freedom of the one SD that they share.

    Returns
    -------
    (m,) float64 array, none below its p by itself nor above that of Holm. The same at every call:
    the normal numbers are drawn from one seed, over the SD it is integrated. The error from the
    draws is below 0.001 around 0.05.

    References
    ----------
    Dunnett 1955, https://doi.org/10.1080/01621459.1955.10501294; Hothorn, Bretz and Westfall 2008,
    https://doi.org/10.1002/bimj.200810425
    """
    out: FloatArray = np.full(t.shape, np.nan)
    known = np.flatnonzero(np.isfinite(t))
    order = known[np.argsort(-np.abs(t[known]), kind="stable")]
    values, axes = np.linalg.eigh(correlation[np.ix_(order, order)])
    root = axes * np.sqrt(np.clip(values, 0, None))
    size = np.abs(np.random.default_rng(_SEED).standard_normal((_DRAWS, len(order))) @ root.T)
    reached = holm = 0.0
    for step, j in enumerate(order):
        largest = size[:, step:].max(axis=1)
        at = abs(float(t[j]))
        chance = 1.0
        if at > 0:  # over the SD s: P(|Z| > at · s), with s² = χ²/df
            chance = float(special.chdtr(df, df * (largest / at) ** 2).mean())
        alone = float(2 * special.stdtr(df, -at))
        holm = max(holm, min((len(order) - step) * alone, 1.0))
        reached = max(reached, float(np.clip(chance, alone, holm)))
        out[j] = reached
    return out


def correlation_of(design: Design, pairs: list[Pair], fit: OneFit) -> FloatArray:
    """(pairs, pairs) of the differences that condition + session gives."""
    n = len(design.conditions)
    contrasts = np.array([contrast_of(places(design, pair), n) for pair in pairs])
    covariance = contrasts @ fit.additive.inverse @ contrasts.T
    sd = np.sqrt(np.clip(np.diag(covariance), 1e-300, None))
    out: FloatArray = covariance / np.outer(sd, sd)
    return out
