"""The restricted likelihood of sessions with groups inside them, written out and searched whole.

y = condition + session + group + residual, where a group (a movie, or the units of one condition
in one session) lies in one session and holds one condition. With V / σ² = I + θ₁ J(session) +
θ₂ J(group), Woodbury's identity gives every term of the criterion from the size and the mean of
each group and from the sum of squares within groups, so that a million cells cost no more than
their movies do. The variance ratios θ are searched on a grid that reaches from nothing to 10⁸ and
from there by Newton steps: what is found is the maximum, not the nearest one to a start value.

References
----------
Patterson and Thompson 1971, https://doi.org/10.1093/biomet/58.3.545; Bates et al. 2015,
https://doi.org/10.18637/jss.v067.i01 (the profiled criterion).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.statistics.design import Design

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Numbers = NDArray[np.float64] | NDArray[np.complex128]

# Ratios are searched in units of 1 / (usual size of a group): there the data start to see them.
_LEAST, _MOST = math.log(1e-9), math.log(1e8)
_STEPS = {1: 35, 2: 18}
_TINY = 1e-20  # of complex steps: derivatives without cancellation
_ENOUGH = 1e-8  # of the logarithm of a ratio
_FARTHEST = 3.0  # that one step goes


class Groups(NamedTuple):
    """What the restricted likelihood needs to know of the values."""

    n: FloatArray
    """(g,) values in each group."""
    mean: FloatArray
    """(g,) of each group, counted from the mean of all values."""
    squares: float
    """Sum of squared deviations of values from the mean of their group."""
    condition: IntArray
    """(g,) from 0, without gaps."""
    session: IntArray
    """(g,) from 0, without gaps."""
    centre: float
    """Mean of all values."""

    @classmethod
    def of(cls, design: Design, group: IntArray) -> Groups:
        """Of values in groups numbered from 0 without gaps; every condition has a value."""
        n = np.bincount(group).astype(np.float64)
        first = np.unique(group, return_index=True)[1]
        centre = float(design.value.mean())
        value = design.value - centre
        mean = np.bincount(group, value) / n
        squares = float(np.sum((value - mean[group]) ** 2))
        return cls(n, mean, squares, design.condition[first], design.session[first], centre)

    @property
    def n_values(self) -> int:
        return int(self.n.sum())

    @property
    def n_conditions(self) -> int:
        return int(self.condition.max()) + 1

    @property
    def scales(self) -> FloatArray:
        """(2,) harmonic mean of the values in a session, and in a group."""
        per_session = np.bincount(self.session, self.n)
        return np.array([len(x) / np.sum(1 / x) for x in (per_session, self.n)])

    @property
    def per_session(self) -> float:
        """Harmonic mean of the groups in a session."""
        there = np.bincount(self.session)
        return float(len(there) / np.sum(1 / there))


class Solved(NamedTuple):
    """The model at given variance ratios, (k,) of them."""

    criterion: Numbers
    """(k,) −2 × the restricted log likelihood at the best residual variance."""
    residual: Numbers
    """(k,) that variance."""
    means: Numbers
    """(k, c) of the conditions, counted from `Groups.centre`."""
    covariance: Numbers
    """(k, c, c) of these means, over the residual variance."""


class Maximum(NamedTuple):
    """Where the restricted likelihood is greatest."""

    ratios: FloatArray
    """(t,) variance of each random term over the residual variance; 0 where it collapsed."""
    criterion: float
    residual: float
    means: FloatArray
    """(c,) of the conditions."""
    covariance: FloatArray
    """(c, c) of these means."""
    definite: bool
    """False where the search ended at its far end, or where the likelihood is not rounded."""


def solved(groups: Groups, ratios: Numbers) -> Solved:
    """The restricted likelihood at variance ratios, (k, 1) of sessions or (k, 2) with groups."""
    session = ratios[:, :1]
    group = ratios[:, 1:2] if ratios.shape[1] > 1 else np.zeros_like(session)
    n, p, c = groups.n, groups.n_conditions, groups.condition
    places = np.eye(p)[c]
    days = np.eye(int(groups.session.max()) + 1)[groups.session]
    grown = 1 + group * n
    weight = n / grown
    in_session = weight @ days
    pull = session / (1 + session * in_session)
    # Weight of every condition in every session, (k, s, c).
    blocks = (days[:, :, None] * places[:, None, :]).reshape(len(n), -1)
    table = (weight @ blocks).reshape(len(ratios), -1, p)
    pulled = pull[:, :, None] * table
    inner = table.sum(axis=1)[:, :, None] * np.eye(p) - np.einsum("ksc,ksd->kcd", pulled, table)
    weighted = weight * groups.mean
    outer = weighted @ places - np.einsum("ksc,ks->kc", pulled, weighted @ days)
    covariance = np.linalg.inv(inner)
    means = np.einsum("kcd,kd->kc", covariance, outer)
    left = groups.mean - means[:, c]
    pulled_left = (weight * left) @ days
    rest = groups.squares + np.sum(weight * left**2, axis=1) - np.sum(pull * pulled_left**2, axis=1)
    sign, size = np.linalg.slogdet(inner)
    df = groups.n_values - p
    residual = rest / df
    criterion = (
        df * (1 + np.log(2 * np.pi * residual))
        + size
        + (1j * np.angle(sign) if np.iscomplexobj(sign) else 0)
        + np.sum(np.log(grown), axis=1)
        + np.sum(np.log(1 + session * in_session), axis=1)
    )
    return Solved(criterion, residual, means, covariance)


def maximum(groups: Groups, *, terms: int) -> Maximum:
    """The variance ratios of the greatest restricted likelihood.

    Parameters
    ----------
    groups : Groups
        More values than conditions, and values that vary within sessions and conditions.
    terms : {1, 2}
        1: sessions only. 2: sessions, and groups inside them.
    """
    scale = groups.scales[:terms]

    def at(logs: Numbers) -> Solved:
        return solved(groups, np.exp(logs) / scale)

    axis = np.linspace(_LEAST, _MOST, _STEPS[terms])
    grid = np.stack(np.meshgrid(*[axis] * terms, indexing="ij"), axis=-1).reshape(-1, terms)
    place = grid[int(np.argmin(at(grid).criterion))]
    definite = False
    for _ in range(50):
        slope, bend = _derivatives(at, place)
        # A ratio that lies at its end and is pushed further stays there.
        free = ~(((place <= _LEAST) & (slope > 0)) | ((place >= _MOST) & (slope < 0)))
        sizes, ways = np.linalg.eigh(bend[np.ix_(free, free)])
        definite = bool((sizes > 0).all())
        down = np.zeros(terms)
        down[free] = -ways @ ((ways.T @ slope[free]) / np.maximum(np.abs(sizes), 1e-12))
        down *= _FARTHEST / max(_FARTHEST, np.abs(down).max(initial=0))
        if np.abs(down).max(initial=0) < _ENOUGH:
            break
        tries = np.clip(place + 0.5 ** np.arange(12)[:, None] * down, _LEAST, _MOST)
        # Near the maximum steps are lost in the rounding of the criterion: take them whole.
        best = 0 if np.abs(down).max() < 1e-4 else int(np.argmin(at(tries).criterion))
        place = tries[best]
    else:
        definite = False
    found = np.where(place <= _LEAST, 0.0, np.exp(place) / scale)
    end = solved(groups, found[None])
    return Maximum(
        found,
        float(end.criterion[0]),
        float(end.residual[0]),
        end.means[0] + groups.centre,
        end.covariance[0] * end.residual[0],
        definite and bool((place < _MOST).all()),
    )


def _derivatives(
    at: Callable[[Numbers], Solved], place: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient and Hessian of the criterion."""
    terms, step = len(place), 1e-4
    moves = np.concatenate([np.zeros((1, terms)), step * np.eye(terms), -step * np.eye(terms)])
    points = (place + moves)[:, None, :] + 1j * _TINY * np.eye(terms)
    slopes = at(points.reshape(-1, terms)).criterion.imag.reshape(-1, terms) / _TINY
    bend = (slopes[1 : terms + 1] - slopes[terms + 1 :]) / (2 * step)
    return slopes[0], (bend + bend.T) / 2
