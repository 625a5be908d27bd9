"""Work that tells how far it is by a call, as work of a `JobLine`, which yields its steps."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

from lamella.napari.parts import Step, Work
from lamella.run.at_hand import Tell


class _GivenUp(BaseException):
    """The window asked the work to end."""


def told_work(work: Callable[[Tell], Any]) -> Work:
    """Do work in a thread, yield what it tells, return its result.

    Parameters
    ----------
    work : callable
        Is given ``tell(stage, done, total)``. Where the generator is closed, the next call ends the
        work.
    """
    told: SimpleQueue[Step] = SimpleQueue()
    given_up = Event()

    def tell(stage: str, done: int, total: int) -> None:
        if given_up.is_set():
            raise _GivenUp
        told.put(Step(done, total, stage))

    pool = ThreadPoolExecutor(1, thread_name_prefix="trial")
    doing: Future[Any] = pool.submit(work, tell)
    step = Step(0, 0, "begin")
    try:
        while not doing.done():
            try:
                step = told.get(timeout=0.1)
                while True:  # only the last of many is worth showing
                    step = told.get_nowait()
            except Empty:
                pass
            yield step
    finally:
        given_up.set()
        pool.shutdown(wait=False)
    return doing.result()
