"""Work in processes of this machine.

Every worker has a pipe of its own: one that is killed (by the system, for memory) takes nothing
with it but its job, and another takes its place. Workers end at once when the process that started
them dies, so that a killed run leaves nobody writing behind its back.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple, Self

from lamella.core.errors import SettingsError
from lamella.run.executors.crew import Crew
from lamella.run.executors.job import Came, Gone, Job, News, Raised, Worker
from lamella.run.executors.own_process import TOO_MUCH_MEMORY, Setup, serve
from lamella.run.settings import MeasureSettings
from lamella.run.warm import GET_READY

_MOST_IN_VAIN = 5
"""So many workers in a row that end before they are ready: there is none to be had."""


class _Process(NamedTuple):
    process: Any
    pipe: Connection


class Processes(Crew):
    """As many processes as are wanted.

    Parameters
    ----------
    workers : int
    measures : MeasureSettings
        What movies will be measured with: their kernels are compiled before the first.
    memory_mb : float, optional
        A worker that holds more ends, and its movie fails after `most_deaths`; Linux only.
    """

    alone_at_last = True

    def __init__(
        self, workers: int, measures: MeasureSettings, *, memory_mb: float | None = None
    ) -> None:
        self._n, self._measures, self._memory_mb = workers, measures, memory_mb
        self._context = _context()
        # A worker that is killed would keep a lock.
        self._halt: Any = self._context.Value("b", 0, lock=False)
        self._all: dict[str, _Process] = {}
        self._busy: set[str] = set()
        self._ready: set[str] = set()
        self._numbers = count()
        self._in_vain = 0

    @property
    def in_words(self) -> str:
        return f"{self._n} process{'es' * (self._n != 1)}"

    def __enter__(self) -> Self:
        self._halt.value = 0
        return self

    def __exit__(self, *raised: object) -> None:
        # Also reached by Ctrl-C: those that work end at their next frame.
        self._halt.value = 1
        for each in self._all.values():
            each.pipe.close()
        for each in self._all.values():
            each.process.join()
        self._all.clear()

    def idle(self) -> Sequence[Worker]:
        return [Worker(f"worker {turn}") for turn in range(self._n) if not self._works(turn)]

    def _works(self, turn: int) -> bool:
        return f"worker {turn}" in self._busy

    def give(self, worker: Worker, job: Job) -> None:
        self._busy.add(worker.name)
        if worker.name not in self._all:  # begun when there is something to do
            self._all[worker.name] = self._started(int(worker.name.rpartition(" ")[2]))
        with suppress(BrokenPipeError):  # it died while it was idle: the news will tell
            self._all[worker.name].pipe.send(job)

    def _started(self, turn: int) -> _Process:
        ours, theirs = self._context.Pipe()
        cores = max(1, (os.cpu_count() or 1) // self._n)
        setup = Setup(self._measures, turn, cores, self._memory_mb)
        process: Any = self._context.Process(  # type: ignore[attr-defined]
            target=serve, args=(theirs, self._halt, setup), name=f"lamella {next(self._numbers)}"
        )
        process.start()
        theirs.close()
        return _Process(process, ours)

    def news(self, timeout_s: float) -> Sequence[News]:
        names = {id(each.pipe): name for name, each in self._all.items()}
        ready = multiprocessing.connection.wait(
            [each.pipe for each in self._all.values()], timeout_s
        )
        news: list[News] = []
        for pipe in ready:
            name = names[id(pipe)]
            try:
                while self._all[name].pipe.poll():
                    kind, what = self._all[name].pipe.recv()
                    if kind != "progress" or what.stage != GET_READY:
                        self._in_vain = 0
                        self._ready.add(name)
                    if kind == "progress":
                        news.append(what)
                    else:
                        self._busy.discard(name)
                        news.append(Came(name, what) if kind == "came" else Raised(name, what))
            except (EOFError, OSError):
                news.append(self._buried(name))
        return news

    def _buried(self, name: str) -> Gone:
        dead = self._all.pop(name)
        self._busy.discard(name)
        dead.pipe.close()
        dead.process.join()
        ready = name in self._ready
        self._ready.discard(name)
        if not ready:
            self._in_vain += 1
            if self._in_vain >= _MOST_IN_VAIN:
                raise self._none_to_be_had(dead.process.exitcode)
            return Gone(name, "ended before it was ready", died=False)
        if dead.process.exitcode == TOO_MUCH_MEMORY:
            return Gone(
                name,
                f"needed more than the {self._memory_mb:g} MB that it may have",
                guess="the last time with the machine for itself",
                remedy="give it more with --memory, or cut movies with --chunk-frames",
            )
        return Gone(name, "was killed")

    def _none_to_be_had(self, code: int) -> SettingsError:
        if code == TOO_MUCH_MEMORY:
            return SettingsError(
                "--memory",
                f"a worker holds more than {self._memory_mb:g} MB before it is ready to work",
                "give it more",
            )
        return SettingsError(
            "--workers",
            f"{self._in_vain} processes ended before they were ready, the last with code {code}",
            "see what they printed, or run with one worker",
        )


def _context() -> BaseContext:
    """Workers forked from a small server that has imported the code once, where there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lamella.run.movie"])
    return context
