"""Sessions drawn again, with all their conditions: the scatter of an effect over sessions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lamella.core.claims import ACROSS_SESSIONS
from lamella.statistics.additive import contrast_of
from lamella.statistics.blocks import Blocks, places
from lamella.statistics.design import Design, FloatArray, Pair
from lamella.statistics.fitted import Estimate, Fitted
from lamella.statistics.fixed import fixed_session
from lamella.statistics.paired import SAME_EVERYWHERE
from lamella.statistics.resampling import drawn_units

FEWEST_TO_DRAW = 6
"""Shared sessions below which draws of sessions tell no interval."""
_NULL = 1e-9


def drawn_differences(
    design: Design, pairs: Sequence[Pair], *, draws: int, seed: int
) -> dict[Pair, FloatArray]:
    """The additive model's differences in studies of sessions drawn with replacement from this one.

    A session comes with all its units of all conditions, so that what they share of a day stays
    shared. A session drawn twice is two sessions.

    Returns
    -------
    dict of Pair to (draws,) float64 array
        NaN where a draw does not tell the difference.

    Notes
    -----
    Models are not fitted again to units: a draw weighs the sessions' shares of the normal
    equations, which are worked out once.
    """
    blocks = Blocks.of(design)
    n, mean = blocks.n, blocks.mean
    weight = drawn_units(len(design.sessions), draws=draws, seed=seed)
    of_session = n.sum(axis=0)
    middle = (n * mean).sum(axis=0) / of_session
    # (sessions, conditions, conditions) and (sessions, conditions): every session's equations.
    left = np.einsum("cs,ce->sce", n, np.eye(len(n))) - np.einsum("cs,es->sce", n, n / of_session)
    right = (n * (mean - middle)).T
    left_drawn = np.tensordot(weight, left, axes=1)
    inverse = np.linalg.pinv(left_drawn, rcond=_NULL, hermitian=True)
    condition = np.einsum("dce,de->dc", inverse, weight @ right)
    told = inverse @ left_drawn
    found = {}
    for pair in pairs:
        contrast = contrast_of(places(design, pair), len(n))
        known = np.abs(told @ contrast - contrast).max(axis=1) < 1e-6
        found[pair] = np.where(known, condition @ contrast, np.nan)
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
    drawn = drawn_differences(design, enough, draws=draws, seed=seed) if enough else {}
    noise = Blocks.of(design).noise
    estimates, verdicts = {}, {}
    for pair in pairs:
        if pair in drawn:
            difference, k = whole.estimates[pair].estimate, shared[pair]
            known = drawn[pair][np.isfinite(drawn[pair])]
            se = float(known.std(ddof=1)) * math.sqrt(k / (k - 1))
            if se**2 > noise:
                estimates[pair] = Estimate.by_t(difference, se, k - 1)
            else:
                estimates[pair] = Estimate(difference)
                verdicts[pair] = SAME_EVERYWHERE
        else:
            estimates[pair] = Estimate(math.nan)
            verdicts[pair] = (
                f"fewer than {FEWEST_TO_DRAW} sessions have both: draws of so few tell no interval"
                if draws
                else "no draws were asked for"
            )
    return Fitted("session_bootstrap", ACROSS_SESSIONS, estimates, verdicts=verdicts)
