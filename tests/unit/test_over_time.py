"""A cell over time: gaps stay gaps, and what is known of every frame is told."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import SettingsError
from lamella.core.table import Col
from lamella.run.browse.over_time import (
    EMPTY,
    FILLED_IN,
    KYMOGRAPH,
    NOT_TRUSTED,
    TRUSTED,
    CellOverTime,
    measures_of,
    noise_beside,
    rows_shown,
    usual_measures,
)
from lamella.run.browse.time_figure import DARK, save_figure, time_figure


@pytest.fixture
def cell():
    nan = np.nan
    rows = pd.DataFrame(
        {
            Col.MOVIE: "m", Col.OBJECT: "cell", Col.CELL: 1,
            Col.FRAME: [2, 3, 4, 5, 6], Col.TIME_MIN: [4.0, 6.0, 8.0, 10.0, 12.0],
            Col.EMPTY: [False, True, False, False, False],
            Col.INTERPOLATED: [False, False, True, False, False],
            Col.VALID: [True, False, False, False, True],
            "corrected": [False, False, False, False, True],
            Col.SPEED: [nan, nan, nan, 0.5, 0.7],
            Col.AREA_UM2: [100, nan, 110, 20, 120],
            Col.LAM_CYTO_RATIO: [1.5, nan, nan, 1.6, 1.7],
            Col.LAM_CYTO_RATIO_NOISE: [1.1, nan, nan, 1.1, 1.1],
            Col.POLARITY_COS_MOVEMENT: [nan, nan, nan, -0.5, 1.0],
            Col.TURNING_EVENT: [False, False, False, True, False],
        }
    )  # fmt: skip
    edge = pd.DataFrame(
        {
            Col.FRAME: [5, 5, 6, 6], Col.TIME_MIN: [10.0, 10.0, 12.0, 12.0],
            Col.EDGE_POSITION: [0, 1, 0, 1], Col.EDGE_RUN: 1, Col.EDGE_CONTACT: 0,
            Col.EDGE_STEP_PX: [1.0, -1.0, 2.0, 0.0], Col.EDGE_VELOCITY: [0.5, -0.5, 1.0, 0.0],
        }
    )  # fmt: skip
    return CellOverTime("m, cell 1", rows, edge)


def test_what_is_known_of_every_frame(cell):
    assert cell.states == [TRUSTED, EMPTY, FILLED_IN, NOT_TRUSTED, TRUSTED]
    assert cell.corrected.tolist() == [False, False, False, False, True]
    assert cell.turns.tolist() == [False, False, False, True, False]
    assert np.isnan(cell.values(Col.SPEED)).tolist() == [True, True, True, False, False]


def test_time_and_frame(cell):
    assert [cell.frame_at(t) for t in (0, 6.9, 7.1, 99)] == [2, 3, 4, 6]
    assert [cell.time_of(t) for t in (0, 2, 6, 8)] == [0, 4, 12, 16]


def test_what_can_be_plotted(cell):
    names = [measure.name for measure in measures_of(cell)]
    assert names[:5] == usual_measures(cell)
    assert Col.FRAME not in names
    assert usual_measures(cell) == [
        Col.SPEED, Col.AREA_UM2, Col.LAM_CYTO_RATIO, Col.POLARITY_COS_MOVEMENT, KYMOGRAPH,
    ]  # fmt: skip
    titles = {measure.name: measure.title for measure in measures_of(cell)}
    assert titles[Col.SPEED] == "Speed (µm/min)"
    assert noise_beside(cell, Col.AREA_UM2) is None
    assert noise_beside(cell, Col.LAM_CYTO_RATIO)[0] == 1.1


def test_what_is_wanted_most_stands_first(cell):
    more = [Col.IOU_PREVIOUS, Col.AREA_PX, Col.Y_PX, Col.VALID, Col.ECCENTRICITY, Col.CIRCULARITY]
    frames = cell.frames.assign(**dict.fromkeys(more, 1.0))
    measures = measures_of(CellOverTime(cell.title, frames, cell.edge))
    names = [measure.name for measure in measures if measure.name in more]
    assert names == [
        Col.CIRCULARITY, Col.ECCENTRICITY, Col.AREA_PX, Col.Y_PX, Col.VALID, Col.IOU_PREVIOUS
    ]  # fmt: skip
    titles = {measure.name: measure.title for measure in measures}
    assert titles[Col.IOU_PREVIOUS] == "IoU with the previous frame"
    assert titles[Col.Y_PX] == "Centroid y (px)"


def test_names_of_measures_are_told_apart():
    from lamella.report.frame_words import FRAME_LABELS
    from lamella.report.words import axis_label

    titles = [axis_label(name) for name in FRAME_LABELS]
    assert len(set(titles)) == len(titles)


def test_the_figure_breaks_lines_and_marks_frames(cell):
    figure = time_figure([cell], usual_measures(cell), look=DARK)
    drawn = {line.get_marker(): line for line in figure.axes[1].get_lines()}
    assert np.isnan(drawn["."].get_ydata()[1])
    assert drawn["o"].get_xdata().tolist() == [10]
    assert drawn["D"].get_xdata().tolist() == [8]
    assert drawn["s"].get_xdata().tolist() == [12]
    assert drawn["x"].get_xdata().tolist() == [6]
    turning = [line for line in figure.axes[3].get_lines() if line.get_marker() == "v"]
    assert turning[0].get_xdata().tolist() == [10]
    words = {text.get_text() for text in figure.legends[0].get_texts()}
    assert words == {
        "m, cell 1", "not trusted", "filled in", "corrected by hand", "not found",
        "from noise alone", "turning event",
    }  # fmt: skip


def test_files_are_written(cell, tmp_path):
    save_figure(tmp_path / "a.png", [cell], [Col.SPEED])
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(SettingsError, match="PNG, SVG or PDF"):
        save_figure(tmp_path / "a.tif", [cell], [Col.SPEED])
    assert rows_shown([cell], [Col.SPEED]).shape == (5, 11)
