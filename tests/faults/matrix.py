"""What every case of the fault matrix must come to, whatever was struck."""

from __future__ import annotations

import functools
import json
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock

from faults.starter import HUNG, Ended, Starter
from faults.works import WORKS, Work, arguments, half_written, left_by

fault = pytest.mark.fault


def case(*values: Any, quick: bool) -> Any:
    """A case; those that are not quick run with ``make faults`` alone."""
    marks = [] if quick else [pytest.mark.thorough]
    return pytest.param(*values, marks=marks)


class Right(NamedTuple):
    """What a work comes to where nothing goes wrong."""

    left: dict[str, bytes]
    """Files that are the same each time."""
    names: set[str]
    moments: list[str]
    """Names of the files, in the order in which they appear."""
    largest: int
    """Bytes of the largest file."""


def right(name: str, shared: Path, whole_world: Path, starter: Starter) -> Right:
    """The same for all processes of the tests: done twice, to know what differs by itself."""
    place = shared / "right" / name
    place.mkdir(parents=True, exist_ok=True)
    with FileLock(place / "lock"):
        if not (place / "done").exists():
            for turn in ("1", "2"):
                _do_right(name, place / turn, whole_world, starter)
            (place / "done").touch()
    return _right(name, place)


def _do_right(name: str, folder: Path, whole_world: Path, starter: Starter) -> None:
    world, work = folder / "world", WORKS[name]
    shutil.copytree(whole_world, world)
    work.prepare(world)
    counting = ("count_moments", {"to": str(folder / "moments")})
    ended = starter.run(*arguments(work, world), faults=[*work.faults, counting], call=work.call)
    assert ended.code == 0, ended
    shutil.move(world, folder / "made")


@functools.cache
def _right(name: str, place: Path) -> Right:
    one, two = (left_by(WORKS[name], place / turn / "made") for turn in ("1", "2"))
    assert one.keys() == two.keys()
    assert one
    moments = (place / "1/moments").read_text().splitlines()
    assert len(moments) >= WORKS[name].least
    same = {file: data for file, data in one.items() if data == two[file]}
    return Right(same, set(one), moments, max(map(len, one.values())))


def assert_told(ended: Ended, says: str = "") -> None:
    """It ended by itself, and what went wrong is told in words of ours."""
    assert ended.code in (0, 1, 2), ended
    assert ended.code != HUNG
    assert "Traceback" not in ended.err, ended.err
    assert "unexpected " not in ended.err, ended.err
    if ended.code:
        assert re.search(r"^(error|failed|fault): .*; .*", ended.err, re.MULTILINE), ended
    if says:
        assert re.search(says, ended.err, re.MULTILINE), ended


def assert_nothing_torn(
    work: Work, world: Path, before: dict[str, bytes], good: Right, *, some_failed: bool = False
) -> None:
    """Every file is absent, as it was, or as it should be; those that tell more each time, whole.

    Parameters
    ----------
    some_failed : bool
        Whether movies failed: what tells of all movies tells of the others then.
    """
    for name, data in left_by(work, world).items():
        if some_failed and "movies/" not in name:
            continue
        if name.endswith(".part") or "/.part" in name or ".part/" in name:
            continue
        if name.endswith("manifest.json"):
            assert {"stages", "digest"} == set(json.loads(data))
        elif name.endswith(".jsonl"):
            assert all(json.loads(line) for line in data.splitlines())
        elif name in good.left and name not in before:
            assert data == good.left[name] or name == "study.lock.toml", name
        elif name in good.left:
            assert data in (before[name], good.left[name]), name


def assert_recovers(
    work: Work, world: Path, good: Right, starter: Starter, *, faults: Any = None
) -> None:
    """The same command again comes to what it would have come to at first."""
    ended = starter.run(
        *arguments(work, world, again=True),
        faults=work.faults if faults is None else faults,
        call=work.call,
    )
    assert ended.code == 0, ended
    left = left_by(work, world)
    wrong = [name for name, data in good.left.items() if left.get(name) != data]
    assert wrong == []
    assert {name for name in left if ".part" not in name} >= good.names
    if work.command[0] == "run":
        assert half_written(world / work.writes) == []
