"""Whether one quantity follows another along the edge, and after how many frames."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


class Lags(NamedTuple):
    """Correlation over lags, arrays of shape (2 · most + 1,), from −most to most."""

    lag: NDArray[np.int64]
    """Frames by which the second quantity comes after the first."""
    correlation: Floats
    """Mean over positions."""
    low: Floats
    """Ends of the 95 % interval of that mean."""
    high: Floats
    positions: NDArray[np.int64]
    """Positions that entered."""
    independent: Floats
    """How many independent ones they are worth."""
    pairs: NDArray[np.int64]
    """Pairs of values, over all positions."""


def lagged_correlation(
    first: ArrayLike,
    second: ArrayLike,
    run: ArrayLike,
    *,
    most: int,
    least_pairs: int = 8,
) -> Lags:
    """Pearson correlation of first(t) and second(t + lag), at every position, averaged.

    Parameters
    ----------
    first, second : (T, n) array_like
        Over frames and positions of a closed edge; what is missing is NaN.
    run : (T,) array_like of int
        Frames of one run follow each other without a gap; nothing is correlated across runs, since
        positions start anew.
    most : int
        Largest lag, in frames.
    least_pairs : int
        A position of a run enters at a lag with at least so many pairs.

    Returns
    -------
    Lags
        NaN where no position has enough pairs, or one of the quantities does not vary. The interval
        is that of a mean over independent positions; neighbours are alike, so their number is
        divided by 1 + 2 Σ ρ(k), ρ the autocorrelation of the positions' correlations along the
        edge up to its first value that is not positive (Bartlett). NaN below two.

    Notes
    -----
    Every position's mean is taken off, over the pairs of that lag, so that a part of the edge that
    is always bright makes no correlation. A trend in time does: correct bleaching first.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    runs = np.asarray(run, np.int64)
    found, pairs = [], []
    for name in np.unique(runs):
        rows = np.flatnonzero(runs == name)
        r, n = _correlations(a[rows], b[rows], most, least_pairs)
        found.append(r)
        pairs.append(n)
    lags = np.arange(-most, most + 1)
    if not found:
        nothing = np.full(len(lags), np.nan)
        none = np.zeros(len(lags), np.int64)
        return Lags(lags, nothing, nothing, nothing, none, none.astype(float), none)
    every, counts = np.stack(found, 1), np.stack(pairs, 1)  # (lags, runs, positions)
    known = np.isfinite(every)
    n_known = known.sum((1, 2))
    filled = np.where(known, every, 0.0)
    mean = np.divide(filled.sum((1, 2)), n_known, out=np.full(len(lags), np.nan), where=n_known > 0)
    error, independent = np.full(len(lags), np.nan), np.zeros(len(lags))
    for k in np.flatnonzero(n_known > 0):
        centred = np.where(known[k], every[k] - mean[k], 0.0)
        independent[k] = n_known[k] / _likeness(centred, known[k])
        if independent[k] >= 2 and n_known[k] > 1:
            sd = np.sqrt((centred**2).sum() / (n_known[k] - 1))
            error[k] = sd / np.sqrt(independent[k]) * special.stdtrit(independent[k] - 1, 0.975)
    used = np.where(known, counts, 0).sum((1, 2))
    return Lags(lags, mean, mean - error, mean + error, n_known, independent, used)


def _likeness(centred: Floats, known: NDArray[np.bool_]) -> float:
    """1 + 2 Σ ρ(k) over distances k along the closed edge, at least 1."""
    power = float((centred**2).sum() / known.sum())
    if power <= 0:
        return 1.0
    n = centred.shape[1]
    spectrum, mask = np.fft.rfft(centred, axis=1), np.fft.rfft(known.astype(float), axis=1)
    product = np.fft.irfft((np.abs(spectrum) ** 2).sum(0), n)
    weight = np.round(np.fft.irfft((np.abs(mask) ** 2).sum(0), n))
    likeness = 1.0
    for k in range(1, n // 2 + 1):
        rho = product[k] / weight[k] / power if weight[k] > 0 else 0.0
        if rho <= 0:
            break
        # The two halves of a closed edge meet at k = n / 2, which counts once.
        likeness += rho * (1 if 2 * k == n else 2)
    return likeness


@njit(cache=True, nogil=True)
def _correlations(first, second, most, least):  # type: ignore[no-untyped-def]
    """Correlation and number of pairs, (2 · most + 1, n), of one run."""
    frames, n = first.shape
    out = np.full((2 * most + 1, n), np.nan)
    count = np.zeros((2 * most + 1, n), np.int64)
    # Centred once, so that sums of squares do not drown what varies.
    a, b = first.copy(), second.copy()
    for i in range(n):
        _centre(a[:, i])
        _centre(b[:, i])
    for k in range(2 * most + 1):
        lag = k - most
        sums = np.zeros((n, 5))
        for t in range(max(0, -lag), min(frames, frames - lag)):
            for i in range(n):
                x, y = a[t, i], b[t + lag, i]
                if np.isfinite(x) and np.isfinite(y):
                    count[k, i] += 1
                    sums[i, 0] += x
                    sums[i, 1] += y
                    sums[i, 2] += x * x
                    sums[i, 3] += y * y
                    sums[i, 4] += x * y
        for i in range(n):
            m = count[k, i]
            if m < max(least, 2):
                continue
            xx = sums[i, 2] - sums[i, 0] ** 2 / m
            yy = sums[i, 3] - sums[i, 1] ** 2 / m
            # What rounding leaves of a constant is no variation.
            if xx > 1e-12 * sums[i, 2] and yy > 1e-12 * sums[i, 3]:
                out[k, i] = (sums[i, 4] - sums[i, 0] * sums[i, 1] / m) / np.sqrt(xx * yy)
    return out, count


@njit(cache=True, nogil=True)
def _centre(column):  # type: ignore[no-untyped-def]
    total, n = 0.0, 0
    for value in column:
        if np.isfinite(value):
            total += value
            n += 1
    if n:
        for t in range(len(column)):
            column[t] -= total / n
