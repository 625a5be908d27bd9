"""Profiles of the cortex turned so that the cell moves towards angle 0."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.kernels.sectors import sector_angles

FloatArray = NDArray[np.float64]


def with_movement(cortex: pd.DataFrame, sightings: pd.DataFrame) -> pd.DataFrame:
    """Add every angle as seen from the movement; NaN where that is not known.

    Parameters
    ----------
    cortex : DataFrame
        A row per cell, frame and angle, in order of cell and frame.
    sightings : DataFrame
        A row per cell and frame.
    """
    way = sightings[Col.WINDOW_MOVEMENT_ANGLE].to_numpy(np.float64)
    movement = way[_rows(cortex, sightings)]
    angle = wrapped(cortex[Col.CORTEX_ANGLE].to_numpy(np.float64) - movement)
    out = cortex.copy()
    out.insert(list(cortex.columns).index(Col.CORTEX_ANGLE) + 1, Col.CORTEX_TO_MOVEMENT, angle)
    return out


def cortex_of_cells(
    cortex: pd.DataFrame, sightings: pd.DataFrame, *, n_angles: int
) -> pd.DataFrame:
    """Mean profile of every cell over its valid frames with a known movement.

    Each frame's profile is turned by interpolating linearly between its angles. Beside the mean
    intensity stands the mean of profiles that were each divided by their own mean, in which a
    bright frame counts no more than a dim one; a frame without a positive mean does not count
    there. Angles run from −180° up to 180°, 0 = where the cell goes.
    """
    angles = np.sort(wrapped(np.rad2deg(sector_angles(n_angles))))
    first = cortex.iloc[::n_angles]  # one row a profile
    rows = _rows(first, sightings)
    movement = sightings[Col.WINDOW_MOVEMENT_ANGLE].to_numpy(np.float64)[rows]
    enters = sightings[Col.VALID].to_numpy(bool)[rows] & np.isfinite(movement)
    cell = first[Col.CELL].to_numpy(np.int64)[enters]
    known, of_cell = np.unique(cell, return_inverse=True)
    name = sightings[Col.OBJECT].iloc[0] if len(sightings) else ""
    table: dict[str, object] = {
        Col.OBJECT: pd.Series([name] * (len(known) * n_angles), dtype="str"),
        Col.CELL: np.repeat(known, n_angles),
        Col.CORTEX_TO_MOVEMENT: np.tile(angles, len(known)),
        Col.N_PROFILES: np.repeat(np.bincount(of_cell, minlength=len(known)), n_angles),
    }
    for column in cortex.columns:
        bare, _, channel = column.partition("__")
        if bare != Col.CORTEX_MEAN:
            continue
        profile = cortex[column].to_numpy(np.float64).reshape(-1, n_angles)[enters]
        turned = _turned(profile, movement[enters], angles)
        over = profile.mean(axis=1, keepdims=True)
        over = np.where(over > 0, over, np.nan)
        table[column] = _means(turned, of_cell, len(known)).ravel()
        table[Col.CORTEX_RELATIVE.of(channel or None)] = _means(
            turned / over, of_cell, len(known)
        ).ravel()
    return pd.DataFrame(table)


def wrapped(angle: FloatArray) -> FloatArray:
    """The same angle in degrees, −180 ≤ a < 180."""
    out: FloatArray = (angle + 180) % 360 - 180
    return out


def _turned(profile: FloatArray, by: FloatArray, angles: FloatArray) -> FloatArray:
    """Profiles (r, n) read at `angles` counted from the angle `by` (r,) of each."""
    n = profile.shape[1]
    place = (angles[None, :] + by[:, None]) / 360 * n
    low = np.floor(place).astype(np.int64)
    share = place - low
    row = np.arange(len(profile))[:, None]
    out: FloatArray = (1 - share) * profile[row, low % n] + share * profile[row, (low + 1) % n]
    return out


def _means(values: FloatArray, group: NDArray[np.intp], n_groups: int) -> FloatArray:
    """Mean of the finite values of every group and column, (n_groups, n); NaN without any."""
    known = np.isfinite(values)
    total, count = (np.zeros((n_groups, values.shape[1])) for _ in range(2))
    np.add.at(total, group, np.where(known, values, 0.0))
    np.add.at(count, group, known)
    out: FloatArray = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return out


def _rows(table: pd.DataFrame, sightings: pd.DataFrame) -> NDArray[np.intp]:
    """Row of `sightings` for the cell and frame of every row of a finer table."""
    keys = [Col.CELL, Col.FRAME]
    there = pd.MultiIndex.from_frame(sightings[keys])
    rows: NDArray[np.intp] = there.get_indexer(pd.MultiIndex.from_frame(table[keys]))
    return rows
