"""What a cell's protrusions are like over the whole movie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.kernels.steps import steps_in_run
from lamella.measure.protrusion.rows import PER_FRAME
from lamella.measure.summaries import CellRows
from lamella.measure.view import Measured

_AVERAGED = [name for name in PER_FRAME if name not in (Col.BODY_Y_PX, Col.BODY_X_PX)]


def summary_of(found: Measured, sightings: pd.DataFrame, *, missed_frames: int) -> pd.DataFrame:
    """One row per object set and cell.

    Means of the columns per frame over valid frames that have them (places left out); of lives,
    means over tips. Births are those that were seen, over the minutes of the steps that lead to
    frames in which one could have been.
    """
    rows = CellRows.of(sightings)
    valid = sightings[Col.VALID].to_numpy(bool)
    means = rows.summaries(found.frames, _AVERAGED, where=valid).mean
    minutes = np.diff(sightings[Col.TIME_MIN].to_numpy(np.float64), prepend=np.nan)
    could_be_seen = steps_in_run(sightings[Col.PAIR_VALID].to_numpy(bool)) > missed_frames
    watched = rows.summaries({Col.TIME_MIN: minutes}, [Col.TIME_MIN], where=could_be_seen).total
    lives = found.finer["tip_lives"]
    both = lives[Col.TIP_BIRTH_SEEN].to_numpy(bool) & lives[Col.TIP_DEATH_SEEN].to_numpy(bool)
    columns: dict[str, Any] = {
        Col.N_TIP_LIVES: np.ones(len(lives)),
        Col.N_TIP_LIVES_CENSORED: ~both,
        Col.MEAN_TIP_LIFE: lives[Col.TIP_LIFE].where(both),
        Col.TIP_GROWTH: lives[Col.TIP_GROWTH],
        Col.TIP_RETRACTION: lives[Col.TIP_RETRACTION],
        Col.TIP_BIRTHS: lives[Col.TIP_BIRTH_SEEN],
    }
    told = CellRows.of(lives, rows.cells).summaries(columns, list(columns))
    counts = told.total.fillna(0)
    births, time = counts[Col.TIP_BIRTHS].to_numpy(), watched[Col.TIME_MIN].to_numpy(np.float64)
    rate = np.full(len(births), np.nan)
    np.divide(births, time, out=rate, where=time > 0)
    of_lives: dict[str, Any] = {
        **{n: counts[n].astype(np.int64) for n in (Col.N_TIP_LIVES, Col.N_TIP_LIVES_CENSORED)},
        **{n: told.mean[n] for n in (Col.MEAN_TIP_LIFE, Col.TIP_GROWTH, Col.TIP_RETRACTION)},
        Col.TIP_BIRTHS: rate,
    }
    return pd.concat([rows.cells, means, pd.DataFrame(of_lives)], axis=1)
