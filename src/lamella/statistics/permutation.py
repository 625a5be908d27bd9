"""A test that assumes no distribution: the two conditions' labels exchanged within sessions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from lamella.core.claims import THESE_SESSIONS
from lamella.statistics.additive import why_absent
from lamella.statistics.blocks import places
from lamella.statistics.design import Design, FloatArray, Pair
from lamella.statistics.fitted import Estimate, Fitted

MOST_ENUMERATED = 100_000
"""Up to so many ways to hand out the labels, all of them are tried."""
_LEVEL = 0.05
# Draws times units: some seconds' work. Below the fewest draws, the tail is too coarse.
_MOST_WORK, _FEWEST_DRAWS, _BLOCK = 20_000_000, 999, 2_000_000


def permuted(design: Design, pairs: Sequence[Pair], *, seed: int = 0, draws: int = 9999) -> Fitted:
    """Permutation test of each pair within sessions, with the interval that inverts it.

    The statistic is the difference within sessions, those in which both conditions have units
    weighted by n₁n₂ / (n₁ + n₂), as in the additive model of the two. Only the two conditions'
    labels are exchanged, and only within a session: differences between sessions cannot enter.

    Parameters
    ----------
    design : Design
        Units of one measure.
    pairs : sequence of (condition, reference)
    seed : int
        Of the random permutations.
    draws : int
        Random permutations, where there are more than 100 000 in all; fewer where the units are so
        many that they would take long.

    Returns
    -------
    Fitted
        `p` is the share of permutations whose difference is at least as far from 0, the labels as
        they are among them, so that it is never 0: exact where all are tried, else (b + 1) / (n +
        1). `low` and `high` hold every shift that the same permutations do not refuse at 5 %; NaN,
        with the reason in `verdicts`, where there are too few of them to refuse any. `se` and `df`
        are NaN.

    Notes
    -----
    Assumes that without an effect the units of a session could be exchanged: conditions that
    differ in spread alone are not quite that. For the interval, that the condition shifts every
    unit alike. With labels z, centred values y and a shift δ, the statistic is A(z) − δB(z), with
    A = Σyz and B the same sum over the true labels; it is as extreme as the observed one exactly
    for δ between (A₀ − A)/(B₀ − B) and (A₀ + A)/(B₀ + B), so that quantiles of these ends are the
    ends of the interval.

    References
    ----------
    Ernst 2004, https://doi.org/10.1214/088342304000000396; for the draws, Phipson and Smyth 2010,
    https://doi.org/10.2202/1544-6115.1585
    """
    told = {pair: _of_pair(design, pair, seed=seed, draws=draws) for pair in pairs}
    return Fitted(
        "permuted",
        THESE_SESSIONS,
        {pair: estimate for pair, (estimate, _) in told.items()},
        trusted=any(math.isfinite(estimate.p) for estimate, _ in told.values()),
        verdicts={pair: sentence for pair, (_, sentence) in told.items() if sentence},
    )


class _Session(NamedTuple):
    """The units of two conditions in a session, centred at their mean."""

    value: FloatArray
    treated: NDArray[np.bool_]

    @property
    def ways(self) -> float:
        """Infinite rather than a number of a million digits."""
        return float(special.comb(len(self.value), int(self.treated.sum())))

    @property
    def weights(self) -> FloatArray:
        """Of the labels: what each unit adds to B where it is called treated."""
        weights: FloatArray = self.treated - self.treated.mean()
        return weights


def _of_pair(design: Design, pair: Pair, *, seed: int, draws: int) -> tuple[Estimate, str]:
    name = f"{pair[0]} and {pair[1]}"
    sessions = _sessions(design, pair)
    if not sessions:
        return (
            Estimate(math.nan),
            why_absent(design, pair) or f"{name} never share a session",
        )
    value = np.concatenate([session.value for session in sessions])
    observed = np.array(
        [
            sum(float(s.value[s.treated].sum()) for s in sessions),
            sum(float(s.weights[s.treated].sum()) for s in sessions),
        ]
    )
    estimate = float(observed[0] / observed[1])
    scale = float(np.abs(value).sum())
    if scale == 0:
        return Estimate(estimate), f"within sessions, all units of {name} have the same value"
    ways = math.prod(session.ways for session in sessions)
    if ways <= MOST_ENUMERATED:
        sums = _enumerated(sessions)
    else:
        draws, asked = min(draws, _MOST_WORK // len(value)), draws
        if draws < min(asked, _FEWEST_DRAWS):
            return (
                Estimate(estimate),
                f"{len(value)} units of {name} are too many to permute; with so many, "
                "fixed_session says the same",
            )
        rng = np.random.default_rng([seed, *places(design, pair)])
        drawn = sum(_drawn(session, draws, rng) for session in sessions)
        sums = np.vstack([observed, drawn])
    # What is equal but for rounding counts as equal.
    as_extreme = np.abs(sums[:, 0]) >= abs(observed[0]) - 1e-12 * scale
    low, high = _inverted(observed, sums, scale)
    least = (2 if _mirrored(sessions) else 1) / ways
    return (
        Estimate(estimate, low=low, high=high, p=float(as_extreme.mean())),
        f"with {ways:.0f} ways to hand out the labels of {name} within sessions, the smallest p "
        f"that there can be is {least:.2g}"
        if least >= _LEVEL
        else "",
    )


def _sessions(design: Design, pair: Pair) -> list[_Session]:
    first, second = places(design, pair)
    found = []
    for place in design.shared_sessions(pair):
        here = (design.session == place) & np.isin(design.condition, (first, second))
        value = design.value[here]
        # The mean of equal values is rounded, which would pass for a spread.
        centred = value - value.mean() if np.ptp(value) > 0 else np.zeros(len(value))
        found.append(_Session(centred, design.condition[here] == first))
    return found


def _mirrored(sessions: Sequence[_Session]) -> bool:
    """Whether exchanging the two conditions everywhere is one of the permutations."""
    return all(2 * int(session.treated.sum()) == len(session.value) for session in sessions)


def _enumerated(sessions: Sequence[_Session]) -> FloatArray:
    """(ways, 2) A and B of every way to hand out the labels."""
    total = np.zeros((1, 2))
    for session in sessions:
        chosen = np.array(
            list(combinations(range(len(session.value)), int(session.treated.sum()))), np.intp
        )
        own = np.stack([session.value[chosen].sum(1), session.weights[chosen].sum(1)], axis=1)
        total = (total[:, None] + own[None]).reshape(-1, 2)
    return total


def _drawn(session: _Session, draws: int, rng: np.random.Generator) -> FloatArray:
    """(draws, 2) A and B of random labels."""
    n, n_treated = len(session.value), int(session.treated.sum())
    terms = np.stack([session.value, session.weights], axis=1)
    parts = []
    for start in range(0, draws, max(_BLOCK // n, 1)):
        some = min(max(_BLOCK // n, 1), draws - start)
        keys = rng.random((some, n), dtype=np.float32)
        chosen = np.argpartition(keys, n_treated - 1, axis=1)[:, :n_treated]
        parts.append(terms[chosen].sum(axis=1))
    return np.concatenate(parts)


def _inverted(observed: FloatArray, sums: FloatArray, scale: float) -> tuple[float, float]:
    """Ends of the shifts that are not refused at 5 %."""
    ends = []
    for sign in (-1, 1):
        above = observed[0] + sign * sums[:, 0]
        below = observed[1] + sign * sums[:, 1]
        # The true labels, or their mirror image, are as extreme under every shift.
        same = below < 1e-9 * observed[1]
        ends.append((np.where(same, 1.0, above) / np.where(same, 1.0, below), same))
    (first, always), (second, mirrored) = ends
    every = always | mirrored
    low = np.sort(np.where(every, -np.inf, np.minimum(first, second)))
    high = np.sort(np.where(every, np.inf, np.maximum(first, second)))[::-1]
    # p of a shift below the estimate is the share of lower ends that lie at it or below it.
    # Those of p below 5 % are refused: 0 is left out exactly where the test finds an effect.
    place = math.ceil(_LEVEL * len(sums) - 1e-9) - 1
    if not (math.isfinite(low[place]) and math.isfinite(high[place])):
        return math.nan, math.nan
    return float(low[place]), float(high[place])
