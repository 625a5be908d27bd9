"""Run a study: every movie brought up to date, then the tables, statistics and report of all."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w
from filelock import FileLock, Timeout

from lamella.core.errors import (
    InputError,
    InUseError,
    LamellaError,
    LamellaWarning,
    OutputError,
    SettingsError,
)
from lamella.core.table import Col
from lamella.io.atomic import output_error, remove_partial_files, whole_file
from lamella.io.tables import write_table
from lamella.run.cache import Manifest
from lamella.run.chunks import Cutting
from lamella.run.derive import derive_tables
from lamella.run.executors import Crew, Progress, local
from lamella.run.flats import FOLDER
from lamella.run.illumination import bring_up_to_date
from lamella.run.movie import StageResult
from lamella.run.movies import run_all
from lamella.run.remarks import called, study_remarks
from lamella.run.report import refuse_other_folder, write_report
from lamella.run.review.again import apply_decisions
from lamella.run.saved import as_locked
from lamella.run.stages import LAST_STAGE, LOCK_FILE, inputs_of, up_to_date
from lamella.run.stopping import Asked, go_on, never
from lamella.run.study import Sample, Study
from lamella.run.task import MovieTask, task_for
from lamella.run.versions import versions
from lamella.run.weights import refuse_unusable

_MADE_BY_A_RUN = (
    "movies", "tables", "figures", "report.html", "status.csv", FOLDER, LOCK_FILE
)  # fmt: skip

_STATUS_EVERY_S = 2.0
"""How often status.csv is written while movies are under way."""


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    out: Path
    results: list[StageResult] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    faults: list[LamellaError] = field(default_factory=list)
    movie: str = "movie"
    """What to call one of its movies, see `called`."""

    @property
    def failed(self) -> list[StageResult]:
        """The stages and the rows of samples.csv that failed."""
        return [r for r in self.results if r.state == "failed"]

    @property
    def done(self) -> set[str]:
        """The movies that are up to date."""
        return {r.movie for r in self.results if r.stage == LAST_STAGE and r.state != "failed"}

    @property
    def report(self) -> Path:
        return self.out / "report.html"


def run_study(
    study: Study,
    out: Path,
    *,
    workers: int = 1,
    crew: Crew | None = None,
    cutting: Cutting | None = None,
    fresh: bool = False,
    only: Sequence[str] = (),
    on_progress: Callable[[Progress], object] = lambda progress: None,
    on_movie: Callable[[list[StageResult]], object] = lambda results: None,
    stopped: Asked = never,
) -> Outcome:
    """Run the whole pipeline on a study; what is up to date is not done again.

    A run that is asked to end, or interrupted by Ctrl-C, leaves the stages and movies that it
    finished and nothing half-written, and lets go of the folder. The next run goes on from there.

    Parameters
    ----------
    out : Path
        The run's folder, made if missing.
    workers : int
        Processes of this machine that work at the same time.
    crew : Crew, optional
        Who does the work instead, see `lamella.run.executors`.
    cutting : Cutting, optional
        How large movies are cut into chunks, which workers share.
    fresh : bool
        Throw earlier results away first, of the movies in `only` if that is given.
    only : sequence of str
        Names of movies; the others are left as they are. The study's tables hold every movie that
        is up to date.
    on_progress, on_movie
        Called while movies are under way, and with the results of each as it ends.
    stopped
        Asked in this process between frames, stages and movies, and before tables and report.

    Raises
    ------
    Stopped
        When it was asked to end.
    SettingsError
        When `only` names a movie that is not in samples.csv.
    NotInstalledError, SettingsError, InputError, FaultsError
        When a network that the settings name cannot be used: nothing was started.
    OutputError
        When the folder cannot be written, holds something else, or another run works in it. What
        cannot be written later is told in `Outcome.faults`.
    """
    _refuse_unknown(only, study.samples)
    _refuse_foreign(out)
    usable = [s for s in study.samples if s.fault is None and not s.exclude]
    chosen = [s for s in usable if not only or s.movie in only]
    # Networks are loaded for that, so not where there is nothing to do.
    if fresh or not all(up_to_date(task_for(study, s, out)) for s in chosen):
        refuse_unusable(study.settings, study.folder)
    go_on(stopped)
    with locked(out):
        if fresh:
            _remove(out, only)
        remove_partial_files(out)
        results = [_set_aside(s) for s in study.samples if s.fault or s.exclude]
        _write_lock(study, out)
        _write_status(out, results)

        def advance(done: int, total: int) -> None:
            go_on(stopped)
            on_progress(Progress("illumination", "estimate", done, total))

        with warnings.catch_warnings(record=True) as caught_early:
            warnings.simplefilter("always", LamellaWarning)
            bring_up_to_date(
                study.settings,
                [task_for(study, s, out) for s in usable],
                out / FOLDER,
                advance=advance,
            )
        early = [str(w.message) for w in caught_early if issubclass(w.category, LamellaWarning)]
        written = time.monotonic()
        for ended in run_all(
            [task_for(study, s, out) for s in chosen],
            crew or local(workers, study.settings.measure),
            cutting=cutting,
            on_progress=on_progress,
            stopped=stopped,
        ):
            results += ended
            on_movie(ended)
            if time.monotonic() > written + _STATUS_EVERY_S:  # not for each of a thousand fields
                with suppress(OutputError):  # told by the last one, if it still holds
                    _write_status(out, results)
                written = time.monotonic()
        if only:
            results += [
                StageResult(s.movie, "run", "skipped", messages=("not named by --only",))
                for s in usable
                if s not in chosen
            ]
        ready = [task for task in (task_for(study, s, out) for s in usable) if up_to_date(task)]
        results += _changed(results, {task.name for task in ready})
        results = _in_order(results, study.samples)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", LamellaWarning)
            faults = _written(study, ready, out, results, stopped)
        told = [str(w.message) for w in caught if issubclass(w.category, LamellaWarning)]
    return Outcome(out, results, early + told + _remarks(ready), faults, called(_lengths(ready)))


def rebuild_report(out: Path, *, stopped: Asked = never) -> Path:
    """Draw figures and report again from the tables of a run, while no run works on them.

    Tables and statistics first follow what has been decided about suspicious events since; see
    `apply_decisions`.

    Parameters
    ----------
    stopped
        Asked before the tables and before the report.

    Raises
    ------
    Stopped
        When it was asked to end.
    InputError
        When the folder is not that of a run.
    OutputError
        When a run works in the folder, or it cannot be written.
    """
    refuse_other_folder(out)
    with locked(out):
        go_on(stopped)
        fault = apply_decisions(out)
        go_on(stopped)
        page = write_report(out)
    if fault is not None:
        raise fault
    return page


def _written(
    study: Study,
    ready: Sequence[MovieTask],
    out: Path,
    results: Sequence[StageResult],
    stopped: Asked,
) -> list[LamellaError]:
    """Write what the movies come to, and give what stood in the way."""
    faults: list[LamellaError] = []
    try:
        _write_status(out, results)
        go_on(stopped)
        try:
            derive_tables(study, ready, out)
        except (InputError, SettingsError) as fault:  # of the statistics: the rest is reported
            faults.append(fault)
        go_on(stopped)
        write_report(out)
    except OutputError as fault:
        faults.append(fault)
    return faults


def _remarks(ready: Sequence[MovieTask]) -> list[str]:
    described = {}
    for task in ready:
        for _, done in Manifest(task.folder):
            if "described" in done.found:
                described[task.name] = done.found["described"]
    return study_remarks(described)


def _lengths(ready: Sequence[MovieTask]) -> Iterator[int]:
    """Frames of every movie."""
    for task in ready:
        for stage, done in Manifest(task.folder):
            if stage.startswith("track/"):
                yield done.found["n_frames"]


@contextmanager
def locked(out: Path, *, file: str = ".lock", work: str = "run") -> Iterator[None]:
    """Hold a folder for this work alone; the system lets go of it when the process dies."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / file, timeout=2)
        lock.acquire()
    except Timeout:
        raise InUseError(
            str(out),
            f"another {work} is working in this folder",
            "wait for it, or choose another --out",
        ) from None
    except OSError as error:
        raise output_error(out, error) from error
    try:
        yield
    finally:
        lock.release()


