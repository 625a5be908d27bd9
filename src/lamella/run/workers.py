"""Run movies in parallel processes, and survive the loss of one.

A worker that is killed (by the system, for memory) takes its pool down. The movies that were under
way are then tried once more, one at a time; a movie that takes its worker down again is reported as
failed, and the others go on. Workers end at once when the process that started them dies, so that a
killed run leaves nobody writing behind its back. A run that is asked to end, or interrupted, asks
its workers to end at the next frame, and waits for that.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

from lamella.run.movie import StageResult, run_movie
from lamella.run.settings import MeasureSettings
from lamella.run.stopping import Asked, go_on, never
from lamella.run.task import MovieTask
from lamella.run.warm import warm_up

_TELL_EVERY_S = 0.1


class Progress(NamedTuple):
    """A movie has come so far in a stage."""

    movie: str
    stage: str
    done: int
    total: int


def run_all(
    tasks: Sequence[MovieTask],
    *,
    workers: int,
    on_progress: Callable[[Progress], object] = lambda progress: None,
    stopped: Asked = never,
) -> Iterator[list[StageResult]]:
    """Process movies, giving the results of each as it ends.

    Parameters
    ----------
    workers : int
        1 works in this process; more in as many others.
    on_progress
        Called in this process, at most ten times a second and movie.
    stopped
        Asked in this process, between frames where it works itself, else ten times a second.

    Raises
    ------
    Stopped
        When it was asked to end; no worker works then.
    """
    if workers <= 1 or len(tasks) <= 1:
        for task in tasks:
            yield run_movie(task, _throttled(task.name, on_progress), stopped=stopped)
        return
    yield from _run_in_pools(tasks, workers, on_progress, stopped)


def _run_in_pools(
    tasks: Sequence[MovieTask],
    workers: int,
    on_progress: Callable[[Progress], object],
    stopped: Asked,
) -> Iterator[list[StageResult]]:
    context = _context()
    waiting = {task.name: task for task in tasks}
    while waiting:
        begun: set[str] = set()
        left = list(waiting.values())
        for results in _pool(context, left, workers, on_progress, stopped, begun):
            waiting.pop(results[0].movie)
            yield results
        # What is left was lost with a worker. The movies that had begun are tried again, each in a
        # pool of its own, so that one that kills its worker kills only itself. A worker may be gone
        # before it can say what it began: movies begin in their order.
        for name in [name for name in waiting if name in begun] or list(waiting)[:workers]:
            task = waiting.pop(name)
            ended = list(_pool(context, [task], 1, on_progress, stopped, set()))
            yield ended[0] if ended else [_lost(task)]


def _lost(task: MovieTask) -> StageResult:
    return StageResult(
        task.name,
        "worker",
        "failed",
        messages=(
            f"{task.source}: its worker was killed, twice, most likely for lack of memory; "
            "use fewer workers or a machine with more memory",
        ),
    )


def _pool(
    context: BaseContext,
    tasks: Sequence[MovieTask],
    workers: int,
    on_progress: Callable[[Progress], object],
    stopped: Asked,
    begun: set[str],
) -> Iterator[list[StageResult]]:
    """Results until all tasks have ended or a worker was lost; notes which movies had begun."""
    events: Any = context.Queue()
    halt: Any = context.Value("b", 0, lock=False)  # a worker that is killed would keep a lock
    n = min(workers, len(tasks))
    pool = ProcessPoolExecutor(
        n,
        mp_context=context,
        initializer=_start_worker,
        initargs=(events, halt, context.Value("i", 0), tasks[0].settings.measure, n),
    )
    try:
        running: set[Future[list[StageResult]]] = {pool.submit(_work, task) for task in tasks}
        while running:
            ended, running = wait(running, timeout=_TELL_EVERY_S, return_when=FIRST_COMPLETED)
            for progress in _drained(events):
                begun.add(progress.movie)
                on_progress(progress)
            go_on(stopped)
            for future in ended:
                with suppress(BrokenProcessPool):
                    yield future.result()
    finally:
        # Also reached by Ctrl-C: nothing waits for movies that have not begun, and those that have
        # end at their next frame.
        halt.value = 1
        pool.shutdown(wait=True, cancel_futures=True)
        events.close()
        events.cancel_join_thread()


def _drained(events: Any) -> Iterator[Progress]:
    while True:
        try:
            yield events.get_nowait()
        except queue.Empty:
            return


def _context() -> BaseContext:
    """Workers forked from a small server that has imported the code once, where there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lamella.run.movie"])
    return context


_events: Any = None
_halt: Any = None


def _start_worker(
    events: Any, halt: Any, started: Any, measures: MeasureSettings, workers: int
) -> None:
    global _events, _halt
    _events, _halt = events, halt
    with started.get_lock():
        turn = started.value
        started.value += 1
    # Ctrl-C ends a worker at once; what it had half-written is removed when the run goes on.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # One worker, one core: the parallelism is that of the movies.
    import cv2

    cv2.setNumThreads(1)
    # Networks are too slow for that: their workers share the cores. PyTorch reads it when imported.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warm_up(measures, turn=turn)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _work(task: MovieTask) -> list[StageResult]:
    _events.put(Progress(task.name, "open", 0, 1))
    return run_movie(task, _throttled(task.name, _events.put), stopped=lambda: bool(_halt.value))


def _throttled(movie: str, put: Callable[[Progress], object]) -> Callable[[str, int, int], None]:
    last: dict[str, float] = {}

    def tell(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - last.get(stage, 0.0) >= _TELL_EVERY_S:
            last[stage] = now
            put(Progress(movie, stage, done, total))

    return tell
