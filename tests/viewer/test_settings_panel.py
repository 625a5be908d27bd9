"""Settings tried in the window: at once on the frame, then on the movie, then written."""

import numpy as np
import pytest

from hand import canvas_of
from lamella.core.table import Col

pytest.importorskip("napari")

SEGMENT, LAM = "objects.cell.segment", "measure.lamellipodium"


@pytest.fixture
def panel(viewer, qtbot, look_at):
    from lamella.napari.settings_panel import SettingsPanel

    made = SettingsPanel(viewer)
    qtbot.addWidget(made)
    made.resize(480, 900)
    made.show()
    look_at("WT__high__1", frame=6)
    return made


def _type(qtbot, spin, text):
    from qtpy.QtCore import Qt

    spin.setFocus()
    spin.selectAll()
    qtbot.keyClicks(spin, text)
    qtbot.keyClick(spin, Qt.Key.Key_Return)


def test_a_changed_setting_shows_on_the_frame(panel, viewer, qtbot):
    assert "trial" not in viewer.layers
    panel.tabs.setCurrentIndex(4)
    _type(qtbot, panel.forms[LAM].fields["percentile"], "80")
    with qtbot.waitSignal(panel.trialist.tried, timeout=20000) as tried:
        pass
    trial = tried.args[0]
    desk = panel.desk
    present = desk.tracked().painted().frame(6)
    assert np.array_equal(viewer.layers["trial"].data, present)  # cells stay as they are
    share = viewer.layers["trial lamellipodium"].data.sum() / (present > 0).sum()
    assert share == pytest.approx(0.2, abs=0.02)
    ratio = {c.what: c for c in trial.changes}["Bright ÷ dim ratio"]
    assert ratio.after > ratio.before
    assert "Bright ÷ dim ratio" in panel.effect.text()


def test_the_last_of_many_changes_wins(panel, viewer, qtbot):
    shown = []
    panel.trialist.tried.connect(shown.append)
    spin = panel.forms[LAM].fields["percentile"]
    for value in (60, 65, 70, 75, 90):
        spin.setValue(value)
        qtbot.wait(5)
    qtbot.waitUntil(lambda: bool(shown) and not panel.trialist.busy, timeout=20000)
    assert len(shown) == 1
    cell = (viewer.layers["trial"].data > 0).sum()
    assert viewer.layers["trial lamellipodium"].data.sum() / cell == pytest.approx(0.1, abs=0.02)
    panel.desk.frame = 7
    assert not viewer.layers["trial"].visible  # what is shown is of another frame
    qtbot.waitUntil(lambda: len(shown) == 2, timeout=20000)
    assert shown[-1].frame == 7
    assert viewer.layers["trial"].visible


def test_back_to_the_settings_of_the_study_hides_the_trial(panel, viewer, qtbot):
    spin = panel.forms[LAM].fields["percentile"]
    present = spin.value()
    spin.setValue(90)
    qtbot.waitUntil(lambda: "trial" in viewer.layers, timeout=20000)
    layer = viewer.layers["trial"]
    spin.setValue(present)
    assert not layer.visible
    assert panel.effect.text() == ""
    spin.setValue(90)
    qtbot.waitUntil(lambda: layer.visible, timeout=20000)
    assert viewer.layers["trial"] is layer


def test_what_is_not_accepted_is_marked(panel, qtbot):
    form = panel.forms[SEGMENT]
    form.method.setCurrentText("cellpose")
    line = form.fields["diameter_px"]
    _type(qtbot, line, "-3")
    assert "diameter_px" in panel.message.text()
    assert "border" in line.styleSheet()
    assert "border" not in form.fields["model"].styleSheet()
    assert not panel.write_button.isEnabled()
    _type(qtbot, line, "30")
    assert line.styleSheet() == ""
    assert panel.write_button.isEnabled()


