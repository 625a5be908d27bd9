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
    best, low, high = _fit_all(
        seen.place,
        seen.duration,
        seen.durations,
        seen.first,
        longest_run(seen),
        typical_duration(seen),
        deviance,
    )
    return WalkFit(best, low, high)


def fit_together(seen: Sampled) -> FloatArray:
    """S, P and σ where the likelihood of all tracks together is greatest, shape (3,).

    NaN with fewer than 4 steps in all, or where nothing moves.
    """
    together = seen._replace(first=np.array([0, len(seen.place)], np.int64))
    best: FloatArray = fit_walks(together).best[0]
    return best


@njit(cache=True, nogil=True)
def _fit_all(place, duration, durations, first, longest, unit, deviance):  # type: ignore[no-untyped-def]
    n = len(first) - 1
    best, low, high = np.full((n, 3), np.nan), np.full((n, 3), np.nan), np.full((n, 3), np.nan)
    for track in range(n):
        rows = slice(first[track], first[track + 1])
        alone = np.array([0, first[track + 1] - first[track]])
        data = (place[rows], duration[rows], durations, alone, longest, unit)
        m = 0
        moves = False
        for row in range(first[track], first[track + 1]):
            if duration[row] >= 0:
                m += 1
                moves |= place[row, 0] != place[row - 1, 0] or place[row, 1] != place[row - 1, 1]
        if m < FEWEST_STEPS or not moves:
            continue
        theta, peak = _peak(data, m)
        at = _parameters(data, m, theta)
        best[track] = at
        if deviance == deviance:
            for which in range(3):
                low[track, which] = _end(data, m, theta, peak, at, which + 1, -1, deviance)
                high[track, which] = _end(data, m, theta, peak, at, which + 1, 1, deviance)
            if low[track, 1] == 0.0:
                # The shorter P, the faster S for the same spread: neither has a bound.
                high[track, 0] = np.inf
    return best, low, high


@njit(cache=True, nogil=True)
def _sums(data, theta):  # type: ignore[no-untyped-def]
    place, duration, durations, first, longest, unit = data
    p = unit * math.exp(theta[0])
    noise = 0.25 * math.exp(theta[1]) * unit_msd(unit, p)
    each = innovations(place, duration, durations, first, longest, p, noise)
    log_f = square = 0.0
    for track in range(len(each)):
        log_f += each[track, 0]
        square += each[track, 1]
    return log_f, square


@njit(cache=True, nogil=True)
def _parameters(data, m, theta):  # type: ignore[no-untyped-def]
    """S, P and σ at (log P, log k), S the best."""
    unit = data[5]
    p = unit * math.exp(theta[0])
    speed = math.sqrt(_sums(data, theta)[1] / (2 * m))
    error = 0.5 * speed * math.sqrt(math.exp(theta[1]) * unit_msd(unit, p))
    return np.array([speed, p, error])


@njit(cache=True, nogil=True)
def _cost(data, m, theta, held, value):  # type: ignore[no-untyped-def]
    """Minus twice the log-likelihood, up to a constant; S the best, or as what is held asks."""
    longest_p = math.log(LONGEST_P * (data[4] + 1))
    beyond = (
        theta[0] < math.log(SHORTEST_P)
        or theta[0] > longest_p
        or theta[1] < math.log(_LEAST_K)
        or theta[1] > math.log(_MOST_K)
    )
    if beyond:
        return _FAR
    sums = _sums(data, theta)
    if held in (_NOTHING, _PERSISTENCE):
        square = max(sums[1] / (2 * m), 1e-300)
        return 2 * sums[0] + 2 * m * (math.log(square) + 1)
    if held == _SPEED:
        square = value * value
    else:
        msd = unit_msd(data[5], data[5] * math.exp(theta[0]))
        square = 4 * value * value / (math.exp(theta[1]) * msd)
    return 2 * sums[0] + 2 * m * math.log(square) + sums[1] / square


@njit(cache=True, nogil=True)
def _peak(data, m):  # type: ignore[no-untyped-def]
    """(log P, log k) of the greatest likelihood, and the cost there."""
    start, least = np.zeros(2), np.inf
    theta = np.empty(2)
    for p in (0.3, 1.0, 3.0, 10.0, 40.0):
        for k in (0.01, 0.2, 1.5, 12.0):
            theta[0], theta[1] = math.log(p), math.log(k)
            cost = _cost(data, m, theta, _NOTHING, 0.0)
            if cost < least:
                start[:], least = theta, cost
    return _simplex(data, m, start, _NOTHING, 0.0, 0.4, 1e-7)


