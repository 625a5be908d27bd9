"""Speed, persistence time and localisation error of many tracks together, and of resampled groups.

All tracks share S, P and σ. Where they differ in truth, the fit depends on the average
autocovariance of their steps alone, as a fit to the mean squared displacement of all does, but it
weighs the lags as they deserve: S is then the root mean square speed over tracks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline

from lamella.kernels.persistence import (
    Sampled,
    innovations,
    longest_run,
    typical_duration,
    unit_msd,
)
from lamella.kernels.persistence_fit import LONGEST_P, SHORTEST_P

FloatArray = NDArray[np.float64]

# The grid's nodes along each axis; they lie an expected standard error apart.
_NODES = 11
# What is small against log P and against the square root of k.
_NUDGE = 0.05


class GroupSums(NamedTuple):
    """What the likelihood of every group is made of, at the nodes of a grid around the fit.

    The log-likelihood of any groups together, each as often as one likes, follows from these, so
    that a resampled fit costs a sum over groups.
    """

    n_steps: FloatArray
    """(G,) steps."""
    log_f: FloatArray
    """(G, A, B) Σ log f, see `innovations`."""
    square: FloatArray
    """(G, A, B) Σ e²/f at S = 1."""
    log_p: FloatArray
    """(A,) log P."""
    root_k: FloatArray
    """(B,) 2 σ over the root mean square true step of one `unit`."""
    unit: float
    """Time of one step."""


def group_sums(
    seen: Sampled, group: NDArray[np.int64], n_groups: int, best: FloatArray
) -> GroupSums:
    """Likelihoods of groups of tracks around the fit to all of them.

    Parameters
    ----------
    seen : Sampled
    group : (n_tracks,) int array
        Group of every track, from 0.
    n_groups : int
    best : (3,) float array
        S, P and σ of all tracks together, finite.
    """
    unit = typical_duration(seen)
    speed, persistence, error = best
    log_p = math.log(persistence)
    root_k = 2 * error / (speed * math.sqrt(unit_msd(unit, persistence)))

    def of_groups(values: NDArray[Any]) -> FloatArray:
        return np.bincount(group, weights=values, minlength=n_groups).astype(np.float64)

    n_steps = of_groups(seen.n_steps)

    def at(p: float, k: float) -> tuple[FloatArray, FloatArray]:
        noise = 0.25 * k * k * unit_msd(unit, math.exp(p))
        each = innovations(*seen, longest, math.exp(p), noise)
        return of_groups(each[:, 0]), of_groups(each[:, 1])

    longest = longest_run(seen)
    spread = _spread(at, n_steps, log_p, root_k, speed)
    reach = spread * (_NODES // 2)
    nodes_p = np.linspace(log_p - reach[0], log_p + reach[0], _NODES)
    lowest, highest = math.log(SHORTEST_P * unit), math.log(LONGEST_P * (longest + 1) * unit)
    nodes_p = np.unique(np.clip(nodes_p, lowest, highest))
    nodes_k = np.linspace(max(root_k - reach[1], 0.0), root_k + reach[1], _NODES)
    sums = [[at(p, k) for k in nodes_k] for p in nodes_p]
    stacked = np.array(sums)  # (A, B, 2, G)
    return GroupSums(
        n_steps,
        stacked[:, :, 0].transpose(2, 0, 1),
        stacked[:, :, 1].transpose(2, 0, 1),
        nodes_p,
        nodes_k,
        unit,
    )


def refitted(sums: GroupSums, times: FloatArray) -> FloatArray:
    """S, P and σ of resampled groups.

    Parameters
    ----------
    sums : GroupSums
    times : (n_draws, G) float array
        How often every group is in each draw.

    Returns
    -------
    (n_draws, 3) float64 array
        Between the nodes of the grid, a parabola through those around the best; a draw whose best
        lies beyond the grid is put at its edge. NaN for a draw without steps.
    """
    n_groups, n_p, n_k = sums.square.shape
    log_f = times @ sums.log_f.reshape(n_groups, -1)
    square = times @ sums.square.reshape(n_groups, -1)
    m = (times @ sums.n_steps)[:, None]
    empty = m[:, 0] == 0
    m[empty] = 1
    log_square = np.log(np.maximum(square, 1e-300) / (2 * m))
    cost = (2 * log_f + 2 * m * log_square).reshape(-1, n_p, n_k)
    best = cost.reshape(len(cost), -1).argmin(axis=1)
    i, j = np.divmod(best, n_k)
    shift = _parabola(cost, i, j).lowest()
    p, k = _beside(sums.log_p, i, shift[0]), _beside(sums.root_k, j, shift[1])
    speed = np.exp(0.5 * _parabola(log_square.reshape(cost.shape), i, j).at(shift))
    step = np.array([math.sqrt(unit_msd(sums.unit, value)) for value in np.exp(p).tolist()])
    out: FloatArray = np.stack([speed, np.exp(p), 0.5 * speed * k * step], axis=1)
    out[empty] = np.nan
    return out


def likelihood_ends(sums: GroupSums, *, deviance: float) -> FloatArray:
    """Where S, P and σ of all groups together end, as if every step spoke for itself.

    An end lies where twice the log-likelihood, maximised over the other parameters, has fallen by
    `deviance`. Groups may scatter by more than this tells.

    Returns
    -------
    (2, 3) float64 array
        Lower and upper ends. Where the likelihood does not fall as far up to the end of the grid,
        which reaches far, 0 below and infinite above: for S, that is above where P has no lower
        end, because the shorter P, the faster S for the same spread. S has a lower end wherever
        something moves.
    """
    m = sums.n_steps.sum()
    square = np.log(np.maximum(sums.square.sum(axis=0), 1e-300) / (2 * m))
    cost = 2 * sums.log_f.sum(axis=0) + 2 * m * square
    log_p, root_k, rise = _finely(sums, cost - cost.min())
    _, _, square = _finely(sums, square)
    inside = rise <= deviance
    # Beside the best S for P and k, the likelihood falls by 4 m times the square of log S.
    spare = np.sqrt(np.maximum(deviance - rise, 0) / (4 * m))
    steps = [0.5 * math.log(unit_msd(sums.unit, p)) for p in np.exp(log_p).tolist()]
    speed = square / 2
    with np.errstate(divide="ignore"):
        error = speed + np.array(steps)[:, None] + np.log(root_k / 2)
    p = np.broadcast_to(log_p[:, None], rise.shape)
    ends = np.array(
        [
            [values[inside].min(), values[inside].max()]
            for values in (speed - spare, speed + spare, p, error - spare, error + spare)
        ]
    )
    low = np.exp([ends[0, 0], ends[2, 0], ends[3, 0]])
    high = np.exp([ends[1, 1], ends[2, 1], ends[4, 1]])
    falls_p = rise.min(axis=1)[[0, -1]] >= deviance
    falls_k = rise.min(axis=0)[[0, -1]] >= deviance
    has_low = np.array([True, falls_p[0], falls_k[0]])
    has_high = np.array([falls_p[0], falls_p[1], falls_k[1]])
    return np.stack([np.where(has_low, low, 0.0), np.where(has_high, high, np.inf)])


def _finely(sums: GroupSums, table: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The axes of the grid with ten times the nodes, and a table between its nodes."""
    axes = sums.log_p, sums.root_k
    degree = [min(3, len(nodes) - 1) for nodes in axes]
    fine_p, fine_k = (np.linspace(nodes[0], nodes[-1], 10 * len(nodes)) for nodes in axes)
    spline = RectBivariateSpline(*axes, table, kx=degree[0], ky=degree[1])
    return fine_p, fine_k, spline(fine_p, fine_k)


