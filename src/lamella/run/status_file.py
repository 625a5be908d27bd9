"""``status.csv``: what became of every stage of every movie.

A stage that was up to date before has the seconds and the memory that it took when it ran; so have
those of movies that a run does not look at.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from lamella.core.errors import InputError, OutputError
from lamella.core.table import Col
from lamella.io.tables import read_table, write_table
from lamella.run.movie import StageResult
from lamella.run.outcome import NOT_A_STAGE

STATUS_FILE = "status.csv"
_EVERY_S, _SHARE = 2.0, 0.01
Costs = Mapping[tuple[str, str], tuple[float, float]]
_COLUMNS = [Col.MOVIE, Col.STAGE, Col.STATE, Col.SECONDS, Col.PEAK_MB, Col.MESSAGE]


def status_table(results: Sequence[StageResult], costs: Costs | None = None) -> pd.DataFrame:
    """The rows of ``status.csv``.

    Parameters
    ----------
    costs : mapping, optional
        Seconds and MB that stages took in earlier runs, by movie and stage.
    """
    rows = []
    for r in results:
        seconds, peak_mb = round(r.seconds, 3), round(r.peak_mb, 1)
        if r.state == "cached" and costs:
            seconds, peak_mb = costs.get((r.movie, r.stage), (seconds, peak_mb))
        rows.append((r.movie, r.stage, r.state, seconds, peak_mb, r.message))
    return pd.DataFrame(rows, columns=_COLUMNS)


class StatusFile:
    """The file of a run, brought up to the journal from time to time.

    It is written whole each time, so the more rarely the longer that takes: within a hundredth of
    the time that has passed. Movies that this run has not looked at keep the rows of earlier runs.

    Parameters
    ----------
    out : Path
        The run's folder.
    movies : sequence of str
        Of the study, in their order.
    """

    def __init__(self, out: Path, movies: Sequence[str]) -> None:
        self._file = out / STATUS_FILE
        self._place = {movie: n for n, movie in enumerate(movies)}
        self._earlier = _up_to_date_in(self._file)
        told = zip(*(self._earlier[name] for name in _COLUMNS[:5]), strict=True)
        self._costs = {
            (movie, stage): (float(seconds), float(peak_mb))
            for movie, stage, _, seconds, peak_mb in told
        }
        self._next = 0.0

    def write(self, results: Sequence[StageResult]) -> None:
        """Write it.

        Raises
        ------
        OutputError
            When it cannot be written.
        """
        began = time.monotonic()
        write_table(self._file, self._with_earlier(status_table(results, self._costs)))
        took = time.monotonic() - began
        self._next = began + took + max(_EVERY_S, took / _SHARE)

    def _with_earlier(self, table: pd.DataFrame) -> pd.DataFrame:
        looked_at = {*table.loc[table[Col.STAGE] != NOT_A_STAGE, Col.MOVIE]}
        left = self._earlier[Col.MOVIE].isin({*self._place} - looked_at)
        if not left.any():
            return table
        whole = pd.concat([table, self._earlier[left]], ignore_index=True)
        order = whole[Col.MOVIE].map(self._place).argsort(kind="stable")
        return whole.iloc[order]

    def refresh(self, results: Sequence[StageResult]) -> None:
        """Write it where it has grown old; a full disk is told at the end, if it is full then."""
        if time.monotonic() > self._next:
            with suppress(OutputError):
                self.write(results)


def _up_to_date_in(file: Path) -> pd.DataFrame:
    """The rows of stages that were done, of an earlier ``status.csv``; none where there is none."""
    try:
        table = read_table(file)[_COLUMNS]
        done = table[table[Col.STATE].isin(["done", "cached"])]
        costs = {Col.SECONDS: np.float64, Col.PEAK_MB: np.float64}
        return done.astype(costs).assign(**{Col.STATE: "cached"})
    except (InputError, LookupError, ValueError, TypeError):
        return pd.DataFrame(columns=_COLUMNS)
