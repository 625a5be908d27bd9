"""A training in a process of its own: whoever waits for it stays free, and may stop it."""

from __future__ import annotations

import json
import math
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from filelock import Timeout

from lamella.core.errors import LamellaError, OutputError, UnexpectedError
from lamella.io.atomic import output_error
from lamella.io.documents import write_json
from lamella.nets.device import Device
from lamella.run.learn.lesson import Effort, Lesson
from lamella.run.learn.places import job_file, lock_of, next_folder
from lamella.run.learn.proposal import Proposal
from lamella.run.learn.pupil import FAILED
from lamella.run.learn.told import Told, raised

_EVERY_S = 0.3
"""So often it is told how far the training is, whether or not it got any further."""
_GRACE_S = 1.0
"""A process that is asked to end has so long before it is ended."""
_WORDS = {"training": "epoch {done} of {total}"}


class Training:
    """One training from corrections.

    Parameters
    ----------
    lesson : Lesson
    out : Path, optional
        Folder of the model; by default the next one beside the study, see `next_folder`. Where a
        training of it was stopped, this one goes on from there.
    effort : {"quick", "thorough"}
    options : sequence of str
        Settings of the training, ``key=value``, as `lamella train` takes them with ``--set``.
    device : {"auto", "cpu", "cuda", "mps"}
    """

    def __init__(
        self,
        lesson: Lesson,
        out: Path | None = None,
        *,
        effort: Effort = "quick",
        options: tuple[str, ...] = (),
        device: Device = "auto",
    ) -> None:
        self.lesson, self.effort, self.options, self.device = lesson, effort, options, device
        self.out = out or next_folder(lesson.run.study, lesson.object_name)
        self._losses: dict[int, tuple[int, float, float]] = {}
        self._epochs: tuple[float, int] | None = None

    def steps(self) -> Generator[Told, None, Proposal]:
        """Train; closing the generator ends the process.

        The model's folder appears when it is whole, and weights of a training that was stopped are
        in no file that anything reads.

        Returns
        -------
        Proposal

        Raises
        ------
        LamellaError
            There is nothing to learn from, or what became of the training.
        """
        faults = self.lesson.faults
        if faults:
            raise faults[0]
        with self._alone(), tempfile.TemporaryFile() as said:
            yield from self._taught(said)
        return Proposal(self.out)

    def _taught(self, said: IO[bytes]) -> Generator[Told, None, None]:
        file = job_file(self.out)
        write_json(file, self._job)
        with _Process(file, said) as process:
            lines: queue.Queue[str | None] = queue.Queue()
            threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
            yield from self._listen(lines)
            if process.wait():
                said.seek(0)
                raise _ended(process.returncode, said.read().decode(errors="replace"))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder, which two windows may have chosen at the same time."""
        lock = lock_of(self.out)
        try:
            Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise OutputError(
                str(self.out),
                "another training is making this model",
                "begin once more: it gets a folder of its own",
            ) from None
        except OSError as error:
            raise output_error(self.out, error) from error
        try:
            yield
        finally:
            lock.release()

    @property
    def losses(self) -> tuple[tuple[int, float, float], ...]:
        """Those told so far: epoch, loss on what is learnt from, on what is held out."""
        known = dict(self._losses)
        return tuple(known[epoch] for epoch in sorted(known))

    @property
    def _job(self) -> dict[str, Any]:
        run = self.lesson.run
        return {
            "run": run.folder.resolve().as_posix(),
            "study": run.study.folder.resolve().as_posix(),
            "object": self.lesson.object_name,
            "network": self.lesson.network,
            "out": self.out.resolve().as_posix(),
            "effort": self.effort,
            "options": list(self.options),
            "device": self.device,
        }

    def _listen(self, lines: queue.Queue[str | None]) -> Generator[Told, None, None]:
        now = Told(words="looking at the corrections")
        yield now
        while True:
            try:
                line = lines.get(timeout=_EVERY_S)
            except queue.Empty:
                yield now
                continue
            if line is None:
                return
            now = self._told(now, json.loads(line))
            yield now

    def _told(self, now: Told, line: dict[str, Any]) -> Told:
        if "faults" in line:
            raise raised(line["faults"])
        if "epoch" in line:
            train, held_out = (math.nan if x is None else float(x) for x in line["losses"])
            self._losses[line["epoch"]] = (line["epoch"], train, held_out)
            return now._replace(losses=self.losses)
        done, total = int(line["done"]), int(line["total"])
        words = _WORDS.get(line["doing"], "{doing}: {done} of {total}").format(**line)
        if line["doing"] == "training":
            words += self._left(done, total)
        return now._replace(done=done, total=total, words=words)

    def _left(self, done: int, total: int) -> str:
        """How long the epochs that are left will take, as long as those since the first told."""
        at = time.monotonic()
        if self._epochs is None:
            self._epochs = at, done
        began, first = self._epochs
        if done == first or done >= total:
            return ""
        seconds = (at - began) / (done - first) * (total - done)
        return (
            f", some {seconds:.0f} s left"
            if seconds < 90
            else f", some {seconds / 60:.0f} min left"
        )


class _Process:
    """The process of a training, ended with the block whatever happens in it."""

    def __init__(self, job: Path, said: IO[bytes]) -> None:
        self._made = subprocess.Popen(  # noqa: S603  our own module, by this Python
            # -P: files of the current folder, which may be anybody's, are no modules of ours.
            [sys.executable, "-P", "-m", "lamella.run.learn.pupil", str(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            encoding="utf-8",
        )

    def __enter__(self) -> subprocess.Popen[str]:
        return self._made

    def __exit__(self, *error: object) -> None:
        process = self._made
        assert process.stdin is not None  # noqa: S101  a pipe
        process.stdin.close()  # which asks it to end
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _read(stream: IO[str] | None, lines: queue.Queue[str | None]) -> None:
    assert stream is not None  # noqa: S101  a pipe
    with stream:
        for line in stream:
            if line.endswith("\n"):  # else its process was ended amid it
                lines.put(line)
    lines.put(None)


def _ended(status: int, said: str) -> LamellaError:
    """Why a process ended that could not say it."""
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
    if status != FAILED and status < 0:
        last = f"the system ended it (signal {-status})" + (f", {last}" if last else "")
    return UnexpectedError(
        "the training",
        last or f"its process ended with status {status}",
        "what it has learnt so far is kept: train again; if memory is short, close other programs",
    )