At = Callable[[float, float], tuple[FloatArray, FloatArray]]
Star = Mapping[tuple[int, int], FloatArray]
_STAR = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1))


def _spread(
    at: At, n_steps: FloatArray, log_p: float, root_k: float, speed: float
) -> NDArray[np.float64]:
    """Expected standard errors of log P and root k: the larger of two ways to tell them.

    From the curvature of the likelihood, as if every step spoke for itself, and from the scatter
    of the groups' slopes around it (the sandwich).
    """
    middle = max(root_k, 2 * _NUDGE)
    found = {(i, j): at(log_p + i * _NUDGE, middle + j * _NUDGE) for i, j in _STAR}
    scaled = {key: square / speed**2 for key, (_, square) in found.items()}
    cost = {key: 2 * log_f + scaled[key] for key, (log_f, _) in found.items()}
    bend_p, bend_k = _bend(cost, 1, 0), _bend(cost, 0, 1)
    both = (_bend(cost, 1, 1) - bend_p - bend_k) / 2
    scores = np.stack([_slope(cost, 1, 0), _slope(cost, 0, 1), 2 * n_steps - scaled[0, 0]])
    with_speed = np.array([-_slope(scaled, 1, 0).sum(), -_slope(scaled, 0, 1).sum()])
    hessian = np.zeros((3, 3))
    hessian[:2, :2] = [[bend_p.sum(), both.sum()], [both.sum(), bend_k.sum()]]
    hessian[:2, 2] = hessian[2, :2] = with_speed
    hessian[2, 2] = scaled[0, 0].sum()
    largest = np.array([0.8, max(0.5, 0.5 * root_k)])
    if not np.linalg.eigvalsh(hessian)[0] > 0:
        return largest
    inverse = np.linalg.inv(hessian)
    n = len(n_steps)
    scatter = scores @ scores.T * (n / max(n - 1, 1))
    variance = np.maximum(np.diag(2 * inverse), np.diag(inverse @ scatter @ inverse))[:2]
    out: FloatArray = np.clip(np.sqrt(variance), 1e-4, largest)
    return out


