"""The sections on statistics of docs/accuracy.md; run this file to print them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from unittest.mock import patch

import numpy as np
from null_studies import CONDITIONS, PAIR, FloatArray, Study, World, design_of, drawn, positives
from scipy.special import ndtr

from lamella.core.claims import ACROSS_SESSIONS, THESE_SESSIONS
from lamella.core.table import Col
from lamella.statistics import comparison
from lamella.statistics.comparison import Asked
from lamella.statistics.design import Design
from lamella.statistics.fitted import Estimate, Fitted
from lamella.statistics.fixed import fixed_session
from lamella.statistics.mixed import FEWEST_SESSIONS, random_effect, random_session
from lamella.statistics.models import used
from lamella.statistics.paired import paired_sessions
from lamella.statistics.permutation import permuted
from lamella.statistics.power import POWERS, Plan
from lamella.statistics.proportions import quasi_binomial
from lamella.statistics.session_bootstrap import session_bootstrap
from lamella.statistics.spread import Spread

SESSIONS, SESSION_SDS, INTERACTIONS = (2, 3, 6), (0.0, 1.0, 2.0), (0.0, 0.3, 0.5)
STUDIES, SEED = 1000, 2
EFFECT = 0.8
_INTERVAL_SESSIONS, _INTERVAL_EFFECTS = (2, 3, 4, 5, 6, 12), (EFFECT, 3.0)
"""A large effect shows whether the error of the SD is in the interval of d."""
CLAIMS = {
    THESE_SESSIONS: (fixed_session, random_session),
    ACROSS_SESSIONS: (paired_sessions, random_effect),
}
# So that 5 % of the draws, with the study itself, are a whole number.
_DRAWS = 399
_BOOTSTRAP_DRAWS = 999
_CELLS, _MOVIE_SD = 10, 0.5
_POOLED_STUDIES, _PER_MOVIE, _ODDS_SD = 500, 20, 0.7

Test = Callable[[Design], float]


def statistics_table(n: int = STUDIES) -> str:
    """How often each claim is wrong, what intervals hold, and whether power is as predicted."""
    return "\n".join(
        [
            "## Statistics",
            "",
            f"Simulated studies whose truth is known, {n} behind every number unless said: "
            f"{len(CONDITIONS)} conditions, {World(2).n_movies} movies of each in every session, "
            "one cell a movie. Everything is in SD of cells. The models are those of "
            "`lamella.statistics`, chosen as `lamella stats` chooses them. Chance alone moves a "
            f"share of 5 % by {200 * math.sqrt(0.05 * 0.95 / n):.1f} and one of 95 % likewise (two "
            "standard errors).",
            "",
            *false_positives(n),
            "",
            *pooling(min(n, _POOLED_STUDIES)),
            "",
            *intervals(n),
            "",
            *power(n),
        ]
    )


def fits_of(claim: str, design: Design) -> list[Fitted]:
    """The models that may be quoted for a claim; with few sessions no mixed model is fitted."""
    simple, random = CLAIMS[claim]
    if design.n_sessions >= FEWEST_SESSIONS:
        return [simple(design, [PAIR]), random(design, [PAIR])]
    nothing = Fitted(random.__name__, claim, {PAIR: Estimate(math.nan)}, trusted=False)
    return [simple(design, [PAIR]), nothing]


def p_quoted(claim: str, design: Design) -> float:
    """The p that effects.csv quotes for a claim."""
    fit, _ = used(fits_of(claim, design), claim, "auto", n_sessions=design.n_sessions)
    return fit.estimates[PAIR].p


def p_of(model: Callable[..., Fitted], design: Design) -> float:
    """The p of one model, believed or not; NaN where it has none."""
    return model(design, [PAIR]).estimates[PAIR].p


def shares(studies: Iterable[Design], *tests: Test) -> FloatArray:
    """Per cent of the studies in which each test says p < 0.05."""
    p = np.array([[test(design) for test in tests] for design in studies])
    return 100 * (p < 0.05).mean(axis=0)


def units_of(studies: Iterable[Study]) -> Iterable[Design]:
    return (design_of(study.units) for study in studies)


def false_positives(n: int) -> list[str]:
    lines = [
        "### False positives",
        "",
        "No effect; per cent of studies with p < 0.05, for a session SD of 0, 1 and 2. "
        "*Interaction*: SD of what a condition does in one session more or less than in another. "
        "For `these_sessions` it is centred, so that the mean effect in the very sessions of the "
        "study is 0; for `across_sessions` the effect is expected to be 0 in sessions like these. "
        "Beside the two claims: permutation for the first; and what comes of quoting the model of "
        "the first, `fixed_session`, for the second.",
        "",
        "| sessions | interaction | these_sessions | permuted | across_sessions "
        "| fixed_session, said of other sessions |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    quick = partial(permuted, draws=_DRAWS)
    every: dict[str, list[float]] = {THESE_SESSIONS: [], ACROSS_SESSIONS: []}
    for n_sessions, interaction in product(SESSIONS, INTERACTIONS):
        found = []
        for session in SESSION_SDS:
            world = World(n_sessions, session, interaction)
            these, across = (
                list(units_of(drawn(world, n, claim=claim, seed=SEED))) for claim in CLAIMS
            )
            found.append(
                [
                    *shares(these, partial(p_quoted, THESE_SESSIONS), partial(p_of, quick)),
                    *shares(
                        across, partial(p_quoted, ACROSS_SESSIONS), partial(p_of, fixed_session)
                    ),
                ]
            )
        columns = np.array(found).T
        every[THESE_SESSIONS] += columns[0].tolist()
        every[ACROSS_SESSIONS] += columns[2].tolist()
        cells = [" / ".join(f"{share:.1f}" for share in column) for column in columns]
        lines.append(f"| {n_sessions} | {interaction:g} | " + " | ".join(cells) + " |")
    told = "; ".join(f"{claim} {min(p):.1f} to {max(p):.1f} %" for claim, p in every.items())
    return [
        *lines,
        "",
        f"Over all {len(every[THESE_SESSIONS])} worlds: {told}. An effect that differs between "
        "sessions is in the scatter that `these_sessions` divides by, so that it errs on the safe "
        "side there.",
    ]


def pooling(n: int) -> list[str]:
    """What counting cells as units would claim."""
    lines = [
        "### Cells pooled",
        "",
        f"No effect, {n} studies a number, {_CELLS} cells a movie, movies {_MOVIE_SD:g} SD apart: "
        "per cent of studies with p < 0.05.",
        "",
        "| sessions | session SD | t test of all cells | cells, session fixed "
        "| cells, session random | movie means, session fixed |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for n_sessions, session in product(SESSIONS, (0.0, 1.0)):
        world = World(n_sessions, session, n_cells=_CELLS, movie_sd=_MOVIE_SD)
        found = []
        for study in drawn(world, n, claim=THESE_SESSIONS, seed=SEED):
            k, s = study.cells.shape[:2]
            cells = study.cells.reshape(k, s, -1)
            found.append(
                [
                    p_of(fixed_session, design_of(cells[:2].reshape(2, 1, -1))),
                    p_of(fixed_session, design_of(cells)),
                    p_of(random_session, design_of(cells)),
                    p_of(fixed_session, design_of(study.units)),
                ]
            )
        row = 100 * (np.array(found) < 0.05).mean(axis=0)
        lines.append(
            f"| {n_sessions} | {session:g} | " + " | ".join(f"{share:.1f}" for share in row) + " |"
        )
    lines += [
        "",
        f"Positives among {_PER_MOVIE} cells a movie, 30 % in the middle, log odds of movies "
        f"{_ODDS_SD:g} apart:",
        "",
        "| sessions | positives of all cells compared | quasi_binomial | shares of movies, "
        "fixed_session |",
        "| --- | --- | --- | --- |",
    ]
    for n_sessions in SESSIONS:
        world = World(n_sessions, 0.5, movie_sd=_ODDS_SD)
        found = []
        for share in positives(world, n, per_movie=_PER_MOVIE, seed=SEED):
            design = design_of(share, n_cells=_PER_MOVIE)
            found.append(
                [
                    p_of_pooled(share, _PER_MOVIE),
                    p_of(quasi_binomial, design),
                    p_of(fixed_session, design),
                ]
            )
        row = 100 * (np.array(found) < 0.05).mean(axis=0)
        lines.append(f"| {n_sessions} | " + " | ".join(f"{share:.1f}" for share in row) + " |")
    return lines


def p_of_pooled(share: FloatArray, per_movie: int) -> float:
    """Two proportions of cells against each other, movies forgotten."""
    first, second = share[1].mean(), share[0].mean()
    both, n = (first + second) / 2, share[0].size * per_movie
    return float(2 * ndtr(-abs(first - second) / math.sqrt(2 * both * (1 - both) / n)))


_INTERVALS = {
    "estimate": (Col.ESTIMATE_LOW, Col.ESTIMATE_HIGH),
    "Cohen's d": (Col.COHENS_D_LOW, Col.COHENS_D_HIGH),
    "Cohen's d within": (Col.COHENS_D_WITHIN_LOW, Col.COHENS_D_WITHIN_HIGH),
    "Hedges' g": (Col.HEDGES_G_LOW, Col.HEDGES_G_HIGH),
    "Cliff's delta": (Col.CLIFFS_DELTA_LOW, Col.CLIFFS_DELTA_HIGH),
}


def truths(study: Study, world: World, claim: str) -> FloatArray:
    """What the intervals of a study should hold, in the order of `_INTERVALS`.

    d and g divide by the SD that their claim is about: for ``these_sessions`` the pooled SD that
    units of these very sessions are expected to have, for ``across_sessions`` that of units of
    sessions like these.
    """
    movies, n = world.n_movies, world.n_movies * world.n_sessions
    own = study.shift[:2] - study.shift[:2].mean(axis=1, keepdims=True)
    sd = math.sqrt(1 + movies * float((own**2).sum()) / (2 * (n - 1)))
    gaps = study.shift[1] - study.shift[0]
    difference = float(gaps.mean()) if claim == THESE_SESSIONS else world.effect
    if claim == THESE_SESSIONS:
        delta = float((2 * ndtr(gaps / math.sqrt(2)) - 1).mean())
    else:
        sd = math.sqrt(1 + world.session_sd**2 + world.interaction_sd**2)
        scatter = math.sqrt(2 + 2 * world.interaction_sd**2)
        delta = float(2 * ndtr(world.effect / scatter) - 1)
    shape = study.shift.shape
    df_both = (shape[0] - 1) * (shape[1] - 1)
    both = study.shift - study.shift.mean(axis=0) - study.shift.mean(axis=1, keepdims=True)
    squares = float(((both + study.shift.mean()) ** 2).sum())
    if claim == ACROSS_SESSIONS:
        squares = df_both * world.interaction_sd**2
    within = math.sqrt(1 + movies * squares / (df_both + study.shift.size * (movies - 1)))
    return np.array([difference, difference / sd, difference / within, difference / sd, delta])


def intervals(n: int) -> list[str]:
    lines = [
        "### Intervals",
        "",
        "KO 0.8 or 3 SD above WT: per cent of the intervals that hold the truth, the lowest and "
        "the highest over these, session SD 0 and 2 and interaction 0 and 0.5. The truth of "
        "`these_sessions` is the mean effect in the very sessions of the study, in SD of their "
        "units; that of `across_sessions` the expected effect, in SD of units of sessions like "
        "these. From 6 sessions on the difference of `across_sessions` has its interval from the "
        "bootstrap; a dash where no interval is given.",
        "",
        "| claim | sessions | " + " | ".join(_INTERVALS) + " |",
        "| --- | --- | " + " | ".join("---" for _ in _INTERVALS) + " |",
    ]
    held: dict[tuple[str, int], list[FloatArray]] = {}
    for n_sessions, session, interaction, effect in product(
        _INTERVAL_SESSIONS, SESSION_SDS[::2], INTERACTIONS[::2], _INTERVAL_EFFECTS
    ):
        world = World(n_sessions, session, interaction, effect=effect)
        for claim, share in coverage(world, n).items():
            held.setdefault((claim, n_sessions), []).append(share)
    for (claim, n_sessions), parts in sorted(held.items(), reverse=True):
        low, high = np.min(parts, axis=0), np.max(parts, axis=0)
        cells = [
            f"{a:.1f} to {b:.1f}" if math.isfinite(a) else "–"
            for a, b in zip(low, high, strict=True)
        ]
        lines.append(f"| {claim} | {n_sessions} | " + " | ".join(cells) + " |")
    return lines


def coverage(world: World, n: int) -> dict[str, FloatArray]:
    """Per cent of the studies in which each interval of each claim holds its truth."""
    hits: dict[str, list[FloatArray]] = {claim: [] for claim in CLAIMS}
    asked = Asked("value")
    for study in drawn(world, n, claim=ACROSS_SESSIONS, seed=SEED):
        design = design_of(study.units)
        # Models that are shown and never quoted would take most of the time.
        fits = [fit for claim in CLAIMS for fit in fits_of(claim, design)]
        fits.append(session_bootstrap(design, [PAIR], draws=_BOOTSTRAP_DRAWS, seed=SEED))
        with patch.object(comparison, "fitted_models", return_value=fits):
            rows = comparison.compared(design, [PAIR], asked).effects
        whole = {row[Col.CLAIM]: row for row in rows if row[Col.SESSION] == "all"}
        for claim, row in whole.items():
            ends = np.array([[row[low], row[high]] for low, high in _INTERVALS.values()], float)
            truth = truths(study, world, claim)
            held = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
            hits[claim].append(np.where(np.isfinite(ends).all(axis=1), held, np.nan))
    return {claim: 100 * _mean(np.array(held)) for claim, held in hits.items()}


def _mean(held: FloatArray) -> FloatArray:
    """Over studies that have an interval; NaN where fewer than half of them have."""
    known = np.isfinite(held)
    share = np.where(known, held, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known.mean(axis=0) >= 0.5, share, np.nan)


def power(n: int) -> list[str]:
    lines = [
        "### Power",
        "",
        f"KO {EFFECT:g} SD above WT, session SD 1: per cent of studies that find it, and what "
        "`lamella power` predicts from these SDs.",
        "",
        "| sessions | interaction | these_sessions, found | predicted | across_sessions, found "
        "| predicted |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    worst = 0.0
    for n_sessions, interaction in product(SESSIONS, INTERACTIONS):
        world = World(n_sessions, 1.0, interaction, effect=EFFECT)
        plan = Plan(n_sessions, world.n_movies, len(CONDITIONS))
        cells = []
        for claim in CLAIMS:
            studies = units_of(drawn(world, n, claim=claim, seed=SEED + 1))
            found = float(shares(studies, partial(p_quoted, claim))[0])
            predicted = 100 * POWERS[claim](plan, Spread(1.0, interaction, 1.0), EFFECT)
            worst = max(worst, abs(found - predicted))
            cells += [f"{found:.1f}", f"{predicted:.1f}"]
        lines.append(f"| {n_sessions} | {interaction:g} | " + " | ".join(cells) + " |")
    return [*lines, "", f"Largest difference: {worst:.1f} points."]


if __name__ == "__main__":
    print(statistics_table())