@njit(cache=True, nogil=True)
def _end(data, m, theta, peak, at, held, way, deviance):  # type: ignore[no-untyped-def]
    """Where the profile of one parameter has risen by `deviance`: 0 or infinity if it never does.

    Steps outwards double until the rise is too high; the place is then found by the rule of false
    position on the root of the rise, which is nearly a straight line.
    """
    unit = data[5]
    origin = at[held - 1]
    furthest = 12.0
    goal = math.sqrt(deviance)
    near, rise_near = 0.0, 0.0
    start = theta.copy()
    if held == _ERROR:  # below a thousandth of a step there is none, and 0 has no logarithm
        step = at[0] * math.sqrt(unit_msd(unit, at[1]))
        if origin < _SOME_ERROR * step:
            origin = _SOME_ERROR * step
            rise_near, start = _rise(data, m, start, peak, held, origin, way)
            if rise_near >= goal:
                return origin if way > 0 else 0.0
        if way < 0:
            furthest = math.log(origin / (_NO_ERROR * step))
    if held == _PERSISTENCE:
        limit = LONGEST_P * (data[4] + 1) if way > 0 else SHORTEST_P
        furthest = abs(math.log(limit) - theta[0])
    far, rise_far = min(0.25, furthest), 0.0
    while True:
        rise_far, start = _rise(data, m, start, peak, held, origin * math.exp(way * far), way)
        if rise_far >= goal or far >= furthest:
            break
        near, rise_near = far, rise_far
        far = min(far * 2, furthest)
    if rise_far < goal:
        return np.inf if way > 0 else 0.0
    side = 0
    weight_near, weight_far = rise_near - goal, rise_far - goal
    for _ in range(25):
        if abs(far - near) < 1e-3:
            break
        middle = near - weight_near * (far - near) / (weight_far - weight_near)
        rise, start = _rise(data, m, start, peak, held, origin * math.exp(way * middle), way)
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


@njit(cache=True, nogil=True)
def _rise(data, m, start, peak, held, value, way):  # type: ignore[no-untyped-def]
    """Root of the deviance with one parameter held, and where the other two then are."""
    theta = start.copy()
    if held == _PERSISTENCE:
        theta[0] = math.log(value / data[5])
    found, cost = _simplex(data, m, theta, held, value, 0.15, 1e-5)
    return math.sqrt(max(cost - peak, 0.0)), found


@njit(cache=True, nogil=True)
def _simplex(data, m, start, held, value, size, tolerance):  # type: ignore[no-untyped-def]
    """Nelder and Mead's search over (log P, log k), or over log k alone where P is held."""
    n = 1 if held == _PERSISTENCE else 2
    corners = np.empty((n + 1, 2))
    costs = np.empty(n + 1)
    for i in range(n + 1):
        corners[i] = start
        if i > 0:
            corners[i, 2 - i] += size  # k first
        costs[i] = _cost(data, m, corners[i], held, value)
    for _ in range(200):
        order = np.argsort(costs)
        corners, costs = corners[order], costs[order]
        if costs[n] - costs[0] < tolerance and np.abs(corners[n] - corners[0]).max() < 0.02:
            break
        middle = np.zeros(2)
        for i in range(n):
            middle += corners[i] / n
        ahead = 2 * middle - corners[n]
        cost = _cost(data, m, ahead, held, value)
        if cost < costs[0]:
            further = 3 * middle - 2 * corners[n]
            beyond = _cost(data, m, further, held, value)
            if beyond < cost:
                corners[n], costs[n] = further, beyond
            else:
                corners[n], costs[n] = ahead, cost
        elif cost < costs[n - 1]:
            corners[n], costs[n] = ahead, cost
        else:
            if cost < costs[n]:
                corners[n], costs[n] = ahead, cost
            nearer = 0.5 * (middle + corners[n])
            cost = _cost(data, m, nearer, held, value)
            if cost < costs[n]:
                corners[n], costs[n] = nearer, cost
            else:
                for i in range(1, n + 1):
                    corners[i] = 0.5 * (corners[i] + corners[0])
                    costs[i] = _cost(data, m, corners[i], held, value)
    least = np.argmin(costs)
    return corners[least].copy(), costs[least]
