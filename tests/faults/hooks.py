"""What is made to go wrong in a process that a test starts: called in it, before its work.

A *moment* of a process is a file that takes its name: everything that Lamella leaves is written
beside and renamed, so that these are all moments that differ. What numba compiles and keeps for the
next process is none: it is written the first time alone.
"""

from __future__ import annotations

import errno
import os
import pathlib
import resource
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_rename = os.replace
_COMPILED = (".nbi", ".nbc")
_AtMoment = Callable[[int, str, str], object]


def _nothing(moment: int, part: str, final: str) -> None:
    """Goes wrong."""


def _at_every(before: _AtMoment, after: _AtMoment = _nothing) -> None:
    """Call these with moment, part and final name, before and after each file takes its name."""
    n = 0

    def replace(source: Any, target: Any, **more: Any) -> None:
        nonlocal n
        if os.fspath(target).endswith(_COMPILED):
            _rename(source, target, **more)
            return
        at = n, os.fspath(source), os.fspath(target)
        n += 1
        before(*at)
        _rename(source, target, **more)
        after(*at)

    os.replace = replace


def count_moments(to: str) -> None:
    """Write the names of all files that take their names, one a line."""

    def note(moment: int, part: str, final: str) -> None:
        with Path(to).open("a") as file:
            file.write(f"{final}\n")

    _at_every(note)


def struck(moment: int, how: str, by: str = "SIGKILL") -> None:
    """A signal at a moment.

    Parameters
    ----------
    how : str
        ``torn``: half of the file is written. ``before`` or ``after`` it has its name.
    """

    def strike(at: int, part: str, final: str) -> None:
        if at == moment:
            if how == "torn" and Path(part).is_file():
                os.truncate(part, Path(part).stat().st_size // 2)
            os.kill(os.getpid(), getattr(signal, by))

    _at_every(*((_nothing, strike) if how == "after" else (strike,)))


def refused(moment: int, why: str, times: int = 10**6) -> None:
    """The disk refuses the rename with this errno, from a moment on and so many times."""

    def fail(at: int, part: str, final: str) -> None:
        if moment <= at < moment + times:
            number = getattr(errno, why)
            raise OSError(number, os.strerror(number), final)

    _at_every(fail)


def largest_file(n_bytes: int) -> None:
    """No file may be larger: ``ulimit -f``."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def memory(n_bytes: int) -> None:
    """No more address space: ``ulimit -v``."""
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))


def group(place: str) -> None:
    """Be one of a control group, and all that this process starts."""
    (Path(place) / "cgroup.procs").write_text(str(os.getpid()))


def open_files(n: int) -> None:
    """No more open files than these: ``ulimit -n``."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))


def file_mode(mask: int) -> None:
    """What new files may not be, as ``umask`` says it."""
    os.umask(mask)


def clock(offset_s: float = 0, back_every: int = 0) -> None:
    """Another time; every so many times that it is asked for it jumps an hour back."""
    right, right_ns, asked = time.time, time.time_ns, 0

    def shifted() -> float:
        nonlocal asked
        asked += 1
        return offset_s - (3600 * (asked // back_every) if back_every else 0)

    time.time = lambda: right() + shifted()
    time.time_ns = lambda: right_ns() + int(shifted() * 1e9)


def seen_late(below: str, seconds: float) -> None:
    """Files that another machine changed are seen late, as attributes are cached over NFS.

    What this process wrote itself is seen at once.
    """
    ours, stat, opened = os.getpid(), os.stat, pathlib.Path.open
    own: set[str] = set()
    _at_every(lambda moment, part, final: own.add(final))

    def hidden(path: Any) -> bool:
        name = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        if os.getpid() != ours or not str(name).startswith(below) or name in own:
            return False
        try:
            return time.time() - stat(name).st_mtime < seconds
        except OSError:
            return False

    def late_stat(path: Any, *rest: Any, **more: Any) -> os.stat_result:
        if not isinstance(path, int) and hidden(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
        return stat(path, *rest, **more)

    def late_open(self: Path, *rest: Any, **more: Any) -> Any:
        if hidden(self):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(self))
        return opened(self, *rest, **more)

    os.stat, pathlib.Path.open = late_stat, late_open


def stale(name: str, after: int, times: int = 10**6) -> None:
    """Reading a file fails with ESTALE: it was replaced on the server."""
    opened, n = pathlib.Path.open, 0

    def fail(self: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        nonlocal n
        if self.name == name and "r" in mode:
            n += 1
            if after < n <= after + times:
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), os.fspath(self))
        return opened(self, mode, *rest, **more)

    pathlib.Path.open = fail


def silly_renames(name: str) -> None:
    """A file that another machine has open goes, and stays as ``.nfs…``, as NFS does it."""
    unlink = os.unlink

    def stays(path: Any, *, dir_fd: int | None = None) -> None:
        if Path(path).name == name:
            kept = Path(path).with_name(".nfs0000000000000042")
            os.rename(path, kept, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
        else:
            unlink(path, dir_fd=dir_fd)

    os.unlink = stays
    # They hold the one of before.
    import shutil

    shutil.os.unlink = stays


def no_locks() -> None:
    """A disk that has no locks, as some of clusters are mounted."""
    import fcntl

    def none(*given: Any) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    fcntl.flock = none


def closed(stream: int) -> None:
    """Nobody reads standard output (1) or errors (2) any more: a pipe whose other end is shut."""
    read, write = os.pipe()
    os.close(read)
    os.dup2(write, stream)


def terminal_gone() -> None:
    """The window in which it was started is shut while it works, and it goes on (``nohup``)."""
    ours, theirs = os.openpty()
    for stream in (0, 1, 2):
        os.dup2(theirs, stream)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Timer(0.1, lambda: os.close(ours)).start()


def no_report() -> None:
    """Leave the report out, which takes most of the time of a tiny run."""
    from lamella.run import execute

    execute.write_report = lambda out: out / "report.html"
