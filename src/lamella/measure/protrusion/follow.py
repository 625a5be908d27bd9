"""Tips from frame to frame: which is which, and how fast each grows or retracts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.kernels.assignment import assign

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def followed(
    tips: pd.DataFrame,
    sightings: pd.DataFrame,
    *,
    limit_px: float | Floats,
    missed_frames: int,
) -> pd.DataFrame:
    """The tips with their number in the cell and their speed.

    A tip's place is that from the centroid of its cell, so that neither the cell's movement nor
    drift counts. Between frames the tips of a cell are paired at the least sum of distances; none
    moves by more than the limit. Only frames that valid steps join are compared.

    Parameters
    ----------
    tips : DataFrame
        In order of cell and frame.
    sightings : DataFrame
        In order of cell and frame, none missing.
    limit_px : float, or (len(sightings),) float64 array
    missed_frames : int
        For how many frames in a row a tip may go unseen.
    """
    row = rows_in(sightings, tips)
    run = _runs_of(sightings)[row]
    frame = tips[Col.FRAME].to_numpy(np.int64)
    centroid = sightings[[Col.Y_PX, Col.X_PX]].to_numpy(np.float64)[row]
    place = tips[[Col.TIP_Y_PX, Col.TIP_X_PX]].to_numpy(np.float64) - centroid
    limit = np.broadcast_to(np.asarray(limit_px, np.float64), len(sightings))[row]
    life = _lives(run, frame, place / limit[:, None], missed_frames)
    numbers = _numbers(life, tips[Col.CELL].to_numpy(np.int64))
    speed = _speeds(life, tips)
    return tips.assign(**{Col.TIP: numbers, Col.TIP_SPEED: speed})


def _runs_of(sightings: pd.DataFrame) -> Integers:
    """Number of the run of frames joined by valid steps, from 0; −1 for frames not valid."""
    pair = sightings[Col.PAIR_VALID].to_numpy(bool)
    run = np.cumsum(~pair) - 1  # the first frame of a cell has no pair
    return np.where(sightings[Col.VALID].to_numpy(bool), run, -1).astype(np.int64)


def rows_in(sightings: pd.DataFrame, tips: pd.DataFrame) -> Integers:
    """Row of the sightings for every tip."""
    frames = sightings[Col.FRAME].to_numpy(np.int64)
    span = int(frames.max(initial=0)) + 1
    key = sightings[Col.CELL].to_numpy(np.int64) * span + frames
    wanted = tips[Col.CELL].to_numpy(np.int64) * span + tips[Col.FRAME].to_numpy(np.int64)
    rows: Integers = np.searchsorted(key, wanted)
    return rows


def _lives(run: Integers, frame: Integers, place: Floats, missed_frames: int) -> Integers:
    """Number of the tip that every row belongs to, from 0; −1 where the frame is not valid."""
    life = np.full(len(run), -1, np.int64)
    known = np.flatnonzero(run >= 0)
    by_frame = known[np.argsort(frame[known], kind="stable")]
    begins = np.flatnonzero(np.diff(frame[by_frame], prepend=-1))
    n_lives = 0
    open_rows = np.empty(0, np.int64)  # the last row of every tip that may go on
    for new in np.split(by_frame, begins[1:]) if len(by_frame) else ():
        open_rows = open_rows[frame[new[0]] - frame[open_rows] <= missed_frames + 1]
        old = open_rows[np.argsort(run[open_rows], kind="stable")]
        low, high = (np.searchsorted(run[old], run[new], side) for side in ("left", "right"))
        n = high - low
        which_new = np.repeat(np.arange(len(new)), n)
        which_old = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + np.repeat(low, n)
        apart = np.hypot(*(place[new[which_new]] - place[old[which_old]]).T)
        taken = assign(which_old, which_new, apart, alone=1.0)
        life[new[which_new[taken]]] = life[old[which_old[taken]]]
        fresh = new[life[new] < 0]
        life[fresh] = n_lives + np.arange(len(fresh))
        n_lives += len(fresh)
        goes_on = np.ones(len(old), bool)
        goes_on[which_old[taken]] = False
        open_rows = np.concatenate([old[goes_on], new])
    return life


def _numbers(life: Integers, cell: Integers) -> Integers:
    """Lives numbered anew in every cell, from 1, in order of birth; 0 for none."""
    number = np.zeros(len(life), np.int64)
    rows = np.flatnonzero(life >= 0)
    _, first = np.unique(life[rows], return_index=True)
    first = np.sort(rows[first])  # of every life, in order of cell and frame
    begins = np.flatnonzero(np.diff(cell[first], prepend=-1))
    counted = np.arange(len(first)) - np.repeat(begins, np.diff(np.append(begins, len(first)))) + 1
    of_life = np.zeros(int(life.max(initial=-1)) + 1, np.int64)
    of_life[life[first]] = counted
    number[rows] = of_life[life[rows]]
    return number


def _speeds(life: Integers, tips: pd.DataFrame) -> Floats:
    """Change of length since the tip was seen last, over the time between, µm/min."""
    order = np.lexsort((tips[Col.FRAME].to_numpy(np.int64), life))
    length = uncut_length(tips)[order]
    time = tips[Col.TIME_MIN].to_numpy(np.float64)[order]
    same = (np.diff(life[order], prepend=-2) == 0) & (life[order] >= 0)
    change, since = np.diff(length, prepend=np.nan), np.diff(time, prepend=np.nan)
    sorted_speed = np.full(len(tips), np.nan)
    np.divide(change, since, out=sorted_speed, where=same)
    speed = np.empty(len(tips))
    speed[order] = sorted_speed
    return speed


def uncut_length(tips: pd.DataFrame) -> Floats:
    """Length in µm, NaN where the field's edge cuts the protrusion."""
    length = tips[Col.TIP_LENGTH_UM].to_numpy(np.float64)
    return np.where(tips[Col.TIP_CUT].to_numpy(bool), np.nan, length)
