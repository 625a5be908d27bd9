"""All movies of a run, each brought up to date by whoever is free."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lamella.run.chunks import Cutting, Part
from lamella.run.executors import Crew, Job, Progress, Work, dispatch
from lamella.run.movie import (
    Advanced,
    Mended,
    PartCame,
    StageResult,
    advance,
    make_part,
    mend,
)
from lamella.run.stages import wants_gpu
from lamella.run.stopping import Asked, never
from lamella.run.task import MovieTask

_MOST_TIMES = 4
"""So often a chunk is made before its disk is to blame."""


def run_all(
    tasks: Sequence[MovieTask],
    crew: Crew,
    *,
    cutting: Cutting | None = None,
    on_progress: Callable[[Progress], object] = lambda progress: None,
    on_death: Callable[[Death], object] = lambda death: None,
    stopped: Asked = never,
) -> Generator[list[StageResult]]:
    """Process movies, giving the results of each as it ends.

    Parameters
    ----------
    crew : Crew
        Whoever does the work.
    cutting : Cutting, optional
        How large movies are cut into chunks; by default as `Cutting` tells.
    on_progress
        Called in this process, at most ten times a second and job.
    on_death
        Called where a worker died whose work is done again.
    stopped
        Asked in this process, between frames where it works itself, else ten times a second.

    Raises
    ------
    Stopped
        When it was asked to end; no worker works then.
    """
    work = _Movies(tasks, crew, cutting or Cutting(), on_death)
    yield from dispatch(
        crew, work, on_progress=lambda at: on_progress(work.heard(at)), stopped=stopped
    )


class Death(NamedTuple):
    """A worker that died with a movie, which is tried again."""

    movie: str
    why: str
    remedy: str


@dataclass
class _Movie:
    """A movie that has begun."""

    task: MovieTask
    results: dict[str, StageResult] = field(default_factory=dict)
    left: set[range] = field(default_factory=set)
    """Chunks of the present phase that are not done."""
    failed: dict[int, StageResult] = field(default_factory=dict)
    """By the first frame of the chunk."""
    seconds: float = 0.0
    """What chunks took, of the stage that is not whole yet."""
    done: dict[int, int] = field(default_factory=dict)
    """Frames done of every chunk, by its first frame."""
    n_frames: int = 0
    looked_for_damage: bool = False
    wanted: Counter[tuple[str, str, range]] = field(default_factory=Counter)
    """How often every chunk of a phase was asked for."""


class _Movies(Work[list[StageResult]]):
    """The movies in their order; chunks of those that have begun come first."""

    def __init__(
        self,
        tasks: Sequence[MovieTask],
        crew: Crew,
        cutting: Cutting,
        on_death: Callable[[Death], object],
    ) -> None:
        self._crew, self._cutting, self._on_death = crew, cutting, on_death
        self._new = deque(tasks)
        self._ready: deque[Job] = deque()
        self._begun: dict[str, _Movie] = {}

    @property
    def finished(self) -> bool:
        return not (self._new or self._ready or self._begun)

    def take(self, *, gpu: bool | None) -> Job | None:
        for job in self._ready:
            if gpu is None or job.gpu == gpu:
                self._ready.remove(job)
                return job
        for task in self._new:
            # The first stage that is not up to date tells where a movie belongs; that is looked up
            # by a worker, and most begin with finding their objects.
            first = wants_gpu(task.settings, f"segment/{task.settings.objects_in_order[0]}")
            if gpu is None or first == gpu:
                self._new.remove(task)
                self._begun[task.name] = _Movie(task)
                return self._next(task, first)
        return None

    def _next(self, task: MovieTask, gpu: bool) -> Job:
        kind = gpu if self._crew.mixed else None
        return Job(task.name, task.name, advance, (task, self._cutting, kind), gpu)

    def came(self, job: Job, result: object) -> Iterable[list[StageResult]]:
        movie = self._begun[job.movie]
        if isinstance(result, PartCame):
            return self._part_came(movie, job, result)
        if isinstance(result, Mended):
            if not result.anything:
                return self._failed_for_good(movie)
            movie.failed.clear()
            self._ready.appendleft(self._next(movie.task, job.gpu))
            return []
        assert isinstance(result, Advanced)  # noqa: S101  there are three kinds of jobs
        for each in result.results:
            earlier = movie.results.get(each.stage)
            if earlier is None or each.state != "cached":
                # A stage that ran in chunks took as long as these, too.
                total = each.seconds + (movie.seconds if each.state == "done" else 0.0)
                movie.results[each.stage] = replace(each, seconds=total)
                movie.seconds = 0.0 if each.state == "done" else movie.seconds
        if result.ended:
            return [self._ended(movie)]
        if result.parts:
            movie.wanted.update((part.key, part.phase, part.span) for part in result.parts)
            for part in result.parts:
                if movie.wanted[part.key, part.phase, part.span] > _MOST_TIMES:
                    return self._never_there(movie, part)
            movie.left = {part.span for part in result.parts}
            movie.n_frames = result.parts[0].spans[-1].stop
            movie.done = {
                span.start: len(span) for span in result.parts[0].spans if span not in movie.left
            }
            self._ready.extend(self._part(movie.task, part, job.gpu) for part in result.parts)
        else:
            self._ready.appendleft(self._next(movie.task, bool(result.gpu)))
        return []

    @staticmethod
    def _part(task: MovieTask, part: Part, gpu: bool) -> Job:
        name = f"{task.name}, {part.stage} {part.phase} {part.span.start}"
        return Job(task.name, name, make_part, (task, part), gpu, part.span.start)

    def _part_came(self, movie: _Movie, job: Job, came: PartCame) -> Iterable[list[StageResult]]:
        movie.seconds += came.result.seconds
        span = came.part.span
        movie.left.discard(span)
        movie.done[span.start] = len(span)
        if came.result.state == "failed":
            return self._failed(movie, span.start, came.result)
        return self._gone_on(movie, job.gpu)

    def _failed(
        self, movie: _Movie, start: int, result: StageResult
    ) -> Iterable[list[StageResult]]:
        """What comes later is not looked at: the first fault is told, as of a movie in one go."""
        movie.failed[start] = result
        later = {
            job.name
            for job in self._ready
            if job.movie == movie.task.name and job.part is not None and job.part > start
        }
        dropped = [job for job in self._ready if job.name in later]
        for job in dropped:
            self._ready.remove(job)
            movie.left = {span for span in movie.left if span.start != job.part}
        return self._gone_on(movie, False)

    def _gone_on(self, movie: _Movie, gpu: bool) -> Iterable[list[StageResult]]:
        if movie.left:
            return []
        if not movie.failed:
            self._ready.appendleft(self._next(movie.task, gpu))
            return []
        if movie.looked_for_damage:
            return self._failed_for_good(movie)
        movie.looked_for_damage = True
        name = f"{movie.task.name}, damage"
        self._ready.appendleft(Job(movie.task.name, name, mend, (movie.task,), gpu))
        return []

    def _failed_for_good(self, movie: _Movie) -> Iterable[list[StageResult]]:
        first = movie.failed[min(movie.failed)]
        movie.results[first.stage] = replace(first, seconds=movie.seconds)
        return [self._ended(movie)]

    def _never_there(self, movie: _Movie, part: Part) -> Iterable[list[StageResult]]:
        told = (
            f"{movie.task.source}: frames {part.span.start} to {part.span[-1]} ({part.phase}) were "
            f"made {_MOST_TIMES} times, and what was written is not there or reads back otherwise; "
            f"check the disk or network drive of {movie.task.folder}, and run again"
        )
        movie.results[part.stage] = StageResult(
            movie.task.name, part.stage, "failed", movie.seconds, messages=(told,)
        )
        return [self._ended(movie)]

    def died(self, job: Job, why: str, remedy: str) -> None:
        self._on_death(Death(job.movie, why, remedy))

    def lost(self, job: Job, why: str, remedy: str) -> Iterable[list[StageResult]]:
        movie = self._begun[job.movie]
        told = f"{movie.task.source}: its worker {why}; {remedy}"
        result = StageResult(job.movie, "worker", "failed", messages=(told,))
        if job.part is None:
            movie.results["worker"] = result
            return [self._ended(movie)]
        movie.left = {span for span in movie.left if span.start != job.part}
        return self._failed(movie, job.part, result)

    def _ended(self, movie: _Movie) -> list[StageResult]:
        del self._begun[movie.task.name]
        return list(movie.results.values())

    def heard(self, at: Progress) -> Progress:
        """Progress of a chunk as that of its movie."""
        movie = self._begun.get(at.movie)
        if movie is None or at.part is None:
            return at
        movie.done[at.part] = at.done
        return Progress(at.movie, at.stage, sum(movie.done.values()), movie.n_frames)
