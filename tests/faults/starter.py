"""Starts `lamella` as a process of its own, as a shell does, but imports it only once.

A run of a tiny study takes as long to import Lamella as to work, and the tests start many. What is
to go wrong in a process (see `faults.hooks`) is given with the command.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

HUNG = -1000
"""The code of a process that did not end in time, and was killed."""

Fault = tuple[str, dict[str, Any]]
"""A function of `faults.hooks` and what it is given."""


class Ended(NamedTuple):
    """What a process came to: its exit code, or minus the signal that killed it."""

    code: int
    out: str
    err: str


class Starter:
    """Any number of commands at a time."""

    def __enter__(self) -> Self:
        tests = str(Path(__file__).parents[1])
        path = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
        self._told = tempfile.TemporaryDirectory(prefix="lamella-told-")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults.starter"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        self._last = 0
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.communicate(timeout=60)
        self._told.cleanup()

    def start(self, *arguments: object, faults: Sequence[Fault] = (), call: str = "") -> int:
        """Start a command; the number of its process, which is also that of its session.

        Parameters
        ----------
        faults : sequence of Fault
            What is to go wrong in it.
        call : str
            A function instead of the command line, as ``module:function``; gets the arguments.
        """
        self._last = self._ask(
            {"arguments": list(map(str, arguments)), "faults": list(faults), "call": call,
             "told": self._told.name}
        )  # fmt: skip
        return self._last

    def ended(self, process: int | None = None) -> int:
        """Wait for the end of a process, of the last one by default; its code."""
        return self._ask({"wait": process or self._last, "seconds": 180})

    def run(self, *arguments: object, faults: Sequence[Fault] = (), call: str = "") -> Ended:
        """Start a command and wait for its end."""
        return self.said(self.start(*arguments, faults=faults, call=call))

    def said(self, process: int) -> Ended:
        """Wait for the end of a process: its code, and what it wrote."""
        code = self.ended(process)
        out, err = (Path(self._told.name) / f"{process}.{name}" for name in ("out", "err"))
        return Ended(code, out.read_text(errors="replace"), err.read_text(errors="replace"))

    def _ask(self, what: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
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


_OTHERS = ("geff", "roifile", "skimage.measure", "scipy.optimize", "ctc_metrics", "numcodecs")
_HEAVY = ("lamella.napari", "lamella.nets", "lamella.train", "lamella.cli.__main__")


def _import_all() -> None:
    """All that a command may import, but networks and windows."""
    import cv2

    import lamella

    for found in pkgutil.walk_packages(lamella.__path__, "lamella.", onerror=lambda name: None):
        if not found.name.startswith(_HEAVY):
            importlib.import_module(found.name)
    for name in _OTHERS:
        importlib.import_module(name)
    cv2.setNumThreads(1)
    from lamella.run.settings import MeasureSettings
    from lamella.run.warm import warm_up

    warm_up(MeasureSettings(), turn=0)  # kernels are in memory then


def _serve() -> None:
    _import_all()
    gc.freeze()  # else a process copies what it only counts
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            code = _ended(asked["wait"], asked["seconds"])
        else:
            code = os.fork()
            if not code:
                _be(asked)
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()


def _ended(process: int, seconds: float) -> int:
    until, pause = time.monotonic() + seconds, 0.001
    while time.monotonic() < until:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return HUNG


def _be(asked: dict[str, Any]) -> None:
    """The process that was asked for."""
    from faults import hooks

    os.setsid()
    for asks in (signal.SIGHUP, signal.SIGTERM):  # whatever the tests were started with
        signal.signal(asks, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stem = Path(asked["told"]) / str(os.getpid())
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{stem}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    for name, given in asked["faults"]:
        getattr(hooks, name)(**given)
    sys.argv = ["lamella", *asked["arguments"]]
    try:
        if asked["call"]:
            module, _, function = asked["call"].partition(":")
            getattr(importlib.import_module(module), function)(*asked["arguments"])
        else:
            from lamella.cli import main

            main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # to take all modules down takes longer than most commands


if __name__ == "__main__":
    _serve()
