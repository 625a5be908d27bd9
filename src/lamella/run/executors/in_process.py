"""Work in this very process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from lamella.run.executors.crew import Crew
from lamella.run.executors.job import Came, Job, News, Progress, Worker, throttled
from lamella.run.stopping import Asked, never

_TELL_EVERY_S = 0.1


class InProcess(Crew):
    """One worker, which is this process; what it is asked between frames reaches it at once."""

    is_here = True
    in_words = "one process"

    def __init__(self) -> None:
        self._job: Job | None = None
        self._on_progress: Callable[[Progress], object] = lambda progress: None
        self._stopped: Asked = never

    def begin(self, on_progress: Callable[[Progress], object], stopped: Asked) -> Self:
        self._on_progress, self._stopped = on_progress, stopped
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._job = None

    def idle(self) -> Sequence[Worker]:
        return [Worker("this process")] if self._job is None else []

    def give(self, worker: Worker, job: Job) -> None:
        self._job = job

    def news(self, timeout_s: float) -> Sequence[News]:
        job, self._job = self._job, None
        if job is None:
            return []
        tell = throttled(job, self._on_progress, every_s=_TELL_EVERY_S)
        return [Came("this process", job.do(tell, self._stopped))]
