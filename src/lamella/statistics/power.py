"""How often a study of a given size would find an effect, for each of the two claims."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from lamella.core.claims import ACROSS_SESSIONS, FEWEST_SESSIONS, THESE_SESSIONS
from lamella.core.table import Col
from lamella.statistics.design import FloatArray
from lamella.statistics.guard import LEAST_SHARE
from lamella.statistics.spread import Spread

LEVEL = 0.05
_POINTS = 2048


class Plan(NamedTuple):
    """A study in which every session has the same number of units of every condition."""

    n_sessions: int
    n_per_session: int
    """Units of each condition in every session."""
    n_conditions: int = 2


def power_these_sessions(plan: Plan, spread: Spread, effect: float) -> float:
    """Chance that the claim ``these_sessions`` finds a mean effect of this size in its sessions.

    Parameters
    ----------
    plan : Plan
    spread : Spread
        An unknown interaction counts as 0.
    effect : float
        Mean difference in the sessions of the study, in the unit of the measure.

    Returns
    -------
    float
        Of p < 0.05, two-sided, one contrast, not adjusted. NaN where no degree of freedom is left.

    Notes
    -----
    The estimate is normal about the effect with variance 2σ²/(sessions · units); the error that it
    is divided by is that of value ~ condition + session, in which an effect that differs between
    sessions passes for scatter: σ²χ² with the degrees of freedom within sessions plus (σ² +
    units · σ²_interaction)χ² with those of the interaction. Without an interaction this is the
    noncentral t. A random session effect gives the same in balanced studies.
    """
    n_sessions, n, n_conditions = plan
    df_units = n_conditions * n_sessions * (n - 1)
    df_both = (n_conditions - 1) * (n_sessions - 1)
    df = df_units + df_both
    if df < 1:
        return math.nan
    square, chi = _squares(spread, n), _chi_squares(df_units, df_both)
    error = (spread.within**2 * chi[0] + square * chi[1]) / df
    sd = spread.within * math.sqrt(2 / (n_sessions * n))
    return _beyond(effect, sd, np.sqrt(2 * error / (n_sessions * n)), np.full(_POINTS, df))


def power_across_sessions(plan: Plan, spread: Spread, effect: float) -> float:
    """Chance that the claim ``across_sessions`` finds an effect whose expectation is this.

    Parameters
    ----------
    plan, spread
        As for `power_these_sessions`; NaN where the interaction is not known. An unknown scatter
        between sessions counts as larger than that of the effect.
    effect : float
        Expected difference over sessions like these, in the unit of the measure.

    Returns
    -------
    float
        Of p < 0.05. NaN below two sessions.

    Notes
    -----
    Below 5 sessions by the t test of the differences per session; from 5 on by the model with a
    random effect and containment degrees of freedom, as long as its variances do not collapse,
    which in balanced studies they do where a mean square is not above the one below it; then by the
    t test again. Mean squares are independent χ², over which the normal chance is averaged.
    """
    n_sessions, n, n_conditions = plan
    if n_sessions < 2 or math.isnan(spread.interaction):
        return math.nan
    few = n_sessions - 1
    df_both = (n_conditions - 1) * few
    df_units = n_conditions * n_sessions * (n - 1)
    of_pair, of_others, of_units, of_sessions = _chi_squares(few, df_both - few, df_units, few)
    square = _squares(spread, n)
    error, df = square * of_pair / few, np.full(_POINTS, few)
    if n_sessions >= FEWEST_SESSIONS and n > 1:
        both = square * (of_pair + of_others) / df_both
        between = np.inf
        if not math.isnan(spread.session):
            between = (square + n_conditions * n * spread.session**2) * of_sessions / few
        grown = 1 + LEAST_SHARE
        kept = (both > grown * spread.within**2 * of_units / df_units) & (between > grown * both)
        error, df = np.where(kept, both, error), np.where(kept, df_both, df)
    scale = 2 / (n_sessions * n)
    return _beyond(effect, math.sqrt(square * scale), np.sqrt(error * scale), df)


POWERS: dict[str, Callable[[Plan, Spread, float], float]] = {
    THESE_SESSIONS: power_these_sessions,
    ACROSS_SESSIONS: power_across_sessions,
}


def power_table(
    spread: Spread,
    effect: float,
    *,
    n_conditions: int,
    n_sessions: Sequence[int],
    n_per_session: Sequence[int],
    n_cells: Sequence[float] = (),
) -> pd.DataFrame:
    """Power of both claims for studies of many sizes.

    Parameters
    ----------
    n_cells : sequence of float
        Cells per unit to look at beside the number that `spread` has, where it tells cells apart.

    Returns
    -------
    DataFrame
        `claim`, `n_sessions`, `n_per_session`, `n_cells_per_unit` (NaN where cells are not told
        apart), `power` (NaN where the claim cannot be made).
    """
    spreads = [spread]
    if not math.isnan(spread.n_cells):
        spreads += [spread.with_cells(n) for n in n_cells]
    rows = [
        (
            claim,
            sessions,
            units,
            one.n_cells,
            power(Plan(sessions, units, n_conditions), one, effect),
        )
        for one in spreads
        for claim, power in POWERS.items()
        for sessions in n_sessions
        for units in n_per_session
    ]
    columns = [Col.CLAIM, Col.N_SESSIONS, Col.N_PER_SESSION, Col.N_CELLS_PER_UNIT, Col.POWER]
    return pd.DataFrame(rows, columns=columns)


def least(enough: Callable[[int], bool], sizes: range) -> int | None:
    """The smallest size that is enough; None where none is."""
    return next((size for size in sizes if enough(size)), None)


def _squares(spread: Spread, n: int) -> float:
    """Expected mean square of the interaction."""
    interaction = 0.0 if math.isnan(spread.interaction) else spread.interaction
    return spread.within**2 + n * interaction**2


def _beyond(effect: float, sd: float, errors: FloatArray, df: FloatArray) -> float:
    """Chance that an estimate lies further from 0 than t allows, over the draws of its error."""
    reach = special.stdtrit(df, 1 - LEVEL / 2) * errors
    chance = special.ndtr((effect - reach) / sd) + special.ndtr((-effect - reach) / sd)
    return float(chance.mean())


def _chi_squares(*df: int) -> FloatArray:
    """(len(df), points) independent χ²; 0 where there is no degree of freedom.

    Quantiles at the points of an additive recurrence, which fill the cube evenly: as good as some
    hundred times as many random draws, and the same every time.
    """
    return np.stack([_quantiles(k, at, len(df)) for at, k in enumerate(df)])


@lru_cache(maxsize=4096)
def _quantiles(df: int, at: int, dimensions: int) -> FloatArray:
    if df == 0:
        return np.zeros(_POINTS)
    # The generalised golden ratio: x ** (dimensions + 1) = x + 1.
    ratio = 2.0
    for _ in range(64):
        ratio = (1 + ratio) ** (1 / (dimensions + 1))
    share = (0.5 + np.arange(1, _POINTS + 1) * ratio ** -(at + 1)) % 1
    out: FloatArray = 2 * special.gammaincinv(df / 2, share)
    return out
