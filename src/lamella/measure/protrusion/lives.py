"""Lives of tips: birth, death, and how fast each grew and retracted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.kernels.steps import steps_in_run
from lamella.measure.protrusion.follow import Floats, Integers, rows_in, uncut_length


def lives_of(tips: pd.DataFrame, sightings: pd.DataFrame, *, missed_frames: int) -> pd.DataFrame:
    """One row per cell and tip.

    Birth was seen where valid steps lead to the first frame from so many frames without the tip
    that it was none that went unseen: one more than `missed_frames`. So was death where as many
    frames without it follow the last. A tip that the field's edge cuts in its first (last) frame
    has no birth (death) that was seen. A life with both lasts from the middle between the frames
    before and at its birth to the middle between those at and after its death; otherwise from the
    first to the last frame in which it was seen, and longer in truth.
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
        rows_in(sightings, lives.assign(**{Col.FRAME: lives[name]}))
        for name in (Col.TIP_BORN, Col.TIP_LAST)
    )
    time = sightings[Col.TIME_MIN].to_numpy(np.float64)
    since = steps_in_run(sightings[Col.PAIR_VALID].to_numpy(bool))
    unseen = missed_frames + 1
    birth = (since[first] >= unseen) & ~lives.pop("cut_first").to_numpy(bool)
    later = np.minimum(last + unseen, len(time) - 1)
    goes_on = (last + unseen < len(time)) & (since[later] >= unseen)
    death = goes_on & ~lives.pop("cut_last").to_numpy(bool)
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
