"""Starts `lamella` as a process of its own, as a shell does, but imports it only once.

A run of a tiny study takes as long to import Lamella as to work, and the tests start many.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self


class Starter:
    """One command at a time."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=60)

    def start(self, *arguments: object) -> int:
        """Start a command; the number of its process, which is also that of its session."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(["lamella", *map(str, arguments)]) + "\n")
        self._process.stdin.flush()
        return self._said()

    def ended(self) -> int:
        """Wait for its end: the exit code, or minus the signal that killed it."""
        return self._said()

    def _said(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


def left_over(session: int) -> list[str]:
    """Names of the living processes of a session."""
    left = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:  # it has just ended
            continue
        state, _, _, of_session = rest.split()[:4]
        if int(of_session) == session and state != "Z":
            left.append(name)
    return left


def _serve() -> None:
    from lamella.cli import main
    from lamella.report import html, pictures  # noqa: F401  all that a run imports
    from lamella.run import execute  # noqa: F401

    def tell(number: int) -> None:
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()

    for line in sys.stdin:
        process = os.fork()
        if not process:
            os.setsid()
            sys.argv = json.loads(line)
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(0, 1)
            main()
            sys.exit(0)
        tell(process)
        tell(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


if __name__ == "__main__":
    _serve()
