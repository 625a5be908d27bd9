"""The parent's side of a child: hands it inputs, ends it when it takes too long, starts it anew."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

from fuzz.case import Case
from fuzz.readers import Reader

ROOT = Path(__file__).parent.parent
LIMIT_S = 10.0
_START_S = 300.0
_INPUTS_A_CHILD = 4000


class Result(NamedTuple):
    """What came of an input."""

    outcome: str
    """``read``, ``refused``; or a failure: ``error``, ``memory``, ``slow``, ``crash``."""
    signature: str
    """Equal for inputs that end at the same place."""
    seconds: float
    """Of the processor; where it took too long, by the clock."""

    @property
    def failed(self) -> bool:
        """Whether this must not happen."""
        return self.outcome not in ("read", "refused")


class Keeper:
    """A child process that reads inputs, in a context.

    Parameters
    ----------
    warm : sequence of (Reader, Case)
        Read by every new child first, without the limits: what is imported, compiled and cached on
        first use is none of an input's.
    limit_s : float
        Time by the clock after which an input has taken too long.
    """

    def __init__(
        self, warm: Sequence[tuple[Reader, Case]] = (), *, limit_s: float = LIMIT_S
    ) -> None:
        self._warm, self._limit_s = warm, limit_s
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._n = 0
        self._lies: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def attempt(self, reader: Reader, case: Case) -> Result:
        """Read one case within the limits."""
        if self._process is None or self._n >= _INPUTS_A_CHILD:
            self._start()
        self._n += 1
        return self._asked(reader, case, warm=False, patience_s=self._limit_s)

    def warm(self, reader: Reader, case: Case) -> Result:
        """Read one case without the limits of an input."""
        if self._process is None:
            self._start()
        return self._asked(reader, case, warm=True, patience_s=_START_S)

    def _asked(self, reader: Reader, case: Case, *, warm: bool, patience_s: float) -> Result:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        entry = self._lay_out(case, anew=reader.rewrites)
        asked = {"reader": reader.name, "path": str(entry), "warm": warm}
        process.stdin.write(f"{json.dumps(asked)}\n".encode())
        process.stdin.flush()
        answer = self._answer(patience_s)
        if answer is None:
            slow = process.poll() is None
            self._end()
            if slow:
                return Result("slow", f"more than {patience_s:g} s", patience_s)
            code = process.returncode
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            return Result("crash", name, 0.0)
        return Result(answer["outcome"], answer["signature"], answer["seconds"])

    def _lay_out(self, case: Case, *, anew: bool) -> Path:
        place = self._folder / "case"
        names = set(case.files)
        if anew or not names >= set(self._lies):
            shutil.rmtree(place, ignore_errors=True)
            self._lies = {}
        changed = {k: v for k, v in case.files.items() if self._lies.get(k) is not v}
        try:
            Case(case.entry, changed).write(place)
        except OSError:
            shutil.rmtree(place, ignore_errors=True)
            case.write(place)
        self._lies = dict(case.files)
        return place / case.entry

    def _start(self) -> None:
        self._end()
        paths = [str(ROOT), str(ROOT / "src"), str(ROOT / "tests")]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
        env |= {"NUMBA_NUM_THREADS": "1", "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2",
                # Others reserve a gigabyte of addresses before they hold anything.
                "ARROW_DEFAULT_MEMORY_POOL": "system"}  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fuzz.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
            env=env,
        )  # fmt: skip
        self._n = 0
        if self._answer(_START_S) is None:
            self._end()
            raise RuntimeError("the child did not start: python -m fuzz.child")
        for reader, case in self._warm:
            self._asked(reader, case, warm=True, patience_s=_START_S)

    def _answer(self, patience_s: float) -> dict | None:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], patience_s)
        line = process.stdout.readline() if ready else b""
        if ready and not line:
            process.wait()
        return json.loads(line) if line else None

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                stream.close()
        self._process = None
