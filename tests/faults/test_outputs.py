"""Results that cannot be written: a full disk, a read-only folder, a folder that is another's.

The disks are small real ones (tmpfs), where the system lets us mount them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from faults.studies import GOOD, contents, lamella, make_study, measured, status

FULL = "the disk is full; free some space and run again; finished work is kept"
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def _no_part_left(out: Path) -> bool:
    return not [path for path in out.rglob("*") if path.name.endswith(".part")]


def _pages(folder: Path) -> int:
    return sum(-(-path.stat().st_size // PAGE) for path in folder.rglob("*") if path.is_file())


def test_a_disk_that_is_full_from_the_start(tmp_path, disk):
    study, place = make_study(tmp_path / "study"), disk("size=64k")
    (place / "theirs").write_bytes(bytes(64 * 1024))
    ran = lamella("run", study, "--out", place / "out")
    assert ran.code == 2
    assert re.fullmatch(f"error: .*study.lock.toml: {FULL}\n", ran.err)
    assert {path.name for path in (place / "out").iterdir()} == {".lock"}


@pytest.mark.parametrize("share", [0.1, 0.3, 0.45, 0.6, 0.75, 0.9, 0.98])
def test_a_disk_that_fills_up(tmp_path, disk, no_report, share):
    """At whatever point: what is finished stays, and with more space a run completes it."""
    study = make_study(tmp_path / "study")
    assert lamella("run", study).code == 0
    whole = study / "results"
    place = disk(f"size={int(share * _pages(whole)) * PAGE}")
    ran = lamella("run", study, "--out", place)
    assert ran.code == 1
    lines = [line for line in ran.err.splitlines() if "the disk is full" in line]
    assert lines
    assert all(re.fullmatch(rf"(failed: \w+|error): \S+\.\w+: {FULL}", line) for line in lines)
    assert "Traceback" not in ran.err
    assert _no_part_left(place)
    n_done = int(re.match(r"(\d) movies? done", ran.out)[1])
    assert n_done <= sum((place / "movies" / name / "cells.parquet").exists() for name in GOOD)
    disk("size=64m")
    again = lamella("run", study, "--out", place)
    assert again.code == 0
    n_cached = int(re.search(r"(\d+) up to date before", again.out)[1])
    assert n_cached >= 6 * n_done
    assert contents(place / "tables") == contents(whole / "tables")
    assert contents(place / "movies") == contents(whole / "movies")


def test_a_disk_with_no_room_for_the_report(tmp_path, disk):
    study = make_study(tmp_path / "study", good=["good1"])
    with_room = disk("size=64m")
    assert lamella("run", study, "--out", with_room).code == 0
    (with_room / "report.html").unlink()
    room = max(path.stat().st_size for path in (with_room / "tables").iterdir()) + 2 * PAGE
    disk(f"size={_pages(with_room) * PAGE + room}")
    ran = lamella("run", study, "--out", with_room)
    assert ran.code == 1
    assert re.search(rf"^error: .*(figures/\S+|report.html): {FULL}$", ran.err, re.M)
    assert "1 movie done" in ran.out
    assert "report:" not in ran.out
    disk("size=64m")
    assert lamella("run", study, "--out", with_room).code == 0
    assert (with_room / "report.html").exists()


@pytest.mark.parametrize("fresh", [(), ("--fresh",)])
def test_a_read_only_disk(tmp_path, disk, no_report, fresh):
    study, place = make_study(tmp_path / "study", good=["good1"]), disk("size=64m")
    assert lamella("run", study, "--out", place / "out").code == 0
    before = contents(place)
    disk("ro")
    for out in (place / "out", place / "new"):
        ran = lamella("run", study, "--out", out, *fresh)
        assert ran.code == 2
        assert re.fullmatch(
            f"error: {out}: the disk is read-only; choose another output folder\n", ran.err
        )
    assert contents(place) == before


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_that_may_not_be_written(tmp_path):
    study, closed = make_study(tmp_path / "study", good=["good1"]), tmp_path / "closed"
    closed.mkdir(mode=0o500)
    ran = lamella("run", study, "--out", closed / "out")
    assert ran.code == 2
    assert re.fullmatch("error: .*: writing there is not allowed; ask for .*\n", ran.err)


def test_a_file_in_the_place_of_the_folder(tmp_path):
    study = make_study(tmp_path / "study", good=["good1"])
    (tmp_path / "out").write_text("a file")
    for out in (tmp_path / "out", tmp_path / "out" / "below"):
        ran = lamella("run", study, "--out", out)
        assert ran.code == 2
        assert re.fullmatch("error: .*out.*: .*; choose another output folder\n", ran.err), ran.err


def test_a_file_in_the_place_of_one_movie(tmp_path, no_report):
    study = make_study(tmp_path)
    assert lamella("run", study, "--only", "good1").code == 0
    (study / "results" / "movies" / "good2").write_text("a file")
    ran = lamella("run", study)
    assert ran.code == 1
    assert re.search("^failed: good2: .*good2/.*; choose another output", ran.err, re.M), ran.err
    assert measured(study) == {"good1", "good3"}
    assert status(study).query("state == 'failed'")["movie"].tolist() == ["good2"]


@pytest.mark.parametrize("fresh", [(), ("--fresh",)])
def test_raw_movies_are_not_taken_for_results(tmp_path, fresh):
    """A study may keep its raw movies in a folder called movies."""
    study = make_study(tmp_path / "study", good=["good1"])
    (study / "raw").rename(study / "movies")
    before = contents(study)
    ran = lamella("run", study, "--out", study, *fresh)
    assert ran.code == 2
    assert re.fullmatch("error: .*study: it holds movies not made by a run; choose .*\n", ran.err)
    assert contents(study) == before
