"""A run opened to be looked at: its movies, objects and tables; what cannot be opened says why."""

import tomllib

import pytest
import tomli_w

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.run.browse import OpenedRun
from lamella.run.browse.opened import some_of


def test_a_run_tells_its_movies_objects_and_tables(finished_cells):
    run = OpenedRun(finished_cells / "results")
    assert len(run.samples) == 6
    movie = run.movie("KI__low__1")
    assert movie.objects == ["cell"]
    assert movie.movie.channel().shape == movie.current("cell").labels.frames.shape
    rows = movie.rows("frames", object_name="cell", cell=1)
    assert rows[Col.FRAME].is_monotonic_increasing
    assert set(run.table("cells")[Col.MOVIE]) == {sample.movie for sample in run.samples}
    assert run.table("nothing").empty


def test_many_cells_and_what_is_suspicious(finished_colony):
    run = OpenedRun(finished_colony / "results")
    assert run.movie("wt1").tracks("cell").parents
    assert not run.table("events").empty


def test_a_run_of_a_newer_version_is_left_alone(cells):
    lock = cells / "results/study.lock.toml"
    content = tomllib.loads(lock.read_text())
    content["versions"]["lamella"] = "99.1"
    lock.write_text(tomli_w.dumps(content))
    with pytest.raises(InputError, match=r"written by Lamella 99.1, this is .* pip install"):
        OpenedRun(cells / "results")


def test_what_cannot_be_opened(cells, tmp_path):
    with pytest.raises(InputError, match="not the folder of a run"):
        OpenedRun(cells)
    with pytest.raises(InputError, match="no movie 'x'; it has KI__high__1"):
        OpenedRun(cells / "results").movie("x")
    assert some_of(range(1, 11)) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
    assert some_of(range(1, 19)).endswith("9, 10 and 8 more")
    alone = (cells / "results").rename(tmp_path / "alone")
    with pytest.raises(InputError, match="say where it lies: --study"):
        OpenedRun(alone)
    assert len(OpenedRun(alone, study=cells).samples) == 6
