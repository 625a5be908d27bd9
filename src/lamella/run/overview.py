"""How far a run is: read from its journal, while it works or afterwards; nothing is written."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from lamella.core.errors import InputError
from lamella.io.documents import read_json
from lamella.run.journal import JOURNAL, read_journal, results_in
from lamella.run.movie import StageResult
from lamella.run.warm import GET_READY

State = Literal["running", "finished", "stopped", "failed", "lost"]
_MOST_FAILURES = 10


@dataclass(frozen=True)
class Working:
    """What is under way."""

    movie: str
    stage: str
    done: int
    total: int
    seconds: float
    """Since this stage of the movie began."""


@dataclass(frozen=True)
class OfStage:
    """What became of one stage in all movies."""

    done: int = 0
    cached: int = 0
    failed: int = 0
    seconds: float = 0.0
    """Of those that were done, together."""


@dataclass(frozen=True)
class Failure:
    """A movie that failed, and why; the message ends with what to do about it."""

    movie: str
    stage: str
    message: str


@dataclass(frozen=True)
class Overview:
    """A run at one moment. Movies are those that it set out to do, and rows that are at fault."""

    state: State
    phase: str
    """movies, tables or report."""
    began: float
    """Seconds since 1970, by the clock of the machine that runs it."""
    seconds: float
    """Since then; of a run that has ended, until its end."""
    heard_s: float
    """Seconds since it last told anything; 0 of one that has ended."""
    process: int
    host: str
    crew: str
    """Who does the work, in words."""
    movies: int
    done: int
    """Worked on in this run."""
    cached: int
    """Up to date before."""
    failed: int
    working: tuple[Working, ...]
    """What is under way; of a run that was ended amid its movies, what was."""
    waiting: int
    movies_per_hour: float | None
    left_s: float | None
    """Seconds that the movies need which have not ended, at this rate."""
    stages: Mapping[str, OfStage]
    deaths: int
    """Workers that died with a movie, which was tried again."""
    failures: tuple[Failure, ...]
    """The last ones, the newest first."""

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def overview(run: Path) -> Overview:
    """Look at a run.

    Raises
    ------
    InputError
        A folder in which no run has written a journal.
    """
    lines = read_journal(run)
    if not lines or lines[0]["what"] != "run":
        raise InputError(
            str(run / JOURNAL),
            "no run has told there what it does",
            "give the folder of results of a run: STUDY/results, or its --out",
        )
    began = lines[0]
    ended = lines[-1] if lines[-1]["what"] == "end" else None
    now = lines[-1]["t"] if ended else max(time.time() - began["at"], lines[-1]["t"])
    results = results_in(lines)
    wanted = set(began["movies"])
    by_movie: dict[str, list[StageResult]] = {}
    for result in results:
        by_movie.setdefault(result.movie, []).append(result)
    failed = {r.movie for r in results if r.state == "failed"}
    over = {movie for movie in by_movie if movie in wanted}
    worked = {m for m in over - failed if any(r.state == "done" for r in by_movie[m])}
    working = _working(lines, over, now)
    rate = _rate(lines, worked | (failed & over), now) if worked else None
    n_left = len(wanted - over)
    state: State = ended["how"] if ended else "running" if _lives(run, began) else "lost"
    return Overview(
        state=state,
        phase=next((line["name"] for line in reversed(lines) if line["what"] == "phase"), "movies"),
        began=began["at"],
        seconds=now,
        heard_s=0.0 if ended else now - lines[-1]["t"],
        process=began["process"],
        host=began["host"],
        crew=began["crew"],
        movies=len(wanted | failed),
        done=len(worked),
        cached=len(over - failed - worked),
        failed=len(failed),
        working=working,
        waiting=n_left - sum(each.movie in wanted for each in working),
        movies_per_hour=None if rate is None else rate * 3600,
        left_s=n_left / rate if rate and state == "running" else None,
        stages=_stages(results),
        deaths=sum(line["what"] == "death" for line in lines),
        failures=tuple(
            Failure(r.movie, r.stage, r.message) for r in reversed(results) if r.state == "failed"
        )[:_MOST_FAILURES],
    )


def _working(lines: Sequence[Mapping[str, Any]], over: set[str], now: float) -> tuple[Working, ...]:
    """What was told last of the movies that have not ended, and since when."""
    last: dict[str, Mapping[str, Any]] = {}
    since: dict[str, float] = {}
    for line in lines:
        if line["what"] != "doing" or line["movie"] in over:
            continue
        movie = line["movie"]
        if movie not in last or last[movie]["stage"] != line["stage"]:
            since[movie] = line["t"]
        last[movie] = line
    if any(line["what"] == "phase" for line in lines):
        return ()
    only = {movie for movie in last if movie != "illumination"} or set(last)
    return tuple(
        Working(m, line["stage"], line["done"], line["total"], round(now - since[m], 1))
        for m, line in last.items()
        if m in only
    )


def _rate(lines: Sequence[Mapping[str, Any]], worked: set[str], now: float) -> float | None:
    """Movies that were worked on, by second; None before the first has ended.

    Since the first was begun: what workers compile before that they do once.
    """
    doing = (line for line in lines if line["what"] == "doing")
    begun = [line["t"] for line in doing if line["stage"] != GET_READY]
    ends = [line["t"] for line in lines if line["what"] == "movie" and line["movie"] in worked]
    if not begun or not ends:
        return None
    over = any(line["what"] in ("phase", "end") for line in lines)
    took = (max(ends) if over else now) - begun[0]
    return len(worked) / took if took > 0 else None


def _stages(results: Sequence[StageResult]) -> dict[str, OfStage]:
    found: dict[str, dict[str, float]] = {}
    for r in results:
        if r.state != "skipped":
            told = found.setdefault(r.stage, {})
            told[r.state] = told.get(r.state, 0) + 1
            if r.state == "done":
                told["seconds"] = told.get("seconds", 0.0) + r.seconds
    return {
        stage: OfStage(
            int(told.get("done", 0)),
            int(told.get("cached", 0)),
            int(told.get("failed", 0)),
            round(told.get("seconds", 0.0), 3),
        )
        for stage, told in found.items()
    }


def _lives(run: Path, began: Mapping[str, Any]) -> bool:
    """Whether the run works still, as far as this machine can tell.

    It lets go of its folder when it ends, unless it was killed. Of another machine nobody here
    knows that: it then counts as working, and `Overview.heard_s` tells since when it has been mute.
    """
    try:
        held = read_json(run / ".lock.held")
        if (held["process"], held["host"]) != (began["process"], began["host"]):
            return False
    except (InputError, LookupError, TypeError, OSError):
        return False
    return began["host"] != socket.gethostname() or _process_lives(int(began["process"]))


def _process_lives(process: int) -> bool:
    if os.name != "posix":  # asking there would end it
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):  # there is none of this number, or none can be
        return False
    except OSError:
        return True
    return True
