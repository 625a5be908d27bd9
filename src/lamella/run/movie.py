"""Process one movie: every stage that is not up to date, in order."""

from __future__ import annotations

import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from lamella.core.errors import InputError, LamellaError, LamellaWarning, UnexpectedError
from lamella.run.at_hand import Tell
from lamella.run.cache import Done, Manifest
from lamella.run.stages import cleaned_and_read, is_aside, keys_of, stages_of
from lamella.run.stopping import Asked, go_on, never
from lamella.run.task import MovieTask
from lamella.run.work import StageWork


@dataclass(frozen=True)
class StageResult:
    """How one stage of one movie went."""

    movie: str
    stage: str
    state: Literal["done", "cached", "failed", "skipped"]
    seconds: float = 0.0
    peak_mb: float = float("nan")
    messages: tuple[str, ...] = ()
    trace: str = ""

    @property
    def message(self) -> str:
        """What went wrong, or what to know, in one line."""
        return "; ".join(self.messages)


def run_movie(
    task: MovieTask,
    tell: Tell = lambda stage, done, total: None,
    *,
    stopped: Asked = never,
) -> list[StageResult]:
    """Bring one movie up to date. Never raises for a fault of the movie: the results tell.

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
    try:
        keys = keys_of(task)
    except Exception as error:
        return [StageResult(task.name, "open", "failed", **_fault(task, error))]
    manifest = Manifest(task.folder)

    def heard(stage: str, done: int, total: int) -> None:
        go_on(stopped)
        tell(stage, done, total)

    results = _all_stages(task, manifest, keys, heard, stopped)
    if any(each.state == "failed" for each in results) and (damaged := manifest.damaged()):
        # It may have failed by a result of ours that the disk has spoilt: that is made again.
        manifest.forget(*damaged)
        results = _all_stages(task, manifest, keys, heard, stopped)
    return results


def _all_stages(
    task: MovieTask, manifest: Manifest, keys: dict[str, str], heard: Tell, stopped: Asked
) -> list[StageResult]:
    """Every stage in its order, up to the first that fails."""
    work = StageWork(task, manifest, heard)
    again = cleaned_and_read(task, keys, manifest)
    results: list[StageResult] = []
    for stage, parts in stages_of(keys).items():
        go_on(stopped)
        stale = [p for p in parts if not manifest.holds(p, keys[p], or_cleaned=p not in again)]
        if stale:
            results.append(_run_stage(work, manifest, stage, {part: keys[part] for part in stale}))
        else:
            results.append(
                StageResult(task.name, stage, "cached", messages=told_of(manifest, parts))
            )
        if results[-1].state == "failed" and not is_aside(stage):
            break
    return results


def _run_stage(
    work: StageWork, manifest: Manifest, stage: str, stale: dict[str, str]
) -> StageResult:
    """Run a stage; `stale` holds the key of every part that is not up to date."""
    started = time.perf_counter()
    state: Literal["done", "failed"] = "done"
    try:
        manifest.forget(*stale)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
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
