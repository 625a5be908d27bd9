"""Jobs for workers of every kind, and what became of them."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lamella.run.at_hand import Tell
from lamella.run.executors import Job, Work
from lamella.run.executors.on_dask_worker import look_around
from lamella.run.executors.own_process import resident_mb
from lamella.run.settings import MeasureSettings
from lamella.run.stopping import Asked, Stopped

NOTHING = MeasureSettings.model_validate(dict.fromkeys(MeasureSettings.group_names(), False))


class Numbers(Work[str]):
    """Jobs that are in no hurry; remembers what became of each."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = deque(jobs)
        self.n_taken = 0
        self.deaths: list[str] = []

    @property
    def finished(self) -> bool:
        return not self.jobs

    def take(self, *, gpu: bool | None) -> Job | None:
        for job in self.jobs:
            if gpu is None or job.gpu == gpu:
                self.jobs.remove(job)
                self.n_taken += 1
                return job
        return None

    def came(self, job: Job, result: object) -> Iterable[str]:
        yield f"{job.name} {result}"

    def died(self, job: Job, why: str, remedy: str) -> None:
        self.deaths.append(f"{job.name} {why}")

    def lost(self, job: Job, why: str, remedy: str) -> Iterable[str]:
        yield f"{job.name} {why}"


def square(n: int, *, tell: Tell, stopped: Asked) -> int:
    tell("square", 1, 1)
    return n * n


def kill(*, tell: Tell, stopped: Asked) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill_memory(*, tell: Tell, stopped: Asked) -> int:
    held = bytearray(2000 * 2**20)
    for i in range(0, len(held), 4096):
        held[i] = 1
    time.sleep(1)
    return len(held)


def held_mb(*, tell: Tell, stopped: Asked) -> float:
    return resident_mb()


def wait_for_ever(begun: str, *, tell: Tell, stopped: Asked) -> None:
    Path(begun).touch()
    while not stopped():
        time.sleep(0.01)
    Path(begun).with_suffix(".ended").touch()
    raise Stopped


def raise_it(*, tell: Tell, stopped: Asked) -> None:
    raise ZeroDivisionError("ours")


def jobs(n: int) -> list[Job]:
    return [Job(f"movie {i}", f"job {i}", square, (i,)) for i in range(n)]


def waiting(folder: Path, n: int) -> tuple[list[Path], list[Job]]:
    """Jobs that wait until they are asked to end, and the files that tell that they have begun."""
    begun = [folder / f"{i}.begun" for i in range(n)]
    return begun, [Job(str(i), str(i), wait_for_ever, (str(path),)) for i, path in enumerate(begun)]


def look_around_but(blind: str, probe: str, dask_worker: Any = None) -> dict[str, Any]:
    """What a worker sees, of which one does not see the folder."""
    return look_around(f"/elsewhere{probe}" if dask_worker.address == blind else probe)
