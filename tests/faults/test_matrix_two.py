"""Two at one folder: the second one is refused, and told who holds it; nobody loses anything."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from faults.matrix import assert_told, case, fault, right
from faults.studies import BARE_LEAN
from faults.works import WORKS, arguments, left_by
from lamella.run.holding import locked

SLOW = '[objects.cell.segment]\nmethod = "external"\nfunction = "slow.py:segment"\n'
CODE = (
    "import time, numpy as np\n"
    "def segment(frame):\n"
    "    time.sleep(0.5)\n"
    "    return (frame > 0.3 * frame.max()).astype(np.int32)\n"
)
HELD = rf"working in this folder \(process \d+ on {re.escape(socket.gethostname())} since 20.*\); "
REFUSED = ["run", "resume", "report", "import_rois", "correct"]


@fault("a second one while the folder is held")
@pytest.mark.parametrize("name", [case(n, quick=n in ("report", "correct")) for n in REFUSED])
def test_refused(name, world, starter):
    """By a living process, which is named; a person's edits stay in the journal."""
    work = WORKS[name]
    out = world / "study/results" if name != "run" else world / "new"
    work.prepare(world)
    before = left_by(work, world)
    with locked(out):
        ended = starter.run(*arguments(work, world), call=work.call)
    assert re.search(HELD, ended.err), ended
    assert str(os.getpid()) in ended.err
    left = left_by(work, world)
    assert {n: d for n, d in left.items() if ".lock" not in n} == before
    assert starter.run(*arguments(work, world), call=work.call).code == 0


@fault("a second one while the folder is held")
@pytest.mark.parametrize(
    "second", [case(n, quick=n == "run") for n in ("run", "report", "import_rois", "correct")]
)
def test_while_a_run_works(second, world, starter):
    """A real run, which goes on as if nobody had come."""
    (world / "study/slow.py").write_text(CODE)
    first = starter.start("run", world / "study", "--only", "good1", faults=[("no_report", {})])
    assert starter.ended(first) == 0
    (world / "study/study.toml").write_text(BARE_LEAN + SLOW)
    first = starter.start("run", world / "study", faults=[("no_report", {})])
    held = world / "study/results/.lock.held"
    until = time.monotonic() + 60
    while not held.exists() and time.monotonic() < until:
        time.sleep(0.01)
    work = WORKS[second if second != "run" else "resume"]
    ended = starter.run(*arguments(work, world), call=work.call)
    assert re.search(HELD, ended.err), ended
    assert f"process {first} " in ended.err
    assert ended.code
    assert starter.ended(first) == 0
    assert not held.exists()


@fault("two started at once")
@pytest.mark.parametrize(
    ("name", "turn"),
    [case(n, turn, quick=False) for n in ("run", "resume") for turn in range(3)],
)
def test_at_once(name, turn, world, whole_world, shared, starter):
    """One does the work, or one after the other; what is left is right."""
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    work.prepare(world)
    both = [starter.start(*arguments(work, world), faults=work.faults) for _ in range(2)]
    ended = [starter.said(each) for each in both]
    assert 0 in [each.code for each in ended]
    for each in ended:
        assert_told(each, HELD if each.code else "")
    left = left_by(work, world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []


@fault("two started at once")
def test_two_decide_at_once(world, starter):
    """Both decisions are kept."""
    both = [starter.start(world / "study/results", call="faults.works:decide") for _ in range(4)]
    assert [starter.ended(each) for each in both] == [0, 0, 0, 0]
    file = world / "study/results/movies/good1/corrections/decisions.jsonl"
    assert len(file.read_text().splitlines()) == 4


@fault("two started at once")
@pytest.mark.parametrize(
    "name", [case(n, quick=n == "segment") for n in ("segment", "measure", "export_ctc", "stats")]
)
def test_two_write_one_result(name, world, whole_world, shared, starter):
    """Of one movie: each is whole, whichever comes last."""
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    both = [starter.start(*arguments(work, world, again=True)) for _ in range(3)]
    ended = [starter.said(each) for each in both]
    assert 0 in [each.code for each in ended]
    for each in ended:
        assert_told(each)
    left = left_by(work, world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []


@fault("a lock that somebody left")
@pytest.mark.parametrize(
    "left",
    [case(n, quick=n == "killed") for n in ("killed", "other host", "damaged", "read-only")],
)
def test_left_lock(left, world, starter):
    """It does not hold anybody up, whatever it says."""
    results = world / "study/results"
    lock, held = results / ".lock", results / ".lock.held"
    if left == "killed":
        strike = ("struck", {"moment": 2, "how": "before"})
        assert starter.run("run", world / "study", faults=[strike]).code == -signal.SIGKILL
        assert held.exists()
    elif left == "other host":
        held.write_text('{"process": 1, "host": "elsewhere", "since": "2020-01-01 00:00:00"}')
    elif left == "damaged":
        held.write_bytes(b"\x00\xff{")
        lock.write_bytes(b"\x00" * 77)
    else:
        lock.chmod(0o444)
    ended = starter.run("run", world / "study", faults=[("no_report", {})])
    assert ended.code == 0, ended
    assert not held.exists()


@fault("a disk without locks")
@pytest.mark.parametrize("name", [case(n, quick=n == "resume") for n in ("resume", "correct")])
def test_no_locks(name, world, whole_world, shared, starter):
    """As some clusters mount them: the work is done, and a second one is still refused."""
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    work.prepare(world)
    lock, without = world / "study/results/.lock", ("no_locks", {})
    # Such as a folder has that was copied from another disk.
    ended = starter.run(*arguments(work, world), faults=[without], call=work.call)
    assert re.search("if nothing runs there, delete .*/.lock", ended.err), ended
    lock.unlink()
    ended = starter.run(*arguments(work, world), faults=[without], call=work.call)
    assert ended.code == 0, ended
    assert not lock.exists()
    left = left_by(work, world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []


@fault("the folder of a run is moved between runs")
@pytest.mark.parametrize("how", [case(h, quick=h == "copied") for h in ("moved", "copied", "link")])
def test_moved(how, world, whole_world, shared, starter, tmp_path):
    """Nothing is done again, and what is left is the same."""
    good = right("resume", shared, whole_world, starter)
    elsewhere = tmp_path / "elsewhere"
    if how == "moved":
        world.rename(elsewhere)
    elif how == "link":
        elsewhere.symlink_to(world)
    else:  # as `cp -r` does, but for the raw movies, whose times tell them apart
        import shutil

        shutil.copytree(world, elsewhere, copy_function=shutil.copy)
        for file in (world / "study/raw").iterdir():
            shutil.copy2(file, elsewhere / "study/raw" / file.name)
    ended = starter.run("run", Path(elsewhere) / "study", faults=[("no_report", {})])
    assert ended.code == 0, ended
    assert "(0 stages run" in ended.out
    left = left_by(WORKS["resume"], elsewhere)
    tables = [n for n in good.left if n.startswith(("tables/", "movies/"))]
    assert [n for n in tables if left[n] != good.left[n]] == []
