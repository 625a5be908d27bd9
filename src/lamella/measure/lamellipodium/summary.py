"""One row per cell: means over the frames that may be trusted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.measure.lamellipodium.direction import BY_MOVEMENT, BY_POLARITY
from lamella.measure.lamellipodium.shifts import best_shift
from lamella.measure.view import KEYS

_PUBLISHED = {
    Col.BACKGROUND, Col.LAM_THRESHOLD, Col.LAM_MEAN, Col.CYTO_MEAN, Col.LAM_CYTO_RATIO,
    Col.NOISE_SD, Col.LAM_CYTO_RATIO_NOISE,
}  # fmt: skip
"""Averaged over all frames in which the cell was seen, as published; all else over valid ones."""

_NO_MEAN = {
    Col.LAM_Y_PX, Col.LAM_X_PX, Col.CYTO_Y_PX, Col.CYTO_X_PX, Col.SATURATED_FRACTION,
    Col.POLARITY_Y_PX, Col.POLARITY_X_PX, Col.POLARITY_Y_UM, Col.POLARITY_X_UM,
    Col.POLARITY_ANGLE, Col.LAM_MOVEMENT_ANGLE, Col.CORTEX_PEAK_ANGLE,
    *(names.tip_y for names in (BY_POLARITY, BY_MOVEMENT)),
    *(names.tip_x for names in (BY_POLARITY, BY_MOVEMENT)),
}  # fmt: skip
"""Places and directions: a mean of them over frames is none of the cell's."""

_BY = [Col.OBJECT, Col.CELL]


def summary_of_cells(
    frames: pd.DataFrame, sightings: pd.DataFrame, shifts: pd.DataFrame | None
) -> pd.DataFrame:
    """Means, counts and shifts of every cell; NaN where no frame has a value."""
    names = [name for name in frames.columns if name not in KEYS]
    bare = {name: name.partition("__")[0] for name in names}
    valid = sightings[Col.VALID].to_numpy(bool)
    averaged = [name for name in names if bare[name] not in _NO_MEAN]
    values = frames[averaged].to_numpy(np.float64).copy()
    restricted = np.array([bare[name] not in _PUBLISHED for name in averaged], bool)
    values[~valid[:, None] & restricted] = np.nan
    keys = [frames[name] for name in _BY]
    means = pd.DataFrame(values, columns=averaged).groupby(keys, sort=True).mean()
    made: dict[str, pd.Series] = {}
    for name in names:
        channel = name.partition("__")[2] or None
        if name in averaged:
            made[name] = means[name]
        column = frames[name]
        if bare[name] == Col.LAM_CYTO_RATIO:
            found = frames[Col.LAM_Y_PX.of(channel)].notna() & column.isna()
            made[Col.LAM_CYTO_RATIO_SD.of(channel)] = column.groupby(keys).std()
            made[Col.N_UNDEFINED_RATIO.of(channel)] = found.groupby(keys).sum()
        elif bare[name] == Col.SATURATED_FRACTION:
            made[Col.N_SATURATED.of(channel)] = (column > 0).groupby(keys).sum()
        elif bare[name] == Col.POLARITY_COS_MOVEMENT:
            cosine = column.where(valid)
            forward = (cosine > 0).astype(np.float64).where(cosine.notna())
            made[Col.POLARITY_FORWARD.of(channel)] = forward.groupby(keys).mean()
            made[Col.N_COSINES.of(channel)] = cosine.groupby(keys).count()
            if shifts is not None:
                best = best_shift(shifts, channel)
                cells = means.index.get_level_values(Col.CELL)
                for told in best.columns:
                    made[told] = best[told].reindex(cells).set_axis(means.index)
    return pd.DataFrame(made, index=means.index).reset_index()
