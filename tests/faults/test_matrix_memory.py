"""Memory that does not suffice: the system kills a worker, or gives no more."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from faults.matrix import assert_told, case, fault
from faults.studies import BARE_LEAN, GOOD, make_study, measured, row, status, write_pixels
from faults.works import half_written

GROUPS = Path("/sys/fs/cgroup/memory")
CODE = """
import numpy as np
held = []
def segment(frame):
    if frame.shape == (48, 48):
        while True:
            held.append(np.ones(1 << 20))
    return (frame > 0.3 * frame.max()).astype(np.int32)
"""
EXTERNAL = '[objects.cell.segment]\nmethod = "external"\nfunction = "hungry.py:segment"\n'
SETTINGS = BARE_LEAN + EXTERNAL


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group whose processes may have 1.5 GB together."""
    place = GROUPS / f"lamella-{uuid.uuid4().hex[:8]}"
    try:
        place.mkdir()
        (place / "memory.limit_in_bytes").write_text(str(1500 << 20))
    except OSError:
        pytest.skip("this system does not let us make a control group of memory")
    yield place
    until = time.monotonic() + 10
    while place.exists() and time.monotonic() < until:
        with suppress(OSError):  # its last process is ending
            place.rmdir()
        time.sleep(0.05)


@pytest.fixture
def hungry(tmp_path) -> Path:
    """A study of three movies, and of one that takes all the memory there is."""
    study = make_study(tmp_path / "study", rows=[row("odd")], settings=SETTINGS)
    write_pixels(
        study / "raw/odd.tif", np.zeros((6, 48, 48), np.uint16) + np.arange(48, dtype="u2")
    )
    (study / "hungry.py").write_text(CODE)
    return study


@fault("out of memory: the system kills a worker")
@pytest.mark.parametrize("workers", [case(n, quick=n == 2) for n in (2, 3, 4)])
def test_killed_for_memory(workers, hungry, group, starter):
    """It is the kernel that kills. One movie is lost and named, the others are done."""
    ended = starter.run(
        "run", hungry, "--workers", workers,
        faults=[("no_report", {}), ("group", {"place": str(group)})],
    )  # fmt: skip
    assert ended.code == 1, ended
    told = "its worker was killed, twice, .* memory; unless somebody ended it, use fewer workers"
    assert_told(ended, f"odd.tif: {told}")
    assert measured(hungry) == set(GOOD)
    assert (status(hungry).query("state == 'failed'")["movie"] == "odd").all()


@fault("out of memory: the system kills the run")
def test_killed_with_the_run(hungry, group, starter):
    """Without workers the run itself is killed; it goes on from there without the movie."""
    given = [("no_report", {}), ("group", {"place": str(group)})]
    assert starter.run("run", hungry, faults=given).code == -signal.SIGKILL
    samples = hungry / "samples.csv"
    samples.write_text("".join(each for each in samples.open() if not each.startswith("odd")))
    ended = starter.run("run", hungry, faults=given)
    assert ended.code == 0, ended
    assert not re.search(r"\(0 up|, 0 up to date", ended.out)
    assert measured(hungry) == set(GOOD)


@fault("out of memory: the system gives no more (ulimit -v)")
@pytest.mark.parametrize("workers", [case(n, quick=n == 1) for n in (1, 2)])
def test_no_more(workers, hungry, starter):
    ended = starter.run(
        "run", hungry, "--workers", workers,
        faults=[("no_report", {}), ("memory", {"n_bytes": 6 << 30})],
    )  # fmt: skip
    assert ended.code == 1, ended
    assert_told(ended, "odd.tif|hungry.py")
    assert re.search("memory|MemoryError", ended.err)
    assert measured(hungry) == set(GOOD)


@fault("out of memory: the system gives no more (ulimit -v)")
@pytest.mark.parametrize("command", ["segment", "measure"])
def test_too_large_a_movie(command, world, starter, tmp_path):
    """A frame that no machine holds is refused in words."""
    import tifffile

    file = tmp_path / "huge.tif"
    side = 20_000
    tifffile.imwrite(file, shape=(1, side, side), dtype="uint16")
    told = {
        "segment": ("segment", file, "-o", tmp_path / "l.tif", "--method", "multiotsu"),
        "measure": ("measure", file, world / "labels.tif", "-o", tmp_path / "m"),
    }
    ended = starter.run(*told[command], faults=[("memory", {"n_bytes": 1500 << 20})])
    assert ended.code == 2, ended
    assert_told(ended)
    assert not (tmp_path / "l.tif").exists()


@fault("too many open files (ulimit -n)")
@pytest.mark.parametrize("workers", [1, 2])
def test_open_files(workers, world, starter):
    ended = starter.run(
        "run", world / "study", "--out", world / "new", "--workers", workers,
        faults=[("no_report", {}), ("open_files", {"n": 40})],
    )  # fmt: skip
    assert_told(ended)


@fault("a worker is killed while it writes")
@pytest.mark.parametrize("turn", [case(n, quick=n == 0) for n in range(4)])
def test_worker_killed(turn, world, starter):
    """By somebody else, at any moment: its movie is done by another one."""
    first = starter.start(
        "run", world / "study", "--out", world / "new", "--workers", 2, faults=[("no_report", {})]
    )
    until = time.monotonic() + 60
    while not [*(world / "new").glob(".lock.held")] and time.monotonic() < until:
        time.sleep(0.01)
    n_files, until = 2 + 6 * turn, time.monotonic() + 60
    while len([*(world / "new").glob("movies/*/*/*")]) < n_files and time.monotonic() < until:
        time.sleep(0.002)
    workers = _workers_of(first)
    if workers:
        os.kill(workers[turn % len(workers)], signal.SIGKILL)
    ended = starter.said(first)
    assert ended.code == 0, ended
    assert measured_in(world / "new") == {"good1", "good2"}
    assert half_written(world / "new") == []


def measured_in(out: Path) -> set[str]:
    import pandas as pd

    return set(pd.read_csv(out / "tables/cells.csv")["movie"])


def _workers_of(process: int) -> list[int]:
    """Processes that the server of workers has forked."""
    told = subprocess.run(
        ["ps", "-eo", "pid,ppid,sid"], check=True, capture_output=True, text=True
    ).stdout.splitlines()[1:]
    rows = [tuple(map(int, line.split())) for line in told]
    ours = [pid for pid, ppid, sid in rows if sid == process and ppid == process]
    return [pid for pid, ppid, sid in rows if ppid in ours]
