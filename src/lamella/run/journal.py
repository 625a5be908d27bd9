"""The journal of a run: a line for all that happens, added as it happens.

From it anybody who may read the folder sees how far the run is, see `lamella.run.overview`. A line
is JSON: ``what`` happened and ``t``, seconds since the run began, by a clock that is never set:

==========  ========================================================================================
``run``     it began: ``at`` (by the clock on the wall), process, host, crew, movies to do
``doing``   a movie has come so far in a stage: movie, stage, done, total
``movie``   a movie has ended: movie, results (stage, state, seconds, peak_mb, messages)
``death``   a worker died with a movie, which is tried again: movie, why, remedy
``phase``   all movies have ended, and ``name`` is made
``end``     it ended: ``how``
==========  ========================================================================================

A run writes a new journal. A line that was torn, by a full disk or when the run was killed, is
passed over.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, get_args

from lamella.core.errors import OutputError
from lamella.io.atomic import whole_file
from lamella.run.movie import StageResult, State

JOURNAL = "journal.jsonl"
"""Name of the file in a run's folder."""

_TELL_EVERY_S = 5.0
"""How often it is told how far a stage is."""


class Journal:
    """The journal of the run that holds the folder; others read it meanwhile.

    A line that cannot be written (a full disk) is lost, and the run goes on: what it makes tells of
    the disk, too.

    Parameters
    ----------
    out : Path
        The run's folder.
    about : mapping
        What the run sets out to do.
    """

    def __init__(self, out: Path, about: Mapping[str, Any]) -> None:
        self._began = time.monotonic()
        self._torn = False
        self._told: dict[str, tuple[str, float]] = {}
        self._file: int | None = None
        with suppress(OutputError, OSError):  # without it nobody can look on
            with whole_file(out / JOURNAL) as part:
                part.write_bytes(_line({"what": "run", "t": 0.0, **about}))
            self._file = os.open(out / JOURNAL, os.O_WRONLY | os.O_APPEND)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        failed = kind is not None and issubclass(kind, Exception)
        self.tell("end", how="finished" if kind is None else "failed" if failed else "stopped")
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def tell(self, what: str, **told: Any) -> None:
        """Add a line."""
        if self._file is None:
            return
        line = _line({"what": what, "t": round(time.monotonic() - self._began, 3), **told})
        if self._torn:
            line = b"\n" + line
        try:
            # One call: the system adds it at the end, whole or, where the disk is full, in part.
            self._torn = os.write(self._file, line) < len(line)
        except OSError:
            self._torn = True

    def doing(self, movie: str, stage: str, done: int, total: int) -> None:
        """A movie has come so far; told when a stage begins, and every few seconds."""
        before, at = self._told.get(movie, ("", 0.0))
        now = time.monotonic()
        if stage != before or now >= at + _TELL_EVERY_S:
            self._told[movie] = stage, now
            self.tell("doing", movie=movie, stage=stage, done=done, total=total)

    def ended(self, results: Sequence[StageResult]) -> None:
        """What came of some movies."""
        of_movie: dict[str, list[Any]] = {}
        for each in results:
            of_movie.setdefault(each.movie, []).append(_as_row(each))
        for movie, rows in of_movie.items():
            self._told.pop(movie, None)
            self.tell("movie", movie=movie, results=rows)


def read_journal(out: Path) -> list[dict[str, Any]]:
    """What has happened so far, line by line; empty where no run has written a journal.

    A line that is not whole, or that no run writes, is left out.
    """
    try:
        text = (out / JOURNAL).read_bytes()
    except OSError:
        return []
    found = []
    for line in text.split(b"\n"):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if _is_ours(told):
            found.append(told)
    return found


def _is_ours(told: Any) -> bool:
    """Whether a line tells what those of its kind tell: others read it, of a spoilt disk, too."""
    if not isinstance(told, dict) or not isinstance(told.get("what"), str):
        return False
    needed = _TOLD.get(told["what"])
    if needed is None or not _is_number(told.get("t")):
        return False
    return all(name in told and is_one(told[name]) for name, is_one in needed.items())


def _is_number(value: Any) -> bool:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return fits and abs(value) < _MOST  # no NaN either


def _is_time(value: Any) -> bool:
    """Seconds since 1970 of a year that calendars know."""
    return _is_number(value) and value >= 0


def _is_whole(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_results(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_row, value))


def _is_row(value: Any) -> bool:
    """See `_as_row`."""
    if not isinstance(value, list) or len(value) != 5:
        return False
    stage, state, seconds, peak, messages = value
    known = _is_text(stage) and state in get_args(State)
    numbers = _is_number(seconds) and (peak is None or _is_number(peak))
    return known and numbers and _are_texts(messages)


_MOST = 1e11
_TOLD: dict[str, dict[str, Callable[[Any], bool]]] = {
    "run": {
        "at": _is_time, "process": _is_whole, "host": _is_text, "crew": _is_text,
        "movies": _are_texts,
    },
    "doing": {"movie": _is_text, "stage": _is_text, "done": _is_number, "total": _is_number},
    "movie": {"movie": _is_text, "results": _are_results},
    "death": {"movie": _is_text, "why": _is_text, "remedy": _is_text},
    "phase": {"name": _is_text},
    "end": {"how": lambda value: _is_text(value) and value in ("finished", "stopped", "failed")},
}  # fmt: skip


def results_in(lines: Sequence[Mapping[str, Any]]) -> list[StageResult]:
    """The results of all movies that have ended, as they ended: the rows of ``status.csv``."""
    return [
        StageResult(line["movie"], stage, state, seconds, _number(peak_mb), tuple(messages))
        for line in lines
        if line["what"] == "movie"
        for stage, state, seconds, peak_mb, messages in line["results"]
    ]


def _as_row(result: StageResult) -> list[Any]:
    peak = None if result.peak_mb != result.peak_mb else round(result.peak_mb, 1)
    return [result.stage, result.state, round(result.seconds, 3), peak, list(result.messages)]


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"
