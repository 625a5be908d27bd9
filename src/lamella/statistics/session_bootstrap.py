"""Sessions drawn again, with all their conditions: the scatter of an effect over sessions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lamella.statistics.additive import contrast_of
from lamella.statistics.blocks import Blocks, places
from lamella.statistics.design import Design, FloatArray, Pair
from lamella.statistics.fitted import ACROSS_SESSIONS, Estimate, Fitted
from lamella.statistics.fixed import fixed_session
from lamella.statistics.interval import Interval
from lamella.statistics.resampling import drawn_units, interval

FEWEST_TO_DRAW = 6
"""Shared sessions below which draws of sessions tell no interval."""
_NULL = 1e-9


class Drawn(NamedTuple):
    """Effects of every draw of sessions, (draws,) each; NaN where a draw does not tell them."""

    estimate: FloatArray
    cohens_d: FloatArray
    cohens_d_within: FloatArray


def drawn_effects(
    design: Design, pairs: Sequence[Pair], *, draws: int, seed: int
) -> dict[Pair, Drawn]:
    """The additive model's effects in studies of sessions drawn with replacement from this one.

    A session comes with all its units of all conditions, so that what they share of a day stays
    shared. A session drawn twice is two sessions.

    Notes
    -----
    Models are not fitted again to units: a draw weighs the sessions' shares of the normal
    equations, which are worked out once.
    """
    blocks = Blocks.of(design)
    n, mean = blocks.n, blocks.mean
    weight = drawn_units(len(design.sessions), draws=draws, seed=seed)
    of_session = n.sum(axis=0)
    share = n / of_session
    middle = (n * mean).sum(axis=0) / of_session
    # (sessions, conditions, conditions) and (sessions, conditions): every session's equations.
    left = np.einsum("cs,ce->sce", n, np.eye(len(n))) - np.einsum("cs,es->sce", n, share)
    right = (n * (mean - middle)).T
    left_drawn = np.tensordot(weight, left, axes=1)
    inverse = np.linalg.pinv(left_drawn, rcond=_NULL, hermitian=True)
    condition = np.einsum("dce,de->dc", inverse, weight @ right)
    told = inverse @ left_drawn
    within = _residual_sd(blocks, weight, condition, share, middle, told)
    found = {}
    for pair in pairs:
        contrast = contrast_of(places(design, pair), len(n))
        known = np.abs(told @ contrast - contrast).max(axis=1) < 1e-6
        estimate = np.where(known, condition @ contrast, np.nan)
        found[pair] = Drawn(
            estimate,
            _over(estimate, _pooled_sd(blocks, weight, places(design, pair))),
            _over(estimate, within),
        )
    return found


def session_bootstrap(design: Design, pairs: Sequence[Pair], *, draws: int, seed: int) -> Fitted:
    """The difference within sessions, its error from drawing the sessions again.

    Parameters
    ----------
    draws : int
        0 = none: no answer.

    Returns
    -------
    Fitted
        The estimate of `fixed_session`; Student's t with the number of shared sessions less one
        degrees of freedom and the SD of the draws, widened as `resampling.interval` does. NaN, with
        the reason in `verdicts`, below 6 shared sessions: draws of fewer tell no interval.

    References
    ----------
    Field & Welsh 2007, https://doi.org/10.1111/j.1467-9868.2007.00593.x
    """
    whole = fixed_session(design, pairs)
    shared = {pair: len(design.shared_sessions(pair)) for pair in pairs}
    enough = [pair for pair in pairs if shared[pair] >= FEWEST_TO_DRAW] if draws else []
    drawn = drawn_effects(design, enough, draws=draws, seed=seed) if enough else {}
    estimates, verdicts = {}, {}
    for pair in pairs:
        if pair in drawn:
            difference, k = whole.estimates[pair].estimate, shared[pair]
            known = drawn[pair].estimate[np.isfinite(drawn[pair].estimate)]
            se = float(known.std(ddof=1)) * math.sqrt(k / (k - 1))
            estimates[pair] = Estimate.by_t(difference, se, k - 1)
        else:
            estimates[pair] = Estimate(math.nan)
            verdicts[pair] = (
                f"fewer than {FEWEST_TO_DRAW} sessions have both: draws of so few tell no interval"
                if draws
                else "no draws were asked for"
            )
    return Fitted("session_bootstrap", ACROSS_SESSIONS, estimates, verdicts=verdicts)


def over_sessions(value: float, drawn: FloatArray, n_sessions: int) -> Interval:
    """A value with the interval that draws of sessions give it; see `resampling.interval`."""
    low, high = interval(np.array([value]), drawn[:, None], n_sessions)
    return Interval(value, float(low[0]), float(high[0]))


def _over(value: FloatArray, by: FloatArray) -> FloatArray:
    out: FloatArray = np.where(by > 0, value / np.where(by > 0, by, 1), np.nan)
    return out


def _pooled_sd(blocks: Blocks, weight: FloatArray, pair: tuple[int, int]) -> FloatArray:
    """(draws,) pooled SD of two conditions' units."""
    squares, df = np.zeros(len(weight)), np.full(len(weight), -2.0)
    for k in pair:
        n, mean = blocks.n[k], blocks.mean[k]
        total = weight @ n
        middle = weight @ (n * mean) / np.where(total > 0, total, 1)
        squares += weight @ (blocks.squares[k] + n * mean**2) - total * middle**2
        df += total
    out: FloatArray = np.sqrt(np.maximum(squares, 0) / np.where(df > 0, df, np.inf))
    return out


def _residual_sd(
    blocks: Blocks,
    weight: FloatArray,
    condition: FloatArray,
    share: FloatArray,
    middle: FloatArray,
    told: FloatArray,
) -> FloatArray:
    """(draws,) residual SD of condition + session."""
    session = middle - condition @ share
    off = blocks.mean[None] - condition[:, :, None] - session[:, None, :]
    squares = weight @ blocks.squares.sum(axis=0) + np.einsum(
        "ds,cs,dcs->d", weight, blocks.n, off**2
    )
    rank = weight.sum(axis=1) + np.rint(np.trace(told, axis1=1, axis2=2))
    df = weight @ blocks.n.sum(axis=0) - rank
    out: FloatArray = np.sqrt(squares / np.where(df > 0, df, np.inf))
    return out