def test_a_movie_is_tried_then_written(panel, viewer, qtbot, cells):
    from qtpy.QtCore import Qt

    file = cells / "study.toml"
    before = file.read_text()
    panel.forms[SEGMENT].fields["classes"].setValue(2)
    qtbot.mouseClick(panel.try_movie, Qt.MouseButton.LeftButton)
    assert panel.job.busy
    qtbot.waitUntil(lambda: not panel.job.busy, timeout=60000)
    shape = panel.desk.movie.movie.channel().shape
    assert viewer.layers["trial, whole movie"].data.shape == shape
    assert "IoU with the present cells" in panel.effect.text()
    frames = panel._movie_trial.frames
    qtbot.mouseClick(panel.worst, Qt.MouseButton.LeftButton)
    assert panel.desk.frame == frames.loc[frames[Col.IOU].idxmin(), Col.FRAME]
    assert file.read_text() == before
    qtbot.mouseClick(panel.write_button, Qt.MouseButton.LeftButton)
    told = panel.dialog.text.toPlainText()
    assert "+classes = 2" in told
    assert "around line" in told
    assert "@@" not in told
    qtbot.mouseClick(panel.dialog.write, Qt.MouseButton.LeftButton)
    assert set(file.read_text().splitlines()) - set(before.splitlines()) == {"classes = 2"}
    qtbot.waitUntil(lambda: not panel.trialist.busy, timeout=20000)
    assert "lamella run" in panel.message.text()
    assert not panel.write_button.isEnabled()


def test_a_trial_of_a_movie_is_stopped(panel, qtbot):
    panel.forms[SEGMENT].method.setCurrentText("motion")
    panel.start_movie()
    panel.job._stop.click()
    qtbot.waitUntil(lambda: not panel.job.busy, timeout=20000)
    assert panel.job.message.text() == "Stopped."
    assert panel._movie_trial is None


def test_a_file_changed_meanwhile_is_left_alone(panel, qtbot, cells):
    file = cells / "study.toml"
    panel.forms[LAM].fields["percentile"].setValue(40)
    file.write_text(file.read_text() + "\n# of someone else\n")
    panel.write()
    assert "changed by someone else" in panel.message.text()
    assert "percentile = 50" in file.read_text()
    panel.undo_button.click()
    assert panel.forms[LAM].fields["percentile"].value() == 50


def test_lines_tell_a_diameter(panel, viewer, qtbot):
    panel.lines.draw.click()
    layer = viewer.layers["diameter"]
    assert (layer.mode, layer.ndim) == ("add_line", 3)
    layer.add_lines([[6, 10, 10], [6, 10, 40]])
    layer.add_lines([[6, 10, 10], [6, 50, 10]])
    assert "2 lines, median 35 px" in panel.lines.told.text()
    panel.lines.use.click()
    assert "cellpose" in panel.message.text()  # Otsu's thresholds go by no diameter
    panel.forms[SEGMENT].method.setCurrentText("cellpose")
    panel.lines.use.click()
    assert panel.forms[SEGMENT].fields["diameter_px"].text() == "35"
    assert panel.draft.settings.objects["cell"].segment.diameter_px == 35


def test_a_line_is_drawn_with_the_mouse(panel, viewer, qtbot):
    from qtpy.QtCore import QPoint, Qt

    panel.lines.draw.click()
    canvas = canvas_of(viewer).native
    canvas.resize(600, 600)
    viewer.camera.zoom, viewer.camera.center = 4, (0, 75, 75)
    viewer.show()
    qtbot.wait(50)
    middle = QPoint(canvas.width() // 2, canvas.height() // 2)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    for x in (20, 60, 120):  # 120 px of the screen are 30 µm
        qtbot.mouseMove(canvas, middle + QPoint(x, 0))
        qtbot.wait(40)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(120, 0))
    assert panel.lines.diameter.n == 1
    assert panel.lines.diameter.px == pytest.approx(30 / 0.318, rel=0.02)


