"""Whole tracks: how far, how fast, how straight, whither; a value for every cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.kernels.extents import Extents, extents
from lamella.measure.migration.places import Places, Whither, over
from lamella.measure.migration.straightness import ratios, windows_of_steps
from lamella.measure.migration.turning import turning, whither_columns

_OF_SPEED = (Col.SPEED, Col.STEP_UM, Col.STEP_PX)


def track_columns(
    steps: pd.DataFrame,
    sightings: pd.DataFrame,
    *,
    straightness_frames: int,
    straightness_min: float | None,
    whither: Whither,
) -> pd.DataFrame:
    """Object, cell, and every column of movement per cell.

    Parameters
    ----------
    steps : DataFrame
        With the columns of `step_columns`.
    sightings : DataFrame
        The same rows; those of a cell side by side in order of frames.
    straightness_frames, straightness_min, whither
        See `Migration`.
    """
    at = Places.in_um(sightings)
    reached = extents(at.place, at.valid, start=at.rows.start)
    window: int | None = straightness_frames
    if straightness_min is not None:
        window = _frames_in(straightness_min, sightings)
    columns: dict[str, Any] = {
        **_lived(at, reached, sightings),
        **_speeds(at, steps, reached),
        **ratios(at, reached),
        **windows_of_steps(at, window),
        **turning(at, steps, reached),
        **whither_columns(at, steps, whither),
    }
    in_order = {name: columns[name] for name in Col.all() if name in columns}
    return pd.concat([at.rows.cells, pd.DataFrame(in_order)], axis=1)


def _lived(at: Places, reached: Extents, sightings: pd.DataFrame) -> Mapping[str, Any]:
    """First and last valid frame, gaps, and steps that were rejected."""
    n_cells = len(at.rows.cells)
    cell = np.repeat(np.arange(n_cells), np.diff(at.rows.start))
    lost = sightings[Col.EMPTY].to_numpy(bool) | sightings[Col.INTERPOLATED].to_numpy(bool)
    seen = np.flatnonzero(~lost)
    missed = np.diff(seen) - 1
    back = np.flatnonzero((cell[seen][1:] == cell[seen][:-1]) & (missed > 0))
    longest = np.zeros(n_cells, np.int64)
    np.maximum.at(longest, cell[seen[back]], missed[back])
    trusted = np.bincount(cell[at.pair], minlength=n_cells)
    begin, end = _minutes_at(at, reached.first), _minutes_at(at, reached.last)
    return {
        Col.START_MIN: begin,
        Col.STOP_MIN: end,
        Col.DURATION_MIN: end - begin,
        Col.N_GAPS: np.bincount(cell[seen[back]], minlength=n_cells),
        Col.LONGEST_GAP: longest,
        Col.N_REJECTED_STEPS: np.diff(at.rows.start) - 1 - trusted,
    }


def _minutes_at(at: Places, row: Any) -> Any:
    """Time of a row of every cell; NaN where it has none (−1)."""
    minutes = np.full(len(row), np.nan)
    minutes[row >= 0] = at.minutes[row[row >= 0]]
    return minutes


def _speeds(at: Places, steps: pd.DataFrame, reached: Extents) -> Mapping[str, Any]:
    """Speeds of steps, and of the straight line from the first valid frame to the last."""
    found = at.rows.summaries(steps, _OF_SPEED)
    mean = found.mean[Col.SPEED].to_numpy(np.float64)
    duration = _minutes_at(at, reached.last) - _minutes_at(at, reached.first)
    straight = over(reached.net * at.um, duration)
    return {
        Col.MEAN_SPEED: mean,
        Col.MEDIAN_SPEED: found.median[Col.SPEED],
        Col.MAX_SPEED: found.maximum[Col.SPEED],
        Col.MIN_SPEED: found.minimum[Col.SPEED],
        Col.SD_SPEED: found.sd[Col.SPEED],
        Col.MEAN_STEP_UM: found.mean[Col.STEP_UM],
        Col.MEAN_STEP_PX: found.mean[Col.STEP_PX],
        Col.PATH_UM: found.total[Col.STEP_UM],
        Col.MEAN_STRAIGHT_LINE_SPEED: straight,
        Col.LINEARITY: over(straight, mean),
    }


def _frames_in(duration_min: float, sightings: pd.DataFrame) -> int | None:
    """Whole frames in a duration, at least 1; None where times are not known."""
    frame = sightings[Col.FRAME].to_numpy(np.int64)
    minutes = sightings[Col.TIME_MIN].to_numpy(np.float64)
    if not len(frame) or frame.min() == frame.max() or not np.isfinite(minutes).all():
        return None
    first, last = frame.argmin(), frame.argmax()
    interval = float((minutes[last] - minutes[first]) / (frame[last] - frame[first]))
    return max(1, round(duration_min / interval))
