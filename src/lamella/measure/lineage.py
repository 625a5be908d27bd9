"""Who came from whom, and how much of a life was seen: columns of the table of cells."""

from __future__ import annotations

import numpy as np
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
        `n_daughters`, `n_splits`, `n_merges` and `n_interpolated_frames`, all whole numbers.

    Notes
    -----
    A cell ends where it divides, so that it splits once at most, and begins where others merge, so
    that it has one merging at most. Summed over the cells of a family these are TrackMate's numbers
    of a track, except that a cell of a single frame which came from several and became several is
    counted on both sides, where TrackMate has it as a complex point alone.
    """
    if cells.empty:
        return cells
    daughters, filled = tracks.daughters, tracks.interpolated[Col.CELL].value_counts()
    lineage = tracks.lineage()
    lineage[Col.N_DAUGHTERS] = [len(daughters.get(int(c), ())) for c in lineage[Col.CELL]]
    lineage[Col.N_SPLITS] = (lineage[Col.N_DAUGHTERS] > 1).astype(np.int64)
    lineage[Col.N_MERGES] = [
        int(len(tracks.parents.get(int(c), ())) > 1) for c in lineage[Col.CELL]
    ]
    lineage[Col.N_INTERPOLATED] = [int(filled.get(c, 0)) for c in lineage[Col.CELL]]
    known = [name for name in lineage.columns if name != Col.CELL and name in cells.columns]
    return cells.drop(columns=known).merge(lineage, on=Col.CELL, how="left", validate="m:1")
