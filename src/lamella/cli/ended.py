"""A command that is asked to end from outside: by a queue, a closed terminal, a closed pipe."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import IO, Any, cast

_ASKS = ("SIGTERM", "SIGHUP")
INTERRUPTED = {130, *(128 + getattr(signal, name, 0) for name in _ASKS)}
"""Exit codes of a command that Ctrl-C or a signal ended: Typer's, and a shell's."""


@contextmanager
def ending_well() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does, with what is half-written removed.

    A signal that is ignored, as ``nohup`` has it, stays ignored.
    """
    here = threading.current_thread() is threading.main_thread()
    ours = [getattr(signal, name) for name in _ASKS if hasattr(signal, name)] if here else []
    ours = [each for each in ours if signal.getsignal(each) is signal.SIG_DFL]
    for each in ours:
        signal.signal(each, _end)
    try:
        yield
    finally:
        for each in ours:
            signal.signal(each, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> None:
    for name in _ASKS:  # a second one must not stop what the first one makes go
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise SystemExit(128 + number)


def lasting(name: str) -> IO[str]:
    """A standard stream that work outlives: once nobody can read it, its lines go nowhere.

    Otherwise a run whose window was closed, or whose output went through ``head``, would end at its
    next line.

    Parameters
    ----------
    name : str
        ``stdout`` or ``stderr``, looked up in `sys` each time.
    """
    return cast("IO[str]", _Lasting(name))


class _Lasting:
    """See `lasting`."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def _stream(self) -> Any:
        """The stream itself: while bars are shown, rich stands before it."""
        stream = getattr(sys, self._name)
        return getattr(stream, "rich_proxied_file", stream)

    @property
    def rich_proxied_file(self) -> _Lasting:
        """What rich writes to; else it would take the stream behind this."""
        return self

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def forget_unread() -> None:
    """Drop what nobody can read any more, which Python would otherwise complain of as it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        except ValueError:  # it was closed
            continue
