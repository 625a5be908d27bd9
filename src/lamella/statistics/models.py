"""Every model of a difference, and the one that is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from lamella.core.claims import ACROSS_SESSIONS, FEWEST_SESSIONS, THESE_SESSIONS
from lamella.statistics.design import Design, Pair
from lamella.statistics.fitted import Fitted
from lamella.statistics.fixed import fixed_session, fixed_session_robust, fixed_session_unequal
from lamella.statistics.mixed import random_effect, random_session
from lamella.statistics.paired import paired_sessions
from lamella.statistics.permutation import permuted
from lamella.statistics.proportions import quasi_binomial, quasi_poisson
from lamella.statistics.session_bootstrap import session_bootstrap

Kind = Literal["mean", "fraction", "count"]
"""What a value of a unit is: a mean over cells, a share of them, a number per cell."""
Rule = Literal["auto", "fixed", "mixed"]
Model = Callable[[Design, Sequence[Pair]], Fitted]

_SIMPLE = {THESE_SESSIONS: "fixed_session", ACROSS_SESSIONS: "paired_sessions"}
_RANDOM = {THESE_SESSIONS: "random_session", ACROSS_SESSIONS: "random_effect"}


def models_of(claim: str, kind: Kind, *, draws: int, seed: int) -> tuple[Model, ...]:
    """The models of units that speak of a claim; a new one joins here."""
    if claim == ACROSS_SESSIONS:
        again = partial(session_bootstrap, draws=draws, seed=seed)
        return (paired_sessions, random_effect, again)
    by_kind: dict[Kind, tuple[Model, ...]] = {
        "fraction": (quasi_binomial,),
        "count": (quasi_poisson,),
    }
    return (
        fixed_session,
        fixed_session_unequal,
        fixed_session_robust,
        random_session,
        partial(permuted, seed=seed),
        *by_kind.get(kind, ()),
    )


def fitted_models(
    design: Design, pairs: Sequence[Pair], kind: Kind, *, draws: int, seed: int
) -> list[Fitted]:
    """All of them, those of the sessions studied first."""
    designs = {THESE_SESSIONS: design, ACROSS_SESSIONS: design.in_named_sessions()}
    return [
        model(units, pairs)
        for claim, units in designs.items()
        for model in models_of(claim, kind, draws=draws, seed=seed)
    ]


def used(fits: Sequence[Fitted], claim: str, rule: Rule, *, n_sessions: int) -> tuple[Fitted, str]:
    """The model that a claim is quoted from, and why it is not the one that would be.

    With ``auto``, session is a random effect from `FEWEST_SESSIONS` on, with ``mixed`` always, and
    with ``fixed`` never; a random-effects model that its guard does not trust gives way to the
    simple one.
    """
    by_name = {fit.model: fit for fit in fits if fit.claim == claim}
    simple, random = by_name[_SIMPLE[claim]], by_name[_RANDOM[claim]]
    wanted = rule == "mixed" or (rule == "auto" and n_sessions >= FEWEST_SESSIONS)
    if not wanted:
        return simple, ""
    return (random, "") if random.trusted else (simple, random.verdict)


def unused_because(fit: Fitted, rule: Rule, *, n_sessions: int) -> str:
    """Why a random-effects model that could be trusted is not the one quoted; empty = it is."""
    if fit.model not in _RANDOM.values() or rule == "mixed":
        return ""
    if rule == "fixed":
        return "not asked for"
    if n_sessions < FEWEST_SESSIONS:
        return (
            f"with fewer than {FEWEST_SESSIONS} sessions their variance is not told well, and such "
            f"models find differences that are not there: {_SIMPLE[fit.claim]} is quoted"
        )
    return ""
