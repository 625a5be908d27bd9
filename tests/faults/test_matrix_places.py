"""Odd places and streams: names, links, rights, pipes that nobody reads, windows that are shut."""

from __future__ import annotations

import shutil

import pytest

from faults.matrix import assert_told, case, fault, right
from faults.studies import HEADER
from faults.works import WORKS, arguments, left_by

PLACES = {
    "spaces": "a folder  with spaces",
    "unicode": "Zellen µm – 細胞 🔬",
    "decomposed": "cafe\u0301",
    "quotes": 'it\'s "quoted" & $HOME; `x`',
    "brackets": "[scale] {channel}*?"[:7],
    "percent": "100%s %(x)s",
    "dash": "-o",
    "deep": "/".join(["d" * 60] * 20),
    "dots": "..hidden.tif",
    "line": "two\nlines",
}


@fault("odd names of folders")
@pytest.mark.parametrize(
    ("name", "place"),
    [
        case(name, place, quick=(name, place) == ("run", "unicode"))
        for name in ("run", "segment", "export_rois")
        for place in PLACES
    ],
)
def test_places(name, place, whole_world, shared, starter, tmp_path):
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    world = tmp_path / PLACES[place]
    world.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(whole_world, world)
    ended = starter.run(*arguments(work, world), faults=work.faults)
    assert ended.code == 0, ended
    left = left_by(work, world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []


@fault("a name that the disk does not take")
@pytest.mark.parametrize("name", ["segment", "run", "track", "export_geff"])
def test_too_long(name, world, starter):
    work = WORKS[name]
    told = [
        each.replace(str(world / "new"), str(world / ("n" * 300)))
        for each in arguments(work, world)
    ]
    ended = starter.run(*told)
    assert ended.code == 2, ended
    assert_told(ended, "its name is too long for the disk; choose a shorter name")


@fault("names that differ by case alone")
def test_case(world, starter):
    rows = [f"{name},raw/good1.tif,WT,1," for name in ("a1", "A1")]
    (world / "study/samples.csv").write_text(HEADER + "\n".join(rows) + "\n")
    ended = starter.run("run", world / "study", faults=[("no_report", {})])
    assert ended.code in (1, 2), ended
    assert_told(ended, "A1|a1")


@fault("rights of new files (umask)")
@pytest.mark.parametrize("mask", [case(m, quick=m == 0o077) for m in (0o077, 0o007, 0o777, 0o000)])
def test_umask(mask, world, whole_world, shared, starter):
    work, good = WORKS["run"], right("run", shared, whole_world, starter)
    ended = starter.run(*arguments(work, world), faults=[("file_mode", {"mask": mask})])
    assert_told(ended)
    if ended.code == 0:
        left = left_by(work, world)
        assert [n for n, data in good.left.items() if left.get(n) != data] == []


@fault("nobody reads what is printed")
@pytest.mark.parametrize(
    ("name", "stream"),
    [
        case(name, stream, quick=(name, stream) == ("run", 1))
        for name in ("run", "report", "segment", "measure", "evaluate", "init")
        for stream in (1, 2)
    ],
)
def test_closed_pipe(name, stream, world, whole_world, shared, starter):
    """As behind ``head``: the work is done all the same."""
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    work.prepare(world)
    ended = starter.run(
        *arguments(work, world), faults=[*work.faults, ("closed", {"stream": stream})]
    )
    assert "Traceback" not in ended.err
    assert ended.code == 0, ended
    left = left_by(work, world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []


@fault("the window is shut")
@pytest.mark.parametrize(
    "name",
    [case(n, quick=n == "run") for n in ("run", "run_2_workers", "report", "measure", "stats")],
)
def test_terminal_gone(name, world, whole_world, shared, starter):
    """It was told to go on (``nohup``), and does."""
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    work.prepare(world)
    ended = starter.run(*arguments(work, world), faults=[*work.faults, ("terminal_gone", {})])
    assert ended.code == 0, ended
    left = left_by(work, world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []
