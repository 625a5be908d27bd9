"""How the cells of a condition move: displacement and memory by lag, persistent random walk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.claims import ALL_SESSIONS
from lamella.core.columns.walks import WALK
from lamella.core.errors import InputError
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.kernels.persistence import Sampled
from lamella.kernels.persistence_fit import DEVIANCE, fit_together
from lamella.kernels.persistence_groups import group_sums, likelihood_ends, refitted
from lamella.kernels.persistence_told import UNKNOWN_SCALE, told
from lamella.statistics.lag_curve import LAG_COLUMNS, LagCurve
from lamella.statistics.populations import Population
from lamella.statistics.resampling import FEWEST_UNITS, drawn_units, interval
from lamella.statistics.short import too_short
from lamella.statistics.units import assigned

FloatArray = NDArray[np.float64]

NEEDED = (Col.MOVIE, Col.CELL, Col.FRAME, Col.TIME_MIN, Col.Y_UM, Col.X_UM, Col.VALID,
          Col.PAIR_VALID)  # fmt: skip
MSD_COLUMNS = [Col.CONDITION, Col.SESSION, *LAG_COLUMNS]
WALK_COLUMNS = [
    Col.CONDITION, Col.SESSION, Col.N, Col.N_CELLS, Col.N_MOVIES, Col.N_WALK_STEPS, Col.N_BRIDGED,
    *WALK, Col.WALK_NOT_TOLD, Col.MSD_ALPHA, Col.MSD_ALPHA_LOW, Col.MSD_ALPHA_HIGH,
    Col.N_ALPHA_LAGS, Col.N_CELLS_SHORT, Col.N_CELLS_LEFT_OUT,
]  # fmt: skip


class Movement(Step):
    """What the tracks of a condition tell together, with intervals over units (movies).

    Means by lag are over the pairs of frames of every cell, and then over the cells that have any,
    so that those that stay in the field for long have no more say than those that leave it; only
    pairs all of whose steps in between are valid count. Lags are in frames; where
    movies of a condition differ in their interval, in units of the shortest, to which those of the
    others are rounded. `lag_min` is the mean time between the frames of the pairs. Intervals come
    from drawing whole units anew, see `lamella.statistics.resampling.interval`; below 3 units there
    are none.

    S, P and σ are those of all cells together, as if they had one S, P and σ; where they differ,
    S is the root mean square over them. What cannot be told is NaN, and `walk_not_told` says
    why: twice the log-likelihood does not fall by 3.84 towards both sides, or the interval's ends
    are further apart than a factor of `widest`. Then the interval holds the places where the
    likelihood has fallen so far, too: draws scatter too little where σ is nearly 0. Below 3 units,
    which tell no interval, the places where the likelihood has fallen so far are held against
    `widest`.

    Parameters
    ----------
    condition, session, unit : str, str or None, str or None
        Columns of the table of cells, as for `Contrasts`.
    min_step_um : float
        Shorter steps have no direction.
    lag_share : float
        Greatest lag over the longest run of valid steps of the condition. `msd_alpha`, and S, P and
        σ by the method ``msd``, are fitted over all these lags.
    bridged_frames : int
        Most frames in a row without a trusted position that the likelihood crosses.
    widest : float
    min_steps : int
        In a movie of several cells, those with fewer valid steps are left out, as `Contrasts` does,
        and counted in `n_cells_short`.
    estimator : str
        ``likelihood`` is exact for any times between frames and half as uncertain as ``msd``, the
        published fit of Fürth's formula to the mean squared displacement, for comparison with it.
    draws, seed : int
        Of units; a seed gives the same draws anywhere.
    """

    version: ClassVar[int] = 2
    condition: str = Col.CONDITION
    session: str | None = Col.SESSION
    unit: str | None = None
    min_step_um: float = Field(0.0, ge=0)
    lag_share: float = Field(1 / 3, gt=0, le=1)
    bridged_frames: int = Field(3, ge=0)
    widest: float = Field(30.0, gt=1)
    min_steps: int = Field(5, ge=0)
    estimator: Literal["likelihood", "msd"] = "likelihood"
    draws: int = Field(1000, ge=100)
    seed: int = 0

    def __call__(
        self, frames: pd.DataFrame, cells: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The tables ``msd`` and ``walks`` of a study.

        Parameters
        ----------
        frames : DataFrame
            One row per cell and frame: `movie`, `object` where kinds are told apart, `cell`,
            `frame`, `time_min`, `y_um`, `x_um`, `valid`, `pair_valid`.
        cells : DataFrame
            One row per cell: `movie`, `object`, `cell`, condition, session, unit. Cells without a
            condition or a unit are left out, and counted.

        Returns
        -------
        msd, walks : DataFrame
            One row per condition, session (``all`` first) and lag, and one per condition and
            session. Both begin with `object` where the table of cells has that column.

        Raises
        ------
        InputError
            A column that `frames` lacks.
        SettingsError
            A column of the settings that `cells` lacks.
        """
        lacking = [name for name in NEEDED if name not in frames.columns]
        if lacking and len(cells):
            raise InputError(
                "frames",
                f"the table has no column {', '.join(lacking)}",
                "give the table of frames of a run of Lamella",
            )
        msd, walks = [], []
        if len(cells):
            rows = assigned(cells, condition=self.condition, session=self.session, unit=self.unit)
            for kind, of_kind in _by_kind(rows):
                n_cells = len(cells) if kind is None else int((cells[Col.OBJECT] == kind).sum())
                told_apart = kind is not None and Col.OBJECT in frames.columns
                some = frames[frames[Col.OBJECT] == kind] if told_apart else frames
                short = too_short(of_kind, min_steps=self.min_steps)
                curve, walk = self._tables(Population.of(some, of_kind[~short]))
                walk[Col.N_CELLS_SHORT] = _counted_like(walk, of_kind[short])
                walk[Col.N_CELLS_LEFT_OUT] = n_cells - len(of_kind)
                msd.append(_of_kind(curve, kind))
                walks.append(_of_kind(walk[WALK_COLUMNS], kind))
        return (
            pd.concat(msd, ignore_index=True) if msd else pd.DataFrame(columns=MSD_COLUMNS),
            pd.concat(walks, ignore_index=True) if walks else pd.DataFrame(columns=WALK_COLUMNS),
        )

    def _tables(self, everyone: Population) -> tuple[pd.DataFrame, pd.DataFrame]:
        curves, walks = [], []
        for condition, session, chosen in _groups(everyone):
            one = everyone.only(chosen)
            curve, walk = self._together(one)
            named: dict[str, str] = {Col.CONDITION: condition, Col.SESSION: session}
            curves.append(curve.assign(**named)[MSD_COLUMNS])
            walks.append({**named, **walk})
        msd = pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=MSD_COLUMNS)
        return msd, pd.DataFrame(walks, columns=WALK_COLUMNS)

    def _together(self, tracks: Population) -> tuple[pd.DataFrame, dict[str, object]]:
        """The rows of one condition and session in the two tables."""
        unit, n_units = tracks.units()
        times = drawn_units(n_units, draws=self.draws, seed=self.seed)
        curve = LagCurve.of(tracks, times, lag_share=self.lag_share, min_step_um=self.min_step_um)
        seen, n_bridged = tracks.sampled(self.bridged_frames)
        best, walk = self._walk(seen, unit, n_units, times, curve)
        if not tracks.scaled.any():
            walk[Col.WALK_NOT_TOLD] = UNKNOWN_SCALE
        alpha, drawn_alpha = curve.alpha()
        with_pairs = int(curve.n_units.n_pairs[1])  # those without tell nothing of the scatter
        low, high = interval(alpha, drawn_alpha[:, None], with_pairs)
        return curve.table(best), {
            Col.N: n_units,
            Col.N_CELLS: len(tracks.unit),
            Col.N_MOVIES: len(set(tracks.movie)),
            Col.N_WALK_STEPS: int(seen.n_steps.sum()),
            Col.N_BRIDGED: int(n_bridged.sum()),
            **walk,
            Col.MSD_ALPHA: float(alpha[0]),
            Col.MSD_ALPHA_LOW: float(low[0]),
            Col.MSD_ALPHA_HIGH: float(high[0]),
            Col.N_ALPHA_LAGS: len(curve.lag) - 1 if np.isfinite(alpha[0]) else 0,
        }

    def _walk(
        self,
        seen: Sampled,
        unit: NDArray[np.int64],
        n_units: int,
        times: FloatArray,
        curve: LagCurve,
    ) -> tuple[FloatArray, dict[str, object]]:
        """S, P and σ where they fit best, and the columns that tell them."""
        best = fit_together(seen)
        ends = np.full((2, 3), np.nan)
        limits = np.tile([[0.0], [np.inf]], 3)
        if np.isfinite(best).all():
            sums = group_sums(seen, unit, n_units, best)
            limits = likelihood_ends(sums, deviance=DEVIANCE)
            if self.estimator == "msd":
                best, drawn = curve.fits()
            else:
                drawn = refitted(sums, times)
            with_steps = int((sums.n_steps > 0).sum())
            ends = np.array(interval(best, drawn, with_steps, logarithmic=True))
            if with_steps >= FEWEST_UNITS:
                ended = (limits > 0) & np.isfinite(limits)
                # At the border of what can be, as at σ = 0, draws hardly scatter.
                wider = np.stack([np.fmin(ends[0], limits[0]), np.fmax(ends[1], limits[1])])
                ends = np.where(ended.all(axis=0), ends, wider)
                limits = np.where(ended, ends, limits)
        values, reasons = told(
            best[None], limits[:1], limits[1:], np.array([seen.n_steps.sum()]), widest=self.widest
        )
        shown = np.concatenate([values, np.where(np.isfinite(ends), ends, np.nan)])
        columns = {str(name): each for name, each in zip(WALK, shown.T.ravel(), strict=True)}
        return best, {**columns, Col.WALK_NOT_TOLD: reasons[0]}


