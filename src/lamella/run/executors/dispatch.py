"""Hand jobs to workers as they become free, again where a worker was lost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from lamella.run.executors.crew import Crew
from lamella.run.executors.deaths import Deaths
from lamella.run.executors.job import Came, Gone, Job, Progress, Raised, Worker
from lamella.run.stopping import Asked, go_on, never

_TELL_EVERY_S = 0.1
_MOST_LEFT = 10
"""A job whose workers reached the end of their time so often at one stage is too long for them."""

_MORE_TIME = "give workers more time, or cut movies into smaller chunks with --chunk-frames"

Out_co = TypeVar("Out_co", covariant=True)


class Work(ABC, Generic[Out_co]):
    """Where jobs come from, and what becomes of them.

    Jobs are taken when a worker is free, never ahead: two thousand movies are two thousand lines in
    a list, and not as many messages on their way.
    """

    @abstractmethod
    def take(self, *, gpu: bool | None) -> Job | None:
        """The next job; None where there is none at present.

        Parameters
        ----------
        gpu : bool or None
            Whether the worker has a graphics card; None where that does not matter.
        """

    @abstractmethod
    def came(self, job: Job, result: object) -> Iterable[Out_co]:
        """A job is done."""

    @abstractmethod
    def died(self, job: Job, why: str, remedy: str) -> None:
        """A worker died with a job, which is tried again."""

    @abstractmethod
    def lost(self, job: Job, why: str, remedy: str) -> Iterable[Out_co]:
        """A job is given up."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether no job will come any more, once those under way are done."""


def dispatch(
    crew: Crew,
    work: Work[Out_co],
    *,
    on_progress: Callable[[Progress], object] = lambda progress: None,
    stopped: Asked = never,
) -> Iterator[Out_co]:
    """Have all work done, giving what comes of it as it comes.

    Raises
    ------
    Stopped
        When it was asked to end; as with Ctrl-C, no worker goes on then.
    """
    under_way: dict[str, Job] = {}
    stage: dict[tuple[str, int | None], str] = {}
    again: deque[Job] = deque()
    left_behind: Counter[tuple[str, str]] = Counter()
    deaths = Deaths(crew.most_deaths)

    def next_for(worker: Worker) -> Job | None:
        suits = worker.gpu if crew.mixed else None
        for job in [job for job in again if suits is None or job.gpu == suits]:
            if _alone(job) and under_way:
                continue
            again.remove(job)
            return job
        return work.take(gpu=suits)

    def _alone(job: Job) -> bool:
        return crew.alone_at_last and deaths.is_last_try(job.name)

    def hand_out() -> None:
        for worker in crew.idle():
            if any(_alone(job) for job in under_way.values()):
                return
            if any(map(_alone, again)) and under_way:
                return  # the others end first, so that its turn comes
            job = next_for(worker)
            if job is not None:
                under_way[worker.name] = job
                crew.give(worker, job)

    with crew.begin(on_progress, stopped):
        while True:
            go_on(stopped)
            hand_out()
            if not under_way and not again and work.finished:
                return
            for news in crew.news(_TELL_EVERY_S):
                if isinstance(news, Progress):
                    stage[news.movie, news.part] = news.stage
                    on_progress(news)
                    continue
                job = under_way.pop(news.worker, None)
                at = "" if job is None else stage.get((job.movie, job.part), "")
                if isinstance(news, Raised):
                    raise news.error
                if isinstance(news, Came):
                    assert job is not None  # noqa: S101  it was given one
                    deaths.ended(job.name)
                    yield from work.came(job, news.result)
                elif isinstance(news, Gone) and news.died:
                    condemned = deaths.died(None if job is None else job.name, at)
                    if job is not None and condemned:
                        why = f"{news.why}, {_times(deaths.of(job.name))}, {news.guess}"
                        yield from work.lost(job, why, news.remedy)
                    elif job is not None:
                        work.died(job, news.why, news.remedy)
                        again.append(job)
                elif job is not None:
                    left_behind[job.name, at] += 1
                    if left_behind[job.name, at] < _MOST_LEFT:
                        again.append(job)
                    else:
                        why = f"reached the end of its time {_MOST_LEFT} times at the same stage"
                        yield from work.lost(job, why, _MORE_TIME)


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")
