"""Who came from whom, and how much of a life was seen: columns of the table of cells."""

from __future__ import annotations

import pandas as pd

from lamella.core.table import Col
from lamella.core.tracks import Tracks


def with_lineage(cells: pd.DataFrame, tracks: Tracks) -> pd.DataFrame:
    """The table of cells with life and lineage of each.

    Parameters
    ----------
    cells : DataFrame
        One row per cell, by column ``cell``; measures of any group.
    tracks : Tracks
        Of the same cells.

    Returns
    -------
    DataFrame
        With `first_frame`, `last_frame`, `parent` (0 = none is known), `generation`,
        `n_daughters` and `n_interpolated_frames`, all whole numbers.
    """
    if cells.empty:
        return cells
    daughters, filled = tracks.daughters, tracks.interpolated[Col.CELL].value_counts()
    lineage = tracks.lineage()
    lineage[Col.N_DAUGHTERS] = [len(daughters.get(int(c), ())) for c in lineage[Col.CELL]]
    lineage[Col.N_INTERPOLATED] = [int(filled.get(c, 0)) for c in lineage[Col.CELL]]
    known = [name for name in lineage.columns if name != Col.CELL and name in cells.columns]
    return cells.drop(columns=known).merge(lineage, on=Col.CELL, how="left", validate="m:1")
