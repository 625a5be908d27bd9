"""Displacement and memory by lag of the cells of a condition, with intervals over units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.kernels.displacements import (
    LagSums,
    lag_sums,
    log_slope,
    longest_runs,
    relative_variance,
)
from lamella.kernels.msd_fit import fit_msd
from lamella.kernels.persistence import unit_msd
from lamella.statistics.populations import Population
from lamella.statistics.resampling import interval

FloatArray = NDArray[np.float64]

LAG_COLUMNS = [
    Col.LAG_FRAMES,
    Col.LAG_MIN,
    Col.MSD,
    Col.MSD_LOW,
    Col.MSD_HIGH,
    Col.MSD_OF_WALK,
    Col.N_LAG_PAIRS,
    Col.DIRECTION_AUTOCORRELATION,
    Col.DIRECTION_AUTOCORRELATION_LOW,
    Col.DIRECTION_AUTOCORRELATION_HIGH,
    Col.N_DIRECTION_PAIRS,
    Col.VELOCITY_AUTOCORRELATION,
    Col.VELOCITY_AUTOCORRELATION_LOW,
    Col.VELOCITY_AUTOCORRELATION_HIGH,
    Col.VELOCITY_AUTOCORRELATION_NORMALISED,
    Col.N_VELOCITY_PAIRS,
    Col.N,
    Col.N_CELLS,
    Col.N_MOVIES,
]


class LagCurve(NamedTuple):
    """Sums over cells of their means at every lag, 0 first: of all units, and of every draw."""

    lag: NDArray[np.int64]
    total: LagSums
    """(L + 1,) each; their numbers are those of cells that have pairs."""
    drawn: LagSums
    """(draws, L + 1) each."""
    pairs: LagSums
    """(L + 1,) sums over pairs, for their numbers."""
    n_units: LagSums
    """(L + 1,) units that have pairs, in place of the sums."""
    n_movies: NDArray[np.int64]
    variance: FloatArray
    """(L,) relative variance of the mean over cells of their mean squared displacement, from lag 1.
    """

    @classmethod
    def of(
        cls, tracks: Population, times: FloatArray, *, lag_share: float, min_step_um: float
    ) -> LagCurve:
        """The curve of all tracks; `times` tells how often each of their units is in every draw."""
        unit, n_units = tracks.units()
        stride = tracks.lags_per_frame()
        longest = int((longest_runs(tracks.goes_on, tracks.first) * stride).max(initial=0))
        n_lags = max(int(longest * lag_share + 1e-9), 1)
        each = lag_sums(
            tracks.place,
            tracks.time,
            tracks.goes_on,
            tracks.first,
            stride,
            n_lags=n_lags,
            min_step=min_step_um,
        )
        by_unit = each.averaged().of_groups(unit, n_units)
        has = each.n_pairs > 0
        lag = np.arange(n_lags + 1)
        return cls(
            lag,
            LagSums(*(values.sum(axis=0) for values in by_unit)),
            LagSums(*(times @ values for values in by_unit)),
            LagSums(*(values.sum(axis=0) for values in each)),
            LagSums(*((values > 0).sum(axis=0) for values in by_unit)),
            np.array([len(set(tracks.movie[some])) for some in has.T], np.int64),
            relative_variance(lag[1:].astype(np.float64), _worth(each.n_pairs)[1:]),
        )

    def table(self, best: FloatArray) -> pd.DataFrame:
        """One row a lag that has pairs; `best` holds S, P and σ of the walk drawn beside."""
        total, has = self.total, self.total.n_pairs > 0
        velocity = total.mean("velocity")
        columns = {
            Col.LAG_FRAMES: self.lag,
            Col.LAG_MIN: total.mean("duration"),
            Col.MSD: total.mean("square"),
            Col.MSD_OF_WALK: _of_walk(total.mean("duration"), best),
            Col.N_LAG_PAIRS: self.pairs.n_pairs.astype(np.int64),
            Col.DIRECTION_AUTOCORRELATION: total.mean("direction"),
            Col.N_DIRECTION_PAIRS: self.pairs.n_directions.astype(np.int64),
            Col.VELOCITY_AUTOCORRELATION: velocity,
            Col.VELOCITY_AUTOCORRELATION_NORMALISED: velocity
            / (velocity[0] if velocity[0] > 0 else np.nan),
            Col.N_VELOCITY_PAIRS: self.pairs.n_velocities.astype(np.int64),
            Col.N: self.n_units.n_pairs.astype(np.int64),
            Col.N_CELLS: total.n_pairs.astype(np.int64),
            Col.N_MOVIES: self.n_movies,
        }
        columns[Col.MSD_LOW], columns[Col.MSD_HIGH] = self._ends("square", "n_pairs", positive=True)
        (
            columns[Col.DIRECTION_AUTOCORRELATION_LOW],
            columns[Col.DIRECTION_AUTOCORRELATION_HIGH],
        ) = self._ends("direction", "n_directions")
        (
            columns[Col.VELOCITY_AUTOCORRELATION_LOW],
            columns[Col.VELOCITY_AUTOCORRELATION_HIGH],
        ) = self._ends("velocity", "n_velocities")
        return pd.DataFrame({name: columns[name][has] for name in LAG_COLUMNS})

    def _ends(
        self, name: str, pairs: str, *, positive: bool = False
    ) -> tuple[FloatArray, FloatArray]:
        n = getattr(self.n_units, pairs).astype(np.int64)
        return interval(self.total.mean(name), self.drawn.mean(name), n, logarithmic=positive)

    @property
    def time(self) -> FloatArray:
        """Mean time of every lag from 1; the lag itself where time is not known."""
        duration = self.total.mean("duration")[1:]
        known = bool(np.isfinite(duration[self.total.n_pairs[1:] > 0]).all())
        return duration if known else self.lag[1:].astype(np.float64)

    def alpha(self) -> tuple[FloatArray, FloatArray]:
        """Slope of log MSD over log lag, (1,), and that of every draw, (draws,)."""
        all_units, draws = self.total.mean("square")[1:], self.drawn.mean("square")[:, 1:]
        slope = log_slope(self.time, all_units[None], self.variance)
        return slope, log_slope(self.time, draws, self.variance)

    def fits(self) -> tuple[FloatArray, FloatArray]:
        """S, P and σ by least squares, (3,), and those of every draw, (draws, 3)."""
        all_units, draws = self.total.mean("square")[1:], self.drawn.mean("square")[:, 1:]
        one = fit_msd(self.time, all_units[None], self.variance)[0]
        return one, fit_msd(self.time, draws, self.variance)


def _worth(n_pairs: FloatArray) -> FloatArray:
    """Pairs of one track that tell as much as the mean over tracks of their means, (L + 1,).

    All of them where every track has as many; fewer the more some have less than others.
    """
    inverse = np.divide(1.0, n_pairs, out=np.zeros_like(n_pairs), where=n_pairs > 0).sum(axis=0)
    n_cells = (n_pairs > 0).sum(axis=0)
    worth: FloatArray = np.divide(
        n_cells**2, inverse, out=np.zeros_like(inverse), where=n_cells > 0
    )
    return worth


def _of_walk(duration: FloatArray, best: FloatArray) -> FloatArray:
    """Mean squared displacement between seen places of the walk, over every lag; 0 at lag 0."""
    speed, persistence, error = best
    if not np.isfinite(best).all():
        return np.full(len(duration), np.nan)
    walk = np.array([unit_msd(lag, persistence) if lag > 0 else np.nan for lag in duration])
    return np.where(duration > 0, speed**2 * walk + 4 * error**2, 0.0)
