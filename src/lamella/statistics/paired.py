"""The difference across sessions: one number a session."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lamella.core.claims import ACROSS_SESSIONS
from lamella.statistics.additive import why_absent
from lamella.statistics.blocks import Blocks, places
from lamella.statistics.design import Design, Pair
from lamella.statistics.fitted import Estimate, Fitted

SAME_EVERYWHERE = "the difference is the same in every session: no error can be stated"


def paired_sessions(design: Design, pairs: Sequence[Pair]) -> Fitted:
    """Differences of session means, a t test of their mean.

    In every session that has units of both conditions, the mean over units of one is taken off
    that of the other; sessions, not units, are counted, so that the interval holds the scatter of
    the effect from session to session.

    Returns
    -------
    Fitted
        Student's t with the number of shared sessions less one degrees of freedom. NaN, with the
        reason in `verdicts`, below two shared sessions and where their differences are all equal.

    Notes
    -----
    Sessions have the same say whatever their number of units.
    """
    blocks = Blocks.of(design)
    estimates, verdicts = {}, {}
    for pair in pairs:
        shared = design.shared_sessions(pair)
        condition, reference = places(design, pair)
        differences = blocks.mean[condition, shared] - blocks.mean[reference, shared]
        k = len(shared)
        estimate = float(differences.mean()) if k else math.nan
        if k < 2:
            estimates[pair] = Estimate(math.nan)
            verdicts[pair] = _too_few(design, pair, k)
            continue
        squares = float(((differences - estimate) ** 2).sum())
        if squares <= blocks.noise:
            estimates[pair] = Estimate(estimate)
            verdicts[pair] = SAME_EVERYWHERE
        else:
            estimates[pair] = Estimate.by_t(estimate, math.sqrt(squares / (k * (k - 1))), k - 1)
    return Fitted("paired_sessions", ACROSS_SESSIONS, estimates, verdicts=verdicts)


def _too_few(design: Design, pair: Pair, n_shared: int) -> str:
    absent = why_absent(design, pair)
    if absent:
        return absent
    if design.sessions == ("",):
        return "sessions are not told apart: nothing can be said of other sessions"
    if len(design.sessions) == 1:
        return "one session: nothing can be said of other sessions"
    often = "never share a session" if n_shared == 0 else "share one session"
    return (
        f"{pair[0]} and {pair[1]} {often}: how the effect scatters from session to session takes "
        "two or more that have both"
    )
