"""A folder that one piece of work holds for itself, and who that is."""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from lamella.core.errors import InputError, InUseError, LamellaError
from lamella.io.atomic import output_error
from lamella.io.documents import read_json, write_json

_PATIENCE_S = 2


@contextmanager
def locked(out: Path, *, file: str = ".lock", work: str = "run") -> Iterator[None]:
    """Hold a folder for this work alone; the system lets go of it when the process dies.

    Parameters
    ----------
    file : str
        Name of the lock in the folder. Who holds it stands beside it, in ``FILE.held``, for those
        who come second.
    work : str
        What it is, in a word.

    Raises
    ------
    InUseError
        Somebody else holds it: names process, machine and since when.
    OutputError
        The folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / file, timeout=_PATIENCE_S)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of disks without locks: filelock has another way
            lock.acquire()
    except Timeout:
        by = holder(out, file=file)
        remedy = "wait for it, or choose another --out"
        if not by:  # left by a disk with locks on one without, say
            remedy += f"; if nothing runs there, delete {out / file}"
        what = f"another {work} is working in this folder{by}"
        raise InUseError(str(out), what, remedy) from None
    except OSError as error:
        raise output_error(out, error) from error
    held = out / f"{file}.held"
    try:
        with suppress(LamellaError):  # on a full disk: the lock holds without it
            write_json(
                held, {"process": os.getpid(), "host": socket.gethostname(), "since": _now()}
            )
        yield
    finally:
        with suppress(OSError):
            held.unlink(missing_ok=True)
        lock.release()


def holder(out: Path, *, file: str = ".lock") -> str:
    """Who holds a folder, as `` (process 4711 on lab2 since 2026-03-01 14:05:10)``; else empty."""
    try:
        told = read_json(out / f"{file}.held")
        return f" (process {told['process']} on {told['host']} since {told['since']})"
    except (InputError, LookupError, TypeError, OSError):
        return ""


def _now() -> str:
    """As a clock on the wall of the machine that holds it shows."""
    return datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
