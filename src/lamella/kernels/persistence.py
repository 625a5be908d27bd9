"""The likelihood of a persistent random walk seen through noise: one Kalman filter for all tracks.

Velocity is an Ornstein–Uhlenbeck process on each axis, of variance S²/2 and memory P; its integral
is seen at the frames with an error of SD σ. Everything is Gaussian, so that the filter gives the
exact likelihood, whatever the times between frames.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Below this share of P the formula of the position's variance cancels, and its series is exact.
_SHORT = 0.02
# The filter's covariance is at rest when it changes by less.
_AT_REST = 1e-13


class Sampled(NamedTuple):
    """Positions of tracks as the filter reads them: track after track, in order of time."""

    place: FloatArray
    """(n, 2) positions."""
    duration: NDArray[np.int64]
    """(n,) index into `durations` of the time since the row before; −1 where a run begins."""
    durations: FloatArray
    """Distinct times between neighbours, the commonest first."""
    first: NDArray[np.int64]
    """(n_tracks + 1,) first row of every track, and the number of rows."""

    @property
    def n_steps(self) -> NDArray[np.int64]:
        """Steps of every track, shape (n_tracks,)."""
        counts = np.concatenate([[0], np.cumsum(self.duration >= 0)])
        steps: NDArray[np.int64] = counts[self.first[1:]] - counts[self.first[:-1]]
        return steps


def sampled(
    place: FloatArray, time: FloatArray, begins: NDArray[np.bool_], first: NDArray[np.int64]
) -> Sampled:
    """What the filter reads.

    Parameters
    ----------
    place : (n, 2) float array
        Positions that were seen, all finite, track after track.
    time : (n,) float array
        Their times, growing within a run. Times between neighbours that differ by less than a
        millionth are taken as one.
    begins : (n,) bool array
        True where no step leads from the row before to this one: the first row of a track, or
        after a step that is not trusted. A run's place and velocity owe nothing to the run before.
    first : (n_tracks + 1,) int array
        First row of every track, and the number of rows.
    """
    steps = np.flatnonzero(~begins)
    since = time[steps] - time[steps - 1]
    digits = 10.0 ** (5 - np.floor(np.log10(np.maximum(since, 1e-300))))
    distinct, which, count = np.unique(
        np.round(since * digits) / digits, return_inverse=True, return_counts=True
    )
    order = np.argsort(-count, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    duration = np.full(len(place), -1, np.int64)
    duration[steps] = rank[which]
    return Sampled(np.ascontiguousarray(place), duration, distinct[order], first)


def observed(
    track: NDArray[np.int64],
    frame: NDArray[np.int64],
    place: FloatArray,
    time: FloatArray,
    goes_on: NDArray[np.bool_],
    *,
    bridged_frames: int,
) -> tuple[Sampled, NDArray[np.int64]]:
    """The rows of tracks that the filter may see, and the gaps that it crosses.

    Parameters
    ----------
    track : (n,) int array
        Number of the track of every row, from 0, without a break; rows are sorted by track and
        frame.
    frame, place, time
        Of every row. Where place or time is not finite, nothing was seen.
    goes_on : (n,) bool array
        Whether a trusted step leads from the row before; a run ends at a step that is not.
    bridged_frames : int
        Most frames in a row without a trusted place that the filter crosses; a run ends at more.

    Returns
    -------
    Sampled
        Of every track, those without a place too.
    n_bridged : (n_tracks,) int array
    """
    n_tracks = int(track[-1]) + 1 if len(track) else 0
    seen = np.flatnonzero(np.isfinite(place).all(axis=1) & np.isfinite(time))
    on = np.zeros(len(seen), bool)
    bridged = np.zeros(len(seen), bool)
    if len(seen) > 1:
        later, earlier = seen[1:], seen[:-1]
        missing = frame[later] - frame[earlier] - 1
        possible = (track[later] == track[earlier]) & (time[later] > time[earlier])
        bridged[1:] = possible & (missing > 0) & (missing <= bridged_frames)
        on[1:] = bridged[1:] | (possible & (missing == 0) & goes_on[later])
    first = np.searchsorted(track[seen], np.arange(n_tracks + 1))
    n_bridged = np.bincount(track[seen][bridged], minlength=n_tracks)
    return sampled(place[seen], time[seen], ~on, first), n_bridged


@njit(cache=True, nogil=True)
def unit_msd(lag, persistence):  # type: ignore[no-untyped-def]
    """Fürth's mean squared displacement at S = 1: ``2 P [τ − P (1 − e^(−τ/P))]``."""
    ratio = lag / persistence
    if ratio < _SHORT:
        bracket = ratio**2 * (0.5 - ratio / 6 + ratio**2 / 24 - ratio**3 / 120)
    else:
        bracket = ratio + math.expm1(-ratio)
    return 2 * persistence**2 * bracket


