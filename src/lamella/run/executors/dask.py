"""Work on the workers of a dask scheduler.

Which worker does which job is decided here, one job for each worker process at a time: so it is
known what was lost with a worker, nothing waits behind a job that takes its worker down, and two
thousand movies are never more than a job for each worker on their way.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from lamella.core.errors import InputError, NotInstalledError, SettingsError
from lamella.io.atomic import output_error
from lamella.run.executors.crew import Crew
from lamella.run.executors.job import Came, Gone, Job, News, Progress, Raised, Worker
from lamella.run.executors.on_dask_worker import at_work, do_here, look_around
from lamella.run.settings import MeasureSettings
from lamella.run.versions import versions

GPU = "GPU"
"""The resource that workers with a graphics card advertise: ``--resources GPU=1``."""

_LOOK_EVERY_S = 0.5
_TELL_AFTER_S = 60.0
_END_WITHIN_S = 60.0
_FULL_FOR_S = 20.0
_FETCH_WITHIN_S = 30.0

_logger = logging.getLogger(__name__)


class OnDask(Crew):
    """The workers of a scheduler that somebody has started.

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.1:8786``.
    out : Path
        The run's folder, which workers must see under the same path.
    measures : MeasureSettings
        What movies will be measured with: their kernels are compiled before a worker's first.
    on_note : callable
        Hears what the user should know: where the dashboard is, that no worker comes.
    """

    most_deaths = 6  # on a cluster workers end for many reasons
    answers_within_s = 15.0

    def __init__(
        self,
        address: str,
        out: Path,
        measures: MeasureSettings,
        *,
        on_note: Callable[[str], object] = lambda text: None,
    ) -> None:
        self._address, self._out, self._measures = address, out, measures
        self.on_note = on_note
        self._run = f"lamella-{uuid.uuid4().hex}"
        self._events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._workers: dict[str, Worker] = {}
        self._paused: set[str] = set()
        self._refused: set[str] = set()
        self._doing: dict[str, Any] = {}
        self._numbers: dict[str, int] = {}
        self._n_jobs = 0
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="lamella-look")
        self._asked: set[str] = set()
        self._full_since: dict[str, float] = {}
        self._looked = float("-inf")
        self._alone_since: float | None = time.monotonic()

    def connect(self) -> Any:
        """A `distributed.Client`."""
        from distributed import Client

        self.on_note(f"waiting up to {self.answers_within_s:g} s for {self._address} to answer")
        try:
            # A client that finds nobody waits half a minute to say goodbye. In a thread: notebooks
            # have a loop of their own in this one.
            reached = _reached(self._address, self.answers_within_s)
            self._asking.submit(asyncio.run, reached).result()
            return Client(self._address, set_as_default=False, timeout=self.answers_within_s)
        except TimeoutError as error:
            what = f"nothing answers within {self.answers_within_s:g} s"
            raise self._no_scheduler(what) from error
        except MemoryError as error:  # what is said there is taken for the length of a message
            raise self._no_scheduler("what answers there is something else") from error
        except (OSError, ValueError, TypeError) as error:
            raise self._no_scheduler(f"it does not answer ({error})") from error

    def _no_scheduler(self, what: str) -> InputError:
        remedy = "start one with: dask scheduler, and give the address that it prints"
        return InputError(f"scheduler {self._address}", what, remedy)

    @property
    def in_words(self) -> str:
        return f"the workers of {self._address}"

    def how_to_get_workers(self) -> str:
        """The remedy where none comes."""
        return f"start some with: dask worker {self._address} --nthreads 1 --nworkers 4"

    def __enter__(self) -> Self:
        require("distributed", extra="dask")
        self._client = self.connect()
        try:
            self._probe = self._out / f".{self._run}.part"
            try:
                self._probe.write_text(self._run, encoding="utf-8")
            except OSError as error:
                raise output_error(self._probe, error) from error
            self._client.subscribe_topic(
                self._run, lambda event: self._events.put(("progress", event[1]))
            )
            self._client.subscribe_topic("all", self._heard)
            self.on_note(f"dashboard: {self._dashboard()}")
            self._look()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            if self._doing and self._client.status == "running":
                self._stop()
        finally:
            self._leave()

    def _dashboard(self) -> str:
        """Where it is."""
        return str(self._client.dashboard_link)

    def _stop(self) -> None:
        """Those that work end at their next frame: nobody writes when this returns."""
        for future in self._doing.values():
            future.cancel()
        deadline = time.monotonic() + _END_WITHIN_S
        while time.monotonic() < deadline:
            try:
                answers = self._client.run(
                    at_work, self._run, workers=list(self._doing), on_error="ignore"
                )
            except OSError:  # the scheduler went, too
                return
            if not any(answers.values()):
                return
            time.sleep(0.1)

    def _leave(self) -> None:
        with suppress(AttributeError, OSError):
            self._probe.unlink(missing_ok=True)
        with suppress(ValueError):  # it had not come so far
            self._client.unsubscribe_topic(self._run)
            self._client.unsubscribe_topic("all")
        self._client.close()
        self._asking.shutdown(wait=False, cancel_futures=True)

    def _heard(self, event: tuple[float, Any]) -> None:
        told = event[1]
        if isinstance(told, dict) and told.get("action") == "remove-worker":
            self._events.put(("gone", (told["worker"], not told.get("expected", False))))

    @property
    def mixed(self) -> bool:
        return len({worker.gpu for worker in self._workers.values()}) > 1

    def idle(self) -> Sequence[Worker]:
        busy = self._doing.keys() | self._paused
        return [worker for name, worker in self._workers.items() if name not in busy]

    def give(self, worker: Worker, job: Job) -> None:
        self._n_jobs += 1
        number = self._numbers[worker.name]
        future = self._client.submit(
            do_here,
            job,
            self._run,
            str(Path.cwd()),
            self._measures,
            number,
            key=f"{self._run}-{self._n_jobs}",
            workers=[worker.name],
            allow_other_workers=False,
            pure=False,
        )
        self._doing[worker.name] = future
        future.add_done_callback(lambda done: self._events.put(("done", (worker.name, done))))

    def news(self, timeout_s: float) -> Sequence[News]:
        events: list[tuple[str, Any]] = []
        with suppress(queue.Empty):
            events.append(self._events.get(timeout=timeout_s))
            while True:
                events.append(self._events.get_nowait())
        news: list[News] = []
        for kind, what in events:
            if kind == "progress":
                news.append(Progress(*what))
            elif kind == "gone":
                news += self._buried(*what)
            elif kind == "answers":
                self._welcome(*what)
            elif self._doing.get(what[0]) is what[1]:  # else it was lost, and is given up already
                news.append(self._done(*what))
        if time.monotonic() - self._looked > _LOOK_EVERY_S:
            news += self._look()
        return news

    def _done(self, name: str, future: Any) -> News:
        del self._doing[name]
        try:
            kind, what = future.result(timeout=_FETCH_WITHIN_S)
        except Exception as error:  # the worker went before its answer was fetched
            _logger.info("%s: %s", name, error)
            self._workers.pop(name, None)
            return Gone(name, "was lost")
        finally:
            future.release()
        if kind == "came":
            return Came(name, what)
        if kind == "raised":
            return Raised(name, what)
        self._paused.add(name)
        return Gone(name, "left", died=False)

    def _buried(self, name: str, died: bool) -> list[News]:
        known = self._workers.pop(name, None)
        self._paused.discard(name)
        future = self._doing.pop(name, None)
        if future is not None:
            future.cancel()
        elif known is None:
            return []
        return [Gone(name, "was killed" if died else "left", died)]

    def _look(self) -> list[News]:
        """Which workers there are; new ones are looked at before they get a job."""
        if self._client.status != "running":
            raise InputError(
                f"scheduler {self._address}",
                "the connection to it is lost",
                "start it and run again; finished work is kept",
            )
        self._looked = time.monotonic()
        try:
            # Not `scheduler_info`: what it gives, the client brings up to date without the workers.
            identity = self._client.sync(self._client.scheduler.identity, n_workers=-1)
        except OSError as error:  # the connection breaks: its status will tell
            _logger.info("%s: %s", self._address, error)
            return []
        there = identity["workers"]
        self._refused &= there.keys()  # another may come by the address of one that went
        news = [
            each
            for name in [*self._workers]
            if name not in there
            for each in self._buried(name, True)
        ]
        waiting = [name for name, told in there.items() if told.get("status") != "running"]
        self._paused = {name for name in waiting if name in self._workers}
        self._relieve([name for name in self._paused if there[name].get("status") == "paused"])
        new = [name for name in there if name not in {*self._workers, *self._refused, *waiting}]
        if new and not self._asked:
            self._asked = set(new)
            self._asking.submit(self._ask, list(new), there)
        self._tell_of_none()
        return news

    def _relieve(self, full: Sequence[str]) -> None:
        """Begin workers anew that have no job and yet hold so much that they take none."""
        now = time.monotonic()
        idle = [name for name in full if name not in self._doing]
        self._full_since = {name: self._full_since.get(name, now) for name in idle}
        for name, since in self._full_since.items():
            if now - since > _FULL_FOR_S:
                self._full_since[name] = float("inf")
                self.on_note(f"worker {name} holds most of its memory without a job: begun anew")
                self._asking.submit(self._client.restart_workers, [name], raise_for_error=False)

    def _ask(self, new: Sequence[str], there: Any) -> None:
        """In a thread: a worker imports Lamella first, and the others have work meanwhile."""
        answers: dict[str, Any] = {}
        try:
            answers = self._client.run(
                look_around, str(self._probe.absolute()), workers=list(new), on_error="return"
            )
        except Exception as error:  # they are gone, or the run is over
            _logger.info("%s: %s", new, error)
        finally:
            self._events.put(("answers", (answers, there)))

    def _welcome(self, answers: dict[str, Any], there: Any) -> None:
        self._asked = set()
        faults: dict[str, SettingsError] = {}
        for name, answer in answers.items():
            if isinstance(answer, OSError):  # it went meanwhile, or is asked again
                continue
            fault = self._fault(name, answer)
            if fault is None:
                self._numbers[name] = len(self._numbers)
                self._workers[name] = Worker(name, GPU in (there[name].get("resources") or {}))
            else:
                faults[name] = fault
        for name, fault in faults.items():
            if not self._workers:
                raise fault
            self._refused.add(name)  # those that are right go on, whichever answered first
            self.on_note(f"{fault}; this worker gets no work")

    def _fault(self, name: str, answer: Any) -> SettingsError | None:
        """Why a worker cannot work for this run; None where it can."""
        where = f"worker {name}"
        same = "install the same there, such as with: pip install -c constraints.txt lamella"
        if isinstance(answer, BaseException):
            return SettingsError(where, f"Lamella cannot be used there ({answer!r})", same)
        ours, theirs = versions(), answer["versions"]
        other = [
            f"{package} {theirs.get(package, 'missing')}, here {version}"
            for package, version in ours.items()
            if theirs.get(package) != version
        ]
        if other:
            return SettingsError(where, f"it has other versions: {'; '.join(other)}", same)
        if answer["seen"] != self._run:
            return SettingsError(
                where,
                f"it does not see the folder {self._out.absolute()}",
                "put the study and its results on a file system that all workers share, under "
                "the same path",
            )
        return None

    def _tell_of_none(self) -> None:
        if self._workers:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = time.monotonic()
        elif time.monotonic() - self._alone_since > _TELL_AFTER_S:
            self._alone_since = float("inf")
            self.on_note(
                f"no worker has come for {_TELL_AFTER_S:.0f} s; {self.how_to_get_workers()}. "
                "The run waits"
            )


async def _reached(address: str, within_s: float) -> None:
    """Raise OSError or ValueError where no scheduler listens at an address, or it is none."""
    from distributed.comm import connect
    from distributed.security import Security

    security = Security().get_connection_args("client")
    async with asyncio.timeout(within_s + 1):  # that of `connect` is over when a line is open
        line = await connect(address, timeout=within_s, **security)
        await line.close()


def require(*modules: str, extra: str) -> None:
    """Raise the error that names the extra, where a module is not installed."""
    import importlib.util

    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise NotInstalledError(
                f"the executor {extra}",
                f"{module} is not installed",
                f'pip install "lamella[{extra}]"',
            )
