"""The edge of each cell over its whole movie."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.measure.view import Measured

_MEANS = (
    Col.EDGE_PERIMETER_UM, Col.EDGE_FOLLOWED, Col.EDGE_CONTACT_FRACTION,
    Col.EDGE_PROTRUDING, Col.EDGE_RETRACTING,
    Col.EDGE_OUT_STEP_PX, Col.EDGE_IN_STEP_PX, Col.EDGE_OUT_SPEED, Col.EDGE_IN_SPEED,
    Col.EDGE_GAINED_PX2, Col.EDGE_LOST_PX2, Col.EDGE_GAINED, Col.EDGE_LOST,
    Col.EDGE_CURVATURE_MEAN, Col.EDGE_CURVATURE_MAX, Col.EDGE_CURVATURE_MIN,
)  # fmt: skip


def summary_of_cells(found: Measured) -> pd.DataFrame:
    """One row per cell: means over the frames that have a value, events counted, best lags.

    A cell's mean of a measure of movement is over its valid steps, that of a speed over those in
    which some edge moved that way.
    """
    keys = [Col.OBJECT, Col.CELL]
    frames = found.frames
    groups = frames.groupby(keys, sort=True)
    table = groups[list(_MEANS)].mean()
    table[Col.N_EDGE_STEPS] = groups[Col.EDGE_GAINED_PX2].count()
    table[Col.N_EDGE_RUNS] = groups[Col.EDGE_RUN].max().fillna(0).astype(np.int64)
    table = _with_events(table, found.finer["edge_events"])
    table = _with_lags(table, found.finer["edge_lags"])
    return table.reset_index()


def _with_events(table: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    numbers = {}
    for motion, name in (("protrusion", Col.N_PROTRUSIONS), ("retraction", Col.N_RETRACTIONS)):
        which = events[events[Col.EDGE_MOTION] == motion]
        count = which.groupby(Col.CELL).size()
        numbers[name] = count.reindex(table.index.get_level_values(Col.CELL), fill_value=0)
    return table.assign(**{name: count.to_numpy(np.int64) for name, count in numbers.items()})


def _with_lags(table: pd.DataFrame, lags: pd.DataFrame) -> pd.DataFrame:
    """Lag and correlation where it is largest, for every channel; NaN without any."""
    best = lags[lags[Col.EDGE_CORRELATION].notna()]
    best = best.loc[best.groupby([Col.CELL, Col.EDGE_CHANNEL])[Col.EDGE_CORRELATION].idxmax()]
    columns: Mapping[str, str] = {
        Col.EDGE_BEST_LAG_FRAMES: Col.EDGE_LAG_FRAMES,
        Col.EDGE_BEST_LAG_MIN: Col.EDGE_LAG_MIN,
        Col.EDGE_BEST_CORRELATION: Col.EDGE_CORRELATION,
        Col.EDGE_BEST_CORRELATION_LOW: Col.EDGE_CORRELATION_LOW,
    }
    cell = table.index.get_level_values(Col.CELL)
    for channel in lags[Col.EDGE_CHANNEL].drop_duplicates():
        of_channel = best[best[Col.EDGE_CHANNEL] == channel].set_index(Col.CELL)
        for name, source in columns.items():
            values = of_channel[source].reindex(cell).to_numpy(np.float64)
            table[name if not channel else f"{name}__{channel}"] = values
    return table
