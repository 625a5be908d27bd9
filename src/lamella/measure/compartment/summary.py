"""One row per cell: means over valid frames, and how often its nucleus was doubtful."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.measure.summaries import CellRows
from lamella.measure.view import KEYS


def summary_of_cells(frames: pd.DataFrame, sightings: pd.DataFrame) -> pd.DataFrame:
    """Means over the valid frames of every cell; NaN where none has a value.

    A ratio's mean is that of the frames' ratios. Counts are of valid frames.
    """
    rows = CellRows.of(frames)
    names = [name for name in frames.columns if name not in KEYS and name != Col.NUCLEUS]
    valid = sightings[Col.VALID].to_numpy(bool)
    mean = rows.summaries(frames, names, where=valid).mean
    seen = valid & frames[Col.N_NUCLEI].notna().to_numpy(bool)
    nucleus = frames[Col.NUCLEUS].to_numpy(np.float64)
    odd: dict[str, NDArray[np.bool_]] = {
        Col.N_NO_NUCLEUS: seen & np.isnan(nucleus),
        Col.N_SEVERAL_NUCLEI: seen & (frames[Col.N_NUCLEI].to_numpy(np.float64) > 1),
    }
    for name in names:
        bare, _, channel = name.partition("__")
        if bare == Col.NUCLEUS_CYTOPLASM_RATIO:
            means = (Col.NUCLEUS_MEAN.of(channel or None), Col.CYTOPLASM_MEAN.of(channel or None))
            known = frames[[*means]].notna().to_numpy().all(axis=1)
            undefined = seen & known & frames[name].isna().to_numpy(bool)
            odd[Col.N_UNDEFINED_NUCLEUS_RATIO.of(channel or None)] = undefined
    counted = rows.summaries(odd, list(odd)).total
    made: dict[str, Any] = {Col.NUCLEUS: _most_frequent(np.where(seen, nucleus, np.nan), rows)}
    made |= {name: mean[name] for name in names}
    made |= {name: counted[name].to_numpy(np.float64).astype(np.int64) for name in odd}
    return rows.cells.assign(**made)


def _most_frequent(nucleus: NDArray[np.float64], rows: CellRows) -> NDArray[np.float64]:
    """The nucleus that each cell has most often, of ties the lowest; NaN = none."""
    most = np.full(len(rows.cells), np.nan)
    for i, (start, stop) in enumerate(zip(rows.start[:-1], rows.start[1:], strict=True)):
        own = nucleus[rows.order[start:stop]]
        label, times = np.unique(own[np.isfinite(own)], return_counts=True)
        if len(label):
            most[i] = label[times.argmax()]
    return most