@njit(cache=True, nogil=True)
def _moved(covariance, law):  # type: ignore[no-untyped-def]
    """Covariance (xx, xv, vv) one step later, nothing seen meanwhile."""
    xx, xv, vv = covariance
    a, c, q_xx, q_xv, q_vv = law
    return (xx + 2 * c * xv + c * c * vv + q_xx, a * (xv + c * vv) + q_xv, a * a * vv + q_vv)


@njit(cache=True, nogil=True)
def _law(duration, persistence):  # type: ignore[no-untyped-def]
    """How place and velocity (S = 1) go on over a time: memory, travel, and the variances added."""
    ratio = duration / persistence
    lost = -math.expm1(-ratio)
    kept = 1 - lost
    if ratio < _SHORT:
        series = 2 / 3 - ratio / 2 + 7 * ratio**2 / 30 - ratio**3 / 12 + 31 * ratio**4 / 1260
        scatter = series * ratio**3
    else:
        scatter = 2 * ratio - 3 + 4 * kept - kept * kept
    return (
        kept,
        persistence * lost,
        0.5 * persistence**2 * scatter,
        0.5 * persistence * lost**2,
        0.5 * lost * (2 - lost),
    )


@njit(cache=True, nogil=True)
def _regular(law, noise, longest):  # type: ignore[no-untyped-def]
    """Variance, gains and covariance at every step of a run of equal steps, until they rest.

    Returns (n, 6): 1/f, log f, gain of place, gain of velocity, and xv and vv of the covariance
    after; xx after is ``noise · gain of place``.
    """
    table = np.empty((max(longest, 1), 6))
    covariance = (noise, 0.0, 0.5)
    for j in range(len(table)):
        xx, xv, vv = _moved(covariance, law)
        f = xx + noise
        table[j, 0] = 1 / f
        table[j, 1] = math.log(f)
        table[j, 2] = xx / f
        table[j, 3] = xv / f
        after = (noise * xx / f, noise * xv / f, vv - xv * xv / f)
        table[j, 4] = after[1]
        table[j, 5] = after[2]
        rests = (
            abs(after[0] - covariance[0]) <= _AT_REST * after[0]
            and abs(after[1] - covariance[1]) <= _AT_REST * abs(after[1])
            and abs(after[2] - covariance[2]) <= _AT_REST * after[2]
        )
        covariance = after
        if rests:
            return table[: j + 1]
    return table