def test_the_wheel_changes_no_setting_that_was_not_clicked(panel, qtbot):
    from qtpy.QtCore import QPoint, QPointF, Qt
    from qtpy.QtGui import QWheelEvent
    from qtpy.QtWidgets import QApplication

    spin = panel.forms[LAM].fields["percentile"]
    spin.clearFocus()
    none = Qt.MouseButton.NoButton
    wheel = QWheelEvent(
        QPointF(5, 5), spin.mapToGlobal(QPointF(5, 5)), QPoint(0, 120), QPoint(0, 120), none,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(spin, wheel)
    assert spin.value() == 50
    assert not panel.draft.changed


def test_tables_written_anew_keep_unwritten_settings(panel):
    panel.forms[LAM].fields["percentile"].setValue(60)
    panel.desk.run_changed.emit()
    assert panel.draft.settings.measure.lamellipodium.percentile == 60
    assert panel.forms[LAM].fields["percentile"].value() == 60


def test_settings_of_a_method_that_the_file_does_not_name(panel, cells):
    (cells / "study.toml").write_text('title = "Short"\n')
    panel.undo_button.click()
    form = panel.forms[SEGMENT]
    assert form.method.currentText() == "motion"
    form.fields["max_lag"].setValue(4)
    assert panel.draft.settings.objects["cell"].segment.max_lag == 4
    assert panel.write_button.isEnabled()


def test_a_trial_follows_edits_that_are_not_saved(panel, viewer, qtbot):
    from lamella.run.editing import EditSession, Paint

    desk = panel.desk
    with EditSession(desk.run, desk.movie.name) as session:
        desk.editing = session
        panel.forms[LAM].fields["percentile"].setValue(80)
        qtbot.waitUntil(lambda: "trial" in viewer.layers, timeout=20000)
        half = session.cells.frame(6).copy() > 0
        half[np.indices(half.shape)[0] > np.argwhere(half)[:, 0].mean()] = False
        session.do(Paint.of(half, frame=6, cell=0))
        with qtbot.waitSignal(panel.trialist.tried, timeout=20000):
            desk.labels_changed.emit(6, 6)
        assert np.array_equal(viewer.layers["trial"].data > 0, session.cells.frame(6) > 0)
        assert not (viewer.layers["trial"].data > 0)[half].any()
        desk.editing = None


def test_a_trial_of_one_movie_is_never_shown_over_another(panel, viewer, qtbot):
    panel.forms[LAM].fields["percentile"].setValue(80)
    qtbot.waitUntil(lambda: "trial" in viewer.layers, timeout=20000)
    panel.start_movie()
    panel.desk.look_at("KO__high__1")
    assert not viewer.layers["trial"].visible
    qtbot.waitUntil(lambda: not panel.job.busy, timeout=60000)
    assert "trial, whole movie" not in viewer.layers
    assert panel._movie_trial is None
    assert "WT__high__1 is done, and put aside" in panel.job.message.text()


def test_another_cell_of_the_movie_keeps_what_was_tried_on_it(panel, viewer, qtbot):
    panel.forms[LAM].fields["percentile"].setValue(80)
    panel.start_movie()
    qtbot.waitUntil(lambda: not panel.job.busy, timeout=60000)
    panel.desk.look_at("WT__high__1", cell=None)
    assert "trial, whole movie" in viewer.layers
    assert panel._movie_trial.labels.frame(0).any()


def test_a_value_that_is_refused_shows_no_trial_of_the_one_before(panel, viewer, qtbot):
    panel.forms[SEGMENT].method.setCurrentText("multiotsu")
    panel.forms[LAM].fields["percentile"].setValue(80)
    qtbot.waitUntil(lambda: "trial" in viewer.layers, timeout=20000)
    layer = viewer.layers["trial"]
    assert panel.effect.text()
    panel.draft.set_value(("measure", "lamellipodium"), "percentile", 140.0)
    panel._changed()
    assert not layer.visible
    assert panel.effect.text() == ""


def test_lines_of_a_movie_with_other_pixels_are_forgotten(panel, viewer):
    panel.lines.begin()
    viewer.layers["diameter"].add_lines([[6, 10, 10], [6, 10, 40]])
    assert panel.lines.use.isEnabled()
    panel.desk.look_at("KO__high__1")  # of the same camera
    assert panel.lines.diameter.n == 1
    panel.lines.look_at(0.65)
    assert "diameter" not in viewer.layers
    assert not panel.lines.use.isEnabled()


def test_a_layer_of_lines_that_was_deleted_gives_no_diameter(panel, viewer, qtbot):
    panel.lines.begin()
    viewer.layers["diameter"].add_lines([[6, 10, 10], [6, 10, 40]])
    viewer.layers.remove("diameter")
    wanted = []
    panel.lines.wanted.connect(wanted.append)
    panel.lines.use.click()
    assert wanted == []
    assert not panel.lines.use.isEnabled()
