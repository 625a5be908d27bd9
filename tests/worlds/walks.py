"""Tables of sightings of cells whose way is given place by place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.measure import Measured, Migration


def sighted(
    ways: Sequence[ArrayLike],
    *,
    rejected: Sequence[Sequence[int]] = (),
    small: Sequence[Sequence[int]] = (),
    first: Sequence[int] = (),
    um: float | None = 0.5,
    minutes: ArrayLike | None = None,
    interval_min: float | None = 2.0,
    window: int = 3,
) -> pd.DataFrame:
    """Sightings of cells 1, 2, … that go the given ways.

    Parameters
    ----------
    ways : sequence of (T, 2) array_like
        (y, x) in px frame by frame; NaN where the cell was not found.
    rejected : per cell
        Frames whose step from the frame before is not trusted, though both frames are valid.
    small : per cell
        Frames in which the cell was found and is not valid.
    first : per cell
        First frame of its life, default 0.
    um, minutes, interval_min
        Pixel size, and time of every frame of the movie or the interval; None = not known.
    window : int
        Frames over which movement is looked at.
    """
    tables = []
    for i, way in enumerate(ways):
        place = np.asarray(way, float).reshape(-1, 2)
        n = len(place)
        frame = np.arange(n) + (first[i] if i < len(first) else 0)
        seen = np.isfinite(place).all(axis=1)
        valid = seen.copy()
        valid[list(small[i]) if i < len(small) else []] = False
        pair = valid & np.concatenate([[False], valid[:-1]])
        pair[list(rejected[i]) if i < len(rejected) else []] = False
        if minutes is not None:
            time = np.asarray(minutes, float)[frame]
        else:
            time = frame * (np.nan if interval_min is None else interval_min)
        scale = np.nan if um is None else um
        tables.append(
            pd.DataFrame(
                {
                    Col.OBJECT: pd.Series(["cell"] * n, dtype="str"),
                    Col.CELL: i + 1,
                    Col.FRAME: frame,
                    Col.TIME_MIN: time,
                    Col.INTERPOLATED: False,
                    Col.Y_PX: place[:, 0],
                    Col.X_PX: place[:, 1],
                    Col.Y_UM: place[:, 0] * scale,
                    Col.X_UM: place[:, 1] * scale,
                    Col.EMPTY: ~seen,
                    Col.VALID: valid,
                    Col.PAIR_VALID: pair,
                    Col.WINDOW_FRAMES: window,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def moved(
    sightings: pd.DataFrame, group: Migration | None = None, *, um: float | None = 0.5
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the group makes of sightings: its table of frames and its table of cells."""
    group = group or Migration()
    keys = [Col.OBJECT, Col.CELL, Col.FRAME, Col.TIME_MIN, Col.INTERPOLATED]
    found = group.complete(Measured(sightings[keys]), sightings, Scale(um))
    return found.frames, group.summarise(found, sightings)


def random_walks(
    seed: int, n_cells: int = 12, n_frames: int = 40
) -> tuple[list[NDArray[np.float64]], list[list[int]], list[list[int]]]:
    """Walks with lost frames, small masks and rejected steps: `ways`, `rejected` and `small`."""
    rng = np.random.default_rng(seed)
    ways, rejected, small = [], [], []
    for _ in range(n_cells):
        n = int(rng.integers(1, n_frames + 1))
        way = rng.normal(0, 2, (n, 2)).cumsum(axis=0) + rng.uniform(0, 1000, 2)
        way[rng.random(n) < 0.2] = way[0]  # it stands still, or comes back to the very place
        way[1:][rng.random(n - 1) < 0.08] = np.nan
        ways.append(way)
        rejected.append(np.flatnonzero(rng.random(n) < 0.08).tolist())
        small.append(np.flatnonzero(rng.random(n) < 0.06).tolist())
    return ways, rejected, small
