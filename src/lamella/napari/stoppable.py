"""Work in a thread that can be asked to end, and says so only when it has ended."""

from __future__ import annotations

from collections.abc import Generator
from threading import Event
from typing import Any, NamedTuple

from napari.qt.threading import GeneratorWorker


class Ended(NamedTuple):
    """How work ended. Its result is wrapped: napari raises a bare one that is an exception."""

    result: Any
    stopped: bool = False
    """Whether it was asked to end, and did."""


def stoppable(work: Generator[Any, None, Any]) -> Any:
    """Steps of a generator as a worker of napari, with a thread of their own.

    napari leaves a generator that is asked to end where it stands, with all that it holds: a lock,
    a process. ``quit`` of this worker has it closed, in its thread, so that the window does not
    wait. `Ended` is returned. napari calls ``quit`` of all workers when it closes.

    Parameters
    ----------
    work : generator

    Returns
    -------
    GeneratorWorker
    """
    asked = Event()

    def steps() -> Generator[Any, None, Any]:
        try:
            while not asked.is_set():
                yield next(work)
        except StopIteration as end:
            return Ended(end.value)
        finally:
            work.close()
        return Ended(None, stopped=True)

    worker: Any = GeneratorWorker(steps)
    worker.quit = asked.set
    return worker
