"""Run a study: every movie brought up to date, then the tables, statistics and report of all."""

from __future__ import annotations

import os
import shutil
import socket
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from lamella import __version__
from lamella.core.errors import (
    InputError,
    LamellaError,
    LamellaWarning,
    OutputError,
    SettingsError,
)
from lamella.io.atomic import output_error, remove_partial_files
from lamella.run.apart import apart
from lamella.run.cache import Manifest
from lamella.run.chunks import Cutting
from lamella.run.derive import derive_tables
from lamella.run.executors import Crew, Progress, local
from lamella.run.flats import FOLDER
from lamella.run.holding import locked
from lamella.run.illumination import bring_up_to_date
from lamella.run.journal import JOURNAL, Journal
from lamella.run.lock_file import write_lock
from lamella.run.look import Look, look_at
from lamella.run.made_from import (
    MADE_FROM,
    key_of_made,
    made_once_more,
    note_made,
    told_when_made,
)
from lamella.run.movie import StageResult
from lamella.run.movies import Death, run_all
from lamella.run.outcome import (
    Outcome,
    changed,
    in_order,
    not_named,
    set_aside,
    told_of_deaths,
)
from lamella.run.remarks import called, study_remarks
from lamella.run.report import REPORT_FILE, refuse_other_folder, write_report
from lamella.run.review.again import apply_decisions
from lamella.run.samples import Sample
from lamella.run.stages import LAST_STAGE, LOCK_FILE, up_to_date
from lamella.run.status_file import STATUS_FILE, StatusFile
from lamella.run.stopping import Asked, go_on, never
from lamella.run.study import Study
from lamella.run.task import MovieTask, task_for
from lamella.run.weights import refuse_unusable, uses_networks

_MADE_BY_A_RUN = (
    "movies", "tables", "figures", REPORT_FILE, STATUS_FILE, JOURNAL, MADE_FROM, FOLDER, LOCK_FILE
)  # fmt: skip

_SEEN_AFTER_S, _LOOK_EVERY_S = 5.0, 0.2
"""How long a file may take to be seen by another machine: NFS looks again after 3 s."""

_FEW_MOVIES = 100
"""Tables and report of so many are made by the process of the run, where it works itself."""


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
    if uses_networks(study.settings) and (
        fresh or not all(up_to_date(task_for(study, s, out)) for s in chosen)
    ):
        refuse_unusable(study.settings, study.folder)
    crew = crew or local(workers, study.settings.measure)
    go_on(stopped)
    with locked(out), _nothing_half_written(out):
        if fresh:
            _remove(out, only)
        inputs = write_lock(study, out)
        with Journal(out, _about(chosen, crew)) as journal:
            status = StatusFile(out, [s.movie for s in study.samples])
            results = [set_aside(s) for s in study.samples if s.fault or s.exclude]
            status.write(results)
            journal.ended(results)

            def heard(at: Progress) -> None:
                journal.doing(at.movie, at.stage, at.done, at.total)
                on_progress(at)

            deaths: list[Death] = []

            def died(death: Death) -> None:
                deaths.append(death)
                journal.tell("death", **death._asdict())

            def advance(done: int, total: int) -> None:
                go_on(stopped)
                heard(Progress("illumination", "estimate", done, total))

            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", LamellaWarning)
                tasks = {s.movie: task_for(study, s, out) for s in usable}
                bring_up_to_date(study.settings, [*tasks.values()], out / FOLDER, advance=advance)
            early = [str(w.message) for w in caught if issubclass(w.category, LamellaWarning)]
            looks = {}
            for name, task in tasks.items():
                go_on(stopped)
                looks[name] = look_at(task, raw=inputs.get(name, {}).get("raw"))
            done = [s.movie for s in chosen if looks[s.movie].results]
            to_do = [tasks[s.movie] for s in chosen if not looks[s.movie].results]
            working = run_all(
                to_do, crew, cutting=cutting, on_progress=heard, on_death=died, stopped=stopped
            )
            with closing(working):  # whatever happens here: nobody works when the folder is free
                for ended in chain((list(looks[name].results) for name in done), working):
                    results += ended
                    journal.ended(ended)
                    on_movie(ended)
                    status.refresh(results)
            if to_do and not crew.is_here:
                with suppress(OSError):  # what is left goes when the run goes on
                    remove_partial_files(out)  # of workers that died amid
            ended_well = {r.movie for r in results if r.stage == LAST_STAGE and r.state != "failed"}
            looks |= _looked_again(to_do, ended_well, late=not crew.is_here)
            ready = [looks[s.movie] for s in usable if looks[s.movie].ready]
            left = [s.movie for s in usable if only and s.movie not in only]
            besides = changed(results, {look.task.name for look in ready}) + not_named(left)
            journal.ended(besides)
            results = in_order(results + besides, study.samples)
            faults: list[LamellaError] = []
            try:
                status.write(results)
            except OutputError as fault:
                faults.append(fault)
            told: list[str] = []
            if not faults:
                faults, told = _up_to_now(study, ready, out, results, crew, journal, stopped)
    described = {look.task.name: look.described for look in ready if look.described is not None}
    word = called(look.n_frames for look in ready if look.n_frames is not None)
    early += told_of_deaths(deaths)
    return Outcome(out, results, [*early, *told, *study_remarks(described)], faults, word)


