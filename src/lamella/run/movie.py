"""Process one movie: every stage that is not up to date, in order."""

from __future__ import annotations

import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypedDict

from lamella.core.errors import InputError, LamellaError, LamellaWarning, UnexpectedError
from lamella.run.at_hand import Tell
from lamella.run.cache import Done, Manifest, key_of
from lamella.run.chunks import Cutting, Part, PartDone, Parts, PartsWanted
from lamella.run.chunks.parts import remove_damaged_parts, remove_parts
from lamella.run.stages import cleaned_and_read, is_aside, keys_of, stages_of, wants_gpu
from lamella.run.stopping import Asked, go_on, never
from lamella.run.task import MovieTask
from lamella.run.work import StageWork

State = Literal["done", "cached", "failed", "skipped"]


@dataclass(frozen=True)
class StageResult:
    """How one stage of one movie went."""

    movie: str
    stage: str
    state: State
    seconds: float = 0.0
    peak_mb: float = float("nan")
    messages: tuple[str, ...] = ()
    trace: str = ""

    @property
    def message(self) -> str:
        """What went wrong, or what to know, in one line."""
        return "; ".join(self.messages)


@dataclass
class Advanced:
    """How far a movie has come, and what it waits for."""

    results: list[StageResult] = field(default_factory=list)
    """Of the stages that have been looked at, in order."""
    parts: tuple[Part, ...] = ()
    """What the next stage waits for: chunks that any worker may process."""
    gpu: bool | None = None
    """Whether the next stage belongs on a worker with a graphics card; None: there is no next."""

    @property
    def ended(self) -> bool:
        return not self.parts and self.gpu is None


class Mended(NamedTuple):
    """Whether results of ours were damaged, and are to be made again: see `mend`."""

    anything: bool


class PartCame(NamedTuple):
    """How the processing of one chunk went."""

    part: Part
    result: StageResult


def run_movie(
    task: MovieTask,
    tell: Tell = lambda stage, done, total: None,
    *,
    stopped: Asked = never,
) -> list[StageResult]:
    """Bring one movie up to date here and in one go. Never raises for a fault of the movie.

    Parameters
    ----------
    tell : callable
        ``tell(stage, frames done, frames in all)``.
    stopped : callable
        Asked between stages and frames. Stages that are finished by then stay.

    Raises
    ------
    Stopped
        When it was asked to end.
    """
    return advance(task, None, None, tell=tell, stopped=stopped).results


def advance(
    task: MovieTask, cutting: Cutting | None, gpu: bool | None, *, tell: Tell, stopped: Asked
) -> Advanced:
    """Bring one movie up to date as far as this worker can.

    Parameters
    ----------
    cutting : Cutting, optional
        How large movies are cut; none is by default. Where a stage of a cut movie needs what its
        chunks give it is given back, and this is called again when they are there.
    gpu : bool, optional
        Whether this worker has a graphics card. Where that is told, it stops before the first stage
        that belongs on a worker of the other kind; by default there is but one kind.

    Raises
    ------
    Stopped
        When it was asked to end.
    """
    try:
        keys = keys_of(task)
    except Exception as error:
        return Advanced([StageResult(task.name, "open", "failed", **_fault(task, error))])
    manifest = Manifest(task.folder)
    heard = _heard(tell, stopped)
    came = _as_far_as_it_goes(task, manifest, keys, cutting, gpu, heard, stopped)
    if any(each.state == "failed" for each in came.results) and forget_damaged(manifest):
        came = _as_far_as_it_goes(task, manifest, keys, cutting, gpu, heard, stopped)
    return came


def forget_damaged(manifest: Manifest) -> bool:
    """Strike out stages whose files the disk has spoilt, so that they are run again.

    Another stage may have failed by them. Chunks may have been made from them without a fault: they
    go, too.
    """
    damaged = manifest.damaged()
    if damaged:
        manifest.forget(*damaged)
        remove_parts(manifest.folder)
    return bool(damaged)