def _remove(out: Path, only: Sequence[str]) -> None:
    """Throw away what a run made, of the named movies or of all; corrections by hand stay."""
    movies = [out / "movies" / name for name in only] if only else (out / "movies").glob("*")
    doomed = [path for movie in movies for path in movie.glob("*") if path.name != "corrections"]
    if not only:
        doomed += [out / name for name in _MADE_BY_A_RUN if name != "movies"]
    for path in doomed:
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise output_error(path, error) from error


def _refuse_unknown(only: Sequence[str], samples: Sequence[Sample]) -> None:
    unknown = sorted(set(only) - {s.movie for s in samples})
    if unknown:
        known = ", ".join(s.movie for s in samples[:10]) + (" …" if len(samples) > 10 else "")
        raise SettingsError(
            "--only", f"no movie named {', '.join(unknown)}", f"the study has {known}"
        )


def _refuse_foreign(out: Path) -> None:
    """A folder with raw movies in `movies` is no place for results, and --fresh would empty it."""
    theirs = [name for name in _MADE_BY_A_RUN if (out / name).exists()]
    if theirs and not (out / LOCK_FILE).exists():
        raise OutputError(
            str(out), f"it holds {', '.join(theirs)} not made by a run", "choose another --out"
        )


def _set_aside(sample: Sample) -> StageResult:
    if sample.fault is not None:
        return StageResult(sample.movie, "samples", "failed", messages=(str(sample.fault),))
    return StageResult(
        sample.movie, "samples", "skipped", messages=(f"excluded: {sample.exclude}",)
    )


