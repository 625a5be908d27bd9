"""Linear mixed models: sessions, conditions within sessions, and movies as random terms.

Fitted by restricted maximum likelihood through statsmodels' `MixedLM`, and believed only where
`lamella.statistics.guard` finds the same maximum. A refused fit keeps the numbers of the true
maximum, where there is one, so that it can be looked at: with a variance of zero these are what
other programs call a singular fit.

References
----------
Laird and Ware 1982, https://doi.org/10.2307/2529876; Bates et al. 2015,
https://doi.org/10.18637/jss.v067.i01
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.statistics.connected import additive_rank, connected
from lamella.statistics.design import Design, Pair
from lamella.statistics.fitted import ACROSS_SESSIONS, THESE_SESSIONS, Estimate, Fitted
from lamella.statistics.guard import Fit, collapsed, disagreement
from lamella.statistics.reml import Groups, Maximum, maximum
from lamella.statistics.units import finite

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_CELLS = 20_000
"""`nested_movies` fits no more: it would take longer than all else, and tells no more than the
means of movies do once these have many cells."""
FEW_SESSIONS = 5
"""Below this a variance between sessions is little more than a guess, and is said to be."""


class _Kind(NamedTuple):
    """One of the models."""

    name: str
    claim: str
    terms: tuple[str, ...]
    """Names of the random terms, as in `Fitted.variances`."""
    instead: str
    """What is used where it is refused."""


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
    "the means of movies with a fixed session effect are used instead",
)
_BETWEEN = {
    "session": "between sessions",
    "interaction": "of the conditions' effect from session to session",
    "movie": "between movies",
}


def random_session(design: Design, pairs: Sequence[Pair], *, normal: bool = False) -> Fitted:
    """Value ~ condition + (1 | session), on units.

    Parameters
    ----------
    design : Design
        Units of one measure.
    pairs : sequence of Pair
        Contrasts to estimate.
    normal : bool
        Intervals and p by the normal distribution instead of Student's t, as programs without
        small-sample degrees of freedom give them: too narrow with few units.

    Returns
    -------
    Fitted
        Differences in the units of the measure, by t with units − conditions − sessions + 1
        degrees of freedom (those of the model with fixed sessions). A pair that no chain of shared
        sessions connects is NaN.
    """
    cells = _numbered(design.session, design.condition)
    return _fitted(design, cells, pairs, _SESSION, _left(design), normal=normal)


def random_effect(design: Design, pairs: Sequence[Pair], *, normal: bool = False) -> Fitted:
    """Value ~ condition + (1 | session) + (1 | session : condition), on units.

    The effect of a condition is allowed to differ from session to session, and this scatter is in
    the standard error: the claim is about sessions like these.

    Parameters
    ----------
    design, pairs, normal
        As for `random_session`.

    Returns
    -------
    Fitted
        By t with the degrees of freedom of the term that holds the effect (containment): occupied
        cells of condition × session − conditions − sessions + 1. Two sessions are the fewest.
    """
    cells = _numbered(design.session, design.condition)
    n_cells = len(np.unique(cells))
    kind, df = _EFFECT, n_cells - additive_rank(design.counts)
    if n_cells == len(design.value) and len(design.sessions) > 1:
        return _refused(
            kind, pairs, "every session holds a single unit of each condition, so that the scatter "
            "of the effect between sessions cannot be told from that between units",
        )  # fmt: skip
    return _fitted(design, cells, pairs, kind, df, normal=normal)


def nested_movies(
    rows: pd.DataFrame,
    measure: str,
    conditions: Sequence[str],
    pairs: Sequence[Pair],
    *,
    normal: bool = False,
) -> Fitted:
    """Value ~ condition + (1 | session) + (1 | session : movie), on cells.

    Cells of a movie are alike, and the movie is the random term that says by how much.

    Parameters
    ----------
    rows : DataFrame
        Cells as `lamella.statistics.units.assigned` gives them, those left out of their movie's
        mean removed. The movie is the column ``unit``, numbered anew in each condition and session.
    measure : str
        Column of the value; cells without one are left out.
    conditions : sequence of str
        As for `Design.of`.
    pairs, normal
        As for `random_session`.

    Returns
    -------
    Fitted
        By t with movies − conditions − sessions + 1 degrees of freedom.
    """
    known = rows[finite(rows[measure]) & rows[Col.CONDITION].isin(conditions)]
    cells = Design.of(known.assign(**{Col.N_CELLS: 1}), measure, conditions)
    keys = [Col.CONDITION, Col.SESSION, Col.UNIT]
    movie = known.groupby(keys, sort=False, dropna=False).ngroup().to_numpy(np.int64)
    if len(cells.value) > MOST_CELLS:
        return _refused(_MOVIES, pairs, f"it is not fitted to more than {MOST_CELLS} cells")
    first = np.unique(movie, return_index=True)[1]
    by_movie = cells._replace(condition=cells.condition[first], session=cells.session[first])
    if len(first) == len(cells.value) > 0:
        return _refused(_MOVIES, pairs, "every movie holds a single cell")
    return _fitted(cells, movie, pairs, _MOVIES, _left(by_movie), normal=normal)


def _fitted(
    design: Design,
    group: IntArray,
    pairs: Sequence[Pair],
    kind: _Kind,
    df: int,
    *,
    normal: bool,
) -> Fitted:
    reason = _cannot(design, group, kind, df)
    if reason:
        return _refused(kind, pairs, reason)
    present, condition = np.unique(design.condition, return_inverse=True)
    known = design._replace(condition=condition.astype(np.int64))
    groups = Groups.of(known, group)
    found = maximum(groups, terms=len(kind.terms))
    gone = collapsed(found, groups)
    fit = None if gone.any() else _by_statsmodels(known, group, found)
    if gone.any():
        names = " and ".join(
            f"the variance {_BETWEEN[term]}"
            for term, none in zip(kind.terms, gone, strict=True)
            if none
        )
        reason = (
            f"{names} came out as zero, so that the model has nothing to go by when it says how "
            "sure the difference is"
        )
    else:
        reason = disagreement(fit, found)
    means = found.means if fit is None or reason else fit.means
    covariance = found.covariance if fit is None or reason else fit.covariance
    sets = connected(design.counts)
    place = {design.conditions[k]: at for at, k in enumerate(present)}
    estimates, apart = {}, []
    for pair in pairs:
        first, second = (design.conditions.index(name) for name in pair)
        if sets[first] < 0 or sets[first] != sets[second]:
            estimates[pair] = Estimate(math.nan)
            apart.append(f"{pair[0]} and {pair[1]}")
            continue
        contrast = np.zeros(len(present))
        contrast[place[pair[0]]], contrast[place[pair[1]]] = 1, -1
        estimates[pair] = Estimate.by_t(
            float(contrast @ means),
            math.sqrt(max(float(contrast @ covariance @ contrast), 0.0)),
            math.inf if normal else df,
        )
    variances = dict(zip(kind.terms, (found.ratios * found.residual).tolist(), strict=True))
    variances["residual"] = found.residual
    return Fitted(
        kind.name,
        kind.claim,
        estimates,
        not reason,
        _verdict(kind, reason, apart, len(design.sessions)),
        variances,
    )


def _cannot(design: Design, group: IntArray, kind: _Kind, df: int) -> str:
    """Why the model is not even tried; empty = it can be."""
    if len(design.value) == 0:
        return "there are no values"
    if len(design.sessions) < 2:
        return "all units come from one session, and a variance between sessions needs several"
    if df < 1:
        return "there are too few units to tell their scatter from the differences between sessions"
    sizes = np.bincount(group)
    value = design.value - np.median(design.value)
    left = value - (np.bincount(group, value) / sizes)[group]
    if len(kind.terms) == 1:
        columns = np.concatenate(
            [np.eye(len(design.conditions))[design.condition], np.eye(len(design.sessions))[design.session]],
            axis=1,
        )  # fmt: skip
        left = value - columns @ np.linalg.lstsq(columns, value, rcond=None)[0]
    # What rounding leaves of equal values is no scatter.
    if np.abs(left).max() <= 1e-10 * np.abs(design.value).max():
        return "the values do not vary within sessions and conditions"
    return ""


def _by_statsmodels(design: Design, group: IntArray, found: Maximum) -> Fit | None:
    """The model by statsmodels, started where the maximum should be; None where it fails."""
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    # Whether statsmodels warns of a small variance depends on the unit of the measure (it does
    # below 0.01): values are scaled so that the smallest variance should come out as 1, and a
    # warning means that it came out as less than a hundredth of what it should be.
    scale = math.sqrt(found.residual * min(1.0, *found.ratios))
    centre = float(design.value.mean())
    n_conditions = int(design.condition.max()) + 1
    # The variance of groups stands beside an explicit random intercept: given alone, it would
    # replace it without a word.
    within = {}
    if len(found.ratios) > 1:
        of_session = [np.unique(group[design.session == k], return_inverse=True)[1]
                      for k in range(len(design.sessions))]  # fmt: skip
        within["exog_vc"] = VCSpec(
            ["group"],
            [[[str(k) for k in range(places.max() + 1)] for places in of_session]],
            [[np.eye(places.max() + 1)[places] for places in of_session]],
        )
    with warnings.catch_warnings(record=True) as spoken, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            fit = MixedLM(
                (design.value - centre) / scale,
                np.eye(n_conditions)[design.condition],
                groups=design.session,
                exog_re=np.ones((len(design.value), 1)),
                **within,
            ).fit(start_params=np.sqrt(found.ratios), method=["bfgs", "lbfgs"], gtol=1e-7)
            # Standard errors from the block of the means alone, as in other programs: statsmodels'
            # own take the chance agreement of means and variances in, which is 0 on average.
            information = np.linalg.inv(fit.cov_params())[:n_conditions, :n_conditions]
            covariance = np.linalg.inv(information) * scale**2
        except (np.linalg.LinAlgError, ValueError):
            return None
    return Fit(
        -2 * float(fit.llf) + 2 * (len(design.value) - n_conditions) * math.log(scale),
        bool(fit.converged),
        [str(one.message) for one in spoken],
        np.concatenate([np.ravel(fit.cov_re), np.ravel(fit.vcomp)]) * scale**2,
        float(fit.scale) * scale**2,
        np.asarray(fit.fe_params, np.float64) * scale + centre,
        covariance,
    )


def _refused(kind: _Kind, pairs: Sequence[Pair], reason: str) -> Fitted:
    estimates = {pair: Estimate(math.nan) for pair in pairs}
    return Fitted(kind.name, kind.claim, estimates, False, _sentence(f"{reason}; {kind.instead}"))


def _verdict(kind: _Kind, reason: str, apart: Sequence[str], n_sessions: int) -> str:
    parts = [f"{reason}; {kind.instead}"] if reason else []
    if apart:
        parts.append(
            f"{', '.join(apart)} never share a session, directly or through other conditions, so "
            "that their difference cannot be told from one between sessions"
        )
    if not reason and n_sessions < FEW_SESSIONS:
        parts.append(f"{n_sessions} sessions say little of how much sessions differ")
    return " ".join(_sentence(part) for part in parts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _left(design: Design) -> int:
    """Degrees of freedom that units leave within conditions and sessions."""
    return len(design.condition) - additive_rank(design.counts)


def _numbered(*keys: IntArray) -> IntArray:
    """One number for each combination, from 0 without gaps."""
    _, number = np.unique(np.stack(keys), axis=1, return_inverse=True)
    out: IntArray = number.ravel().astype(np.int64)
    return out
