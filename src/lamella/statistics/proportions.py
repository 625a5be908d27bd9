"""Fractions (positives among cells) and counts (tips per cell), in units: never pooled cells."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.claims import THESE_SESSIONS
from lamella.core.errors import InputError
from lamella.statistics.additive import Additive, why_absent
from lamella.statistics.blocks import Blocks, places
from lamella.statistics.design import Design, FloatArray, Pair
from lamella.statistics.fitted import Estimate, Fitted

# Nearer to 0 or 1 than this, a fitted fraction is on its way to infinite odds.
_EDGE = 1e-7
# From this dispersion on, units differ visibly more than their cells' chance.
_OVERDISPERSED = 1.5

Family = Literal["binomial", "poisson"]


def quasi_binomial(design: Design, pairs: Sequence[Pair]) -> Fitted:
    """Differences between fractions per unit, by logistic regression with a fixed session effect.

    logit(fraction) ~ condition + session. A unit counts by its number of cells, and its variance is
    φ times that of independent cells, with φ from Pearson's X² over the residual degrees of
    freedom: how much more units differ than chance among their cells is in every error.

    Parameters
    ----------
    design : Design
        `value` the fraction of positives in each unit, `n_cells` the cells behind it.
    pairs : sequence of (condition, reference)

    Returns
    -------
    Fitted
        `estimate` is the difference of the fractions (the average marginal effect: what the model
        gives every unit of the two conditions under the one and under the other, averaged over
        these units), so that it stands beside those of the other models; its error by the delta
        method, interval and p by t with the residual degrees of freedom.

        A condition or a session in which no cell or every cell is positive has infinite odds: such
        a session, which tells no odds ratio, is left out, and the pairs of such a condition are
        NaN. The verdict names them.

    Raises
    ------
    InputError
        Values outside 0 to 1.

    Notes
    -----
    φ is not held at 1 or above: t with the residual degrees of freedom allows for a φ that came out
    too small by chance, as it does in the t test, and a bound would hide it when units are
    more alike than they can be (which a verdict then says).

    References
    ----------
    McCullagh and Nelder 1989, Generalized Linear Models, 4.5; https://doi.org/10.1201/9780203753736
    """
    outside = (design.value < 0) | (design.value > 1)
    if outside.any():
        raise InputError(
            "kinds",
            f"a fraction lies between 0 and 1, and there is {design.value[outside][0]:g}",
            "call it a mean or a count",
        )
    return _fitted(design, pairs, "binomial")


def quasi_poisson(design: Design, pairs: Sequence[Pair]) -> Fitted:
    """Differences between counts per cell, by log-linear regression with a fixed session effect.

    log(count) ~ condition + session; everything else as `quasi_binomial`, with the mean count of
    its cells as the value of a unit. A condition or a session without any count has no logarithm.

    Raises
    ------
    InputError
        Negative values.
    """
    if (design.value < 0).any():
        raise InputError(
            "kinds",
            f"a count is not negative, and there is {design.value.min():g}",
            "call it a mean",
        )
    return _fitted(design, pairs, "poisson")


class _Kept(NamedTuple):
    """Units whose condition and session have finite odds, and who was left out."""

    units: NDArray[np.bool_]
    conditions: NDArray[np.bool_]
    sessions: NDArray[np.bool_]


class _Fit(NamedTuple):
    """Coefficients of conditions and then sessions: differences of what sessions link."""

    coefficients: FloatArray
    covariance: FloatArray
    """With φ = 1."""
    mean: FloatArray
    """(conditions, sessions) fitted."""
    slope: FloatArray
    """Its derivative by the linear predictor; also the variance of one cell."""
    rank: int
    converged: bool


def _fitted(design: Design, pairs: Sequence[Pair], family: Family) -> Fitted:
    model = f"quasi_{family}"
    told = {pair: Estimate(math.nan) for pair in pairs}
    kept = _within_bounds(design, family)
    words = _left_out(design, kept, family)
    if not kept.units.any():
        return Fitted(model, THESE_SESSIONS, told, False, "; ".join([*words, "nothing is left"]))
    units = design.only(kept.units)
    fit = _fit(units, family)
    here = fit.mean[units.condition, units.session]
    if not fit.converged or _at_edge(here, family).any():
        words.append("conditions and sessions together predict some units without any error")
        return Fitted(model, THESE_SESSIONS, told, False, "; ".join(words))
    df = len(units.value) - fit.rank
    square = units.n_cells * (units.value - here) ** 2
    variance = fit.slope[units.condition, units.session]
    dispersion = float((square / variance).sum()) / df if df > 0 else math.nan
    if df <= 0:
        words.append("as many units as conditions and sessions need: nothing is left for an error")
    elif dispersion > _OVERDISPERSED:
        words.append(
            f"units of a condition and session vary {dispersion:.1f} times as much as chance among "
            "their cells allows, which is in the errors"
        )
    elif dispersion < 1e-12:
        words.append("units of a condition and session do not vary: there is no error to go by")
        dispersion = math.nan
    linked = Additive.of(Blocks.of(units))
    verdicts = {}
    for pair in pairs:
        at = places(design, pair)
        absent = why_absent(design, pair)
        if absent:
            verdicts[pair] = absent
        elif not (kept.conditions[at[0]] and kept.conditions[at[1]]):
            continue
        elif linked.tells(at):
            told[pair] = _difference(units, fit, at, dispersion, df)
        else:
            verdicts[pair] = f"{pair[0]} and {pair[1]} never share a session, nor through others"
    trusted = any(math.isfinite(estimate.p) for estimate in told.values())
    return Fitted(model, THESE_SESSIONS, told, trusted, "; ".join(words), verdicts=verdicts)


def _within_bounds(design: Design, family: Family) -> _Kept:
    """Leave out conditions and sessions at a bound, until none of those that stay is at one."""
    conditions = np.ones(len(design.conditions), bool)
    sessions = np.ones(len(design.sessions), bool)
    while True:
        units = conditions[design.condition] & sessions[design.session]
        before = conditions.sum() + sessions.sum()
        for kept, place in ((sessions, design.session), (conditions, design.condition)):
            weight = np.bincount(place[units], design.n_cells[units], len(kept))
            total = np.bincount(place[units], (design.n_cells * design.value)[units], len(kept))
            mean = np.divide(total, weight, out=np.zeros(len(kept)), where=weight > 0)
            kept &= (weight > 0) & ~_at_edge(mean, family)
        if conditions.sum() + sessions.sum() == before:
            return _Kept(
                conditions[design.condition] & sessions[design.session], conditions, sessions
            )


def _left_out(design: Design, kept: _Kept, family: Family) -> list[str]:
    there = design.counts > 0
    names = [
        *(name for name, k, t in zip(design.conditions, kept.conditions, there.any(1), strict=True)
          if t and not k),
        *(name for name, k in zip(design.sessions, kept.sessions, strict=True) if name and not k),
    ]  # fmt: skip
    if not names:
        return []
    why = "no cell or every cell is positive" if family == "binomial" else "there is no count"
    return [f"{', '.join(names)} left out, where {why} and ratios are infinite"]


def _at_edge(mean: FloatArray, family: Family) -> NDArray[np.bool_]:
    edge: NDArray[np.bool_] = mean < _EDGE
    return edge | (mean > 1 - _EDGE) if family == "binomial" else edge


def _fit(units: Design, family: Family) -> _Fit:
    """The greatest likelihood, from the cells of each condition and session taken together.

    Units of one condition and session have one fitted value, so that together they give the same
    coefficients as one by one, whatever their number; only φ needs them one by one.
    """
    from statsmodels.genmod.families import Binomial, Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    n_conditions, n_sessions = len(units.conditions), len(units.sessions)
    shape = (n_conditions, n_sessions)
    place = np.ravel_multi_index((units.condition, units.session), shape)
    weight = np.bincount(place, units.n_cells, n_conditions * n_sessions)
    total = np.bincount(place, units.n_cells * units.value, n_conditions * n_sessions)
    every = np.column_stack(
        [
            np.kron(np.eye(n_conditions), np.ones((n_sessions, 1))),
            np.kron(np.ones((n_conditions, 1)), np.eye(n_sessions)),
        ]
    )
    there = weight > 0
    # What units tell of the coefficients: not their common level, nor the levels of conditions that
    # no session connects.
    _, sizes, rows = np.linalg.svd(every[there], full_matrices=False)
    told = rows[sizes > 1e-9 * sizes[0]].T
    # Where all cells of a condition and session are alike the fit is still sound as long as the
    # additive model does not follow them to the edge, which is looked at afterwards.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        result = GLM(
            total[there] / weight[there],
            every[there] @ told,
            family=Binomial() if family == "binomial" else Poisson(),
            var_weights=weight[there],
        ).fit(tol=1e-12, maxiter=100)
    coefficients = told @ result.params
    covariance = told @ result.normalized_cov_params @ told.T
    linear = every @ coefficients
    with np.errstate(over="ignore"):
        mean = 1 / (1 + np.exp(-linear)) if family == "binomial" else np.exp(linear)
    slope = mean * (1 - mean) if family == "binomial" else mean
    return _Fit(
        coefficients,
        covariance,
        mean.reshape(shape),
        slope.reshape(shape),
        told.shape[1],
        bool(result.converged) and bool(np.isfinite(result.params).all()),
    )


def _difference(
    units: Design, fit: _Fit, pair: tuple[int, int], dispersion: float, df: int
) -> Estimate:
    """Average over the units of both conditions of what changes from the one to the other."""
    both = np.isin(units.condition, pair)
    share = np.bincount(units.session[both], minlength=len(units.sessions)) / both.sum()
    gradient = np.zeros(len(fit.coefficients))
    change = 0.0
    for condition, sign in zip(pair, (1, -1), strict=True):
        slope = sign * share * fit.slope[condition]
        gradient[condition] = slope.sum()
        gradient[len(units.conditions) :] += slope
        change += sign * float(share @ fit.mean[condition])
    variance = dispersion * float(gradient @ fit.covariance @ gradient)
    return Estimate.by_t(change, math.sqrt(variance) if variance > 0 else math.nan, df)
