"""Tracks of a study as bare arrays, with the condition, session and unit of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.kernels.displacements import goes_on
from lamella.kernels.persistence import Sampled, observed

FloatArray = NDArray[np.float64]
KEYS = [Col.MOVIE, Col.OBJECT, Col.CELL]


class Population(NamedTuple):
    """Tracks, one after the other, a row per frame of their lives."""

    track: NDArray[np.int64]
    """Number of the track of every row, from 0."""
    frame: NDArray[np.int64]
    place: FloatArray
    """(n, 2) in µm; NaN where it is not trusted."""
    time: FloatArray
    """In minutes."""
    goes_on: NDArray[np.bool_]
    """See `lamella.kernels.displacements.goes_on`."""
    first: NDArray[np.int64]
    """(n_tracks + 1,) first row of every track, and the number of rows."""
    interval: FloatArray
    """(n_tracks,) usual time between frames of the track's movie, NaN where not known."""
    scaled: NDArray[np.bool_]
    """(n_tracks,) whether any place of it is known in µm, and its time."""
    condition: NDArray[np.object_]
    session: NDArray[np.object_]
    unit: NDArray[np.object_]
    movie: NDArray[np.object_]
    """(n_tracks,) each; a session is None where there is none."""

    @classmethod
    def of(cls, frames: pd.DataFrame, cells: pd.DataFrame) -> Population:
        """The rows of `frames` whose cells are in `cells`, which has condition, session and unit.

        Rows may come in any order; both tables are of one kind of object.
        """
        keys = [name for name in KEYS if name in frames.columns and name in cells.columns]
        known = cells.drop_duplicates(keys).reset_index(drop=True)
        known["_track"] = np.arange(len(known))
        rows = frames.merge(known[[*keys, "_track"]], on=keys, how="inner")
        rows = rows.sort_values(["_track", Col.FRAME], kind="stable", ignore_index=True)
        present, track = np.unique(rows["_track"].to_numpy(np.int64), return_inverse=True)
        known = known.loc[present]
        frame = rows[Col.FRAME].to_numpy(np.int64)
        place = rows[[Col.Y_UM, Col.X_UM]].to_numpy(np.float64)
        time = rows[Col.TIME_MIN].to_numpy(np.float64)
        known_there = np.isfinite(place).all(axis=1) & np.isfinite(time)
        scaled = np.bincount(track[known_there], minlength=len(known)) > 0
        place = np.where(rows[[Col.VALID]].to_numpy(bool), place, np.nan)
        pair = rows[Col.PAIR_VALID].to_numpy(bool)
        step = goes_on(track, frame, place, pair)
        since = pd.Series(np.where(step, np.diff(time, prepend=np.nan), np.nan))
        usual = since.groupby(rows[Col.MOVIE].to_numpy()).median()
        movie = known[Col.MOVIE].to_numpy(object)
        first = np.searchsorted(track, np.arange(len(known) + 1))
        return cls(
            track,
            frame,
            place,
            time,
            step,
            first.astype(np.int64),
            usual.reindex(movie).to_numpy(np.float64),
            scaled,
            known[Col.CONDITION].to_numpy(object),
            known[Col.SESSION].to_numpy(object),
            known[Col.UNIT].to_numpy(object),
            movie,
        )

    def only(self, tracks: NDArray[np.bool_]) -> Population:
        """Some of the tracks."""
        rows = tracks[self.track]
        number = np.cumsum(tracks) - 1
        track = number[self.track[rows]]
        first = np.searchsorted(track, np.arange(int(tracks.sum()) + 1)).astype(np.int64)
        return Population(
            track,
            self.frame[rows],
            self.place[rows],
            self.time[rows],
            self.goes_on[rows],
            first,
            self.interval[tracks],
            self.scaled[tracks],
            self.condition[tracks],
            self.session[tracks],
            self.unit[tracks],
            self.movie[tracks],
        )

    def units(self) -> tuple[NDArray[np.int64], int]:
        """Number of the unit of every track, from 0, and how many there are.

        Units are nested in sessions: one imaged in two counts once in each.
        """
        names = list(zip(self.session, self.unit, strict=True))
        number = {name: k for k, name in enumerate(dict.fromkeys(names))}
        return np.array([number[name] for name in names], np.int64), len(number)

    def lags_per_frame(self) -> NDArray[np.int64]:
        """What one frame of every track is in units of the shortest usual interval, at least 1.

        Tracks of unknown interval are taken to have the shortest.
        """
        known = np.isfinite(self.interval) & (self.interval > 0)
        shortest = self.interval[known].min(initial=np.inf)
        ratio = np.where(known, self.interval, shortest) / shortest if known.any() else 1.0
        whole = np.rint(np.broadcast_to(ratio, self.interval.shape)).astype(np.int64)
        lags: NDArray[np.int64] = np.maximum(whole, 1)
        return lags

    def sampled(self, bridged_frames: int) -> tuple[Sampled, NDArray[np.int64]]:
        """What the likelihood may see, and the gaps that it crosses, see `observed`."""
        return observed(
            self.track,
            self.frame,
            self.place,
            self.time,
            self.goes_on,
            bridged_frames=bridged_frames,
        )
