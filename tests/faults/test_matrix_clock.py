"""Clocks that jump, and files whose times tell nothing."""

from __future__ import annotations

import os
import time

import pytest

from faults.matrix import case, fault, right
from faults.studies import cell_movie
from faults.works import WORKS, arguments, left_by
from lamella.io import fingerprint, write_movie

YEAR = 365 * 86400
CLOCKS = {
    "a year ahead": {"offset_s": YEAR},
    "a year behind": {"offset_s": -YEAR},
    "1970": {"offset_s": -time.time() + 5},
    "jumps back": {"back_every": 3},
}


@fault("the clock is wrong, or jumps")
@pytest.mark.parametrize(
    ("name", "clock"),
    [
        case(name, clock, quick=(name, clock) == ("resume", "jumps back"))
        for name in ("run", "resume", "correct", "decide", "export_geff")
        for clock in CLOCKS
    ],
)
def test_clock(name, clock, world, whole_world, shared, starter):
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    work.prepare(world)
    wrong = ("clock", CLOCKS[clock])
    ended = starter.run(*arguments(work, world), faults=[*work.faults, wrong], call=work.call)
    assert ended.code == 0, ended
    left = left_by(work, world)
    assert [n for n, data in good.left.items() if left.get(n) != data] == []


def _shift(folder, by_s: float) -> None:
    for path in folder.rglob("*"):
        stat = path.stat()
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + int(by_s * 1e9)))


@fault("results or movies are of the future, or older than the run before")
@pytest.mark.parametrize(
    ("what", "by_s"),
    [
        case(what, by_s, quick=(what, by_s) == ("results", YEAR))
        for what in ("results", "raw", "results/movies/good1/labels")
        for by_s in (YEAR, -YEAR)
    ],
)
def test_times_of_files(what, by_s, world, whole_world, shared, starter):
    """Of results: the bytes count. Of raw movies: another time is another movie."""
    good = right("resume", shared, whole_world, starter)
    _shift(world / "study" / what, by_s)
    for again in (False, True):
        ended = starter.run("run", world / "study", faults=[("no_report", {})])
        assert ended.code == 0, ended
        assert ("(0 stages run" in ended.out) == (again or what != "raw")
    left = left_by(WORKS["resume"], world)
    tables = [n for n in good.left if n.startswith("tables/")]
    assert [n for n in tables if left[n] != good.left[n]] == []


@fault("results changed by somebody whose clock is behind")
@pytest.mark.parametrize("file", ["labels/cell.ome.tif", "frames.parquet"])
def test_changed_in_the_past(file, world, whole_world, shared, starter):
    """Its size tells."""
    good = right("resume", shared, whole_world, starter)
    hurt = world / "study/results/movies/good1" / file
    hurt.write_bytes(hurt.read_bytes() + b"more")
    os.utime(hurt, (1, 1))
    assert starter.run("run", world / "study", faults=[("no_report", {})]).code == 0
    left = left_by(WORKS["resume"], world)
    tables = [n for n in good.left if n.startswith(("tables/", "movies/"))]
    assert [n for n in tables if left[n] != good.left[n]] == []


@fault("a movie changes within a tick of the clock, its size the same")
@pytest.mark.parametrize("turn", range(3))
def test_within_a_tick(turn, tmp_path):
    """Whoever has taken its fingerprint sees that it is another one."""
    file = tmp_path / "m.tif"
    one, two = cell_movie(1), cell_movie(2)
    write_movie(file, one.channels, scale=one.scale, compress=False)
    first, size = fingerprint(file), file.stat().st_size
    write_movie(file, two.channels, scale=two.scale, compress=False)
    assert file.stat().st_size == size
    assert fingerprint(file) != first


@fault("a movie changes within a tick of the clock, its size the same")
def test_a_coarse_clock_is_waited_for(tmp_path):
    """A USB stick knows whole seconds alone."""
    file = tmp_path / "m.bin"
    file.write_bytes(b"1")
    now = int(time.time())
    os.utime(file, (now, now))
    fingerprint_at = None
    movie = cell_movie(1)
    write_movie(tmp_path / "m.tif", movie.channels, scale=movie.scale)
    now = int(time.time())
    os.utime(tmp_path / "m.tif", (now, now))
    fingerprint(tmp_path / "m.tif")
    fingerprint_at = time.time()
    assert fingerprint_at >= now + 2
