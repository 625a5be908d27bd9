"""Films of a run, from the command line: windows, layers, and what is refused."""

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from lamella.core.errors import InputError, SettingsError
from lamella.run.browse import Drawn, OpenedRun
from lamella.run.browse.film import Film, film_any
from lamella.run.browse.roles import COLOURS, EDGE, OUTLINE, ROLES
from lamella.run.browse.shots import Shots

MOVIE = "KI__low__1"


@pytest.fixture(scope="module")
def opened(finished_cells):
    return OpenedRun(finished_cells / "results").movie(MOVIE)


def shots(opened, **how):
    drawn = Drawn(opened, "cell", opened.current("cell"))
    return Shots(
        opened.movie, range(opened.movie.n_frames), opened.movie.channel_names, drawn, 1, **how
    )


def test_the_still_window_holds_the_cell_on_its_whole_way(opened):
    made = shots(opened)
    (window,) = set(made.windows.values())
    top, left, height, width = window
    for t in made.frames:
        y, x = np.nonzero(opened.current("cell").labels.frame(t))
        assert top <= y.min() <= y.max() < top + height
        assert left <= x.min() <= x.max() < left + width


def test_the_window_that_goes_with_the_cell_has_one_size_and_holds_it(opened):
    made = shots(opened, follow=True)
    assert len({window[2:] for window in made.windows.values()}) == 1
    assert len({window[:2] for window in made.windows.values()}) > 1
    for t, (top, left, height, width) in made.windows.items():
        y, x = np.nonzero(opened.current("cell").labels.frame(t))
        assert top <= y.min() <= y.max() < top + height
        assert left <= x.min() <= x.max() < left + width


def test_the_outline_runs_round_the_pixels_of_the_cell(opened):
    from lamella.kernels.polygons import fill_polygons

    made = shots(opened, roles=(OUTLINE,))
    shot = made.shot(3)
    top, left, height, width = made.windows[3]
    filled = fill_polygons([line.places for line in shot.lines], frame_shape=(height, width))
    mask = np.zeros((height, width), bool)
    mask[filled.place] = filled.inside
    labels = opened.current("cell").labels.frame(3)
    assert np.array_equal(mask, labels[top : top + height, left : left + width] == 1)
    assert {line.colour for line in shot.lines} == {COLOURS[OUTLINE]}


def test_every_layer_is_drawn(opened):
    without = shots(opened).shot(7)
    assert not without.lines
    assert not without.marks
    for role in ROLES:
        if role == "cells":  # neighbours, and this cell is alone
            continue
        shot = shots(opened, roles=(role,)).shot(7)
        changed = not np.array_equal(shot.picture, without.picture)
        tips = shots(opened).drawn.tips(1)
        there = role != "tips" or (tips is not None and (tips[:, 0] == 7).any())
        assert bool(shot.lines or shot.marks or changed) == there, role
    assert shots(opened, roles=(EDGE,)).legend.unit == "µm/min"


def test_the_command_writes_and_tells(finished_cells, tmp_path):
    from lamella.cli import app
    from lamella.cli import view as _  # noqa: F401

    out = tmp_path / "cell.gif"
    done = CliRunner().invoke(
        app,
        ["film", str(finished_cells / "results"), "--movie", MOVIE, "--cell", "1", "-o", str(out),
         "--frames", "0:10", "--every", "3", "--layers", "all", "--um-bar", "5"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "4 frames" in done.output
    assert "scale bar 5 µm" in done.output
    with Image.open(out) as film:
        assert film.n_frames == 4


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"movie": None}, SettingsError, "the run has several movies; say which"),
        ({"movie": "x"}, InputError, "no movie 'x'"),
        ({"movie": MOVIE, "cell": 7}, InputError, "no cell 7; its cells are 1"),
        ({"movie": MOVIE, "object_name": "nucleus"}, InputError, "it has cell"),
    ],
)
def test_what_there_is_not_is_said(finished_cells, tmp_path, how, error, words):
    with pytest.raises(error, match=words):
        film_any(finished_cells / "results", tmp_path / "a.gif", Film(), **how)


def test_a_study_is_no_run(finished_cells, tmp_path):
    with pytest.raises(InputError, match=r"it is a study, not its run; give the run: .*results"):
        film_any(finished_cells, tmp_path / "a.gif", Film())
