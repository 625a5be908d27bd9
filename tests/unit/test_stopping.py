"""Work that is asked to end ends soon, leaves what it finished, and holds nothing."""

import multiprocessing
import shutil
import time
import warnings
from pathlib import Path
from tempfile import gettempdir
from threading import Event

import pandas as pd
import pytest

from lamella.core.errors import InputError, LamellaWarning
from lamella.phantom import StudyPhantom
from lamella.run import execute
from lamella.run.browse import Drawn, OpenedRun
from lamella.run.browse.film import Film, film_run
from lamella.run.cache import Manifest
from lamella.run.demo import make_demo
from lamella.run.editing import measure_again, measuring_again
from lamella.run.execute import rebuild_report, run_study
from lamella.run.holding import locked
from lamella.run.settings_draft import SettingsDraft
from lamella.run.stopping import Stopped, go_on, steps_of
from lamella.run.study import open_study
from lamella.run.trial_movie import try_on_movie

MOVIE = "WT__high__1"

pytestmark = pytest.mark.filterwarnings("ignore::lamella.core.errors.LamellaWarning")


@pytest.fixture(autouse=True)
def no_report(monkeypatch):
    """It has its own tests."""
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")


def make_study(folder):
    """Three movies, of two conditions, of eight frames each."""
    make_demo(folder, phantom=StudyPhantom(cells_per_session=1, n_frames=8))
    rows = (folder / "samples.csv").read_text().splitlines(keepends=True)
    (folder / "samples.csv").write_text("".join(rows[:2] + rows[5:]))


