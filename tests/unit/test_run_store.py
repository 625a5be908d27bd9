"""A run's folder: its journal, how far it is, what can go, and that nothing is done twice."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faults.studies import contents, lamella, make_study
from lamella.cli.upkeep import in_words
from lamella.core.errors import InputError, InUseError, LamellaWarning
from lamella.core.table import Col
from lamella.report import contents as contents_of_report
from lamella.run import execute, report
from lamella.run.apart import apart
from lamella.run.cache import MANIFEST, Manifest
from lamella.run.clean import BY_GROUP, CHUNKS, GONE, HALF_WRITTEN, clean, what_can_go
from lamella.run.execute import rebuild_report, run_study
from lamella.run.holding import locked
from lamella.run.journal import JOURNAL, Journal, read_journal, results_in
from lamella.run.lock_file import raw_sizes, write_lock
from lamella.run.look import look_at
from lamella.run.movie import StageResult
from lamella.run.overview import overview
from lamella.run.saved import read_lock
from lamella.run.status_file import STATUS_FILE, status_table
from lamella.run.stopping import Stopped
from lamella.run.study import open_study
from lamella.run.task import task_for
from lamella.run.warm import GET_READY

pytestmark = pytest.mark.filterwarnings("ignore::lamella.core.errors.LamellaWarning")
FAST = 'title = "Store"\noutlines = false\n[statistics]\nmeasures = ["area_um2"]\n'
ABOUT = {"at": 0.0, "process": 1, "host": "lab", "crew": "2 processes", "movies": ["a", "b", "c"]}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Three movies, run in whole, report included."""
    study = make_study(tmp_path_factory.mktemp("finished") / "study", settings=FAST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        assert not run_study(open_study(study), study / "results").failed
    return study


@pytest.fixture
def study(finished, tmp_path):
    """A copy to work on; files keep their times."""
    return shutil.copytree(finished, tmp_path / "study")


@pytest.fixture
def no_report(monkeypatch):
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")


def again(study, **options):
    return run_study(open_study(study), study / "results", **options)


def states(outcome):
    return {r.state for r in outcome.results}


# The journal


def journal_of(out):
    """What a run with a failure writes."""
    with Journal(out, ABOUT) as journal:
        journal.doing("a", "segment cell", 0, 6)
        journal.doing("b", "open", 0, 1)
        done = StageResult("a", "segment/cell", "done", 1.5, float("nan"), ("look: «α»",))
        journal.ended([done, StageResult("a", "tables", "done", 0.25, 100.0)])
        journal.ended([StageResult("b", "open", "failed", messages=("b.tif: it is empty; mend",))])
        journal.doing("c", "segment cell", 0, 6)
        journal.tell("phase", name="tables")
    return read_journal(out)


def test_a_journal_torn_at_any_byte_tells_the_lines_before(tmp_path):
    lines = journal_of(tmp_path)
    whole = (tmp_path / JOURNAL).read_bytes()
    ends = np.flatnonzero(np.frombuffer(whole, np.uint8) == ord("\n"))
    for length in range(len(whole)):
        (tmp_path / JOURNAL).write_bytes(whole[:length])
        # A line that lacks nothing but its end is whole.
        assert read_journal(tmp_path) == lines[: int((ends <= length).sum())]


def test_a_journal_torn_amid_by_a_full_disk_goes_on_in_a_new_line(tmp_path, monkeypatch):
    write, full = os.write, []

    def half(file, data):
        if full:
            full.pop()
            return write(file, data[: len(data) // 2])
        return write(file, data)

    monkeypatch.setattr(os, "write", half)
    with Journal(tmp_path, ABOUT) as journal:
        journal.tell("phase", name="first")
        full.append(True)
        journal.tell("phase", name="torn")
        journal.tell("phase", name="last")
    assert [line.get("name") for line in read_journal(tmp_path)] == [None, "first", "last", None]


def test_results_come_back_from_the_journal_as_they_were(tmp_path):
    results = results_in(journal_of(tmp_path))
    assert [r.stage for r in results] == ["segment/cell", "tables", "open"]
    assert results[0].messages == ("look: «α»",)
    assert np.isnan(results[0].peak_mb)
    assert results[1].peak_mb == 100.0


def test_the_status_file_holds_what_the_journal_tells(finished):
    out = finished / "results"
    told = status_table(results_in(read_journal(out)))
    pd.testing.assert_frame_equal(
        pd.read_csv(out / STATUS_FILE, dtype={Col.MESSAGE: "str"}),
        told.assign(**{Col.MESSAGE: told[Col.MESSAGE].replace("", None).astype("str")}),
    )


# How far it is


def test_rows_at_fault_are_counted_with_the_movies(tmp_path):
    with Journal(tmp_path, ABOUT) as journal:
        journal.ended([StageResult("bad", "samples", "failed", messages=("bad: no path; mend",))])
    seen = overview(tmp_path)
    assert (seen.movies, seen.failed, seen.waiting) == (4, 1, 3)


def test_what_workers_do_once_is_not_in_the_rate(tmp_path):
    lines = [
        {"what": "run", "t": 0.0, **ABOUT},
        {"what": "doing", "t": 1.0, "movie": "a", "stage": GET_READY, "done": 0, "total": 1},
        {"what": "doing", "t": 61.0, "movie": "a", "stage": "open", "done": 0, "total": 1},
        {"what": "movie", "t": 71.0, "movie": "a", "results": [["tables", "done", 9.0, None, []]]},
        {"what": "end", "t": 71.0, "how": "stopped"},
    ]
    (tmp_path / JOURNAL).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert overview(tmp_path).movies_per_hour == pytest.approx(360)
    assert "360 movies an hour" in in_words(overview(tmp_path))
    lines[3]["t"] = lines[4]["t"] = 9061.0
    (tmp_path / JOURNAL).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "0.4 movies an hour" in in_words(overview(tmp_path))


def test_no_line_of_a_spoilt_journal_is_more_than_passed_over(tmp_path):
    journal_of(tmp_path)
    whole = (tmp_path / JOURNAL).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        spoilt = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            spoilt[place] ^= 1 << int(rng.integers(0, 8))
        (tmp_path / JOURNAL).write_bytes(spoilt)
        try:
            in_words(overview(tmp_path))
        except InputError:  # of its first line, without which nothing is known
            assert not read_journal(tmp_path) or read_journal(tmp_path)[0]["what"] != "run"


@pytest.mark.parametrize(
    "line",
    [
        {"what": "movie", "t": 1.0, "movie": "a", "results": [["s", "done", 1.0]]},
        {"what": "movie", "t": 1.0, "movie": "a", "results": [["s", "lost", 1.0, None, []]]},
        {"what": "movie", "t": float("nan"), "movie": "a", "results": []},
        {"what": "doing", "t": 1.0, "movie": "a", "stage": "s", "done": "1", "total": 2},
        {"what": "end", "t": 1.0, "how": "well"},
        {"what": "end", "t": 1.0, "how": []},
        {"what": "run", "t": 0.0, "at": -9e10, "process": 1, "host": "h", "crew": "", "movies": []},
        {"what": "run", "t": 0.0, "at": 1.0, "process": 1.5, "host": "h", "crew": "", "movies": []},
        {"what": "other", "t": 1.0},
    ],
)
def test_lines_that_no_run_writes_are_left_out(tmp_path, line):
    lines = journal_of(tmp_path)
    with (tmp_path / JOURNAL).open("a") as file:
        file.write(json.dumps(line) + "\n")
    assert read_journal(tmp_path) == lines


def test_how_far_a_run_is(tmp_path, monkeypatch):
    with Journal(tmp_path, {**ABOUT, "process": os.getpid(), "host": "elsewhere"}) as journal:
        journal.ended([StageResult("a", "tables", "cached")])
        journal.doing("b", "segment cell", 2, 6)
        (tmp_path / ".lock.held").write_text(
            json.dumps({"process": os.getpid(), "host": "elsewhere"})
        )
        seen = overview(tmp_path)
        assert (seen.state, seen.movies, seen.cached, seen.waiting) == ("running", 3, 1, 1)
        assert [(w.movie, w.stage, w.done, w.total) for w in seen.working] == [
            ("b", "segment cell", 2, 6)
        ]
        assert seen.movies_per_hour is None  # none was worked on
        time.sleep(0.05)
        journal.ended([StageResult("b", "open", "failed", messages=("b.tif: empty; mend",))])
        seen = overview(tmp_path)
        assert [(f.movie, f.message) for f in seen.failures] == [("b", "b.tif: empty; mend")]
        assert seen.movies_per_hour is None  # failing is quick, and tells nothing of the others
        assert not seen.working
        journal.doing("c", "segment cell", 0, 6)
        journal.ended([StageResult("c", "tables", "done")])
        journal.tell("death", movie="c", why="was killed", remedy="use fewer workers")
        seen = overview(tmp_path)
        assert (seen.left_s, seen.deaths) == (0, 1)
        told = "  a worker died with its movie, 1 time; these were tried again"
        assert told in in_words(seen)
        (tmp_path / ".lock.held").unlink()
        assert overview(tmp_path).state == "lost"
    assert overview(tmp_path).state == "finished"


def test_a_run_that_was_killed_here_is_known_to_be_gone(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    about = {**ABOUT, "process": gone.pid, "host": socket.gethostname()}
    journal = Journal(tmp_path, about)
    (tmp_path / ".lock.held").write_text(
        json.dumps({"process": gone.pid, "host": socket.gethostname()})
    )
    journal.doing("b", "measure cell", 2, 6)
    assert overview(tmp_path).state == "lost"
    journal.tell("end", how="stopped")
    seen = overview(tmp_path)
    assert (seen.state, seen.waiting) == ("stopped", 2)
    assert in_words(seen)[1:] == [
        "3 movies: 0 done, 1 begun, 2 waiting",
        "  b: measure cell, 2 of 6",
        "  their stages before these are whole, and are not run again",
    ]


def test_status_while_a_run_works_changes_nothing(study, no_report):
    """Asked from within: by then the run holds the folder."""
    out, seen = study / "results", []

    def look(at):
        before = contents(out)
        said = lamella("status", out, "--json")
        assert contents(out) == before
        seen.append(json.loads(said.out))

    outcome = again(study, fresh=True, on_progress=lambda at: seen or look(at))
    assert states(outcome) == {"done"}
    assert seen[0]["state"] == "running"
    assert seen[0]["working"][0]["movie"] == "good1"
    assert seen[0]["waiting"] == 2
    said = lamella("status", out)
    assert said.code == 0
    assert said.out.startswith("finished, after ")
    assert "3 movies: 3 done" in said.out


def test_status_of_a_folder_without_a_run(tmp_path):
    with pytest.raises(InputError, match=r"journal.jsonl: no run has told there what it does; giv"):
        overview(tmp_path)


def test_a_second_run_is_refused_and_touches_nothing(study):
    """Its journal would take the place of that of the first."""
    out = study / "results"
    with locked(out):
        before = contents(out)
        with pytest.raises(InUseError, match="another run is working in this folder"):
            again(study, fresh=True)
        assert contents(out) == before


# Nothing is done twice


def test_what_is_up_to_date_is_left_as_it_is(study):
    out = study / "results"
    keep = (JOURNAL, STATUS_FILE, "study.lock.toml", ".lock")
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.name not in keep and p.is_file()}
    outcome = again(study)
    assert states(outcome) == {"cached"}
    after = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.name not in keep and p.is_file()}
    # Times of a copied study are kept, so the record of what the tables are made from holds.
    assert after == before


@pytest.mark.parametrize("gone", ["tables/cells.csv", "tables/frames.parquet"])
def test_a_table_that_is_gone_is_made_again(study, no_report, gone):
    whole = (study / "results" / gone).read_bytes()
    (study / "results" / gone).unlink()
    again(study)
    assert (study / "results" / gone).read_bytes() == whole


def test_a_report_that_is_gone_is_made_again(study, monkeypatch):
    made = []
    monkeypatch.setattr(execute, "write_report", made.append)
    again(study)
    assert not made
    (study / "results/report.html").unlink()
    again(study)
    assert made == [study / "results"]


def test_a_report_that_was_made_once_more_is_up_to_date(study):
    rebuild_report(study / "results")
    page = (study / "results/report.html").stat().st_mtime_ns
    again(study)
    assert (study / "results/report.html").stat().st_mtime_ns == page


def test_a_table_that_was_edited_is_not_taken_for_ours_by_a_report(study, no_report):
    cells = study / "results/tables/cells.csv"
    whole = cells.read_bytes()
    cells.write_bytes(whole.replace(b"WT", b"KO"))
    rebuild_report(study / "results")
    again(study)
    assert cells.read_bytes() == whole


def test_a_report_amid_the_first_run_is_told_of_the_run(study):
    run = study / "results"
    (run / "tables/cells.parquet").unlink()  # as before the first run has ended
    with locked(run), pytest.raises(InUseError, match="another run is working in this folder"):
        rebuild_report(run)
    with pytest.raises(InputError, match="it is not the folder of a finished run"):
        rebuild_report(run)


def test_new_settings_of_the_statistics_make_the_tables_again(study, no_report):
    settings = (study / "study.toml").read_text().replace("area_um2", "mean_speed_um_per_min")
    (study / "study.toml").write_text(settings)
    outcome = again(study)
    assert states(outcome) == {"cached"}
    effects = pd.read_csv(study / "results/tables/effects.csv")
    assert set(effects[Col.MEASURE]) == {"mean_speed_um_per_min"}


def test_the_lock_does_not_grow_with_the_files_of_a_movie(tmp_path):
    sizes = []
    for n in (3, 300):
        folder = tmp_path / str(n)
        frames = folder / "raw" / "good1"
        frames.mkdir(parents=True)
        for t in range(n):
            (frames / f"{t:03d}.tif").write_bytes(bytes(100 + t))
        (folder / "study.toml").write_text(FAST)
        (folder / "samples.csv").write_text("path,condition\nraw/good1,WT\n")
        inputs = write_lock(open_study(folder), folder)
        assert len(inputs["raw__good1"]["raw"]) == n
        told = read_lock(folder)["inputs"]["raw__good1"]["raw"]
        assert (told["files"], told["bytes"]) == (n, sum(100 + t for t in range(n)))
        sizes.append((folder / "study.lock.toml").stat().st_size)
    assert sizes[1] - sizes[0] < 10


def test_sizes_of_raw_files_outlive_a_copy_and_tell_of_a_change(study):
    out = study / "results"
    before = raw_sizes(read_lock(out), "good1")
    os.utime(study / "raw/good1.tif")
    write_lock(open_study(study), out)
    assert raw_sizes(read_lock(out), "good1") == before
    with (study / "raw/good1.tif").open("ab") as file:
        file.write(b"more")
    write_lock(open_study(study), out)
    assert raw_sizes(read_lock(out), "good1") != before
    assert raw_sizes({"inputs": {"good1": "not found"}}, "good1") is None


@pytest.mark.parametrize(("workers", "few"), [(2, 100), (1, 2)])
def test_tables_made_in_a_process_of_their_own_are_the_same(study, monkeypatch, workers, few):
    """Where others do the work, and of many movies."""
    made = []

    def noted(work, *given, name, stopped):
        made.append(Path(name).name)
        if work is not execute._tables:  # a report takes long
            return []
        return apart(work, *given, name=name, stopped=stopped)

    monkeypatch.setattr(execute, "_FEW_MOVIES", few)
    monkeypatch.setattr(execute, "apart", noted)
    out = study / "results"
    whole = contents(out / "tables")
    shutil.rmtree(out / "tables")
    outcome = again(study, workers=workers)
    assert not outcome.faults
    assert made == ["tables", "report.html"]
    assert contents(out / "tables") == whole


def test_a_run_ends_amid_its_report(study):
    out = study / "results"
    (out / "report.html").unlink()

    def amid():
        return any(line.get("name") == "report" for line in read_journal(out)) and (
            overview(out).state == "running"
        )

    with pytest.raises(Stopped):
        again(study, workers=2, stopped=amid)
    assert not (out / "report.html").exists()
    assert not list(out.rglob("*.part"))
    with locked(out):
        assert overview(out).state == "stopped"


def test_a_movie_is_looked_at_once(study, no_report, monkeypatch):
    asked = []
    monkeypatch.setattr(
        execute, "look_at", lambda task, **known: asked.append(task.name) or look_at(task, **known)
    )
    again(study)
    assert sorted(asked) == ["good1", "good2", "good3"]


def test_the_report_reads_only_the_columns_that_it_shows(study, monkeypatch):
    out, read = study / "results", []
    told = report.read_table

    def noted(path, **how):
        table = told(path, **how)
        read.append((path.name, table.shape[1]))
        return table

    monkeypatch.setattr(report, "read_table", noted)
    report.write_report(out)
    some = contents(out / "figures") | {"page": (out / "report.html").read_bytes()}
    monkeypatch.setattr(contents_of_report, "shown_of_frames", list)
    report.write_report(out)
    every = contents(out / "figures") | {"page": (out / "report.html").read_bytes()}
    assert some == every
    few, all_of_them = (n for name, n in read if name == "frames.parquet")
    assert few < 25 < 60 < all_of_them


# What can go


def stages(outcome):
    return {(r.movie, r.stage): r.state for r in outcome.results}


def test_clean_tells_first_and_removes_then(study):
    out = study / "results"
    before = contents(out)
    said = lamella("clean", out)
    assert said.code == 0
    assert contents(out) == before
    assert "nothing was removed" in said.out
    doomed = what_can_go(out)
    assert {each.what for each in doomed} == {"labels before tracking", BY_GROUP}
    assert sum(each.n_bytes for each in doomed) == sum(
        len(data) for name, data in before.items() if "/segmented/" in name or "/measures/" in name
    )
    assert lamella("clean", out, "--yes").code == 0
    after = contents(out)
    gone = {each.path.relative_to(out).as_posix() for each in doomed}
    assert before.keys() - after.keys() == gone
    assert {n for n in after if after[n] != before.get(n)} <= {
        f"movies/{m}/{MANIFEST}" for m in ("good1", "good2", "good3")
    }
    assert not (out / "movies/good1/segmented").exists()
    assert lamella("clean", out).out == "nothing to remove\n"


def test_clean_leaves_what_an_unfinished_movie_goes_on_from(study):
    """The outlines are measured behind the tables, from measures by group."""
    text = (study / "study.toml").read_text().replace("outlines = false\n", "")
    (study / "study.toml").write_text(text)
    out = study / "results"
    asked = []

    def amid_outlines():
        asked.append(True)
        return any(str(line.get("stage", "")).startswith("dilated") for line in read_journal(out))

    with pytest.raises(Stopped):
        again(study, stopped=amid_outlines)
    assert not {each.movie for each in what_can_go(out)} & {"good1"}


def test_what_was_half_written_goes_with_a_run_that_is_stopped(study):
    out = study / "results"
    left = out / "movies/good1/.labels.ome.tif.0.part"

    def after_a_worker_died():
        if any(line["what"] == "end" for line in read_journal(out)):  # of the run before
            return False
        left.touch()
        return True

    with pytest.raises(Stopped):
        again(study, fresh=True, stopped=after_a_worker_died)
    assert not left.exists()


def test_a_cleaned_study_is_up_to_date(study, no_report):
    out = study / "results"
    clean(out)
    tables = contents(out / "tables")
    assert states(again(study)) == {"cached"}
    assert contents(out / "tables") == tables
    with pytest.raises(InputError, match="removed to save space; make it again: lamella run STU"):
        Manifest(out / "movies/good1").refuse_cleaned("segmented/cell.ome.tif")


def test_of_a_cleaned_study_only_what_is_read_is_made_again(study, no_report, tmp_path):
    """New settings of one group: the other groups are needed for the tables, the masks are not."""
    out = study / "results"
    clean(out)
    with (study / "study.toml").open("a") as file:
        file.write("[measure.lamellipodium]\nband_um = 1.5\n")
    found = stages(again(study))
    whole = run_study(open_study(study), tmp_path / "whole")
    assert not whole.failed
    looks_outside = open_study(study).settings.measure.background.looks_outside
    for movie in ("good1", "good2", "good3"):
        assert found[movie, "measure/cell"] == "done"
        assert found[movie, "track/cell"] == "cached"
        assert (found[movie, "segment/cell"] == "done") == looks_outside
    assert contents(out / "tables") == contents(tmp_path / "whole" / "tables")


def test_movies_that_samples_no_longer_names_go_but_for_corrections(study):
    out = study / "results"
    rows = (study / "samples.csv").read_text().splitlines(keepends=True)
    (study / "samples.csv").write_text("".join(row for row in rows if "good2" not in row))
    (out / "movies/good2/corrections").mkdir()
    (out / "movies/good2/corrections/edits.jsonl").write_text("{}\n")
    (out / "movies/theirs").mkdir()  # no run made it
    (out / "movies/theirs/raw.tif").write_bytes(b"raw")
    (out / "movies/good1/.frames.parquet.0.part").write_bytes(b"half")
    kinds = {each.what for each in what_can_go(out)}
    assert {GONE, HALF_WRITTEN} < kinds
    clean(out)
    left = sorted(p.relative_to(out / "movies").as_posix() for p in (out / "movies").rglob("*.*"))
    assert "good2/corrections/edits.jsonl" in left
    assert "theirs/raw.tif" in left
    assert [name for name in left if name.startswith("good2/")] == ["good2/corrections/edits.jsonl"]
    assert not list(out.rglob("*.part"))


def test_an_unfinished_movie_keeps_what_saves_work(study):
    out = study / "results"
    Manifest(out / "movies/good1").forget("tables")
    assert {each.movie for each in what_can_go(out)} == {"good2", "good3"}


def test_chunks_go_where_they_save_no_work(study):
    out = study / "results"
    for movie in ("good1", "good2", "left"):
        chunk = out / "movies" / movie / ".parts/key/labels.000000-000003"
        chunk.mkdir(parents=True)
        (chunk / "labels.ome.tif").write_bytes(b"chunk")
    Manifest(out / "movies/good2").forget("tables")
    found = {(e.movie, e.what): e.n_bytes for e in what_can_go(out) if e.path.name == ".parts"}
    assert found == {("good1", CHUNKS): 5, ("left", GONE): 5}
    clean(out)
    assert [each.parent.name for each in out.rglob(".parts")] == ["good2"]
    assert not (out / "movies/left").exists()


def test_results_in_the_folder_of_another_study_are_not_taken_for_gone(study):
    out = study / "results"
    before = contents(out)
    (study / "samples.csv").write_text("movie,path,condition,session\nother,raw/o.tif,KO,1\n")
    with pytest.raises(InputError, match=r"it names none of the movies of .*--study"):
        clean(out)
    assert contents(out) == before


def test_a_folder_in_use_is_not_cleaned(study):
    out = study / "results"
    before = contents(out / "movies")
    with locked(out), pytest.raises(InUseError):
        clean(out)
    assert contents(out / "movies") == before


def test_views_go_when_asked_for(study, no_report):
    out = study / "results"
    clean(out, views=True)
    assert not list(out.glob("movies/*/filmstrip_*.png"))
    assert not list(out.glob("movies/*/centered.ome.tif"))
    assert list(out.glob("movies/*/labels/cell.ome.tif"))
    assert states(again(study)) == {"cached"}


# Thousands of movies


def test_doing_nothing_for_four_times_the_movies_takes_four_times_as_long(study, tmp_path):
    """What is looked at of a movie costs the same, however many there are."""
    opened = open_study(study)
    out = study / "results"
    source = opened.samples[0]

    def many(n):
        folder = tmp_path / str(n)
        (folder / "raw").mkdir(parents=True)
        shutil.copy(study / "study.toml", folder)
        rows = ["movie,path,condition,session"]
        for k in range(n):
            name = f"m{k:04d}"
            os.link(study / source.path, folder / "raw" / f"{name}.tif")
            rows.append(f"{name},raw/{name}.tif,WT,1")
            made = folder / "results/movies" / name
            made.mkdir(parents=True)
            shutil.copy(out / "movies/good1" / MANIFEST, made / MANIFEST)
        (folder / "samples.csv").write_text("\n".join(rows) + "\n")
        return folder

    def seconds(folder):
        began = time.process_time()
        opened = open_study(folder)
        write_lock(opened, folder / "results")
        for sample in opened.samples:
            look_at(task_for(opened, sample, folder / "results"))
        return time.process_time() - began

    few, lots = many(50), many(200)
    seconds(few)
    ratios = sorted(seconds(lots) / seconds(few) for _ in range(3))
    assert ratios[1] < 4 * 1.5
