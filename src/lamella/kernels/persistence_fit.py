"""Speed, persistence time and localisation error of single tracks, by likelihood, with intervals.

Two numbers are sought: log P and log k, where ``k = 4 σ² / MSD`` is noise over true movement of one
step; for each, the best S follows at once. P and σ / S would do as well, but where P is short or
noise strong, only the step that they give together is told, and the search would follow a ridge.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.persistence import (
    Sampled,
    innovations,
    longest_run,
    typical_duration,
    unit_msd,
)

FloatArray = NDArray[np.float64]

FEWEST_STEPS = 4
"""Below this, three numbers are not fitted to a track."""
DEVIANCE = 3.841458820694124
"""Twice the log-likelihood falls by so much at the ends of a 95 % interval: χ² of one degree."""

# P in steps, and k, between which the search stays. Shorter P is diffusion, longer than a hundred
# times the track a straight line; beyond the k there is no noise, or no movement.
SHORTEST_P = 0.02
LONGEST_P = 100.0
_LEAST_K, _MOST_K = 1e-9, 1e9
# Errors in true steps: none, and so little that the search for its bounds begins there.
_NO_ERROR, _SOME_ERROR = 0.001, 0.005
# What is held while the rest is sought.
_NOTHING, _SPEED, _PERSISTENCE, _ERROR = 0, 1, 2, 3
_FAR = 1e300

# One track as the search reads it: place, duration, durations, first, longest run, typical time.
_Track = tuple[FloatArray, NDArray[np.int64], FloatArray, NDArray[np.int64], int, float]


class WalkFit(NamedTuple):
    """What the likelihood tells of n tracks; columns are S, P, σ."""

    best: FloatArray
    """(n, 3) where the likelihood is greatest; NaN with too few steps or without movement."""
    low: FloatArray
    """(n, 3) lower ends; 0 where the track sets no lower bound."""
    high: FloatArray
    """(n, 3) upper ends; infinite where the track sets no upper bound."""


def fit_walks(seen: Sampled, *, deviance: float = math.nan) -> WalkFit:
    """Fit a persistent random walk with localisation error to every track by itself.

    Parameters
    ----------
    seen : Sampled
        Tracks in any unit of length and time.
    deviance : float
        An interval holds the values for which twice the log-likelihood, maximised over the other
        two parameters, stays within this of its maximum; NaN = no intervals, which take most of the
        time. `DEVIANCE` gives those of 95 %.

    Returns
    -------
    WalkFit
        In the units of `seen`. Tracks of fewer than 4 steps, and tracks that never move, are NaN.

    Notes
    -----
    Profile likelihood: Venzon & Moolgavkar 1988, https://doi.org/10.2307/2347496. Simplex search:
    Nelder & Mead 1965, https://doi.org/10.1093/comjnl/7.4.308.
    """
    n_tracks = len(seen.first) - 1
    best, low, high = (np.full((n_tracks, 3), np.nan) for _ in range(3))
    moves = np.append(False, (seen.place[1:] != seen.place[:-1]).any(axis=1))
    longest, unit = longest_run(seen), typical_duration(seen)
    for i in range(n_tracks):
        rows = slice(int(seen.first[i]), int(seen.first[i + 1]))
        steps = seen.duration[rows] >= 0
        m = int(steps.sum())
        if m < FEWEST_STEPS or not moves[rows][steps].any():
            continue
        alone = np.array([0, rows.stop - rows.start], np.int64)
        data = (seen.place[rows], seen.duration[rows], seen.durations, alone, longest, unit)
        theta, peak = _peak(data, m)
        best[i] = _parameters(data, m, theta)
        if math.isnan(deviance):
            continue
        for k, held in enumerate((_SPEED, _PERSISTENCE, _ERROR)):
            low[i, k] = _end(data, m, theta, peak, best[i], held, -1, deviance)
            high[i, k] = _end(data, m, theta, peak, best[i], held, 1, deviance)
        if low[i, 1] == 0.0:
            # The shorter P, the faster S for the same spread: neither has a bound.
            high[i, 0] = np.inf
    return WalkFit(best, low, high)


def fit_together(seen: Sampled) -> FloatArray:
    """S, P and σ where the likelihood of all tracks together is greatest, shape (3,).

    NaN with fewer than 4 steps in all, or where nothing moves.
    """
    together = seen._replace(first=np.array([0, len(seen.place)], np.int64))
    best: FloatArray = fit_walks(together).best[0]
    return best


def _parameters(data: _Track, m: int, theta: tuple[float, float]) -> FloatArray:
    """S, P and σ at (log P, log k), S the best."""
    unit = data[5]
    p = unit * math.exp(theta[0])
    speed = math.sqrt(_sums(data, *theta)[1] / (2 * m))
    error = 0.5 * speed * math.sqrt(math.exp(theta[1]) * unit_msd(unit, p))
    return np.array([speed, p, error])


def _peak(data: _Track, m: int) -> tuple[tuple[float, float], float]:
    """(log P, log k) of the greatest likelihood, and the cost there."""
    start, least = (0.0, 0.0), math.inf
    for p in (0.3, 1.0, 3.0, 10.0, 40.0):
        for k in (0.01, 0.2, 1.5, 12.0):
            cost = _cost(data, m, math.log(p), math.log(k), _NOTHING, 0.0)
            if cost < least:
                start, least = (math.log(p), math.log(k)), cost
    log_p, log_k, cost = _simplex(data, m, *start, _NOTHING, 0.0, 0.4, 1e-7)
    return (log_p, log_k), cost


def _end(
    data: _Track,
    m: int,
    theta: tuple[float, float],
    peak: float,
    best: FloatArray,
    held: int,
    way: int,
    deviance: float,
) -> float:
    """Where the profile of one parameter has risen by `deviance`: 0 or infinity if it never does.

    Steps outwards double until the rise is too high; the place is then found by the rule of false
    position on the root of the rise, which is nearly a straight line.
    """
    unit = data[5]
    origin = float(best[held - 1])
    furthest = 12.0
    goal = math.sqrt(deviance)
    near, rise_near = 0.0, 0.0
    start = theta
    if held == _ERROR:  # below a thousandth of a step there is none, and 0 has no logarithm
        step = float(best[0]) * math.sqrt(unit_msd(unit, best[1]))
        if origin < _SOME_ERROR * step:
            origin = _SOME_ERROR * step
            rise_near, start = _rise(data, m, start, peak, held, origin)
            if rise_near >= goal:
                return origin if way > 0 else 0.0
        if way < 0:
            furthest = math.log(origin / (_NO_ERROR * step))
    if held == _PERSISTENCE:
        limit = LONGEST_P * (data[4] + 1) if way > 0 else SHORTEST_P
        furthest = abs(math.log(limit) - theta[0])
    far, rise_far = min(0.25, furthest), 0.0
    while True:
        rise_far, start = _rise(data, m, start, peak, held, origin * math.exp(way * far))
        if rise_far >= goal or far >= furthest:
            break
        near, rise_near = far, rise_far
        far = min(far * 2, furthest)
    if rise_far < goal:
        return math.inf if way > 0 else 0.0
    side = 0
    weight_near, weight_far = rise_near - goal, rise_far - goal
    for _ in range(25):
        if abs(far - near) < 1e-3:
            break
        middle = near - weight_near * (far - near) / (weight_far - weight_near)
        rise, start = _rise(data, m, start, peak, held, origin * math.exp(way * middle))
        if abs(rise - goal) < 2e-4 * goal:
            return origin * math.exp(way * middle)
        if rise < goal:
            near, weight_near = middle, rise - goal
            if side == -1:
                weight_far *= 0.5
            side = -1
        else:
            far, weight_far = middle, rise - goal
            if side == 1:
                weight_near *= 0.5
            side = 1
    return origin * math.exp(way * 0.5 * (near + far))


def _rise(
    data: _Track, m: int, start: tuple[float, float], peak: float, held: int, value: float
) -> tuple[float, tuple[float, float]]:
    """Root of the deviance with one parameter held, and where the other two then are."""
    log_p = math.log(value / data[5]) if held == _PERSISTENCE else start[0]
    log_p, log_k, cost = _simplex(data, m, log_p, start[1], held, value, 0.15, 1e-5)
    return math.sqrt(max(cost - peak, 0.0)), (log_p, log_k)


# Called from Python, one signature each: numba would compile them anew for every constant `held`.
@njit(cache=True, nogil=True)
def _sums(data, log_p, log_k):  # type: ignore[no-untyped-def]
    place, duration, durations, first, longest, unit = data
    p = unit * math.exp(log_p)
    noise = 0.25 * math.exp(log_k) * unit_msd(unit, p)
    each = innovations(place, duration, durations, first, longest, p, noise)
    return each[0, 0], each[0, 1]


@njit(cache=True, nogil=True)
def _cost(data, m, log_p, log_k, held, value):  # type: ignore[no-untyped-def]
    """Minus twice the log-likelihood, up to a constant; S the best, or as what is held asks."""
    longest_p = math.log(LONGEST_P * (data[4] + 1))
    beyond = (
        log_p < math.log(SHORTEST_P)
        or log_p > longest_p
        or log_k < math.log(_LEAST_K)
        or log_k > math.log(_MOST_K)
    )
    if beyond:
        return _FAR
    log_f, square = _sums(data, log_p, log_k)
    if held in (_NOTHING, _PERSISTENCE):
        return 2 * log_f + 2 * m * (math.log(max(square / (2 * m), 1e-300)) + 1)
    if held == _SPEED:
        speed_2 = value * value
    else:
        speed_2 = (
            4 * value * value / (math.exp(log_k) * unit_msd(data[5], data[5] * math.exp(log_p)))
        )
    return 2 * log_f + 2 * m * math.log(speed_2) + square / speed_2


@njit(cache=True, nogil=True)
def _simplex(data, m, log_p, log_k, held, value, size, tolerance):  # type: ignore[no-untyped-def]
    """Nelder and Mead's search over (log P, log k), or over log k alone where P is held.

    Returns log P, log k and the cost there.
    """
    n = 1 if held == _PERSISTENCE else 2
    p, k, cost = np.empty(n + 1), np.empty(n + 1), np.empty(n + 1)
    for i in range(n + 1):
        p[i] = log_p + size if i == 2 else log_p
        k[i] = log_k + size if i == 1 else log_k  # k first
        cost[i] = _cost(data, m, p[i], k[i], held, value)
    for _ in range(200):
        for i in range(1, n + 1):
            for j in range(i, 0, -1):
                if cost[j] < cost[j - 1]:
                    p[j], p[j - 1] = p[j - 1], p[j]
                    k[j], k[j - 1] = k[j - 1], k[j]
                    cost[j], cost[j - 1] = cost[j - 1], cost[j]
        wide = max(abs(p[n] - p[0]), abs(k[n] - k[0]))
        if cost[n] - cost[0] < tolerance and wide < 0.02:
            break
        middle_p = middle_k = 0.0
        for i in range(n):
            middle_p += p[i] / n
            middle_k += k[i] / n
        new_p, new_k = 2 * middle_p - p[n], 2 * middle_k - k[n]
        new = _cost(data, m, new_p, new_k, held, value)
        if new < cost[0]:
            far_p, far_k = 3 * middle_p - 2 * p[n], 3 * middle_k - 2 * k[n]
            far = _cost(data, m, far_p, far_k, held, value)
            if far < new:
                new_p, new_k, new = far_p, far_k, far
        better = new < cost[n]
        enough = new < cost[0] or new < cost[n - 1]
        if better or enough:
            p[n], k[n], cost[n] = new_p, new_k, new
        if enough:
            continue
        new_p, new_k = 0.5 * (middle_p + p[n]), 0.5 * (middle_k + k[n])
        new = _cost(data, m, new_p, new_k, held, value)
        if new < cost[n]:
            p[n], k[n], cost[n] = new_p, new_k, new
            continue
        for i in range(1, n + 1):
            p[i], k[i] = 0.5 * (p[i] + p[0]), 0.5 * (k[i] + k[0])
            cost[i] = _cost(data, m, p[i], k[i], held, value)
    least = np.argmin(cost)
    return p[least], k[least], cost[least]
