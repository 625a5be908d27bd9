"""What becomes of the effects if the outlines are wrong."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col, in_order, stacked
from lamella.measure import AS_IS, VARIANTS
from lamella.statistics import Contrasts
from lamella.statistics.analyses import KEYS

_BAND = (Col.COHENS_D_OUTLINES_LOW, Col.COHENS_D_OUTLINES_HIGH)


def outline_effects(
    statistics: Contrasts, effects: pd.DataFrame, variants: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """The effects of all sessions with the outlines as they are, and in every variant.

    Parameters
    ----------
    statistics : Contrasts
        How conditions are compared.
    effects : DataFrame
        What it says of the cells as they were measured.
    variants : mapping of str to DataFrame
        The cells measured again, by variant; empty where they were not.

    Returns
    -------
    DataFrame
        Rows as those of `effects`, with `outlines` behind the keys and without `session`; none
        where nothing was measured again. Intervals of the variants are by t, never by bootstrap.
    """
    if not variants or not len(effects):
        return pd.DataFrame(columns=[*KEYS, Col.OUTLINES])
    # The estimate and d are the same without, and a band is of these alone.
    quick = statistics.model_copy(update={"bootstrap_draws": 0})
    found = {AS_IS: effects}
    for variant, cells in variants.items():
        found[variant] = quick(cells).effects
    tables = []
    for outlines, table in found.items():
        whole = table[table[Col.SESSION] == ALL_SESSIONS].drop(columns=Col.SESSION)
        tables.append(whole.assign(**{Col.OUTLINES: outlines}))
    return in_order(stacked(tables), [*KEYS, Col.OUTLINES])


def with_outline_band(effects: pd.DataFrame, outlines: pd.DataFrame) -> pd.DataFrame:
    """The effects with the smallest and the largest d that they have with any of the outlines.

    NaN for single sessions, and where one of the outlines leaves d unknown: a band that lacks an
    outline would look better than it is.
    """
    out = effects.assign(**dict.fromkeys(_BAND, np.nan))
    if not len(outlines):
        return out
    keys = [key for key in KEYS if key in effects.columns]
    found = outlines.groupby(keys, sort=False, dropna=False)[Col.COHENS_D]
    known = found.count() == 1 + len(VARIANTS)
    band = pd.DataFrame({_BAND[0]: found.min(), _BAND[1]: found.max()}).where(known)
    place = pd.MultiIndex.from_frame(effects[keys])
    whole = (effects[Col.SESSION] == ALL_SESSIONS).to_numpy(bool)
    for name in _BAND:
        out[name] = np.where(whole, band[name].reindex(place).to_numpy(np.float64), np.nan)
    return out
