"""Whether intensity at the edge follows its movement, or movement intensity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.kernels.edge_lags import lagged_correlation
from lamella.measure.edge.follow import Edges, Floats


def lags_of(edges: Edges, scale: Scale, *, most: int) -> pd.DataFrame:
    """One row per cell, channel and lag: correlation of movement with intensity.

    Movement belongs to the time between two frames; it is held against the mean of the intensities
    of both, so that a lag of 0 means the same time. See `lagged_correlation`.
    """
    step = edges.free_step_px
    interval = scale.interval_min
    lag_min = np.nan if interval is None else interval
    several = len(edges.light) > 1
    parts = []
    for name, light in edges.light.items():
        between = _between(light.astype(np.float64), edges)
        for cell, rows in edges.cells():
            found = lagged_correlation(step[rows], between[rows], edges.run[rows], most=most)
            parts.append(
                pd.DataFrame(
                    {
                        Col.CELL: cell,
                        Col.EDGE_CHANNEL: name if several and name is not None else "",
                        Col.EDGE_LAG_FRAMES: found.lag,
                        Col.EDGE_LAG_MIN: found.lag * lag_min,
                        Col.EDGE_CORRELATION: found.correlation,
                        Col.EDGE_CORRELATION_LOW: found.low,
                        Col.EDGE_CORRELATION_HIGH: found.high,
                        Col.EDGE_N_POSITIONS: found.positions,
                        Col.EDGE_INDEPENDENT: found.independent,
                        Col.EDGE_N_PAIRS: found.pairs,
                    }
                )
            )
    if not parts:
        texts = (Col.OBJECT, Col.EDGE_CHANNEL)
        return pd.DataFrame(
            {name: pd.Series(dtype="str" if name in texts else np.float64) for name in _COLUMNS}
        )
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, Col.OBJECT, pd.Series([edges.object_name] * len(table), dtype="str"))
    return table.sort_values([Col.CELL, Col.EDGE_CHANNEL, Col.EDGE_LAG_FRAMES], ignore_index=True)


_COLUMNS = (
    Col.OBJECT, Col.CELL, Col.EDGE_CHANNEL, Col.EDGE_LAG_FRAMES, Col.EDGE_LAG_MIN,
    Col.EDGE_CORRELATION, Col.EDGE_CORRELATION_LOW, Col.EDGE_CORRELATION_HIGH,
    Col.EDGE_N_POSITIONS, Col.EDGE_INDEPENDENT, Col.EDGE_N_PAIRS,
)  # fmt: skip


def _between(light: Floats, edges: Edges) -> Floats:
    """Mean of a frame and the one before of its run; NaN in the run's first."""
    out = np.full(light.shape, np.nan)
    goes_on = np.flatnonzero(
        (edges.cell[1:] == edges.cell[:-1]) & (edges.run[1:] == edges.run[:-1])
    )
    out[goes_on + 1] = (light[goes_on] + light[goes_on + 1]) / 2
    return out
