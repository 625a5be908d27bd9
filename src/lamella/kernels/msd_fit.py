"""Fürth's formula fitted to a mean squared displacement, as published: weighted least squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.persistence import unit_msd

FloatArray = NDArray[np.float64]

# P is sought among so many, from a share of the shortest lag to a multiple of the longest.
_NODES = 400
_SHORTEST, _LONGEST = 0.05, 30.0


def fit_msd(lag: FloatArray, msd: FloatArray, variance: FloatArray) -> FloatArray:
    """S, P and σ of ``MSD(τ) = 2 S² P [τ − P (1 − e^(−τ/P))] + 4 σ²``.

    For each P the best S² and σ² follow at once (neither may be negative); P is sought on a
    logarithmic grid and between its nodes.

    Parameters
    ----------
    lag : (L,) float array
        Lags τ, above 0.
    msd : (n, L) float array
        One mean squared displacement a row; lags that are not finite and positive count nothing.
    variance : (L,) float array
        Relative variance at each lag; the weight of a lag is ``1 / (variance · MSD²)``.

    Returns
    -------
    (n, 3) float64 array
        NaN below 3 lags. P at an end of the grid, 0.05 of the first lag or 30 times the last, is no
        estimate.

    References
    ----------
    Fürth 1920, https://doi.org/10.1007/BF01328731. Published code squares the weight's variance
    once more, although it is one of squares already; that leaves the long lags, which tell P,
    without a say.
    """
    good = np.isfinite(msd) & (msd > 0) & np.isfinite(variance) & np.isfinite(lag)
    safe = np.where(good, msd, 1.0)
    weight = np.where(good, 1 / (np.where(np.isfinite(variance), variance, 1.0) * safe**2), 0.0)
    times = np.where(np.isfinite(lag), lag, 1.0)
    log_p = np.linspace(np.log(_SHORTEST * times[0]), np.log(_LONGEST * times[-1]), _NODES)
    curves = np.array([[unit_msd(t, p) for p in np.exp(log_p)] for t in times])
    s_11, s_1m = weight.sum(axis=1)[:, None], (weight * safe).sum(axis=1)[:, None]
    s_11 = np.where(s_11 > 0, s_11, 1.0)
    s_gg, s_1g, s_gm = weight @ curves**2, weight @ curves, (weight * safe) @ curves
    s_gg = np.where(s_gg > 0, s_gg, 1.0)
    determinant = s_gg * s_11 - s_1g**2
    sound = determinant > 1e-12 * s_gg * s_11
    fast = np.where(sound, s_11 * s_gm - s_1g * s_1m, s_gm) / np.where(sound, determinant, s_gg)
    noise = np.where(sound, (s_1m - s_1g * fast) / s_11, 0.0)
    fast = np.where(noise < 0, s_gm / s_gg, fast)
    noise = np.maximum(noise, 0.0)
    noise = np.where(fast < 0, s_1m / s_11, noise)
    fast = np.maximum(fast, 0.0)
    s_mm = (weight * safe**2).sum(axis=1)[:, None]
    cost = (
        s_mm + fast**2 * s_gg + noise**2 * s_11
        + 2 * (fast * noise * s_1g - fast * s_gm - noise * s_1m)
    )  # fmt: skip
    n = np.arange(len(cost))
    best = cost.argmin(axis=1)
    at = np.clip(best, 1, _NODES - 2)
    bend = cost[n, at + 1] - 2 * cost[n, at] + cost[n, at - 1]
    slope = (cost[n, at + 1] - cost[n, at - 1]) / 2
    usable = (bend > 0) & (best == at)
    shift = np.where(usable, -slope / np.where(usable, bend, 1.0), 0.0)
    shift = np.clip(shift, -0.5, 0.5)
    p = np.exp(log_p[best] + shift * (log_p[1] - log_p[0]))
    beside = np.where(shift < 0, np.maximum(best - 1, 0), np.minimum(best + 1, _NODES - 1))
    share = np.abs(shift)
    square = (1 - share) * fast[n, best] + share * fast[n, beside]
    constant = (1 - share) * noise[n, best] + share * noise[n, beside]
    out: FloatArray = np.stack([np.sqrt(square), p, np.sqrt(constant) / 2], axis=1)
    out[good.sum(axis=1) < 3] = np.nan
    return out
