"""How far the nuclei found fit the cells found: counts per movie, and a warning."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lamella.core.errors import LamellaWarning
from lamella.core.table import Col
from lamella.measure import Compartment

COLUMNS = [
    Col.MOVIE, Col.N_CELL_OUTLINES, Col.N_NUCLEUS_OUTLINES, Col.N_CELLS_WITHOUT,
    Col.N_NUCLEI_WITHOUT, Col.N_NUCLEI_SHARED, Col.N_CELLS_SHARING, Col.N_CELLS_SEVERAL,
    Col.DOUBTFUL_SHARE,
]  # fmt: skip
_MUCH_DOUBT = 0.2
NEEDED = (Col.MOVIE, Col.OBJECT, Col.FRAME, Col.Y_PX, Col.INTERPOLATED, Col.N_NUCLEI, Col.NUCLEUS,
          Col.NUCLEUS_SHARED)  # fmt: skip
"""Columns of the table of frames that the counts are made from."""


def nuclei_counts(cells: pd.DataFrame, n_nuclei: int) -> dict[str, float]:
    """What was found of the cells and nuclei of one movie, all frames together.

    Parameters
    ----------
    cells : DataFrame
        What `Compartment` made of the frames of the movie.
    n_nuclei : int
        Nuclei of all frames.

    Returns
    -------
    dict
        `COLUMNS` without the movie. The doubtful share is NaN without any cell.
    """
    looked = cells[cells[Col.N_NUCLEI].notna()]
    without = looked[Col.NUCLEUS].isna()
    shares = looked[Col.NUCLEUS_SHARED] == 1
    several = looked[Col.N_NUCLEI] > 1
    doubtful = (without | shares | several).mean() if len(looked) else np.nan
    return {
        Col.N_CELL_OUTLINES: len(looked),
        Col.N_NUCLEUS_OUTLINES: n_nuclei,
        Col.N_CELLS_WITHOUT: int(without.sum()),
        Col.N_NUCLEI_WITHOUT: n_nuclei - int(looked[Col.N_NUCLEI].sum()),
        Col.N_NUCLEI_SHARED: len(looked.loc[shares, [Col.FRAME, Col.NUCLEUS]].drop_duplicates()),
        Col.N_CELLS_SHARING: int(shares.sum()),
        Col.N_CELLS_SEVERAL: int(several.sum()),
        Col.DOUBTFUL_SHARE: float(doubtful),
    }


def nuclei_check(
    frames: pd.DataFrame, step: Compartment, *, movies: Sequence[str] = ()
) -> pd.DataFrame:
    """`nuclei_counts` of every movie of a study, from the table of its frames.

    Parameters
    ----------
    frames : DataFrame
        One row per set of objects, cell and frame, of all movies. Shapes that were filled in do
        not count.
    movies : sequence of str
        Movies that were looked at; one in which no cell was found has counts of 0.

    Returns
    -------
    DataFrame
        `COLUMNS`, in the order of `movies`; no row where no compartment was measured.
    """
    if Col.N_NUCLEI not in frames:
        return pd.DataFrame(columns=COLUMNS)
    rows = []
    for movie in movies:
        of_movie = frames[frames[Col.MOVIE] == movie]
        nuclei = of_movie[of_movie[Col.OBJECT] == step.nuclei]
        n_nuclei = int((nuclei[Col.Y_PX].notna() & ~nuclei[Col.INTERPOLATED].astype(bool)).sum())
        cells = of_movie[of_movie[Col.OBJECT] == step.cells]
        rows.append({Col.MOVIE: movie, **nuclei_counts(cells, n_nuclei)})
    return pd.DataFrame(rows, columns=COLUMNS)


def warn_of_nuclei(counts: dict[str, float], source: str) -> None:
    """Tell when so many cells have no nucleus of their own that the outlines must be wrong."""
    if not counts[Col.DOUBTFUL_SHARE] > _MUCH_DOUBT:
        return
    n, without, sharing, several = (
        int(counts[name])
        for name in (
            Col.N_CELL_OUTLINES, Col.N_CELLS_WITHOUT, Col.N_CELLS_SHARING, Col.N_CELLS_SEVERAL,
        )
    )  # fmt: skip
    warnings.warn(
        f"{source}: of {n} outlines of cells {without} have no nucleus, {sharing} share theirs "
        f"with another cell and {several} hold several nuclei; nucleus and cytoplasm are wrong "
        "there: look at the outlines of both, or find the cells from their nuclei",
        LamellaWarning,
        stacklevel=3,
    )
