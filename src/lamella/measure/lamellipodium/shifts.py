"""Whether polarity runs ahead of movement or after it: mean cosine at several shifts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.measure.sightings import place_px

FloatArray = NDArray[np.float64]

LEAST_FRAMES = 10
"""A mean over fewer frames says nothing of a shift."""


def polarity_shifts(
    frames: pd.DataFrame, sightings: pd.DataFrame, scale: Scale, *, most: int
) -> pd.DataFrame:
    """Mean cosine between movement and the polarity some frames later, per cell and shift.

    Movement at frame t is from t − 1 to t + 1, both steps valid, so that it belongs to t and not,
    as that of the window does, to a time before. Polarity counts in valid frames. Cosines do not
    depend on how long the vectors are; one that is nearly 0 counts as any other.

    Parameters
    ----------
    frames : DataFrame
        With `Col.POLARITY_ANGLE`, of each channel.
    most : int
        Largest shift, frames.

    Returns
    -------
    DataFrame
        A row per cell and shift from −most to most. Shifts are above 0 where polarity is looked at
        later: where it follows movement, the highest mean is there. NaN below 1 frame.
    """
    cell = sightings[Col.CELL].to_numpy(np.int64)
    movement = _central_angle(sightings)
    valid = sightings[Col.VALID].to_numpy(bool)
    known, of_cell = np.unique(cell, return_inverse=True)
    shifts = np.arange(-most, most + 1)
    name = sightings[Col.OBJECT].iloc[0] if len(sightings) else ""
    table: dict[str, Any] = {
        Col.OBJECT: pd.Series([name] * (len(known) * len(shifts)), dtype="str"),
        Col.CELL: np.repeat(known, len(shifts)),
        Col.SHIFT_FRAMES: np.tile(shifts, len(known)),
        Col.SHIFT_MIN: np.tile(shifts * (scale.interval_min or np.nan), len(known)),
    }
    for column in frames.columns:
        bare, _, channel = column.partition("__")
        if bare != Col.POLARITY_ANGLE:
            continue
        angle = np.deg2rad(frames[column].to_numpy(np.float64))
        polarity = np.where(valid, angle, np.nan)
        mean, count = (np.full((len(known), len(shifts)), np.nan) for _ in range(2))
        for k, shift in enumerate(shifts):
            apart = movement - _later(polarity, of_cell, shift)
            there = np.isfinite(apart)
            total = np.bincount(of_cell[there], np.cos(apart[there]), len(known))
            count[:, k] = np.bincount(of_cell[there], minlength=len(known))
            mean[:, k] = np.divide(
                total, count[:, k], out=np.full(len(known), np.nan), where=count[:, k] > 0
            )
        table[Col.SHIFT_COS.of(channel or None)] = mean.ravel()
        table[Col.N_SHIFT.of(channel or None)] = count.ravel().astype(np.int64)
    return pd.DataFrame(table)


def best_shift(shifts: pd.DataFrame, channel: str | None) -> pd.DataFrame:
    """Per cell, the shift with the highest mean cosine, among those of enough frames."""
    cos = shifts[Col.SHIFT_COS.of(channel)]
    cos = cos.where(shifts[Col.N_SHIFT.of(channel)] >= LEAST_FRAMES)
    cells = shifts.groupby(Col.CELL, sort=True)[Col.SHIFT_FRAMES].size().index
    best = cos.dropna().groupby(shifts[Col.CELL]).idxmax()
    picked = shifts.loc[best.to_numpy()].set_index(Col.CELL)
    return pd.DataFrame(
        {
            Col.POLARITY_SHIFT_FRAMES.of(channel): picked[Col.SHIFT_FRAMES].astype(np.float64),
            Col.POLARITY_SHIFT_MIN.of(channel): picked[Col.SHIFT_MIN],
            Col.POLARITY_SHIFT_COS.of(channel): picked[Col.SHIFT_COS.of(channel)],
        }
    ).reindex(cells)


def _central_angle(sightings: pd.DataFrame) -> FloatArray:
    """Direction from the frame before to the frame after; NaN unless both steps are valid."""
    place = place_px(sightings)
    pair = sightings[Col.PAIR_VALID].to_numpy(bool)
    angle = np.full(len(place), np.nan)
    moved = place[2:] - place[:-2]
    both = pair[1:-1] & pair[2:] & (np.abs(moved).max(axis=1, initial=0) > 0)
    angle[1:-1][both] = np.arctan2(moved[both, 0], moved[both, 1])
    return angle


def _later(values: FloatArray, of_cell: NDArray[np.intp], shift: int) -> FloatArray:
    """The value of the same cell `shift` rows later; rows of a cell are consecutive frames."""
    at = np.arange(len(values)) + shift
    inside = (at >= 0) & (at < len(values))
    at = np.clip(at, 0, max(len(values) - 1, 0))
    out: FloatArray = np.where(inside & (of_cell[at] == of_cell), values[at], np.nan)
    return out
