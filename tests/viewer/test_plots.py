"""Plots beside the movie: they follow the slider, and a click on them goes to its frame."""

import time

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError
from lamella.core.table import Col

pytest.importorskip("napari")


@pytest.fixture
def plots(viewer, qtbot, look_at):
    from lamella.napari.plots import TimePlots

    made = TimePlots(viewer)
    qtbot.addWidget(made)
    made.resize(520, 800)
    made.show()
    look_at("KI__high__1")
    qtbot.waitUntil(lambda: made.canvas.n_drawn > 0)
    return made


def _point(plots, panel, frame):
    """Where a frame is on the screen."""
    from qtpy.QtCore import QPoint

    canvas, axes = plots.canvas.canvas, plots.canvas.panels[panel]
    low, high = axes.get_ylim()
    x, y = axes.transData.transform((plots.cells[0].time_of(frame), (low + high) / 2))
    ratio = canvas.device_pixel_ratio
    return QPoint(round(x / ratio), round(canvas.height() - y / ratio))


def test_the_usual_five_are_shown(plots):
    assert plots.measures == [
        Col.SPEED, Col.AREA_UM2, Col.LAM_CYTO_RATIO, Col.POLARITY_COS_MOVEMENT, "edge kymograph",
    ]  # fmt: skip
    speed = plots.canvas.panels[0].get_lines()[0].get_ydata()
    rows = plots.cells[0].frames
    assert np.array_equal(speed, rows[Col.SPEED], equal_nan=True)
    assert np.isnan(speed[0])  # no step ends in the first frame: the line begins later


def test_a_click_goes_to_its_frame_and_dragging_scrubs(plots, viewer, qtbot):
    from qtpy.QtCore import Qt

    qtbot.mouseClick(plots.canvas.canvas, Qt.MouseButton.LeftButton, pos=_point(plots, 1, 9))
    assert viewer.dims.current_step[0] == 9
    qtbot.keyClick(plots.canvas.canvas, Qt.Key.Key_Right)
    assert viewer.dims.current_step[0] == 10
    qtbot.keyClick(plots.canvas.canvas, Qt.Key.Key_Left)
    qtbot.keyClick(plots.canvas.canvas, Qt.Key.Key_Left)
    assert viewer.dims.current_step[0] == 8
    qtbot.mousePress(plots.canvas.canvas, Qt.MouseButton.LeftButton, pos=_point(plots, 4, 3))
    assert viewer.dims.current_step[0] == 3
    qtbot.mouseMove(plots.canvas.canvas, _point(plots, 4, 6))
    qtbot.mouseRelease(plots.canvas.canvas, Qt.MouseButton.LeftButton, pos=_point(plots, 4, 6))
    assert plots.canvas.time == plots.cells[0].time_of(viewer.dims.current_step[0])


def test_the_cursor_follows_without_drawing_the_figure_again(plots, viewer, qtbot):
    drawn, frames = plots.canvas.n_drawn, 2 * list(plots.cells[0].numbers_of_frames)
    began = time.perf_counter()
    for t in frames:
        viewer.dims.set_current_step(0, t)
        qtbot.wait(1)
    per_second = len(frames) / (time.perf_counter() - began)
    assert plots.canvas.n_drawn == drawn
    assert plots.canvas.time == plots.cells[0].times[-1]
    assert per_second > 10


def test_measures_are_ticked_in_a_list(plots, qtbot):
    from qtpy.QtCore import Qt

    plots._choose.click()
    qtbot.keyClicks(plots._find, "circularity")
    shown = [i for i in range(plots._list.count()) if not plots._list.item(i).isHidden()]
    assert [plots._list.item(i).data(Qt.ItemDataRole.UserRole) for i in shown] == [Col.CIRCULARITY]
    box = plots._list.visualItemRect(plots._list.item(shown[0]))
    plots._list.item(shown[0]).setCheckState(Qt.CheckState.Checked)
    assert plots.measures[-1] == Col.CIRCULARITY
    assert box.isValid()
    plots._usual.click()
    assert Col.CIRCULARITY not in plots.measures


def test_two_cells_are_compared_and_saved(plots, tmp_path):
    plots.compare_with("WT__high__1", 1)
    assert [cell.title for cell in plots.cells] == ["KI__high__1, cell 1", "WT__high__1, cell 1"]
    plots.save(tmp_path / "plots.svg")
    assert "WT__high__1" in (tmp_path / "plots.svg").read_text()
    plots.save_rows(tmp_path / "rows.csv")
    rows = pd.read_csv(tmp_path / "rows.csv")
    assert set(rows[Col.MOVIE]) == {"KI__high__1", "WT__high__1"}
    assert {Col.VALID, Col.EMPTY, Col.SPEED, Col.LAM_CYTO_RATIO_NOISE} <= set(rows.columns)