def _slope(star: Star, i: int, j: int) -> FloatArray:
    """First derivative of every group along a direction."""
    out: FloatArray = (star[i, j] - star[-i, -j]) / (2 * _NUDGE)
    return out


def _bend(star: Star, i: int, j: int) -> FloatArray:
    """Second derivative of every group along a direction."""
    out: FloatArray = (star[i, j] - 2 * star[0, 0] + star[-i, -j]) / _NUDGE**2
    return out


class _Parabola(NamedTuple):
    """Value, slopes and bends of a table at one node of each draw, in nodes."""

    here: FloatArray
    g_p: FloatArray
    g_k: FloatArray
    h_p: FloatArray
    h_k: FloatArray
    mixed: FloatArray

    def at(self, shift: tuple[FloatArray, FloatArray]) -> FloatArray:
        """The value beside the node."""
        p, k = shift
        bent: FloatArray = self.h_p * p * p / 2 + self.h_k * k * k / 2 + self.mixed * p * k
        out: FloatArray = self.here + self.g_p * p + self.g_k * k + bent
        return out

    def lowest(self) -> tuple[FloatArray, FloatArray]:
        """Where the parabola is least, at most one node away; an axis that does not bend stays."""
        h_p, h_k = (
            np.where(self.h_p > 0, self.h_p, np.inf),
            np.where(self.h_k > 0, self.h_k, np.inf),
        )
        tilt = self.mixed**2 / (h_p * h_k)
        sound = tilt < 0.99
        mixed, rest = np.where(sound, self.mixed, 0.0), 1 - np.where(sound, tilt, 0.0)
        p = -(self.g_p - mixed * self.g_k / h_k) / (h_p * rest)
        k = -(self.g_k - mixed * self.g_p / h_p) / (h_k * rest)
        return np.clip(p, -1, 1), np.clip(k, -1, 1)


def _parabola(table: FloatArray, i: NDArray[np.int64], j: NDArray[np.int64]) -> _Parabola:
    """The parabola through node (i, j) and its neighbours; flat along an axis at its end."""
    n = np.arange(len(table))
    last_p, last_k = table.shape[1] - 1, table.shape[2] - 1
    inner_p, inner_k = (i > 0) & (i < last_p), (j > 0) & (j < last_k)
    above, below = np.minimum(i + 1, last_p), np.maximum(i - 1, 0)
    after, before = np.minimum(j + 1, last_k), np.maximum(j - 1, 0)
    here = table[n, i, j]
    up, down = table[n, above, j], table[n, below, j]
    right, left = table[n, i, after], table[n, i, before]
    corners = table[n, above, after] + table[n, below, before]
    others = table[n, above, before] + table[n, below, after]
    return _Parabola(
        here,
        np.where(inner_p, (up - down) / 2, 0.0),
        np.where(inner_k, (right - left) / 2, 0.0),
        np.where(inner_p, up - 2 * here + down, 0.0),
        np.where(inner_k, right - 2 * here + left, 0.0),
        np.where(inner_p & inner_k, (corners - others) / 4, 0.0),
    )


def _beside(nodes: FloatArray, i: NDArray[np.int64], shift: FloatArray) -> FloatArray:
    """Places a share of the way from nodes to their neighbours."""
    neighbour = np.clip(i + np.sign(shift).astype(np.int64), 0, len(nodes) - 1)
    out: FloatArray = nodes[i] + np.abs(shift) * (nodes[neighbour] - nodes[i])
    return out
