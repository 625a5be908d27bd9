"""What a whole track tells: displacement and memory by lag, and the persistent random walk."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.columns.walks import WALK
from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.kernels.displacements import (
    LagSums,
    goes_on,
    lag_sums,
    log_slope,
    longest_runs,
    relative_variance,
)
from lamella.kernels.persistence import observed
from lamella.kernels.persistence_fit import DEVIANCE, fit_walks
from lamella.kernels.persistence_told import UNKNOWN_SCALE, told
from lamella.measure.summaries import CellRows
from lamella.measure.view import FrameView, Measured, Seen


class Walks(Step):
    """Mean squared displacement, memory of direction, and Fürth's walk, of every cell.

    All is made of positions without the drift of the field, in µm. Only what is valid enters, see
    `Sightings`: a pair of frames counts towards a lag where every step in between is valid. The
    table ``lags`` holds, for every cell and lag up to a share of its longest run of valid steps,
    the time-averaged mean squared displacement, the direction autocorrelation ⟨v̂(t)·v̂(t+τ)⟩ and the
    velocity autocorrelation ⟨v(t)·v(t+τ)⟩, each with the number of pairs. Lags are in frames; where
    frames are not evenly spaced, `lag_min` is the mean time between the frames of the pairs.

    The persistent random walk has the mean squared displacement
    ``2 S² P [τ − P (1 − e^(−τ/P))] + 4 σ²`` (plane; S root mean square speed, whose mean speed is
    0.886 S; P persistence time; σ localisation error, SD per axis). S, P and σ are those of the
    greatest likelihood, with the 95 % intervals of its profile. The likelihood is exact for
    any times between frames; the mean squared displacement of one track is a poor guide, because
    its lags are not independent. A frame without a trusted position is simply not observed, if no
    more than `bridged_frames` follow each other; a step that is not trusted cuts the track, whose
    parts then share S, P and σ.

    What a track cannot tell is NaN, and `walk_not_told` says why: σ where the error is small
    against a step, P where it is short against the interval or long against the track, S where P
    has no lower bound (S² P is then all that is told). The intervals stay; a lower end that is not
    known is 0, an upper one is NaN.

    Parameters
    ----------
    min_step_um : float
        Shorter steps have no direction; those are counted in `n_short_steps`.
    lag_share : float
        Greatest lag over the cell's longest run of valid steps; at least one lag. `msd_alpha` is
        fitted over all lags from 1, each weighted by one over its relative variance.
    bridged_frames : int
        Most frames in a row without a trusted position that S, P and σ cross; 0 = none.
    widest : float
        Greatest ratio of an interval's upper to its lower end for which the value is given.

    References
    ----------
    Fürth 1920, https://doi.org/10.1007/BF01328731; Qian, Sheetz & Elson 1991,
    https://doi.org/10.1016/S0006-3495(91)82125-7
    """

    version: ClassVar[int] = 1
    looks_at_light: ClassVar[bool] = False
    looks_across_frames: ClassVar[bool] = True
    gathered: ClassVar[tuple[str, ...]] = ("lags",)
    kept_apart: ClassVar[tuple[str, ...]] = ()
    min_step_um: float = Field(0.0, ge=0)
    lag_share: float = Field(1 / 3, gt=0, le=1)
    bridged_frames: int = Field(3, ge=0)
    widest: float = Field(30.0, gt=1)

    def rows(self, view: FrameView) -> Seen:
        """Nothing that `Sightings` does not see."""
        return Seen({})

    def complete(self, found: Measured, sightings: pd.DataFrame, scale: Scale) -> Measured:
        """The table of lags."""
        rows = _Rows.of(sightings)
        sums, n_lags = self._sums(rows)
        cell, lag = np.nonzero(np.arange(sums.square.shape[1]) <= n_lags[:, None])
        velocity = sums.mean("velocity")
        at_zero = np.where(velocity[:, :1] > 0, velocity[:, :1], np.nan)
        columns = {
            Col.LAG_MIN: sums.mean("duration"),
            Col.MSD: sums.mean("square"),
            Col.N_LAG_PAIRS: sums.n_pairs,
            Col.DIRECTION_AUTOCORRELATION: sums.mean("direction"),
            Col.N_DIRECTION_PAIRS: sums.n_directions,
            Col.VELOCITY_AUTOCORRELATION: velocity,
            Col.VELOCITY_AUTOCORRELATION_NORMALISED: velocity / at_zero,
            Col.N_VELOCITY_PAIRS: sums.n_velocities,
        }
        table = pd.DataFrame(
            {
                Col.OBJECT: rows.name[cell],
                Col.CELL: rows.cell[cell],
                Col.LAG_FRAMES: lag,
                **{name: values[cell, lag] for name, values in columns.items()},
            }
        )
        counts = [Col.N_LAG_PAIRS, Col.N_DIRECTION_PAIRS, Col.N_VELOCITY_PAIRS]
        return Measured(
            found.frames, {**found.finer, "lags": table.astype(dict.fromkeys(counts, int))}
        )

    def summarise(self, found: Measured, sightings: pd.DataFrame) -> pd.DataFrame:
        """One row per cell: S, P, σ with intervals, and the slope of its displacement."""
        rows = _Rows.of(sightings)
        seen, n_bridged = observed(
            rows.track,
            rows.frame,
            rows.place,
            rows.time,
            rows.goes_on,
            bridged_frames=self.bridged_frames,
        )
        fit = fit_walks(seen, deviance=DEVIANCE)
        values, reasons = told(fit.best, fit.low, fit.high, seen.n_steps, widest=self.widest)
        if len(rows.place) and not rows.scaled:
            reasons = [UNKNOWN_SCALE] * len(reasons)
        sums, n_lags = self._sums(rows)
        lag = np.arange(1, sums.square.shape[1])
        within = np.where(lag <= n_lags[:, None], sums.n_pairs[:, 1:], 0.0)
        msd = sums.mean("square")[:, 1:]
        duration = sums.mean("duration")[:, 1:]
        along = np.where(np.isfinite(duration), duration, lag)
        alpha = log_slope(along, msd, relative_variance(lag.astype(np.float64), within))
        step = np.diff(rows.place, axis=0, prepend=np.nan)
        short = rows.goes_on & (np.hypot(step[:, 0], step[:, 1]) < self.min_step_um)
        n = len(rows.cell)
        ends = np.stack([values, fit.low, np.where(np.isfinite(fit.high), fit.high, np.nan)])
        walk = dict(zip(WALK, ends.transpose(2, 0, 1).reshape(len(WALK), -1), strict=True))
        return pd.DataFrame(
            {
                Col.OBJECT: rows.name,
                Col.CELL: rows.cell,
                **walk,
                Col.WALK_NOT_TOLD: pd.Series(reasons, dtype="str"),
                Col.N_WALK_STEPS: seen.n_steps,
                Col.N_BRIDGED: n_bridged,
                Col.MSD_ALPHA: alpha,
                Col.N_ALPHA_LAGS: np.where(np.isfinite(alpha), n_lags, 0),
                Col.N_SHORT_STEPS: np.bincount(rows.track[short], minlength=n),
            }
        )

    def _sums(self, rows: _Rows) -> tuple[LagSums, NDArray[np.int64]]:
        """Sums by lag of every cell, and its greatest lag; −1 without a step."""
        longest = longest_runs(rows.goes_on, rows.first)
        n_lags = np.maximum((longest * self.lag_share + 1e-9).astype(np.int64), 1)
        sums = lag_sums(
            rows.place,
            rows.time,
            rows.goes_on,
            rows.first,
            n_lags=int(n_lags.max(initial=1)),
            min_step=self.min_step_um,
        )
        return sums, np.where(longest > 0, n_lags, -1)


class _Rows(NamedTuple):
    """Sightings as bare arrays: of every row, and of every cell."""

    track: NDArray[np.int64]
    frame: NDArray[np.int64]
    place: NDArray[np.float64]
    """µm; NaN where it is not trusted."""
    time: NDArray[np.float64]
    goes_on: NDArray[np.bool_]
    first: NDArray[np.int64]
    cell: NDArray[np.int64]
    name: NDArray[np.object_]
    scaled: bool
    """Whether any place is known in µm, and any time."""

    @classmethod
    def of(cls, sightings: pd.DataFrame) -> _Rows:
        cells, _, start = CellRows.of(sightings)
        track = np.repeat(np.arange(len(cells)), np.diff(start))
        frame = sightings[Col.FRAME].to_numpy(np.int64)
        place = sightings[[Col.Y_UM, Col.X_UM]].to_numpy(np.float64)
        time = sightings[Col.TIME_MIN].to_numpy(np.float64)
        scaled = bool(np.isfinite(place).any() and np.isfinite(time).any())
        place = np.where(sightings[[Col.VALID]].to_numpy(bool), place, np.nan)
        pair = sightings[Col.PAIR_VALID].to_numpy(bool)
        return cls(
            track,
            frame,
            place,
            time,
            goes_on(track, frame, place, pair),
            start.astype(np.int64),
            cells[Col.CELL].to_numpy(np.int64),
            cells[Col.OBJECT].to_numpy(object),
            scaled,
        )
