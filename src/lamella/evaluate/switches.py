"""Where the result takes one cell for another: switches of identity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.kernels.contingency import Contingency

_PARTNER = "partner"


def found_alone(
    pairs: Contingency,
    *,
    frame: int,
    cell_of_reference: Mapping[int, int],
    cell_of_result: Mapping[int, int],
) -> pd.DataFrame:
    """The objects of a frame that were found, in the sense of the Challenge, and each by itself.

    Parameters
    ----------
    cell_of_reference, cell_of_result : mapping of int to int
        The cell of every label.

    Returns
    -------
    DataFrame
        `frame`, `cell` (of the reference) and `partner` (cell of the result whose object covers
        more than half of it, and more than half of no other).
    """
    n_covered = np.bincount(pairs.b[pairs.covers_a], minlength=len(pairs.label_b))
    alone = pairs.covers_a & (n_covered[pairs.b] == 1)
    cells = [cell_of_reference[label] for label in pairs.label_a[pairs.a[alone]].tolist()]
    partners = [cell_of_result[label] for label in pairs.label_b[pairs.b[alone]].tolist()]
    return pd.DataFrame({Col.FRAME: frame, Col.CELL: cells, _PARTNER: partners}, dtype=np.int64)


def switches(reference: Tracks, found: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Links of the reference whose two ends were found as different cells of the result.

    A link joins a cell to itself the next time it is there, across gaps too; the step from a mother
    to a daughter is none. Links of which one end was not found (`found_alone`) do not count.

    Parameters
    ----------
    reference : Tracks
    found : iterable of DataFrame
        Rows of `found_alone`.

    Returns
    -------
    DataFrame
        `cell` (of the reference), `previous_frame`, `frame`, `result_before`, `result_after` (cells
        of the result), `y_px`, `x_px` (of the reference, in `frame`).
    """
    partners = pd.concat(
        [pd.DataFrame({Col.FRAME: [], Col.CELL: [], _PARTNER: []}, dtype=np.int64), *found],
        ignore_index=True,
    )
    # Several objects of a cell in one frame are one object, as they are in the images.
    ends = reference.links.drop_duplicates([Col.CELL, Col.FRAME])
    ends = ends[[Col.CELL, Col.FRAME, Col.Y_PX, Col.X_PX]].merge(
        partners, on=[Col.CELL, Col.FRAME], how="left"
    )
    ends = ends.sort_values([Col.CELL, Col.FRAME], ignore_index=True)
    before = ends.shift(1)
    changed = (
        (ends[Col.CELL] == before[Col.CELL])
        & ends[_PARTNER].notna()
        & before[_PARTNER].notna()
        & (ends[_PARTNER] != before[_PARTNER])
    )
    after, before = ends[changed], before[changed]
    return pd.DataFrame(
        {
            Col.CELL: after[Col.CELL].astype(np.int64),
            Col.PREVIOUS_FRAME: before[Col.FRAME].astype(np.int64),
            Col.FRAME: after[Col.FRAME].astype(np.int64),
            Col.RESULT_BEFORE: before[_PARTNER].astype(np.int64),
            Col.RESULT_AFTER: after[_PARTNER].astype(np.int64),
            Col.Y_PX: after[Col.Y_PX],
            Col.X_PX: after[Col.X_PX],
        }
    ).reset_index(drop=True)
