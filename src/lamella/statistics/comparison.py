"""One measure, condition against condition: its rows of effects, models and replication."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from lamella.core.claims import ACROSS_SESSIONS, ALL_SESSIONS, THESE_SESSIONS
from lamella.core.table import Col
from lamella.statistics.adjust import Adjust, adjusted
from lamella.statistics.blocks import places
from lamella.statistics.design import Design, FloatArray, Pair
from lamella.statistics.effect import Sizes, sizes, sizes_across
from lamella.statistics.equivalence import p_of_equivalence
from lamella.statistics.fitted import Estimate, Fitted
from lamella.statistics.fixed import OneFit, fixed_session
from lamella.statistics.interaction import interaction
from lamella.statistics.interval import Interval
from lamella.statistics.joint import correlation_of, joint
from lamella.statistics.models import Kind, Rule, fitted_models, unused_because, used
from lamella.statistics.replication import agreeing, replication_rows
from lamella.statistics.session_bootstrap import session_bootstrap

Row = dict[str, Any]
_LEVEL = 0.05
_AGAIN = session_bootstrap.__name__


class Asked(NamedTuple):
    """What is asked of a measure; see `lamella.statistics.Contrasts`."""

    measure: str
    kind: Kind = "mean"
    rule: Rule = "auto"
    adjust: Adjust = "holm"
    margin: float | None = None
    bootstrap_draws: int = 0
    seed: int = 0


class Compared(NamedTuple):
    """Rows of effects.csv, models.csv and replication.csv."""

    effects: list[Row]
    models: list[Row]
    replication: list[Row]


def compared(
    design: Design, pairs: Sequence[Pair], asked: Asked, beside: Sequence[Fitted] = ()
) -> Compared:
    """Fit every model to the units of a measure, and say what the believed ones say.

    Parameters
    ----------
    design : Design
    pairs : sequence of Pair
    asked : Asked
    beside : sequence of Fitted
        Models of more than units, such as that of the cells themselves: shown, never quoted.

    Returns
    -------
    Compared
        Effects: both claims over all sessions, then every session by itself.
    """
    if not pairs:
        return Compared([], [], [])
    fits = fitted_models(design, pairs, asked.kind, draws=asked.bootstrap_draws, seed=asked.seed)
    fits = sorted([*fits, *beside], key=lambda fit: fit.claim == ACROSS_SESSIONS)
    quoted = {
        claim: used(fits, claim, asked.rule, n_sessions=design.n_sessions)
        for claim in (THESE_SESSIONS, ACROSS_SESSIONS)
    }
    replicated = replication_rows(design, pairs, quoted[THESE_SESSIONS][0])
    effects = [
        *_whole(design, pairs, asked, fits, quoted[THESE_SESSIONS], replicated),
        *_each_session(design, pairs),
        *_whole(
            design.in_named_sessions(), pairs, asked, fits, quoted[ACROSS_SESSIONS], replicated
        ),
    ]
    called: Row = {Col.MEASURE: asked.measure}
    return Compared(
        [{**called, **row} for row in effects],
        [{**called, **row} for row in _models(fits, pairs, asked, quoted, design.n_sessions)],
        [{**called, **row} for row in replicated],
    )


def _whole(
    design: Design,
    pairs: Sequence[Pair],
    asked: Asked,
    fits: Sequence[Fitted],
    quoted: tuple[Fitted, str],
    replicated: Sequence[Row],
) -> Iterator[Row]:
    """One claim over all sessions."""
    fit, instead_of = quoted
    one = OneFit.of(design)
    p_adjusted, adjusted_by = _adjusted(design, pairs, fit, one, asked.adjust)
    n_tests = int(np.isfinite(p_adjusted).sum())
    for pair, p in zip(pairs, p_adjusted, strict=True):
        estimate, drawn = fit.estimates[pair], _drawn(fits, fit, pair)
        if drawn is not None:
            half = drawn.high - drawn.estimate
            low, high = estimate.estimate - half, estimate.estimate + half
            estimate = estimate._replace(low=low, high=high)
        of_claim = sizes if fit.claim == THESE_SESSIONS else sizes_across
        size = of_claim(design, pair, estimate, fit=one)
        verdict = "; ".join(filter(None, (instead_of, fit.verdict_of(pair))))
        yield {
            **_named(fit.claim, ALL_SESSIONS, pair),
            **_described(design, pair),
            **_told(estimate, size),
            Col.P_ADJUSTED: float(p),
            Col.ADJUSTED_BY: adjusted_by,
            Col.N_TESTS: n_tests,
            Col.MODEL: fit.model,
            Col.INTERVAL_BY: "t" if drawn is None else "bootstrap",
            Col.P_INTERACTION: interaction(design, pair).p,
            Col.N_SESSIONS: len(design.shared_sessions(pair)) if design.n_sessions else math.nan,
            Col.N_SESSIONS_AGREEING: (
                agreeing(replicated, pair, estimate.estimate) if design.n_sessions else math.nan
            ),
            **_equivalence(estimate, asked.margin),
            Col.VERDICT: verdict,
        }


def _adjusted(
    design: Design, pairs: Sequence[Pair], fit: Fitted, one: OneFit, asked: Adjust
) -> tuple[FloatArray, Adjust]:
    """The p of a claim adjusted for their number, and by what: only least squares tells jointly."""
    estimates = [fit.estimates[pair] for pair in pairs]
    if asked != "joint":
        return adjusted([e.p for e in estimates], asked), asked
    if fit.model != fixed_session.__name__:
        return adjusted([e.p for e in estimates], "holm"), "holm"
    t = np.array([e.estimate / e.se if math.isfinite(e.p) else math.nan for e in estimates])
    return joint(t, correlation_of(design, list(pairs), one), one.df), "joint"


def _each_session(design: Design, pairs: Sequence[Pair]) -> Iterator[Row]:
    """Every session by itself, two conditions at a time."""
    for k, name in enumerate(design.sessions):
        if not name:
            continue
        of_session = design.only(design.session == k)
        for pair in pairs:
            both = np.isin(of_session.condition, places(design, pair))
            units = of_session.only(both)
            fit = fixed_session(units, [pair])
            estimate = fit.estimates[pair]
            yield {
                **_named(THESE_SESSIONS, name, pair),
                **_described(units, pair),
                **_told(estimate, sizes(units, pair, estimate)),
                Col.MODEL: fit.model,
                Col.INTERVAL_BY: "t",
                Col.VERDICT: fit.verdict_of(pair),
            }


def _models(
    fits: Sequence[Fitted],
    pairs: Sequence[Pair],
    asked: Asked,
    quoted: dict[str, tuple[Fitted, str]],
    n_sessions: int,
) -> Iterator[Row]:
    for fit in fits:
        quotes = quoted[fit.claim][0] is fit
        for pair in pairs:
            estimate = fit.estimates[pair]
            verdict = fit.verdict_of(pair)
            if not verdict and not quotes:
                verdict = unused_because(fit, asked.rule, n_sessions=n_sessions)
            yield {
                Col.MODEL: fit.model,
                Col.CLAIM: fit.claim,
                Col.CONDITION: pair[0],
                Col.REFERENCE: pair[1],
                Col.ESTIMATE: estimate.estimate,
                Col.SE: estimate.se,
                Col.DF: estimate.df,
                Col.ESTIMATE_LOW: estimate.low,
                Col.ESTIMATE_HIGH: estimate.high,
                Col.P: estimate.p,
                **{
                    column: fit.variances.get(name, math.nan) for column, name in _VARIANCES.items()
                },
                Col.TRUSTED: fit.trusted_for(pair),
                Col.USED: quotes and fit.trusted_for(pair),
                Col.VERDICT: verdict,
            }


_VARIANCES = {
    Col.VAR_SESSION: "session",
    Col.VAR_INTERACTION: "interaction",
    Col.VAR_MOVIE: "movie",
    Col.VAR_RESIDUAL: "residual",
}


def _drawn(fits: Sequence[Fitted], quoted: Fitted, pair: Pair) -> Estimate | None:
    """The error by draws of sessions, where it tells one; it is about other sessions only."""
    again = next((fit for fit in fits if fit.model == _AGAIN), None)
    if again is None or again.claim != quoted.claim:
        return None
    told = again.trusted_for(pair) and quoted.trusted_for(pair)
    return again.estimates[pair] if told else None


def _named(claim: str, session: str, pair: Pair) -> Row:
    return {
        Col.CLAIM: claim,
        Col.SESSION: session,
        Col.CONDITION: pair[0],
        Col.REFERENCE: pair[1],
    }


def _described(design: Design, pair: Pair) -> Row:
    """Numbers and means of the units as they come."""
    ours, theirs = (design.value[design.condition == k] for k in places(design, pair))
    mean, mean_reference = (float(v.mean()) if len(v) else math.nan for v in (ours, theirs))
    return {
        Col.N: len(ours),
        Col.N_REFERENCE: len(theirs),
        Col.MEAN: mean,
        Col.MEAN_REFERENCE: mean_reference,
        Col.DIFFERENCE: mean - mean_reference,
    }


def _told(estimate: Estimate, size: Sizes) -> Row:
    return {
        Col.ESTIMATE: estimate.estimate,
        Col.ESTIMATE_LOW: estimate.low,
        Col.ESTIMATE_HIGH: estimate.high,
        Col.SE: estimate.se,
        Col.DF: estimate.df,
        Col.P: estimate.p,
        Col.D_SD: size.d_sd,
        **_three(Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH, size.cohens_d),
        **_three(
            Col.COHENS_D_WITHIN,
            Col.COHENS_D_WITHIN_LOW,
            Col.COHENS_D_WITHIN_HIGH,
            size.cohens_d_within,
        ),
        **_three(Col.HEDGES_G, Col.HEDGES_G_LOW, Col.HEDGES_G_HIGH, size.hedges_g),
        **_three(Col.CLIFFS_DELTA, Col.CLIFFS_DELTA_LOW, Col.CLIFFS_DELTA_HIGH, size.cliffs_delta),
    }


def _three(value: str, low: str, high: str, interval: Interval) -> Row:
    return {value: interval.value, low: interval.low, high: interval.high}


def _equivalence(estimate: Estimate, margin: float | None) -> Row:
    if margin is None:
        return {}
    p = p_of_equivalence(estimate, margin)
    equivalent = p < _LEVEL if math.isfinite(p) else None
    return {Col.MARGIN: margin, Col.P_EQUIVALENCE: p, Col.EQUIVALENT: equivalent}