def _by_kind(rows: pd.DataFrame) -> Iterator[tuple[str | None, pd.DataFrame]]:
    """The cells of each kind of object; None where kinds are not told apart."""
    if Col.OBJECT not in rows.columns:
        yield None, rows
        return
    for kind in rows[Col.OBJECT].dropna().unique():
        yield str(kind), rows[rows[Col.OBJECT] == kind]


def _counted_like(walks: pd.DataFrame, cells: pd.DataFrame) -> list[int]:
    """How many of the cells are of the condition and the session of every row."""
    counts = []
    for condition, session in zip(walks[Col.CONDITION], walks[Col.SESSION], strict=True):
        there = cells[Col.CONDITION] == condition
        if session != ALL_SESSIONS:
            there &= cells[Col.SESSION] == session
        counts.append(int(there.sum()))
    return counts


def _of_kind(table: pd.DataFrame, kind: str | None) -> pd.DataFrame:
    if kind is not None:
        table.insert(0, Col.OBJECT, kind)
    return table


def _groups(tracks: Population) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Condition, session and tracks of each row of ``walks``: all sessions first."""
    conditions = list(dict.fromkeys(tracks.condition))
    sessions = [name for name in dict.fromkeys(tracks.session) if name is not None]
    for session in (None, *sessions):
        there = np.ones(len(tracks.unit), bool) if session is None else tracks.session == session
        for condition in conditions:
            chosen = there & (tracks.condition == condition)
            if chosen.any():
                yield condition, ALL_SESSIONS if session is None else session, chosen
