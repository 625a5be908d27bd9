"""What runs on a dask worker: a look at where it is, and the jobs."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Any

from lamella.run.executors.job import Job, Progress, throttled
from lamella.run.executors.own_process import one_core
from lamella.run.settings import MeasureSettings
from lamella.run.stopping import Stopped
from lamella.run.versions import versions
from lamella.run.warm import GET_READY, warm_up

_TELL_EVERY_S = 0.5

_one_job = threading.Lock()
_at_work: set[str] = set()
_warm: set[str] = set()


def look_around(probe: str) -> dict[str, Any]:
    """What the coordinator must know of a worker before it gets a job.

    Parameters
    ----------
    probe : str
        A small file that the coordinator has written into the run's folder.
    """
    seen = ""
    for _ in range(5):  # a network drive may show a new file late
        with contextlib.suppress(OSError):
            seen = Path(probe).read_text(encoding="utf-8")
            break
        time.sleep(0.2)
    return {"versions": versions(), "seen": seen}


def at_work(run: str) -> bool:
    """Whether this worker still does a job of a run; stops waiting when the coordinator asks."""
    return run in _at_work


def do_here(
    job: Job, run: str, folder: str, measures: MeasureSettings, turn: int
) -> tuple[str, Any]:
    """Do a job, and give ``(kind, what)``: ``came``, ``raised`` or ``stopped``.

    Parameters
    ----------
    run : str
        Topic that progress is told under.
    folder : str
        Where the coordinator works: what relative paths start from.
    turn : int
        Number of the worker, from 0.
    """
    from distributed import get_worker

    worker: Any = get_worker()
    key = worker.get_current_task()

    def stopped() -> bool:
        """Nobody waits for it any more, or the worker is about to leave."""
        task = worker.state.tasks.get(key)
        gone = task is None or task.state not in ("executing", "long-running")
        return gone or worker.status.name not in ("running", "paused")

    def put(at: Progress) -> None:
        worker.log_event(run, list(at))

    with _one_job:  # warnings are caught for the whole process
        _at_work.add(run)
        try:
            os.environ.setdefault("OMP_NUM_THREADS", "1")
            one_core()
            with contextlib.chdir(folder):
                tell = throttled(job, put, every_s=_TELL_EVERY_S)
                if run not in _warm:
                    tell(GET_READY, 0, 1)
                    warm_up(measures, turn=turn)
                    _warm.add(run)
                tell("open", 0, 1)
                return "came", job.do(tell, stopped)
        except Stopped:
            return "stopped", None
        except Exception as error:  # ours, and told where it can be mended
            return "raised", error
        finally:
            _at_work.discard(run)
