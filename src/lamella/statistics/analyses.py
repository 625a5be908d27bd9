"""One study analysed in several ways: which conclusions survive, and how far the numbers agree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col, in_order, stacked
from lamella.statistics.agreement import agreement

KEYS = (Col.OBJECT, Col.MEASURE, Col.CLAIM, Col.CONDITION, Col.REFERENCE)
"""What an effect is known by, in any analysis."""
_TURNED = (
    Col.DIFFERENCE,
    Col.ESTIMATE,
    Col.COHENS_D,
    Col.COHENS_D_WITHIN,
    Col.HEDGES_G,
    Col.CLIFFS_DELTA,
)
_SIDES = ((Col.N, Col.N_REFERENCE), (Col.MEAN, Col.MEAN_REFERENCE))


def side_by_side(effects: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The effects of all sessions in several analyses, and which of them survive.

    Parameters
    ----------
    effects : mapping of str to DataFrame
        The effects table of every analysis, by its name.

    Returns
    -------
    DataFrame
        One row per effect and analysis: `analysis`, the keys, then what the tables hold, and
        `n_analyses`, `n_analyses_decided`, `survives`, `conclusion`, which are those of the effect.
        A contrast that an analysis has the other way round is turned to that of the first.
    """
    tables, seen = [], set()
    for name, table in effects.items():
        rows = table[table[Col.SESSION] == ALL_SESSIONS].drop(columns=Col.SESSION)
        keys = [key for key in KEYS if key in rows.columns]
        turned = [
            (*key[:-2], key[-1], key[-2]) in seen and key not in seen
            for key in rows[keys].itertuples(index=False, name=None)
        ]
        rows = _turned(rows, np.array(turned, bool)).assign(**{Col.ANALYSIS: name})
        seen |= set(rows[keys].itertuples(index=False, name=None))
        tables.append(rows)
    whole = stacked(tables)
    if not len(whole):
        return pd.DataFrame(columns=[Col.ANALYSIS, *KEYS, Col.SURVIVES, Col.CONCLUSION])
    whole = in_order(whole, [*KEYS, Col.ANALYSIS])
    parts = []
    keys = [key for key in KEYS if key in whole.columns]
    for _, rows in whole.groupby(keys, sort=False, dropna=False):
        parts.append(rows.assign(**_together(rows, list(effects))))
    return pd.concat(parts, ignore_index=True)


def _turned(rows: pd.DataFrame, which: NDArray[np.bool_]) -> pd.DataFrame:
    """Rows with condition and reference changed about in some of them."""
    if not which.any():
        return rows
    out = rows.copy()
    ours, theirs = rows.loc[which, Col.CONDITION], rows.loc[which, Col.REFERENCE]
    out.loc[which, Col.CONDITION], out.loc[which, Col.REFERENCE] = theirs, ours
    for one, other in _SIDES:
        if one in rows and other in rows:
            out.loc[which, one], out.loc[which, other] = (
                rows.loc[which, other],
                rows.loc[which, one],
            )
    for name in _TURNED:
        low, high = f"{name}_low", f"{name}_high"
        if name in rows:
            out.loc[which, name] = -rows.loc[which, name]
        if low in rows and high in rows:
            out.loc[which, low], out.loc[which, high] = (
                -rows.loc[which, high],
                -rows.loc[which, low],
            )
    return out


def _together(rows: pd.DataFrame, names: list[str]) -> dict[str, int | bool | str]:
    """What all analyses say of one effect."""
    d, low, high = (
        rows[name].to_numpy(np.float64)
        for name in (Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH)
    )
    known = np.isfinite(d)
    analyses = rows[Col.ANALYSIS].to_numpy(object)
    above, below = (list(analyses[known & side]) for side in (d > 0, d < 0))
    decided = known & ((low > 0) | (high < 0))
    n, k = int(known.sum()), int(decided.sum())
    condition, reference = rows[Col.CONDITION].iloc[0], rows[Col.REFERENCE].iloc[0]
    lacking = [name for name in names if name not in set(analyses[known])]
    if above and below:
        told = (
            f"the direction hangs on the analysis: {condition} above {reference} in "
            f"{', '.join(above)}, below in {', '.join(below)}"
        )
    elif above or below:
        told = f"{condition} {'above' if above else 'below'} {reference} in {_of(n, len(names))}"
    elif not n:
        told = "no analysis can tell"
    else:
        told = "no analysis finds a difference in either direction"
    if n:
        told += f"; the 95 % interval leaves out 0 in {_of(k, n)}"
    if lacking and n:
        told += f"; not told by {', '.join(lacking)}"
    survives = k == len(names) and not (above and below)
    return {
        Col.N_ANALYSES: n,
        Col.N_ANALYSES_DECIDED: k,
        Col.SURVIVES: survives,
        Col.CONCLUSION: told,
    }


def _of(k: int, n: int) -> str:
    return f"all {n} analyses" if k == n and n > 1 else f"{k or 'none'} of {n}"


def agreements(matched: pd.DataFrame) -> pd.DataFrame:
    """How far two analyses agree, per kind of object, pair of analyses and measure.

    Parameters
    ----------
    matched : DataFrame
        One row per cell and measure: `analysis`, `other_analysis`, `object`, `movie`, `measure`,
        `first_value`, `second_value`.

    Returns
    -------
    DataFrame
        `analysis`, `other_analysis`, `object`, `measure`, `n_matched`, `n_effective`,
        `mean_of_both`, `bias`, `sd_differences`, `limit_low`, `limit_high`, `proportional_bias`,
        `p_proportional`, `concordance`, with the ends of their intervals; see
        `lamella.statistics.agreement.agreement`. Cells of one movie may be alike.
    """
    keys = [Col.ANALYSIS, Col.OTHER_ANALYSIS, Col.OBJECT, Col.MEASURE]
    rows = []
    for key, cells in matched.groupby(keys, sort=False):
        found = agreement(cells[Col.FIRST_VALUE], cells[Col.SECOND_VALUE], cluster=cells[Col.MOVIE])
        row: dict[str, object] = dict(zip(keys, key, strict=True))
        row |= {
            Col.N_MATCHED: found.n,
            Col.N_EFFECTIVE: found.n_effective,
            Col.MEAN_OF_BOTH: found.mean,
            Col.SD_DIFFERENCES: found.sd,
            Col.P_PROPORTIONAL: found.p_slope,
        }
        for name, interval in {
            Col.BIAS: found.bias,
            Col.LIMIT_LOW: found.limit_low,
            Col.LIMIT_HIGH: found.limit_high,
            Col.PROPORTIONAL_BIAS: found.slope,
            Col.CONCORDANCE: found.concordance,
        }.items():
            row |= {
                name: interval.value,
                f"{name}_low": interval.low,
                f"{name}_high": interval.high,
            }
        rows.append(row)
    return pd.DataFrame(rows, columns=[*keys] if not rows else None)
