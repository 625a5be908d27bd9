"""Network drives: what others wrote is seen late, handles go stale, removed files linger."""

from __future__ import annotations

import re

import pytest

from faults.matrix import assert_told, case, fault, right
from faults.works import WORKS, arguments, left_by


@fault("NFS: what others wrote is seen late")
@pytest.mark.parametrize("seconds", [case(s, quick=s == 0.5) for s in (0.1, 0.5, 1.5, 3.0)])
def test_seen_late(seconds, world, whole_world, shared, starter):
    """The workers' files, by the process that started them: it waits, and loses no movie."""
    work, good = WORKS["run_2_workers"], right("run_2_workers", shared, whole_world, starter)
    late = ("seen_late", {"below": str(world / "new/movies"), "seconds": seconds})
    ended = starter.run(*arguments(work, world), faults=[*work.faults, late])
    assert ended.code == 0, ended
    left = left_by(work, world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []


@fault("NFS: a handle goes stale")
@pytest.mark.parametrize(
    ("file", "after"),
    [
        case(file, after, quick=(file, after) == ("good2.tif", 0))
        for file, after in (
            ("good2.tif", 0), ("good2.tif", 1), ("good2.tif", 2), ("samples.csv", 0),
            ("study.toml", 0),
        )
    ],
)  # fmt: skip
def test_stale(file, after, world, whole_world, shared, starter):
    """The file is named; the next run is right."""
    work, good = WORKS["run"], right("run", shared, whole_world, starter)
    ended = starter.run(*arguments(work, world), faults=[("stale", {"name": file, "after": after})])
    if after == 0 or ended.code:
        assert ended.code in (0, 1, 2), ended
    assert_told(ended)
    if ended.code:
        assert file in ended.err
    again = starter.run(*arguments(work, world))
    assert again.code == 0, again
    left = left_by(work, world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []


@fault("NFS: a removed file lingers, open elsewhere")
@pytest.mark.parametrize(
    "file", [case(f, quick=f == "frames.csv") for f in ("frames.csv", "cell.ome.tif", "cells.csv")]
)
def test_silly_rename(file, world, whole_world, shared, starter):
    """--fresh cannot empty the folder: it says what stands in the way, and nothing is half done."""
    good = right("resume", shared, whole_world, starter)
    ended = starter.run(
        "run", world / "study", "--fresh", faults=[("silly_renames", {"name": file})]
    )
    assert_told(ended)
    if ended.code:
        assert re.search("is still open in another program .*; close it there", ended.err), ended
    again = starter.run("run", world / "study")
    assert again.code == 0, again
    left = left_by(WORKS["resume"], world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []
