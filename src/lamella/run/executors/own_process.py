"""What a worker process of this machine does: jobs that come through a pipe, one after another."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from lamella.run.executors.job import Job, throttled
from lamella.run.settings import MeasureSettings
from lamella.run.stopping import Stopped
from lamella.run.warm import GET_READY, warm_up

TOO_MUCH_MEMORY = 77
"""Exit code of a worker that needed more memory than it may."""

_TELL_EVERY_S = 0.1
_LOOK_EVERY_S = 0.05


class Setup(NamedTuple):
    """How a worker begins."""

    measures: MeasureSettings
    turn: int
    """Number of the worker, from 0."""
    cores: int
    """For networks; everything else uses one."""
    memory_mb: float | None


def serve(pipe: Connection, halt: Any, setup: Setup) -> None:
    """Do what comes until the pipe ends; says ``(kind, what)``.

    Parameters
    ----------
    halt : shared byte
        Above 0: the job ends at its next frame.
    """
    # Ctrl-C ends a worker at once; what it had half-written is removed when the run goes on.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # PyTorch reads it when it is imported.
    os.environ.setdefault("OMP_NUM_THREADS", str(setup.cores))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    one_core()
    if setup.memory_mb is not None:
        _end_if_above(setup.memory_mb)  # before it is ready: no job is to blame for it
        threading.Thread(target=_end_above, args=(setup.memory_mb,), daemon=True).start()
    with suppress(BrokenPipeError):  # nobody waits for what this one does any more
        _work(pipe, halt, setup)


def _work(pipe: Connection, halt: Any, setup: Setup) -> None:
    ready = False
    while True:
        try:
            job: Job = pipe.recv()
        except EOFError:
            return
        try:
            tell = throttled(job, lambda at: pipe.send(("progress", at)), every_s=_TELL_EVERY_S)
            if not ready:
                tell(GET_READY, 0, 1)  # kernels are compiled, the first time after installation
                warm_up(setup.measures, turn=setup.turn)
                ready = True
            tell("open", 0, 1)
            result = job.do(tell, lambda: bool(halt.value))
        except Stopped:
            return
        except BrokenPipeError:
            raise
        except Exception as error:  # ours, and told where it can be mended
            pipe.send(("raised", error))
        else:
            pipe.send(("came", result))


def one_core() -> None:
    """One worker, one core: the parallelism is that of movies and chunks."""
    import cv2
    import pyarrow as pa

    cv2.setNumThreads(1)
    pa.set_cpu_count(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _end_above(memory_mb: float) -> None:
    """End this process when more of it is resident: the movie is told, the machine goes on."""
    while True:
        time.sleep(_LOOK_EVERY_S)
        _end_if_above(memory_mb)


def _end_if_above(memory_mb: float) -> None:
    if resident_mb() > memory_mb:
        os._exit(TOO_MUCH_MEMORY)


def resident_mb() -> float:
    """What this process holds of the machine's memory, MB; 0 where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return 0.0
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  called often
        pages = int(file.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