@njit(cache=True, nogil=True)
def innovations(place, duration, durations, first, longest, persistence, noise):  # type: ignore[no-untyped-def]
    """Per track, Σ log f and Σ e²/f over its steps, at S = 1: what the likelihood is made of.

    Here e is what the filter had not foreseen of a step (both axes in Σ e²/f) and f its variance
    per axis. With m steps and speed S the log-likelihood of the track is, up to a constant,
    ``−m log S² − Σ log f − Σ e²/f / (2 S²)``, greatest for ``S² = Σ e²/f / (2 m)``.

    Parameters
    ----------
    place, duration, durations, first
        See `Sampled`.
    longest : int
        Most steps of any run; a bound will do.
    persistence : float
        P, above 0.
    noise : float
        (σ/S)², at least 0.

    Returns
    -------
    (n_tracks, 2) float64 array
    """
    laws = [_law(d, persistence) for d in durations]
    out = np.zeros((len(first) - 1, 2))
    if len(laws) == 0:
        return out
    table = _regular(laws[0], noise, longest)
    rest = len(table) - 1
    a, c = laws[0][0], laws[0][1]
    for track in range(len(first) - 1):
        log_f = square = 0.0
        y = x = v_y = v_x = 0.0
        covariance = (0.0, 0.0, 0.0)
        j = 0
        regular = True
        for row in range(first[track], first[track + 1]):
            kind = duration[row]
            if kind < 0:
                y, x = place[row, 0], place[row, 1]
                v_y = v_x = 0.0
                covariance = (noise, 0.0, 0.5)
                j = 0
                regular = True
                continue
            if regular and kind == 0:
                k = min(j, rest)
                e_y = place[row, 0] - y - c * v_y
                e_x = place[row, 1] - x - c * v_x
                log_f += table[k, 1]
                square += (e_y * e_y + e_x * e_x) * table[k, 0]
                miss = 1 - table[k, 2]
                y, x = place[row, 0] - miss * e_y, place[row, 1] - miss * e_x
                v_y = a * v_y + table[k, 3] * e_y
                v_x = a * v_x + table[k, 3] * e_x
                j += 1
                continue
            if regular and j > 0:
                k = min(j - 1, rest)
                covariance = (noise * table[k, 2], table[k, 4], table[k, 5])
            regular = False
            xx, xv, vv = _moved(covariance, laws[kind])
            f = xx + noise
            e_y = place[row, 0] - y - laws[kind][1] * v_y
            e_x = place[row, 1] - x - laws[kind][1] * v_x
            log_f += math.log(f)
            square += (e_y * e_y + e_x * e_x) / f
            miss = noise / f
            y, x = place[row, 0] - miss * e_y, place[row, 1] - miss * e_x
            v_y = laws[kind][0] * v_y + xv / f * e_y
            v_x = laws[kind][0] * v_x + xv / f * e_x
            covariance = (noise * xx / f, noise * xv / f, vv - xv * xv / f)
        out[track, 0] = log_f
        out[track, 1] = square
    return out


def log_likelihood(seen: Sampled, *, speed: float, persistence: float, error: float) -> FloatArray:
    """Log-likelihood of every track, shape (n_tracks,), given the first place of every run.

    Parameters
    ----------
    seen : Sampled
    speed : float
        S, root mean square speed, above 0.
    persistence : float
        P, above 0.
    error : float
        σ, SD of the localisation error per axis.

    References
    ----------
    Uhlenbeck & Ornstein 1930, https://doi.org/10.1103/PhysRev.36.823; Kalman 1960,
    https://doi.org/10.1115/1.3662552
    """
    sums = innovations(*seen, longest_run(seen), persistence, (error / speed) ** 2)
    m = seen.n_steps
    out: FloatArray = (
        -m * math.log(2 * math.pi * speed**2) - sums[:, 0] - sums[:, 1] / (2 * speed**2)
    )
    return out


def longest_run(seen: Sampled) -> int:
    """Most steps of any run."""
    begins = np.flatnonzero(np.append(seen.duration, -1) < 0)
    return int(np.diff(begins).max(initial=1)) - 1 if len(begins) > 1 else 0


def typical_duration(seen: Sampled) -> float:
    """The median time between neighbours; NaN without a step."""
    steps = seen.durations[seen.duration[seen.duration >= 0]]
    return float(np.median(steps)) if len(steps) else math.nan