def _changed(results: Sequence[StageResult], ready: set[str]) -> list[StageResult]:
    """Movies that ended well and yet are not up to date: their files are others by now."""
    failed = {r.movie for r in results if r.state == "failed"}
    ended = {r.movie for r in results if r.stage == LAST_STAGE} - failed
    why = "its files changed while it was processed; run again"
    return [
        StageResult(movie, "run", "failed", messages=(f"{movie}: {why}",))
        for movie in sorted(ended - ready)
    ]


def _in_order(results: list[StageResult], samples: Sequence[Sample]) -> list[StageResult]:
    """Results in the order of samples.csv, whichever movie ended first."""
    place = {sample.movie: i for i, sample in reversed(list(enumerate(samples)))}
    return sorted(results, key=lambda result: place[result.movie])


def _write_status(out: Path, results: Sequence[StageResult]) -> None:
    table = pd.DataFrame(
        [
            {
                Col.MOVIE: r.movie,
                Col.STAGE: r.stage,
                Col.STATE: r.state,
                Col.SECONDS: round(r.seconds, 3),
                Col.PEAK_MB: round(r.peak_mb, 1),
                Col.MESSAGE: r.message,
            }
            for r in results
        ],
        columns=[Col.MOVIE, Col.STAGE, Col.STATE, Col.SECONDS, Col.PEAK_MB, Col.MESSAGE],
    )
    write_table(out / "status.csv", table)


def _write_lock(study: Study, out: Path) -> None:
    """Everything that decides the result, in one readable file."""
    inputs = {s.movie: _inputs(task_for(study, s, out)) for s in study.samples if s.fault is None}
    rows = [
        {name: value for name, value in vars(s).items() if value and name not in ("fault", "extra")}
        | s.extra
        for s in study.samples
    ]
    content = {
        "versions": versions(),
        "settings": as_locked(study.settings),
        "inputs": inputs,
        "samples": rows,
    }
    with whole_file(out / LOCK_FILE) as part:
        part.write_text(tomli_w.dumps(content), encoding="utf-8")


def _inputs(task: MovieTask) -> Any:
    """Size and time of every file that the movie's results are made from."""
    try:
        return {
            name: {file: list(stamp) for file, stamp in files.items()}
            for name, files in inputs_of(task).items()
        }
    except Exception:  # its absence is reported with the movie
        return "not found"
