"""``status.csv``: what became of every stage of every movie."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd

from lamella.core.errors import OutputError
from lamella.core.table import Col
from lamella.io.tables import write_table
from lamella.run.movie import StageResult

STATUS_FILE = "status.csv"
_EVERY_S, _SHARE = 2.0, 0.01
_COLUMNS = [Col.MOVIE, Col.STAGE, Col.STATE, Col.SECONDS, Col.PEAK_MB, Col.MESSAGE]


def status_table(results: Sequence[StageResult]) -> pd.DataFrame:
    """The rows of ``status.csv``."""
    rows = [
        (r.movie, r.stage, r.state, round(r.seconds, 3), round(r.peak_mb, 1), r.message)
        for r in results
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


class StatusFile:
    """The file of a run, brought up to the journal from time to time.

    It is written whole each time, so the more rarely the longer that takes: within a hundredth of
    the time that has passed.
    """

    def __init__(self, out: Path) -> None:
        self._file = out / STATUS_FILE
        self._next = 0.0

    def write(self, results: Sequence[StageResult]) -> None:
        """Write it.

        Raises
        ------
        OutputError
            When it cannot be written.
        """
        began = time.monotonic()
        write_table(self._file, status_table(results))
        took = time.monotonic() - began
        self._next = began + took + max(_EVERY_S, took / _SHARE)

    def refresh(self, results: Sequence[StageResult]) -> None:
        """Write it where it has grown old; a full disk is told at the end, if it is full then."""
        if time.monotonic() > self._next:
            with suppress(OutputError):
                self.write(results)
