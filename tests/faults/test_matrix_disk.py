"""Disks that are full, read-only, without inodes, with limits, or that fail: every kind of work.

The disks are small real ones (tmpfs), where the system lets us mount them; else the cases skip.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from faults.matrix import assert_nothing_torn, assert_recovers, assert_told, case, fault, right
from faults.works import WORKS, arguments, half_written, left_by

PAGE = 4096
SAID = 2048
"""So long an error may be, which is also written into a file."""
COMMANDS = [name for name in WORKS if not WORKS[name].call]
IN_THE_RUN = ("resume", "report", "import_rois", "correct", "decide")
"""They write where they read: the whole world stands on the disk."""
SAYS = {
    "ENOSPC": "the disk is full; free some space and run again; finished work is kept",
    "EROFS": "the disk is read-only; choose another output folder",
    "EFBIG": r"a file of this size is not allowed there; raise the limit \(ulimit -f\)",
    "EIO": "the disk reports a fault; check the disk or the network drive and run again",
    "EDQUOT": "the disk quota is used up; free some space",
    "ESTALE": "the network drive lost hold of it, .*; run again",
    "EACCES": "writing there is not allowed; ask for write access",
}


def _size(folder: Path) -> int:
    pages = sum(-(-path.stat().st_size // PAGE) for path in folder.rglob("*") if path.is_file())
    return pages * PAGE


QUICK = {("run", 0.6), ("import_rois", 0.3)}


@fault("disk full")
@pytest.mark.parametrize(
    ("name", "share"),
    [case(n, s, quick=(n, s) in QUICK) for n in WORKS for s in (0.3, 0.6)],
)
def test_full(name, share, disk, whole_world, shared, starter):
    """What is there stays, nothing torn is left, and with more room the work is done."""
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    place = disk("size=64m")
    world = Path(shutil.copytree(whole_world, place / "world"))
    work.prepare(world)
    before = left_by(work, world)
    new = {n: len(data) for n, data in good.left.items() if before.get(n) != data}
    room = int(share * sum(-(-size // PAGE) * PAGE for size in new.values()))
    disk(f"size={_size(world) + room // PAGE * PAGE}")
    ended = starter.run(*arguments(work, world), faults=work.faults, call=work.call)
    if not work.call:
        assert ended.code in (1, 2), ended
        assert_told(ended, SAYS["ENOSPC"])
    else:
        assert ended.code, ended
        assert SAYS["ENOSPC"] in ended.err
    assert half_written(world) == []
    assert_nothing_torn(work, world, before, good, some_failed=ended.code == 1)
    disk("size=64m")
    assert_recovers(work, world, good, starter)


@fault("disk read-only")
@pytest.mark.parametrize("name", [case(n, quick=n in ("run", "correct")) for n in WORKS])
def test_read_only(name, disk, whole_world, starter):
    work, place = WORKS[name], disk("size=64m")
    world = Path(shutil.copytree(whole_world, place / "world"))
    work.prepare(world)
    before = left_by(work, world)
    disk("ro")
    ended = starter.run(*arguments(work, world), faults=work.faults, call=work.call)
    if not work.call:
        assert ended.code == 2, ended
        assert_told(ended, SAYS["EROFS"])
    assert SAYS["EROFS"] in ended.err
    assert left_by(work, world) == before


@fault("study on a read-only disk, results elsewhere")
@pytest.mark.parametrize(
    "name",
    [case(n, quick=n == "run") for n in COMMANDS if WORKS[n].writes == "new"],
)
def test_read_only_input(name, disk, whole_world, shared, starter, tmp_path):
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    world = Path(shutil.copytree(whole_world, disk("size=64m") / "world"))
    disk("ro")
    told = [
        each.replace(str(world / "new"), str(tmp_path / "new")) for each in arguments(work, world)
    ]
    ended = starter.run(*told, faults=work.faults)
    assert ended.code == 0, ended
    left = left_by(work, tmp_path)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []


@fault("no inodes left")
@pytest.mark.parametrize(
    ("name", "more"),
    [
        case(n, more, quick=(n, more) == ("track", 3))
        for n in ("run", "track", "measure", "export_ctc", "export_geff", "stats")
        for more in (1, 3)
    ],
)
def test_no_inodes(name, more, disk, whole_world, shared, starter):
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    place = disk("size=64m,nr_inodes=100k")
    world = Path(shutil.copytree(whole_world, place / "world"))
    n_there = 2 + len([*world.rglob("*")])
    disk(f"nr_inodes={n_there + more}")
    ended = starter.run(*arguments(work, world), faults=work.faults)
    assert ended.code in (1, 2), ended
    assert_told(ended, SAYS["ENOSPC"])
    assert half_written(world) == []
    disk("nr_inodes=100k")
    assert_recovers(work, world, good, starter)


@fault("files larger than allowed (ulimit -f)")
@pytest.mark.parametrize("name", [case(n, quick=n == "segment") for n in WORKS])
def test_file_size_limit(name, world, whole_world, shared, starter):
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    work.prepare(world)
    before = left_by(work, world)
    new = [len(data) for n, data in good.left.items() if before.get(n) != data]
    if max(new, default=0) < 2 * SAID:
        pytest.skip("its files are no larger than what it says of them")
    limit = ("largest_file", {"n_bytes": max(new) // 2})
    ended = starter.run(*arguments(work, world), faults=[*work.faults, limit], call=work.call)
    assert ended.code, ended
    meanwhile = "its sheets cannot be kept in .* meanwhile .*; free some space there"
    assert re.search(meanwhile if "excel" in name else SAYS["EFBIG"], ended.err), ended
    if not work.call:
        assert_told(ended)
    assert half_written(world) == []
    assert_nothing_torn(work, world, before, good, some_failed=ended.code == 1)
    assert_recovers(work, world, good, starter)


@fault("the disk refuses at a moment")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        case(n, why, quick=(n, why) == ("resume", "EIO"))
        for n in ("run", "resume", "report", "measure", "export_rois", "correct")
        for why in ("EIO", "EDQUOT", "ESTALE", "EACCES")
    ],
)
def test_refused(name, why, world, whole_world, shared, starter):
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    work.prepare(world)
    before = left_by(work, world)
    refuse = ("refused", {"moment": len(good.moments) // 2, "why": why, "times": 1})
    ended = starter.run(*arguments(work, world), faults=[*work.faults, refuse], call=work.call)
    assert ended.code, ended
    assert re.search(SAYS[why], ended.err), ended
    if not work.call:
        assert_told(ended)
    assert half_written(world) == []
    assert_nothing_torn(work, world, before, good, some_failed=ended.code == 1)
    assert_recovers(work, world, good, starter)