def _as_far_as_it_goes(
    task: MovieTask,
    manifest: Manifest,
    keys: dict[str, str],
    cutting: Cutting | None,
    gpu: bool | None,
    heard: Tell,
    stopped: Asked,
) -> Advanced:
    """Every stage in its order, up to the first that fails or waits."""
    work = StageWork(task, manifest, heard)
    again = cleaned_and_read(task, keys, manifest)
    came = Advanced()
    for stage, parts in stages_of(keys).items():
        go_on(stopped)
        stale = {
            part: keys[part]
            for part in parts
            if not manifest.holds(part, keys[part], or_cleaned=part not in again)
        }
        if not stale:
            told = told_of(manifest, parts)
            came.results.append(StageResult(task.name, stage, "cached", messages=told))
            continue
        if gpu is not None and wants_gpu(task.settings, stage) != gpu:
            came.gpu = not gpu
            return came
        try:
            came.results.append(_run_stage(work, manifest, stage, stale, cutting))
        except PartsWanted as wanted:
            came.parts, came.gpu = wanted.parts, gpu
            return came
        if came.results[-1].state == "failed" and not is_aside(stage):
            break
    if not any(result.state == "failed" for result in came.results):
        remove_parts(task.folder)
    return came


def make_part(task: MovieTask, part: Part, *, tell: Tell, stopped: Asked) -> PartCame:
    """Process one chunk of a movie for the stage that waits for it.

    Raises
    ------
    Stopped
        When it was asked to end.
    """
    started = time.perf_counter()
    go_on(stopped)
    state: State = "done"
    how: _How = {}
    try:
        work = StageWork(task, Manifest(task.folder), _heard(tell, stopped))
        work.parts = Parts(task.folder, part.stage, part.stale, part.key, part.spans, only=part)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what concerns the part is kept with it
            work.do(part.stage, list(part.stale))
    except (PartDone, PartsWanted):
        pass  # what it needed is gone meanwhile: `advance` will want both
    except Exception as error:
        state, how = "failed", _fault(task, error)
    seconds = time.perf_counter() - started
    return PartCame(part, StageResult(task.name, part.stage, state, seconds, _peak_mb(), **how))


def mend(task: MovieTask, *, tell: Tell, stopped: Asked) -> Mended:
    """Look whether a chunk of this movie may have failed by results of ours that are damaged."""
    parts = remove_damaged_parts(task.folder)
    return Mended(forget_damaged(Manifest(task.folder)) or parts)


def _heard(tell: Tell, stopped: Asked) -> Tell:
    def heard(stage: str, done: int, total: int) -> None:
        go_on(stopped)
        tell(stage, done, total)

    return heard


def _run_stage(
    work: StageWork,
    manifest: Manifest,
    stage: str,
    stale: dict[str, str],
    cutting: Cutting | None,
) -> StageResult:
    """Run a stage; `stale` holds the key of every part that is not up to date."""
    started = time.perf_counter()
    state: State = "done"
    try:
        manifest.forget(*stale)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if cutting is not None:
                spans = cutting.spans(work.movie)
                key = key_of(stage, stale)
                work.parts = Parts(work.task.folder, stage, tuple(stale), key, spans)
            made = work.do(stage, list(stale))
        told = dict.fromkeys(
            str(w.message) for w in caught if issubclass(w.category, LamellaWarning)
        )
        manifest.record(
            {part: Done(stale[part], *each, warnings=tuple(told)) for part, each in made.items()}
        )
        how: _How = {"messages": tuple(told)}
    except Exception as error:  # one movie's surprise must not stop the others
        state, how = "failed", _fault(work.task, error)
    seconds = time.perf_counter() - started
    return StageResult(work.task.name, stage, state, seconds, _peak_mb(), **how)


def told_of(manifest: Manifest, parts: Sequence[str]) -> tuple[str, ...]:
    """What was to know of these parts when they were made."""
    return tuple(dict.fromkeys(text for part in parts for text in manifest[part].warnings))


class _How(TypedDict, total=False):
    messages: tuple[str, ...]
    trace: str


def _fault(task: MovieTask, error: Exception) -> _How:
    """Why a stage failed, in words for a user."""
    where = str(task.source)
    if isinstance(error, MemoryError):
        error = InputError(where, "it does not fit into memory", "use fewer workers")
    elif not isinstance(error, LamellaError):
        error = UnexpectedError.of(where, error)
    return {"messages": (str(error),), "trace": traceback.format_exc()}


def _peak_mb() -> float:
    """Peak resident memory of this process in MB; NaN where the system does not tell."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)