def test_colours_follow_the_theme(plots, viewer):
    viewer.theme = "light"
    light = plots.canvas.canvas.figure.get_facecolor()
    viewer.theme = "dark"
    dark = plots.canvas.canvas.figure.get_facecolor()
    assert sum(light[:3]) > 2.4 > 0.9 > sum(dark[:3])


def test_a_hidden_panel_draws_nothing_until_it_is_shown(plots, qtbot):
    drawn = plots.canvas.n_drawn
    plots.hide()
    plots.desk.look_at("WT__high__1", cell=1)
    qtbot.wait(20)
    assert plots.canvas.n_drawn == drawn
    plots.show()
    qtbot.waitUntil(lambda: plots.canvas.n_drawn > 0)
    assert plots.cells[0].title == "WT__high__1, cell 1"
    speed = plots.canvas.panels[0].get_lines()[0].get_ydata()
    assert np.array_equal(speed, plots.cells[0].values(Col.SPEED), equal_nan=True)


def test_nothing_to_show_is_told(viewer, qtbot):
    from lamella.napari.plots import TimePlots

    made = TimePlots(viewer)
    qtbot.addWidget(made)
    assert "Open a run" in made._title.text()
    assert not made._save.isEnabled()


def test_a_tab_behind_others_draws_nothing_until_it_comes_forward(viewer, qtbot, cells):
    """Qt calls it visible all the same."""
    from qtpy.QtWidgets import QLabel

    from lamella.napari.desk import desk_of
    from lamella.napari.plots import TimePlots

    made = TimePlots(viewer)
    dock = viewer.window.add_dock_widget(made, name="Plots")
    other = viewer.window.add_dock_widget(QLabel("another"), name="Another", tabify=True)
    viewer.show()
    other.raise_()
    qtbot.wait(50)
    assert made.isVisible()
    desk = desk_of(viewer)
    desk.open_run(cells / "results")
    desk.look_at("WT__high__1", cell=1, frame=2)
    qtbot.wait(50)
    assert made.canvas.n_drawn == 0
    dock.raise_()
    qtbot.waitUntil(lambda: made.canvas.n_drawn > 0)
    qtbot.waitUntil(lambda: made.canvas.time == made.cells[0].time_of(2))
    other.raise_()
    qtbot.wait(50)
    desk.frame = 7
    assert made.canvas.time == made.cells[0].time_of(2)
    dock.raise_()
    qtbot.waitUntil(lambda: made.canvas.time == made.cells[0].time_of(7))


def test_a_file_that_nobody_asked_about_is_not_replaced(plots, qtbot, tmp_path, monkeypatch):
    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QFileDialog

    chosen = [str(tmp_path / "mine")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (chosen[0], ""))
    (tmp_path / "mine.csv").write_text("mine")
    qtbot.mouseClick(plots._save_rows, Qt.MouseButton.LeftButton)
    assert "mine.csv is there already" in plots.message.text()
    assert (tmp_path / "mine.csv").read_text() == "mine"
    chosen[0] = str(tmp_path / "other")
    qtbot.mouseClick(plots._save_rows, Qt.MouseButton.LeftButton)
    assert plots.message.text().endswith("other.csv")
    assert len(pd.read_csv(tmp_path / "other.csv")) == len(plots.cells[0].frames)
    qtbot.mouseClick(plots._save, Qt.MouseButton.LeftButton)
    assert (tmp_path / "other.png").read_bytes().startswith(b"\x89PNG")


def test_any_cell_of_the_run_can_be_compared_and_no_other(plots, monkeypatch):
    monkeypatch.setattr("lamella.napari.plots._MOST_OTHERS", 1)
    plots.choose(None)
    assert plots._other.count() == 2
    for movie in ("WT__high__1", "KO__low__1"):
        plots.compare_with(movie, 1)
        assert [cell.title for cell in plots.cells] == ["KI__high__1, cell 1", f"{movie}, cell 1"]
    with pytest.raises(InputError, match="no cell 9 to compare with"):
        plots.compare_with("WT__high__1", 9)
    plots.compare_with(None)
    assert len(plots.cells) == 1
