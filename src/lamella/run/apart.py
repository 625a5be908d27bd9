"""Work in a process of its own: its memory goes when it ends, and it can be asked to end amid.

Tables and report of a study of thousands of movies take more memory than all that the process of a
run holds besides. In their own process they cannot take that one down, and where the system kills
them for memory it is told so.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, TypeVar

from lamella.core.errors import OutputError
from lamella.run.stopping import Asked, go_on

_Made = TypeVar("_Made")
_ASK_EVERY_S = 0.1
_PATIENCE_S = 5.0


def apart(work: Callable[..., _Made], *given: Any, name: str, stopped: Asked) -> _Made:
    """What a function returns that is called in another process.

    Parameters
    ----------
    work, *given
        A function of a module and what it is given; all of it can be sent to another process.
    name : str
        What is made, for the message where it is lost.
    stopped
        Asked ten times a second; the other process is then ended.

    Raises
    ------
    Stopped
        When it was asked to end.
    OutputError
        When the process was killed.
    Exception
        What the function raised.
    """
    context = _context()
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sending, work, given))  # type: ignore[attr-defined]
    process.start()
    sending.close()
    try:
        while not receiving.poll(_ASK_EVERY_S):
            go_on(stopped)
        raised, value = receiving.recv()
    except EOFError:
        raise OutputError(
            name,
            "the process that makes it was killed, most likely for lack of memory",
            "run again with fewer workers, or on a machine with more memory",
        ) from None
    finally:
        receiving.close()
        process.join(_PATIENCE_S if process.exitcode is None and not stopped() else 0)
        if process.is_alive():
            process.kill()
            process.join()
    if raised:
        raise value
    made: _Made = value
    return made


def _context() -> BaseContext:
    """Forked from a small server where there is one: this process has threads."""
    methods = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")


def _work(sending: Connection, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        told = (False, work(*given))
    except BaseException as error:
        told = (True, error)
    with suppress(BrokenPipeError):
        sending.send(told)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
