"""Cliff's delta within sessions, with an interval that few units do not fool."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special
from scipy.optimize import brentq

from lamella.statistics.design import Design, FloatArray, Pair

_EDGE = 1e-9


class Dominance(NamedTuple):
    """How often units of a condition exceed those of its reference, session by session."""

    more: FloatArray
    """(sessions,) pairs of units in which the condition is above, less those where it is below."""
    n: FloatArray
    """(sessions,) units of the condition."""
    n_reference: FloatArray
    """(sessions,) units of the reference."""

    @classmethod
    def of(cls, design: Design, pair: Pair) -> Dominance:
        """Compare every unit with those of the reference in its own session; O(n log n)."""
        condition, reference = (design.conditions.index(name) for name in pair)
        n_sessions = len(design.sessions)
        ours, theirs = design.condition == condition, design.condition == reference
        # Sessions one behind the other on one axis, so that one sorting serves them all.
        _, rank = np.unique(design.value, return_inverse=True)
        key = design.session * (int(rank.max(initial=0)) + 1) + rank
        others = np.sort(key[theirs])
        first = np.searchsorted(others, design.session[ours] * (int(rank.max(initial=0)) + 1))
        last = np.searchsorted(others, (design.session[ours] + 1) * (int(rank.max(initial=0)) + 1))
        below = np.searchsorted(others, key[ours], side="left") - first
        above = last - np.searchsorted(others, key[ours], side="right")
        more = np.bincount(design.session[ours], below - above, n_sessions)
        return cls(
            more.astype(np.float64),
            np.bincount(design.session[ours], minlength=n_sessions).astype(np.float64),
            np.bincount(design.session[theirs], minlength=n_sessions).astype(np.float64),
        )

    @property
    def delta(self) -> float:
        """Over all pairs of units of one session; NaN where no session has both."""
        pairs = float(self.n @ self.n_reference)
        return float(self.more.sum()) / pairs if pairs else math.nan


def delta_interval(seen: Dominance, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of Cliff's delta in the sessions studied.

    The deltas are sought from which the observed one lies 1.96 standard errors away, the error
    being what that delta would give, after Hanley and McNeil and with Newcombe's correction for few
    units; the errors of the sessions are added. So the interval stays within −1 and 1 and has a
    length even where all units of one condition lie above those of the other.

    References
    ----------
    Newcombe 2006, https://doi.org/10.1002/sim.2324
    """
    return _solved(seen, float(special.ndtri((1 + level) / 2)), 0.0)


def delta_interval_across(seen: Dominance, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of Cliff's delta in sessions like those studied.

    As `delta_interval`, with the scatter of the delta from session to session for the error where
    that is larger, and Student's t with one degree of freedom less than there are sessions. The
    scatter alone would not do: it vanishes where units are apart in every session, and intervals
    of no length are then given for a delta that is not quite 1. With two sessions the interval
    spans nearly everything. NaN below two.
    """
    both = (seen.n > 0) & (seen.n_reference > 0)
    k = int(both.sum())
    if k < 2:
        return math.nan, math.nan
    pairs = (seen.n * seen.n_reference)[both]
    off = (seen.more[both] / pairs - seen.delta) / 2
    between = k / (k - 1) * float(((pairs / pairs.sum() * off) ** 2).sum())
    return _solved(seen, float(special.stdtrit(k - 1, (1 + level) / 2)), between)


def _solved(seen: Dominance, quantile: float, least: float) -> tuple[float, float]:
    """Deltas that lie `quantile` errors away; `least`: a variance of (delta + 1) / 2."""
    delta = seen.delta
    both = (seen.n > 0) & (seen.n_reference > 0)
    n, m = seen.n[both], seen.n_reference[both]
    if not math.isfinite(delta) or (n + m).sum() < 3:
        return math.nan, math.nan
    theta = (delta + 1) / 2
    weight = n * m / float(n @ m)
    extra = (n + m) / 2 - 1

    def away(other: float) -> float:
        spread = 1 + extra * ((1 - other) / (2 - other) + other / (1 + other))
        variance = other * (1 - other) * float((weight**2 * spread / (n * m)).sum())
        return (theta - other) ** 2 - quantile**2 * max(variance, least)

    # At 0 and 1 the error of units vanishes, and with it the sign that the search goes by.
    inside = min(max(theta, _EDGE), 1 - _EDGE)
    low = float(brentq(away, 0.0, inside)) if theta > _EDGE and away(0.0) > 0 else 0.0
    high = float(brentq(away, inside, 1.0)) if theta < 1 - _EDGE and away(1.0) > 0 else 1.0
    return 2 * low - 1, 2 * high - 1
