"""Long work that can be asked to end: it ends between two frames, and what it finished stays."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event
from typing import TypeVar

Asked = Callable[[], bool]
"""Whether somebody has asked the work to end; any thread may ask it, any number of times."""

_Step = TypeVar("_Step")
_Result = TypeVar("_Result")
_Told = Callable[[_Step], object]

_EVERY_S = 0.1
"""So often it is told how far the work is, whether or not it got any further."""


class Stopped(BaseException):
    """Work was asked to end, and did so.

    No `Exception`, as Ctrl-C is none: it goes the same way out of a run, past all that turns the
    fault of one movie into a line of a report, while files half-written go and locks are let go of.
    """


def never() -> bool:
    """Nobody asks."""
    return False


def go_on(stopped: Asked) -> None:
    """Raise `Stopped` if somebody has asked for it."""
    if stopped():
        raise Stopped


def steps_of(
    work: Callable[[_Told[_Step], Asked], _Result], first: _Step
) -> Generator[_Step, None, _Result]:
    """Work that tells how far it is by calls, as a generator of what it told last.

    Closing the generator asks the work to end, and returns when it has: nothing goes on behind the
    back of whoever closed it.

    Parameters
    ----------
    work : callable
        Is given a function to tell by, and one that says whether it is to end; runs in a thread.
    first
        What is told before the work tells anything.
    """
    told: SimpleQueue[_Step | None] = SimpleQueue()
    asked = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="lamella-work") as pool:
        doing: Future[_Result] = pool.submit(work, told.put, asked.is_set)
        doing.add_done_callback(lambda _: told.put(None))  # else its end is noticed late
        step = first
        try:
            while not doing.done():
                yield step
                step = _last(told, step)
        finally:
            asked.set()
    return doing.result()


def _last(told: SimpleQueue[_Step | None], before: _Step) -> _Step:
    """Only the last of many is worth showing; what was told before where there is nothing new."""
    last: _Step | None = None
    with suppress(Empty):
        last = told.get(timeout=_EVERY_S)
        while True:
            new = told.get_nowait()
            last = last if new is None else new
    return before if last is None else last
