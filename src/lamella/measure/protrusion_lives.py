"""Tips over time: which is which, how fast they grow and retract, and how long they live."""

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
    row = _rows_in(sightings, tips)
    run = runs_of(sightings)[row]
    frame = tips[Col.FRAME].to_numpy(np.int64)
    centroid = sightings[[Col.Y_PX, Col.X_PX]].to_numpy(np.float64)[row]
    place = tips[[Col.TIP_Y_PX, Col.TIP_X_PX]].to_numpy(np.float64) - centroid
    limit = np.broadcast_to(np.asarray(limit_px, np.float64), len(sightings))[row]
    life = _lives(run, frame, place / limit[:, None], missed_frames)
    numbers = _numbers(life, tips[Col.CELL].to_numpy(np.int64))
    speed = _speeds(life, tips)
    return tips.assign(**{Col.TIP: numbers, Col.TIP_SPEED: speed})


def runs_of(sightings: pd.DataFrame) -> Integers:
    """Number of the run of frames joined by valid steps, from 0; −1 for frames not valid."""
    pair = sightings[Col.PAIR_VALID].to_numpy(bool)
    run = np.cumsum(~pair) - 1  # the first frame of a cell has no pair
    return np.where(sightings[Col.VALID].to_numpy(bool), run, -1).astype(np.int64)


def _rows_in(sightings: pd.DataFrame, tips: pd.DataFrame) -> Integers:
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


def lives_of(tips: pd.DataFrame, sightings: pd.DataFrame, *, missed_frames: int) -> pd.DataFrame:
    """One row per cell and tip.

    Birth was seen where a valid step leads to the first frame, so that the cell was seen without
    the tip just before; death where one leads on from the last. A tip that the field's edge cuts in
    its first (last) frame has no birth (death) that was seen. A life with both lasts from the
    middle between the frames before and at its birth to the middle between those at and after its
    death; otherwise from the first to the last frame in which it was seen, and longer in truth.
    """
    kept = tips[tips[Col.TIP].to_numpy() > 0]
    kept = kept.assign(length=uncut_length(kept))
    keys = [Col.OBJECT, Col.CELL, Col.TIP]
    kept = kept.sort_values([*keys, Col.FRAME], kind="stable", ignore_index=True)
    group = kept.groupby(keys, sort=False)
    lives = group.agg(
        **{
            Col.TIP_BORN: (Col.FRAME, "first"),
            Col.TIP_LAST: (Col.FRAME, "last"),
            Col.TIP_N_SEEN: (Col.FRAME, "size"),
            "cut_first": (Col.TIP_CUT, "first"),
            "cut_last": (Col.TIP_CUT, "last"),
            Col.TIP_MAX_LENGTH: ("length", "max"),
        }
    ).reset_index()
    first, last = (
        _rows_in(sightings, lives.assign(**{Col.FRAME: lives[name]}))
        for name in (Col.TIP_BORN, Col.TIP_LAST)
    )
    time = sightings[Col.TIME_MIN].to_numpy(np.float64)
    pair = np.append(sightings[Col.PAIR_VALID].to_numpy(bool), False)
    # The first of a run has no pair, nor has the row after the last.
    birth = pair[first] & ~lives.pop("cut_first").to_numpy(bool)
    death = pair[last + 1] & ~lives.pop("cut_last").to_numpy(bool)
    before, after = np.maximum(first - 1, 0), np.minimum(last + 1, len(time) - 1)
    life = time[last] - time[first]
    whole = (life + time[after] - time[before]) / 2
    growth, retraction = _phases(kept, group.ngroup().to_numpy().astype(np.int64), len(lives))
    return lives.assign(
        **{
            Col.TIP_BIRTH_SEEN: birth,
            Col.TIP_DEATH_SEEN: death,
            Col.TIP_LIFE: np.where(birth & death, whole, life),
            Col.TIP_GROWTH: growth,
            Col.TIP_RETRACTION: retraction,
        }
    )


def _phases(kept: pd.DataFrame, life: Integers, n: int) -> tuple[Floats, Floats]:
    """Mean speed from the first length to the largest, and from there to the last, µm/min."""
    length = kept["length"].to_numpy(np.float64)
    time = kept[Col.TIME_MIN].to_numpy(np.float64)
    good = np.flatnonzero(np.isfinite(length) & np.isfinite(time))
    growth, retraction = np.full(n, np.nan), np.full(n, np.nan)
    if not len(good):
        return growth, retraction
    of = life[good]
    begins = np.flatnonzero(np.diff(of, prepend=-1))
    first, last = good[begins], good[np.append(begins[1:], len(good)) - 1]
    # Stable, so that the earliest of equal largest lengths comes first.
    by_length = good[np.lexsort((-length[good], of))]
    largest = by_length[begins]
    for speed, a, b in ((growth, first, largest), (retraction, largest, last)):
        some = b > a
        a, b = a[some], b[some]
        speed[life[a]] = np.abs(length[b] - length[a]) / (time[b] - time[a])
    return growth, retraction