@pytest.fixture
def study(tmp_path):
    make_study(tmp_path / "study")
    return open_study(tmp_path / "study")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The run of such a study."""
    folder = tmp_path_factory.mktemp("finished") / "study"
    make_study(folder)
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", LamellaWarning)
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        assert not run_study(open_study(folder), folder / "results").failed
    return folder


def free(out: Path) -> bool:
    """Whether a run may begin in the folder at once, and nothing lies in it half-written."""
    with locked(out):
        return not list(out.rglob("*.part"))


def states(outcome, movie):
    return {r.stage: r.state for r in outcome.results if r.movie == movie}


def tables(out):
    return {file.name: pd.read_parquet(file) for file in sorted((out / "tables").glob("*.parquet"))}


def test_steps_of_work_and_its_result():
    heard, told = Event(), []

    def work(tell, stopped):
        for n in range(3):
            heard.wait(5)
            tell(n)
        return "all"

    def to_its_end():
        result = yield from steps_of(work, first=-1)
        told.append(result)

    for step in to_its_end():
        told.append(step)
        heard.set()
    assert told[0] == -1
    assert told[-1] == "all"
    assert told[:-1] == sorted(told[:-1])


def test_a_fault_of_the_work_is_raised():
    def work(tell, stopped):
        raise InputError("a.tif", "it is empty", "give another")

    with pytest.raises(InputError, match="it is empty"):
        list(steps_of(work, first=0))


def test_closing_waits_until_the_work_has_ended():
    ended, begun = [], Event()

    def work(tell, stopped):
        begun.set()
        try:
            while True:
                go_on(stopped)
                time.sleep(0.01)
        finally:
            time.sleep(0.1)  # it still has something to put away
            ended.append(True)

    steps = steps_of(work, first=0)
    next(steps)
    begun.wait(5)
    steps.close()
    assert ended == [True]


def test_a_run_ends_after_a_movie_and_goes_on(study, finished, tmp_path):
    out, ended = tmp_path / "out", []
    with pytest.raises(Stopped):
        run_study(study, out, on_movie=ended.append, stopped=lambda: len(ended) == 2)
    assert free(out)
    assert len(list((out / "movies").glob("*/frames.parquet"))) == 2
    again = run_study(study, out)
    done = {results[0].movie for results in ended}
    for movie in (sample.movie for sample in study.samples):
        assert set(states(again, movie).values()) == {"cached" if movie in done else "done"}
    for name, table in tables(finished / "results").items():
        pd.testing.assert_frame_equal(tables(out)[name], table, obj=name)


def test_a_run_ends_amid_the_frames_of_a_stage(study, tmp_path):
    out, told = tmp_path / "out", []

    def stopped():
        return any(p.stage == "segment cell" for p in told)

    with pytest.raises(Stopped):
        run_study(study, out, on_progress=told.append, stopped=stopped)
    assert told[-1].stage == "segment cell"
    assert told[-1].done < told[-1].total
    assert free(out)
    assert [stage for stage, _ in Manifest(out / "movies" / told[-1].movie)] == []


def test_workers_end_before_the_run_does(study, tmp_path):
    out, told = tmp_path / "out", []
    with pytest.raises(Stopped):
        run_study(study, out, workers=2, on_progress=told.append, stopped=lambda: len(told) > 0)
    assert not multiprocessing.active_children()
    assert free(out)
    assert not list((out / "movies").glob("*/cells.parquet"))  # nor was any movie waited for


def test_a_run_ends_before_its_tables(study, tmp_path):
    out, ended = tmp_path / "out", []
    n = len(study.samples)
    with pytest.raises(Stopped):
        run_study(study, out, on_movie=ended.append, stopped=lambda: len(ended) == n)
    assert not (out / "tables").exists()
    assert free(out)
    again = run_study(study, out)
    assert {r.state for r in again.results} == {"cached"}
    assert (out / "tables/cells.parquet").is_file()


def test_a_report_is_not_begun(finished):
    before = {f: f.stat().st_mtime_ns for f in (finished / "results").rglob("*") if f.is_file()}
    with pytest.raises(Stopped):
        rebuild_report(finished / "results", stopped=lambda: True)
    after = {f: f.stat().st_mtime_ns for f in (finished / "results").rglob("*") if f.is_file()}
    assert {f.name for f in after.keys() ^ before.keys()} <= {".lock"}
    assert all(after[f] == time for f, time in before.items() if f.name != ".lock")
    assert free(finished / "results")


def test_measuring_again_ends_with_its_generator(finished, tmp_path):
    run = OpenedRun(shutil.copytree(finished, tmp_path / "study") / "results")
    movie = run.samples[0].movie
    (run.folder / "movies" / movie / "manifest.json").unlink()  # all of it is to be done again
    steps = measuring_again(run, movie)
    while next(steps).stage != "segment cell":
        pass
    steps.close()
    assert free(run.folder)
    assert not (run.folder / "movies" / movie / "manifest.json").exists()
    outcome = measure_again(run, movie)
    assert states(outcome, movie)["tables"] == "done"


def test_a_film_that_is_stopped_leaves_no_file(finished, tmp_path):
    opened = OpenedRun(finished / "results").movie(MOVIE)
    drawn = []

    def advance(done, total):
        drawn.append(done)

    for out in (tmp_path / "cell.gif", tmp_path / "cell.mp4", tmp_path / "cell.png"):
        drawn.clear()
        with pytest.raises(Stopped):
            film_run(opened, out, Film(), cell=1, advance=advance, stopped=lambda: len(drawn) == 2)
        assert drawn == [1, 2]
        assert list(tmp_path.iterdir()) == []


def test_a_film_is_stopped_while_the_way_of_its_cell_is_read(finished, tmp_path, monkeypatch):
    opened = OpenedRun(finished / "results").movie(MOVIE)
    monkeypatch.setattr(Drawn, "centres", lambda *a: pytest.fail("it went on"))
    asked = []

    def stopped():
        asked.append(True)
        return len(asked) > 3

    with pytest.raises(Stopped):
        film_run(opened, tmp_path / "cell.gif", Film(), cell=1, stopped=stopped)
    assert len(asked) == 4


@pytest.mark.parametrize("stage", ["segment cell", "measure cell", "compare"])
def test_a_trial_of_a_movie_leaves_nothing(finished, stage):
    draft = SettingsDraft(finished)
    draft.set_value(("objects", "cell", "segment"), "classes", 2)
    opened, told = OpenedRun(finished / "results").movie(MOVIE), []
    before = set(Path(gettempdir()).glob("lamella-trial-*"))
    with pytest.raises(Stopped):
        try_on_movie(
            opened,
            "cell",
            draft.settings,
            tell=lambda *step: told.append(step[0]),
            stopped=lambda: stage in told,
        )
    assert told[-1] == stage
    assert set(Path(gettempdir()).glob("lamella-trial-*")) == before
