"""Process one movie: every stage that is not up to date, in order."""

from __future__ import annotations

import logging
import sys
import time
import traceback
import warnings
from dataclasses import dataclass
from typing import Literal

from lamella.core.errors import LamellaError, LamellaWarning
from lamella.run.cache import Done, Manifest
from lamella.run.stages import MovieTask, keys_of
from lamella.run.work import StageWork, Tell

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StageResult:
    """How one stage of one movie went."""

    movie: str
    stage: str
    state: Literal["done", "cached", "failed", "skipped"]
    seconds: float = 0.0
    peak_mb: float = float("nan")
    message: str = ""
    trace: str = ""


def run_movie(task: MovieTask, tell: Tell = lambda stage, done, total: None) -> list[StageResult]:
    """Bring one movie up to date. Never raises for a fault of the movie: the results tell."""
    try:
        keys = keys_of(task)
    except LamellaError as error:
        return [StageResult(task.name, "open", "failed", message=str(error))]
    manifest = Manifest(task.folder)
    work = StageWork(task, manifest, tell)
    # The groups of measures of one object are one stage: they share the walk over its frames.
    stages: dict[str, list[str]] = {}
    for part in keys:
        stages.setdefault("/".join(part.split("/")[:2]), []).append(part)
    results: list[StageResult] = []
    for stage, parts in stages.items():
        stale = [part for part in parts if not manifest.holds(part, keys[part])]
        if stale:
            results.append(_run_stage(work, manifest, stage, {part: keys[part] for part in stale}))
        else:
            told = dict.fromkeys(text for part in parts for text in manifest[part].warnings)
            results.append(StageResult(task.name, stage, "cached", message="; ".join(told)))
        if results[-1].state == "failed":
            break
    return results


def _run_stage(
    work: StageWork, manifest: Manifest, stage: str, stale: dict[str, str]
) -> StageResult:
    """Run a stage; `stale` holds the key of every part that is not up to date."""
    started = time.perf_counter()
    trace = ""
    try:
        for part in stale:
            manifest.forget(part)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = work.do(stage, list(stale))
        told = dict.fromkeys(
            str(w.message) for w in caught if issubclass(w.category, LamellaWarning)
        )
        for part, each in made.items():
            manifest.record(part, Done(stale[part], *each, warnings=tuple(told)))
        state, message = "done", "; ".join(told)
    except LamellaError as error:
        state, message = "failed", str(error)
    except MemoryError:
        state = "failed"
        message = f"{work.task.source}: it does not fit into memory; use fewer workers"
    except Exception as error:  # one movie's surprise must not stop the others
        log.exception("%s: %s failed", work.task.name, stage)
        state, trace = "failed", traceback.format_exc()
        message = f"{work.task.source}: {type(error).__name__}: {error}; please report this"
    seconds = time.perf_counter() - started
    return StageResult(work.task.name, stage, state, seconds, _peak_mb(), message, trace)  # type: ignore[arg-type]


def _peak_mb() -> float:
    """Peak resident memory of this process in MB; NaN where the system does not tell."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)
