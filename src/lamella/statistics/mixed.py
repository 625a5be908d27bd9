"""Linear mixed models: sessions, conditions within sessions, and movies as random terms.

Fitted by restricted maximum likelihood through statsmodels' `MixedLM`, and believed only where
`lamella.statistics.guard` finds the same maximum. A model that is refused because a variance is
zero keeps the numbers of that maximum (what other programs call a singular fit), so that they can
be looked at.

References
----------
Laird and Ware 1982, https://doi.org/10.2307/2529876; Bates et al. 2015,
https://doi.org/10.18637/jss.v067.i01
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lamella.core.claims import ACROSS_SESSIONS, FEWEST_SESSIONS, THESE_SESSIONS
from lamella.core.table import Col
from lamella.statistics.additive import Additive, residual_squares, why_untold
from lamella.statistics.blocks import Blocks, places
from lamella.statistics.design import Design, Pair
from lamella.statistics.fitted import Estimate, Fitted
from lamella.statistics.guard import collapsed, disagreement
from lamella.statistics.mixed_fit import IntArray, by_statsmodels
from lamella.statistics.reml import Groups, maximum
from lamella.statistics.units import finite

MOST_WORK = 2_000_000
"""Above it nothing is fitted (it would take over 3 s): values × conditions, and for a second random
term values × groups (movies, conditions) of their session, summed. 10 000 cells in 6 sessions of 45
movies come to 480 000; a million units of 3 conditions are too many, and fixed sessions say the
same of them."""


class _Kind(NamedTuple):
    """One of the models."""

    name: str
    claim: str
    terms: tuple[str, ...]
    """Names of the random terms, as in `Fitted.variances`."""
    instead: str
    """What stands in for it where it is refused."""


_SESSION = _Kind(
    "random_session",
    THESE_SESSIONS,
    ("session",),
    "the model with a fixed session effect is used instead",
)
_EFFECT = _Kind(
    "random_effect",
    ACROSS_SESSIONS,
    ("session", "interaction"),
    "the paired differences of session means are used instead",
)
_MOVIES = _Kind(
    "nested_movies",
    THESE_SESSIONS,
    ("session", "movie"),
    "the means of movies are used instead",
)
_VARIANCE = {
    "session": "the variance between sessions",
    "interaction": "the variance of the effect from session to session",
    "movie": "the variance between movies",
}
_NO_SAY = {
    "session": "the model takes the sessions for one",
    "interaction": "the model takes the effect to be the same in every session",
    "movie": "the model counts every cell as if it were alone in its movie",
}


def random_session(design: Design, pairs: Sequence[Pair], *, normal: bool = False) -> Fitted:
    """Value ~ condition + (1 | session), on units.

    Parameters
    ----------
    design : Design
        Units of one measure.
    pairs : sequence of Pair
        Differences asked for.
    normal : bool
        By the normal distribution instead of Student's t, as programs without small-sample degrees
        of freedom have it: intervals come out too short with few units.

    Returns
    -------
    Fitted
        Student's t with the degrees of freedom of the model with fixed sessions: units −
        conditions − sessions + 1. NaN, with the reason in `verdicts`, for a pair that no chain of
        shared sessions links.

    Notes
    -----
    Where every session has the same numbers of units, the result is that of fixed sessions;
    elsewhere a little is learnt from the differences between sessions, too.
    """
    return _fitted(design, _blocks(design), pairs, _SESSION, len(design.value), normal=normal)


def random_effect(design: Design, pairs: Sequence[Pair], *, normal: bool = False) -> Fitted:
    """Value ~ condition + (1 | session) + (1 | session : condition), on units.

    What a condition does may differ from session to session, and this scatter is in the standard
    error: the claim is about sessions like these.

    Parameters
    ----------
    design, pairs, normal
        As for `random_session`.

    Returns
    -------
    Fitted
        Student's t with the degrees of freedom of the term that the effect is tested against
        (containment): combinations of condition and session that have units − conditions −
        sessions + 1.

    References
    ----------
    Pinheiro and Bates 2000, https://doi.org/10.1007/b98882 (2.4: degrees of freedom by the level
    of grouping at which a term varies).
    """
    blocks = _blocks(design)
    n_blocks = int(np.count_nonzero(design.counts))
    if len(design.sessions) > 1 and n_blocks == len(design.value):
        return _refused(
            _EFFECT,
            pairs,
            "every session has one unit of each condition, so that the scatter of the effect "
            "cannot be told from that of units",
        )
    return _fitted(design, blocks, pairs, _EFFECT, n_blocks, normal=normal)


def nested_movies(
    rows: pd.DataFrame,
    measure: str,
    conditions: Sequence[str],
    pairs: Sequence[Pair],
    *,
    normal: bool = False,
) -> Fitted:
    """Value ~ condition + (1 | session) + (1 | session : movie), on cells.

    Cells of a movie are alike, and the movie is the random term that says by how much: movies of
    many cells count more, as far as this helps.

    Parameters
    ----------
    rows : DataFrame
        Cells as `lamella.statistics.units.assigned` gives them, without those that do not count in
        their movie's mean. The movie is the column ``unit``, numbered anew in every condition and
        session.
    measure : str
        Column of the value; cells without one are left out.
    conditions : sequence of str
        As for `Design.of`.
    pairs, normal
        As for `random_session`.

    Returns
    -------
    Fitted
        Student's t with movies − conditions − sessions + 1 degrees of freedom. Refused where every
        movie holds one cell, and above `MOST_WORK`.
    """
    known = rows[finite(rows[measure]) & rows[Col.CONDITION].isin(conditions)]
    cells = Design.of(known.assign(**{Col.N_CELLS: 1}), measure, conditions)
    keys = [Col.CONDITION, Col.SESSION, Col.UNIT]
    movie = np.asarray(known.groupby(keys, sort=False, dropna=False).ngroup(), np.int64)
    first = np.unique(movie, return_index=True)[1]
    if 0 < len(cells.value) == len(first):
        return _refused(_MOVIES, pairs, "every unit holds one cell")
    return _fitted(cells, movie, pairs, _MOVIES, len(first), normal=normal)


def _fitted(
    design: Design,
    group: IntArray,
    pairs: Sequence[Pair],
    kind: _Kind,
    n_units: int,
    *,
    normal: bool,
) -> Fitted:
    """A model whose effects are tested against the scatter of `n_units`."""
    blocks = Blocks.of(design)
    additive = Additive.of(blocks)
    df = n_units - additive.rank
    if not len(design.value):
        return _refused(kind, pairs, "no unit has a value")
    if len(design.sessions) < 2:
        return _refused(kind, pairs, "the variance between sessions takes more than one session")
    if df < 1:
        return _refused(kind, pairs, "too few units: none is left to tell their scatter from")
    # Conditions that have no unit have no parameter.
    present = np.unique(design.condition)
    filled = design._replace(condition=_numbered(design.condition))
    groups = Groups.of(filled, group)
    squares = residual_squares(blocks, additive) if len(kind.terms) == 1 else groups.squares
    if squares <= blocks.noise:
        return _refused(kind, pairs, "values do not scatter within sessions and conditions")
    work = len(design.value) * len(present)
    if len(kind.terms) > 1:
        work += int(np.bincount(design.session) @ np.bincount(groups.session))
    if work > MOST_WORK:
        return _refused(kind, pairs, "with so many values it is not fitted")

    found = maximum(groups, terms=len(kind.terms))
    gone = collapsed(found, groups)
    fit = None if gone.any() else by_statsmodels(filled, group, found)
    why = _why_collapsed(kind, gone.tolist()) if gone.any() else disagreement(fit, found)
    best = found if fit is None or why else fit
    means = np.full(len(design.conditions), np.nan)
    means[present] = best.means
    covariance = np.full((len(means), len(means)), np.nan)
    covariance[np.ix_(present, present)] = best.covariance
    estimates, verdicts = {}, {}
    for pair in pairs:
        untold = why_untold(design, additive, pair)
        if untold:
            estimates[pair] = Estimate(math.nan)
            verdicts[pair] = untold
            continue
        first, second = places(design, pair)
        variance = covariance[first, first] + covariance[second, second]
        variance -= covariance[first, second] + covariance[second, first]
        estimates[pair] = Estimate.by_t(
            float(means[first] - means[second]), math.sqrt(variance), math.inf if normal else df
        )
    verdict = f"{why}; {kind.instead}" if why else ""
    if not why and len(design.sessions) < FEWEST_SESSIONS:
        verdict = f"{len(design.sessions)} sessions tell little of the variance between sessions"
    return Fitted(
        kind.name,
        kind.claim,
        estimates,
        trusted=not why,
        verdict=verdict,
        variances={
            **dict(zip(kind.terms, (found.ratios * found.residual).tolist(), strict=True)),
            "residual": found.residual,
        },
        verdicts=verdicts,
    )


def _why_collapsed(kind: _Kind, gone: Sequence[bool]) -> str:
    terms = [term for term, none in zip(kind.terms, gone, strict=True) if none]
    return (
        f"{' and '.join(_VARIANCE[term] for term in terms)} came out as zero, so that "
        f"{' and '.join(_NO_SAY[term] for term in terms)}"
    )


def _refused(kind: _Kind, pairs: Sequence[Pair], why: str) -> Fitted:
    estimates = {pair: Estimate(math.nan) for pair in pairs}
    return Fitted(kind.name, kind.claim, estimates, False, f"{why}; {kind.instead}")


def _blocks(design: Design) -> IntArray:
    """(n,) number of every unit's combination of condition and session, without gaps."""
    both = design.condition * len(design.sessions) + design.session
    return _numbered(both)


def _numbered(keys: IntArray) -> IntArray:
    """Places of keys among those that occur."""
    number: IntArray = np.searchsorted(np.unique(keys), keys).astype(np.int64)
    return number
