"""One row per cell: means over the frames that may be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    Col.LAM_Y_PX, Col.LAM_X_PX, Col.CYTO_Y_PX, Col.CYTO_X_PX,
    Col.POLARITY_Y_PX, Col.POLARITY_X_PX, Col.POLARITY_Y_UM, Col.POLARITY_X_UM,
    Col.POLARITY_ANGLE, Col.CORTEX_PEAK_ANGLE,
    *(names.tip_y for names in (BY_POLARITY, BY_MOVEMENT)),
    *(names.tip_x for names in (BY_POLARITY, BY_MOVEMENT)),
}  # fmt: skip
"""Places and directions: a mean of them over frames is none of the cell's."""

_BY = [Col.OBJECT, Col.CELL]

FloatArray = NDArray[np.float64]


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
    groups = _Groups(frames)
    means = groups.means(values)
    made: dict[str, Any] = {name: groups.keys[name] for name in _BY}
    for name in names:
        channel = name.partition("__")[2] or None
        if name in averaged:
            made[name] = means[:, averaged.index(name)]
        column = frames[name].to_numpy(np.float64)
        if bare[name] == Col.LAM_CYTO_RATIO:
            found = frames[Col.LAM_Y_PX.of(channel)].notna().to_numpy() & np.isnan(column)
            made[Col.LAM_CYTO_RATIO_SD.of(channel)] = groups.sds(column)
            made[Col.N_UNDEFINED_RATIO.of(channel)] = groups.counts(found)
        elif bare[name] == Col.POLARITY_COS_MOVEMENT:
            known = valid & np.isfinite(column)
            forward = np.where(known, (column > 0).astype(np.float64), np.nan)
            made[Col.POLARITY_FORWARD.of(channel)] = groups.means(forward[:, None])[:, 0]
            made[Col.N_COSINES.of(channel)] = groups.counts(known)
            if shifts is not None:
                best = best_shift(shifts, channel).reindex(groups.keys[Col.CELL])
                made.update({told: best[told].to_numpy() for told in best.columns})
    return pd.DataFrame(made)


class _Groups:
    """The rows of every cell, found once for all columns."""

    def __init__(self, frames: pd.DataFrame) -> None:
        group = frames.groupby(_BY, sort=True).ngroup().to_numpy(np.int64)
        self._order = np.argsort(group, kind="stable")
        in_order = group[self._order]
        self._starts = np.flatnonzero(np.diff(in_order, prepend=-1))
        self._group = group
        self.keys = frames[_BY].iloc[self._order[self._starts]].reset_index(drop=True)

    def means(self, values: FloatArray) -> FloatArray:
        """Mean of the known values of every column, (cells, columns); NaN where there are none."""
        known = ~np.isnan(values)
        n = self._sums(known.astype(np.float64))
        total = self._sums(np.where(known, values, 0.0))
        out: FloatArray = np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0)
        return out

    def sds(self, column: FloatArray) -> FloatArray:
        """SD with n − 1 of the known values; NaN below two."""
        off = column - self.means(column[:, None])[self._group, 0]
        n = self._sums(~np.isnan(off)[:, None] * 1.0)[:, 0]
        square = self._sums(np.nan_to_num(off)[:, None] ** 2)[:, 0]
        out: FloatArray = np.full(len(n), np.nan)
        np.divide(square, n - 1, out=out, where=n > 1)
        return np.sqrt(out)

    def counts(self, true: NDArray[np.bool_]) -> NDArray[np.int64]:
        """In how many rows of every cell something is true."""
        return self._sums(true[:, None].astype(np.float64))[:, 0].astype(np.int64)

    def _sums(self, values: FloatArray) -> FloatArray:
        if not len(self._starts):
            return np.zeros((0, values.shape[1]))
        out: FloatArray = np.add.reduceat(values[self._order], self._starts, axis=0)
        return out
