"""Displacement, direction and velocity of tracks by lag: sums from which any mean can be made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FEWEST_LAGS = 3
"""Below this, no slope is given."""


class LagSums(NamedTuple):
    """Sums over the pairs of each lag, of every track: (n_tracks, n_lags + 1) arrays, lag 0 first.

    Sums of several tracks add up to those of all of them together.
    """

    n_pairs: FloatArray
    """Pairs of frames with nothing but valid steps in between."""
    square: FloatArray
    """Squared displacements."""
    duration: FloatArray
    """Times between the two frames."""
    n_directions: FloatArray
    """Pairs of steps that both have a direction."""
    direction: FloatArray
    """Cosines of the angles between them."""
    n_velocities: FloatArray
    """Pairs of steps."""
    velocity: FloatArray
    """Scalar products of their velocities."""

    def mean(self, name: str) -> FloatArray:
        """A sum over the number of its pairs; NaN where there are none."""
        n = getattr(self, _NUMBER[name])
        out: FloatArray = np.divide(
            getattr(self, name), n, out=np.full_like(n, np.nan), where=n > 0
        )
        return out

    def averaged(self) -> LagSums:
        """Every track's means as one pair of its own, so that sums over tracks weigh each alike."""
        parts = {}
        for name, number in _NUMBER.items():
            n = getattr(self, number)
            parts[name] = np.where(n > 0, self.mean(name), 0.0)
            parts[number] = (n > 0).astype(np.float64)
        return LagSums(**parts)

    def of_groups(self, group: NDArray[np.int64], n_groups: int) -> LagSums:
        """Sums over the tracks of every group, given each track's group from 0."""
        parts = []
        for values in self:
            total = np.zeros((n_groups, values.shape[1]))
            np.add.at(total, group, values)
            parts.append(total)
        return LagSums(*parts)


# What the number of its pairs is called.
_NUMBER = {
    "square": "n_pairs",
    "duration": "n_pairs",
    "direction": "n_directions",
    "velocity": "n_velocities",
}


