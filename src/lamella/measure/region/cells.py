"""What a region is like over the whole movie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.measure.summaries import CellRows
from lamella.measure.view import KEYS

_AXES = (Col.FERET_DEG, Col.ORIENTATION_DEG)
_MOST = (Col.N_SATURATED_PX, Col.N_NEGATIVE_PX)


def summary_of(frames: pd.DataFrame, sightings: pd.DataFrame) -> pd.DataFrame:
    """One row per object set and cell: means over valid frames, of a still the value itself.

    Of the numbers of pixels that are saturated or below 0 it is the largest of all frames, so that
    a single spoilt frame is not lost among many good ones. Directions of axes, for which 179° and
    1° are neighbours, have the mean of their doubled angles, halved.
    """
    rows = CellRows.of(sightings)
    valid = sightings[Col.VALID].to_numpy(bool)
    names = [name for name in frames.columns if name not in KEYS]
    most = [name for name in names if name.partition("__")[0] in _MOST]
    axes = [name for name in names if name in _AXES]
    averaged = [name for name in names if name not in most]
    means = rows.summaries(frames, averaged, where=valid).mean
    largest = rows.summaries(frames, most).maximum
    saturated: dict[str, NDArray[np.bool_]] = {
        Col.N_SATURATED.of(name.partition("__")[2] or None): frames[name].to_numpy(np.float64) > 0
        for name in most
        if name.partition("__")[0] == Col.N_SATURATED_PX
    }
    counts = rows.summaries(saturated, list(saturated)).total.fillna(0).astype(np.int64)
    turned: dict[str, Any] = {name: _mean_axis(frames, name, rows, valid) for name in axes}
    columns = {name: largest[name] if name in most else means[name] for name in names}
    return pd.concat([rows.cells, pd.DataFrame({**columns, **turned}), counts], axis=1)


def _mean_axis(
    frames: pd.DataFrame, name: str, rows: CellRows, valid: NDArray[np.bool_]
) -> NDArray[np.float64]:
    doubled = np.deg2rad(2 * frames[name].to_numpy(np.float64))
    parts = {"x": np.cos(doubled), "y": np.sin(doubled)}
    mean = rows.summaries(parts, list(parts), where=valid).mean
    angle: NDArray[np.float64] = np.rad2deg(np.arctan2(mean["y"], mean["x"])).to_numpy() / 2 % 180
    angle[np.hypot(mean["x"], mean["y"]) < 1e-9] = np.nan  # all directions alike
    return angle
