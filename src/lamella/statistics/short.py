"""Cells that were seen too briefly to stand beside the others of their movie."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col


def too_short(rows: pd.DataFrame, *, min_steps: int) -> NDArray[np.bool_]:
    """Whether each cell is left out of its movie's mean because too few of its steps are valid.

    A track of a few frames has a speed that is mostly chance, and counts as much in the mean over
    cells as one that lasts the whole movie; crowded movies have many of them. A movie none of whose
    cells has enough steps keeps them all: to leave a whole movie out is the user's decision
    (`exclude` in samples.csv).

    Parameters
    ----------
    rows : DataFrame
        One row per cell: `n_valid_pairs` and `movie`, without which no cell is short; `object` as
        far as it is known.
    min_steps : int
        Fewest valid steps; 0 leaves nothing out.
    """
    if Col.N_VALID_PAIRS not in rows or Col.MOVIE not in rows:
        return np.zeros(len(rows), bool)
    steps = rows[Col.N_VALID_PAIRS].to_numpy(np.float64, na_value=np.nan)
    keys = [name for name in (Col.MOVIE, Col.OBJECT) if name in rows]
    short = pd.Series(steps < min_steps, index=rows.index)
    by_movie = short.groupby([rows[name] for name in keys], dropna=False)
    left_out: NDArray[np.bool_] = (short & ~by_movie.transform("all")).to_numpy(bool)
    return left_out
