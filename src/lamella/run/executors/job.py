"""What is handed to a worker, and what is heard of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lamella.run.at_hand import Tell
from lamella.run.stopping import Asked


class Progress(NamedTuple):
    """A movie has come so far in a stage."""

    movie: str
    stage: str
    done: int
    total: int
    part: int | None = None
    """First frame of the chunk that has come so far; None: the movie is not cut."""


@dataclass(frozen=True)
class Job:
    """A piece of work that one worker does from beginning to end; can be sent to it.

    Parameters
    ----------
    movie : str
        What its progress is shown under.
    name : str
        Tells it from all others of a run.
    doing : callable
        ``doing(*given, tell=…, stopped=…)`` gives the result. It never raises for what is the fault
        of a movie, and raises `Stopped` soon after `stopped` says so. It is found by its name on
        the worker: a function of a module.
    given : tuple
    gpu : bool
        Whether it belongs on a worker with a graphics card, where there is one.
    part : int, optional
        First frame of the chunk that it processes.
    """

    movie: str
    name: str
    doing: Callable[..., Any]
    given: tuple[Any, ...] = ()
    gpu: bool = False
    part: int | None = None

    def do(self, tell: Tell, stopped: Asked) -> Any:
        """The result."""
        return self.doing(*self.given, tell=tell, stopped=stopped)


class Came(NamedTuple):
    """A worker has ended its job."""

    worker: str
    result: Any


class Raised(NamedTuple):
    """A worker has ended its job by an error that no movie is to blame for."""

    worker: str
    error: BaseException


class Gone(NamedTuple):
    """A worker is no more, and the job that it had is not done."""

    worker: str
    why: str
    """How it ended, as far as is known, such as ``was killed``."""
    died: bool = True
    """False where its job has no part in it: it left as it was told to, or was not ready yet."""
    guess: str = "most likely for lack of memory"
    remedy: str = "unless somebody ended it, use fewer workers or a machine with more memory"


News = Progress | Came | Raised | Gone


class Worker(NamedTuple):
    """One that waits for a job."""

    name: str
    gpu: bool = False


def throttled(
    job: Job, put: Callable[[Progress], object], *, every_s: float
) -> Callable[[str, int, int], None]:
    """Tell how far a job is, at most so often for each stage, and at the end of each."""
    last: dict[str, float] = {}

    def tell(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - last.get(stage, float("-inf")) >= every_s:
            last[stage] = now
            put(Progress(job.movie, stage, done, total, job.part))

    return tell