def goes_on(
    track: NDArray[np.int64],
    frame: NDArray[np.int64],
    place: FloatArray,
    pair_valid: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Whether a trusted step leads from each row's predecessor to it, shape (n,).

    Rows are sorted by track and frame. A step is trusted where it is valid, both rows are of one
    track and of consecutive frames, and both have a place.
    """
    known = np.isfinite(place).all(axis=1)
    out = np.zeros(len(track), bool)
    out[1:] = (track[1:] == track[:-1]) & (frame[1:] == frame[:-1] + 1) & known[1:] & known[:-1]
    trusted: NDArray[np.bool_] = out & pair_valid
    return trusted


def relative_variance(lag: FloatArray, n_pairs: FloatArray) -> FloatArray:
    """Variance of the mean squared displacement of diffusion at a lag, over its square.

    ``(2 n² + 1) / (3 n · pairs)`` at lag n; of one track of N steps, which has N − n + 1 pairs, it
    is ``(2 n² + 1) / (3 n (N − n + 1))``. Infinite without pairs.

    Parameters
    ----------
    lag : float array
        Lag in frames, from 1.
    n_pairs : float array
        Pairs of frames, of equal shape or broadcast.

    References
    ----------
    Qian, Sheetz & Elson 1991, https://doi.org/10.1016/S0006-3495(91)82125-7
    """
    known = n_pairs > 0
    ratio = (2 * lag**2 + 1) / (3 * lag * np.where(known, n_pairs, 1.0))
    out: FloatArray = np.where(known, ratio, np.inf)
    return out


def log_slope(lag: FloatArray, msd: FloatArray, variance: FloatArray) -> FloatArray:
    """Slope of log MSD over log lag, each lag weighted by one over its relative variance.

    Parameters
    ----------
    lag, msd, variance : (..., L) float arrays
        Lags above 0, in any unit; lags with an infinite variance or without a positive MSD count
        nothing.

    Returns
    -------
    (...) float64 array
        NaN below 3 lags.
    """
    usable = np.isfinite(variance) & np.isfinite(msd) & (msd > 0) & (lag > 0)
    weight = np.where(usable, 1 / np.where(usable, variance, 1.0), 0.0)
    x, y = np.log(np.where(usable, lag, 1.0)), np.log(np.where(usable, msd, 1.0))
    total = weight.sum(axis=-1, keepdims=True)
    total = np.where(total > 0, total, 1.0)
    x = x - (weight * x).sum(axis=-1, keepdims=True) / total
    y = y - (weight * y).sum(axis=-1, keepdims=True) / total
    spread = (weight * x * x).sum(axis=-1)
    told = (usable.sum(axis=-1) >= FEWEST_LAGS) & (spread > 0)
    out: FloatArray = np.where(
        told, (weight * x * y).sum(axis=-1) / np.where(told, spread, 1.0), np.nan
    )
    return out


def lag_sums(
    place: FloatArray,
    time: FloatArray,
    goes_on: NDArray[np.bool_],
    first: NDArray[np.int64],
    lag: NDArray[np.int64] | None = None,
    *,
    n_lags: int,
    min_step: float,
) -> LagSums:
    """Sums of squared displacements and of products of steps over all lags, per track.

    Parameters
    ----------
    place : (n, 2) float array
        Positions, track after track, a row per frame. NaN where there is none.
    time : (n,) float array
        Times; NaN where unknown, and durations and velocities are then NaN.
    goes_on : (n,) bool array
        See `goes_on`: only pairs with no other steps in between enter.
    first : (n_tracks + 1,) int array
        First row of every track, and the number of rows.
    lag : (n_tracks,) int array, optional
        Lags that one frame of each track stands for; by default 1.
    n_lags : int
        Greatest lag.
    min_step : float
        Steps shorter than this, and steps of length 0, have no direction.

    Returns
    -------
    LagSums

    Notes
    -----
    A velocity is a step over the time that it took, not that of an instant: at lag 1 two steps
    share a position, whose error of SD σ lowers their product by σ² per axis; at lag 0 it is raised
    by 2 σ² per axis.
    """
    per_frame = np.ones(len(first) - 1, np.int64) if lag is None else lag
    sums = _lag_sums(
        np.ascontiguousarray(place, np.float64),
        np.ascontiguousarray(time, np.float64),
        goes_on,
        first,
        per_frame,
        n_lags,
        min_step,
    )
    return LagSums(*sums)


@njit(cache=True, nogil=True)
def _lag_sums(place, time, goes_on, first, per_frame, n_lags, min_step):  # type: ignore[no-untyped-def]
    out = np.zeros((7, len(first) - 1, n_lags + 1))
    step = np.zeros_like(place)
    length = np.zeros(len(place))
    for row in range(len(place)):
        if goes_on[row]:
            step[row] = place[row] - place[row - 1]
            length[row] = np.hypot(step[row, 0], step[row, 1])
    for track in range(len(first) - 1):
        stride = per_frame[track]
        most = n_lags // stride
        start = first[track]
        for row in range(first[track], first[track + 1]):
            if not goes_on[row]:
                start = row
            if not (np.isfinite(place[row, 0]) and np.isfinite(place[row, 1])):
                continue
            for k in range(min(row - start, most) + 1):
                dy, dx = place[row, 0] - place[row - k, 0], place[row, 1] - place[row - k, 1]
                out[0, track, k * stride] += 1
                out[1, track, k * stride] += dy * dy + dx * dx
                out[2, track, k * stride] += time[row] - time[row - k]
            duration = time[row] - time[row - 1]
            for k in range(min(row - start, most + 1)):
                other = row - k
                product = step[row, 0] * step[other, 0] + step[row, 1] * step[other, 1]
                out[5, track, k * stride] += 1
                out[6, track, k * stride] += product / (duration * (time[other] - time[other - 1]))
                shorter = min(length[row], length[other])
                if shorter >= min_step and shorter > 0:
                    out[3, track, k * stride] += 1
                    out[4, track, k * stride] += product / (length[row] * length[other])
    return out


def longest_runs(goes_on: NDArray[np.bool_], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Most steps without a break of every track, shape (n_tracks,)."""
    return _longest(goes_on, first)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _longest(goes_on, first):  # type: ignore[no-untyped-def]
    out = np.zeros(len(first) - 1, np.int64)
    for track in range(len(first) - 1):
        n = 0
        for row in range(first[track], first[track + 1]):
            n = n + 1 if goes_on[row] else 0
            out[track] = max(out[track], n)
    return out
