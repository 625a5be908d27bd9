"""Results of a finished run that are damaged afterwards: noticed, and made again to the byte."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from faults.bits import DAMAGE
from faults.matrix import assert_told, case, fault, right
from faults.studies import LEAN
from faults.works import WORKS, left_by

RUN = WORKS["resume"]
MOVIE = "movies/good1"
OF_A_MOVIE = (
    "segmented/cell.ome.tif", "labels/cell.ome.tif", "centered.ome.tif",
    "centered_cell.ome.tif", "tracks/cell.parquet", "events/cell.parquet",
    "measures/cell.sightings.parquet", "measures/cell.migration.parquet",
    "measures/cell.region.parquet", "filmstrip_cell.png", "cell_strips.webp", "frames.parquet",
    "cells.parquet", "manifest.json",
)  # fmt: skip
OF_THE_RUN = (
    "study.lock.toml", "status.csv", "tables/cells.csv", "tables/cells.parquet",
    "tables/frames.parquet", "tables/effects.csv", "tables/events.csv", "tables/samples.csv",
    "report.html",
)  # fmt: skip
QUICK = {("labels/cell.ome.tif", "flip"), ("frames.parquet", "cut"), ("manifest.json", "flip")}


def _run(starter, world: Path):
    return starter.run("run", world / "study", faults=[("no_report", {})])


def _is_right(world: Path, good) -> None:
    left = left_by(RUN, world)
    wrong = [
        name
        for name, data in good.left.items()
        if left.get(name) != data and not name.startswith(("figures/", "report"))
    ]
    assert wrong == []


@fault("result damaged between two runs")
@pytest.mark.parametrize(
    ("file", "damage"),
    [
        case(file, damage, quick=(file, damage) in QUICK)
        for file in OF_A_MOVIE
        for damage in ("cut", "empty", "flip", "flip_many", "zeros")
    ],
)
def test_made_again(file, damage, world, whole_world, shared, starter):
    good = right("resume", shared, whole_world, starter)
    hurt = world / "study/results" / MOVIE / file
    DAMAGE[damage](hurt, 0)
    ended = _run(starter, world)
    assert ended.code == 0, ended
    assert not re.search("[(]0 stages run", ended.out), "nobody noticed"
    _is_right(world, good)
    assert "(0 stages run" in _run(starter, world).out


@fault("table of a run damaged")
@pytest.mark.parametrize(
    ("file", "damage"),
    [
        case(file, damage, quick=(file, damage) == ("tables/cells.csv", "cut"))
        for file in OF_THE_RUN
        for damage in ("cut", "empty", "flip")
    ],
)
def test_tables_made_again(file, damage, world, whole_world, shared, starter):
    """They are written anew by every run; `report` says so, or reads what is left of them."""
    good = right("resume", shared, whole_world, starter)
    DAMAGE[damage](world / "study/results" / file, 0)
    assert_told(starter.run("report", world / "study/results"))
    ended = _run(starter, world)
    assert ended.code == 0, ended
    _is_right(world, good)


def _rot(path: Path) -> None:
    """Bits of the disk turn: no program wrote, so that the time of the file stays."""
    stat = path.stat()
    DAMAGE["flip_many"](path, 0)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


ROTTEN = {
    "segmented/cell.ome.tif": "[objects.cell]\nfill_gaps = 1\n",
    "labels/cell.ome.tif": "[measure.sightings]\nmin_iou = 0.4\n",
    "tracks/cell.parquet": "[measure.sightings]\nmin_iou = 0.4\n",
    "measures/cell.migration.parquet": "[measure.region]\n",
    "measures/cell.sightings.parquet": "[measure.migration]\nturn_deg = 45\n",
    "frames.parquet": "",
    "cells.parquet": "",
}


@fault("bits of a result turn on the disk, its time stays")
@pytest.mark.parametrize(
    "file", [case(file, quick=file in ("frames.parquet", "labels/cell.ome.tif")) for file in ROTTEN]
)
def test_rotten(file, world, whole_world, starter, tmp_path):
    """Whoever reads it notices: it is made again at once, or named and made again by the next."""
    settings = LEAN + ROTTEN[file]
    (world / "study/study.toml").write_text(settings)
    expected = starter.run(
        "run", world / "study", "--out", tmp_path / "right", faults=[("no_report", {})]
    )
    assert expected.code == 0, expected
    _rot(world / "study/results" / MOVIE / file)
    ended = _run(starter, world)
    assert_told(ended)
    if ended.code:
        assert re.search("results of good1 are damaged .*; run again: they are made", ended.err)
        assert _run(starter, world).code == 0
    for name in ("cells.csv", "frames.csv", "effects.csv"):
        made = world / "study/results/tables" / name
        assert made.read_bytes() == (tmp_path / "right/tables" / name).read_bytes()


BY_HAND = {
    "cell.ome.tif": "{movie}/corrections/cell.ome.tif: ",
    "edits.jsonl": "{movie}/corrections/edits.jsonl: it is damaged",
    "decisions.jsonl": "{movie}/corrections/decisions.jsonl, line 1: it is no decision",
}


@fault("a person's corrections damaged")
@pytest.mark.parametrize(
    ("file", "damage"),
    [
        case(file, damage, quick=(file, damage) == ("edits.jsonl", "cut"))
        for file in BY_HAND
        for damage in ("cut", "flip_first", "zeros", "empty")
    ],
)
def test_by_hand(file, damage, world, starter):
    """The only copy of somebody's work: named, and not a byte of it touched."""
    movie = world / "study/results" / MOVIE
    for call in ("correct", "decide"):
        done = starter.run(world / "study/results", call=f"faults.works:{call}")
        assert done.code == 0, done
    hurt = movie / "corrections" / file
    DAMAGE[damage](hurt, 0)
    kept = {path: path.read_bytes() for path in (movie / "corrections").rglob("*.*")}
    ended = _run(starter, world)
    assert_told(ended)
    if ended.code:
        assert BY_HAND[file].format(movie=movie) in ended.err, ended
    assert {path: path.read_bytes() for path in kept} == kept
