"""What a cell's protrusions are like over the whole movie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lamella.core.table import Col, Column
from lamella.measure.view import Measured

_KEYS: list[str] = [Col.OBJECT, Col.CELL]


def summary_of(
    found: Measured, sightings: pd.DataFrame, *, averaged: Sequence[Column]
) -> pd.DataFrame:
    """One row per object set and cell.

    Means of the columns `averaged` over valid frames that have them (places left out); of lives,
    means over tips. Births are those that were seen, over the minutes that valid steps span.
    """
    cells = sightings[_KEYS].drop_duplicates().sort_values(_KEYS, ignore_index=True)
    names = [name for name in averaged if name not in (Col.BODY_Y_PX, Col.BODY_X_PX)]
    valid = sightings[Col.VALID].to_numpy(bool)
    means = found.frames.loc[valid, [*_KEYS, *names]].groupby(_KEYS).mean()
    since = np.diff(sightings[Col.TIME_MIN].to_numpy(np.float64), prepend=np.nan)
    watched = np.where(sightings[Col.PAIR_VALID].to_numpy(bool), since, 0.0)
    minutes = pd.Series(watched).groupby([sightings[k] for k in _KEYS]).sum()
    lives = found.finer["tip_lives"]
    both = lives[Col.TIP_BIRTH_SEEN].to_numpy(bool) & lives[Col.TIP_DEATH_SEEN].to_numpy(bool)
    of_lives = (
        lives.assign(censored=~both, life=lives[Col.TIP_LIFE].where(both))
        .groupby(_KEYS)
        .agg(
            **{
                Col.N_TIP_LIVES: (Col.TIP, "size"),
                Col.N_TIP_LIVES_CENSORED: ("censored", "sum"),
                Col.MEAN_TIP_LIFE: ("life", "mean"),
                Col.TIP_GROWTH: (Col.TIP_GROWTH, "mean"),
                Col.TIP_RETRACTION: (Col.TIP_RETRACTION, "mean"),
                "births": (Col.TIP_BIRTH_SEEN, "sum"),
            }
        )
    )
    table = cells.join(means, on=_KEYS).join(of_lives, on=_KEYS)
    counted = [Col.N_TIP_LIVES, Col.N_TIP_LIVES_CENSORED, "births"]
    table[counted] = table[counted].fillna(0).astype(np.int64)
    watched_min = minutes.reindex(pd.MultiIndex.from_frame(cells)).to_numpy(np.float64)
    births = table.pop("births").to_numpy(np.float64)
    rate = np.full(len(table), np.nan)  # also where times are not known: their sum is 0
    np.divide(births, watched_min, out=rate, where=watched_min > 0)
    return table.assign(**{Col.TIP_BIRTHS: rate})
