"""Whoever does the work: the one interface of all executors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Self

from lamella.run.executors.job import Job, News, Progress, Worker
from lamella.run.stopping import Asked


class Crew(ABC):
    """Some workers, each of which takes one job at a time.

    It is used in a ``with`` block: entering brings the workers up, leaving asks those that work to
    end at their next frame, and waits for that where it can.

    Attributes
    ----------
    most_deaths : int
        A job that took so many workers down with it is given up; see `Deaths`.
    alone_at_last : bool
        Whether the last try of such a job has the machine for itself, so that it is not another
        job's memory that it dies of.
    is_here : bool
        Whether this very process does the work.
    """

    most_deaths: int = 2
    alone_at_last: bool = False
    is_here: bool = False

    @property
    @abstractmethod
    def in_words(self) -> str:
        """Who that is, for a user."""

    def begin(self, on_progress: Callable[[Progress], object], stopped: Asked) -> Self:
        """Whom to tell of progress that is made while `news` waits, and whom to ask."""
        return self

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *raised: object) -> None: ...

    @abstractmethod
    def idle(self) -> Sequence[Worker]:
        """Workers that wait for a job."""

    @property
    def mixed(self) -> bool:
        """Whether some workers have a graphics card and some have none."""
        return False

    @abstractmethod
    def give(self, worker: Worker, job: Job) -> None:
        """Have an idle worker begin."""

    @abstractmethod
    def news(self, timeout_s: float) -> Sequence[News]:
        """What has happened since; waits so long for something to happen."""