@contextmanager
def _nothing_half_written(out: Path) -> Iterator[None]:
    """Remove what an earlier run left half-written, and what this one does when it ends early."""
    remove_partial_files(out)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            remove_partial_files(out)
        raise


def _about(chosen: Sequence[Sample], crew: Crew) -> dict[str, Any]:
    """What a run sets out to do, for its journal."""
    return {
        "at": time.time(),
        "process": os.getpid(),
        "host": socket.gethostname(),
        "crew": crew.in_words,
        "movies": [sample.movie for sample in chosen],
        "version": __version__,
    }


def _up_to_now(
    study: Study,
    ready: Sequence[Look],
    out: Path,
    results: Sequence[StageResult],
    crew: Crew,
    journal: Journal,
    stopped: Asked,
) -> tuple[list[LamellaError], list[str]]:
    """Bring tables and report up to the movies, and give what stood in the way and is to be known.

    Where others do the work, or movies are many, they are made in processes of their own: of
    hundreds of movies they need more memory than all that the process of a run holds besides.
    """
    key = key_of_made(study, ready, results)
    known = told_when_made(out, key)
    if known is not None:
        return [], known
    given = study, [look.task for look in ready], out
    faults: list[LamellaError] = []
    told: list[str] = []
    try:
        go_on(stopped)
        journal.tell("phase", name="tables")
        name, here = str(out / "tables"), crew.is_here and len(ready) <= _FEW_MOVIES
        made = _tables(*given) if here else apart(_tables, *given, name=name, stopped=stopped)
        faults += made[0]
        told += made[1]
        go_on(stopped)
        journal.tell("phase", name="report")
        page = str(out / REPORT_FILE)
        told += _page(out) if here else apart(_page, out, name=page, stopped=stopped)
    except OutputError as fault:
        return [*faults, fault], told
    if not faults:
        note_made(out, key, told)
    return faults, told


def _tables(
    study: Study, ready: Sequence[MovieTask], out: Path
) -> tuple[list[LamellaError], list[str]]:
    faults: list[LamellaError] = []
    with _warned() as told:
        try:
            derive_tables(study, ready, out)
        except (InputError, SettingsError) as fault:  # of the statistics: the rest is reported
            if ready:  # there is nothing to compare otherwise, which has been told of every movie
                faults.append(_told_with_damage(fault, ready))
    return faults, told


def _page(out: Path) -> list[str]:
    with _warned() as told:
        write_report(out)
    return told


@contextmanager
def _warned() -> Iterator[list[str]]:
    """Collect our warnings; others go their way, or nowhere."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LamellaWarning)
        yield told
    told += [str(w.message) for w in caught if issubclass(w.category, LamellaWarning)]


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
    if not (out / LOCK_FILE).is_file():
        refuse_other_folder(out)
    with locked(out):
        refuse_other_folder(out)  # now that no run is about to finish in it
        with made_once_more(out):
            go_on(stopped)
            fault = apply_decisions(out)
            go_on(stopped)
            page = write_report(out)
    if fault is not None:
        raise fault
    return page


def _told_with_damage(fault: LamellaError, ready: Sequence[MovieTask]) -> LamellaError:
    """The fault, or that results of ours were damaged, which the next run makes again."""
    for task in ready:
        manifest = Manifest(task.folder)
        if damaged := manifest.damaged():
            manifest.forget(*damaged)
            return InputError(
                fault.where,
                f"results of {task.name} are damaged ({fault.what})",
                "run again: they are made anew",
            )
    return fault


def _looked_again(
    tasks: Sequence[MovieTask], ended_well: set[str], *, late: bool
) -> dict[str, Look]:
    """The movies that were worked on, as they are now.

    What another process wrote on a network drive may be seen some seconds late: for movies that
    ended well it is waited.
    """
    until = time.monotonic() + (_SEEN_AFTER_S if late else 0)
    looks = {}
    for task in tasks:
        look = look_at(task)
        while not look.ready and task.name in ended_well and time.monotonic() < until:
            time.sleep(_LOOK_EVERY_S)
            with suppress(OSError):  # a folder that is listed is looked at anew
                _ = [*task.folder.iterdir()]
            look = look_at(task)
        looks[task.name] = look
    return looks


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
