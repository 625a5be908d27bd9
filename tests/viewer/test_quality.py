"""Step through what is suspicious: by keys and buttons, to a decision that is kept."""

import pytest

from hand import canvas_of, main_window
from lamella.core.table import Col
from lamella.io import read_table
from lamella.run import execute
from lamella.run.report import write_report
from lamella.run.review import decisions_of
from worlds.suspicious import add_events

pytest.importorskip("napari")

from qtpy.QtCore import QPoint, Qt

from lamella.napari.decision_form import STRETCH
from lamella.napari.quality import SuspiciousEvents


@pytest.fixture
def events(viewer, qtbot, colony):
    add_events(colony / "results")
    made = SuspiciousEvents(viewer)
    qtbot.addWidget(made)
    made.show()
    movie = made.desk
    movie.open_run(colony / "results")
    first = movie.run.movie(movie.run.samples[0].movie)
    viewer.add_image(first.movie.channel().asarray(), scale=(1, 0.5, 0.5))
    return made


def _click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _key(qtbot, widget, letter):
    widget.activateWindow()
    widget.view.setFocus()
    qtbot.waitUntil(widget.view.hasFocus)
    qtbot.keyClick(widget.view, letter)


def _folder(events, row):
    return events.desk.run.folder / "movies" / row[Col.MOVIE]


def test_next_goes_to_movie_cell_frame_and_place(events, qtbot):
    desk, shown = events.desk, events.review.shown()
    _click(qtbot, events.onward)
    row = shown.iloc[0]
    assert (desk.movie.name, desk.cell, desk.frame) == (
        row[Col.MOVIE], row[Col.CELL], row[Col.FRAME]
    )  # fmt: skip
    layers = list(desk.viewer.layers)
    scale = next((each for each in layers if "lamella" in each.metadata), layers[0]).scale
    assert desk.viewer.camera.center[1:] == pytest.approx(
        (scale[-2] * row[Col.Y_PX], scale[-1] * row[Col.X_PX]), abs=0.6 * scale[-1]
    )
    assert row[Col.WORDS] in events.words.text()
    _key(qtbot, events, ".")
    assert events.current == shown.index[1]
    _key(qtbot, events, ",")
    assert events.current == shown.index[0]
    assert events.view.selectionModel().selectedRows()[0].row() == 0


def test_keys_go_on_from_the_canvas(events, qtbot):
    _click(qtbot, events.onward)
    viewer = events.desk.viewer
    viewer.show()
    native = canvas_of(viewer).native
    native.setFocus()
    qtbot.keyClick(native, ".")
    qtbot.waitUntil(lambda: events.current == events.review.shown().index[1])


def test_accept_and_go_on(events, qtbot):
    events.undecided.setChecked(True)
    _click(qtbot, events.onward)
    first, row = events.current, events.review.events.loc[events.current]
    n = events.model.rowCount()
    events.form.who.setText("ada")
    _key(qtbot, events, "a")
    (kept,) = decisions_of(_folder(events, row))
    assert (kept.verdict, kept.who, kept.cell, kept.kind) == (
        "accept", "ada", row[Col.CELL], row[Col.KIND]
    )  # fmt: skip
    assert events.model.rowCount() == n - 1
    assert events.current not in (None, first)
    _key(qtbot, events, "u")
    assert events.model.rowCount() == n
    assert "Taken back" in events.message.text()


def test_to_leave_out_needs_a_reason_and_reaches_the_numbers(events, qtbot, monkeypatch):
    out = events.desk.run.folder
    monkeypatch.setattr(execute, "write_report", lambda folder: folder / "report.html")
    _click(qtbot, events.onward)
    row = events.review.events.loc[events.current]
    _click(qtbot, events.exclude)
    assert "needs a reason" in events.message.text()
    place = events.exclude.mapTo(events, QPoint(0, 0))
    assert not decisions_of(_folder(events, row))
    events.activateWindow()
    qtbot.keyClicks(events.form.reason.lineEdit(), "debris")
    qtbot.keyClick(events.form.reason.lineEdit(), Qt.Key.Key_Return)
    qtbot.waitUntil(events.view.hasFocus)  # keys decide from here on
    qtbot.keyClick(events.view, "x")
    assert decisions_of(_folder(events, row))[0].reason == "debris"
    assert events.form.reason.currentText() == ""
    told = []
    events.desk.run_changed.connect(lambda: told.append(1))
    _click(qtbot, events.update_button)
    qtbot.waitUntil(lambda: bool(told), timeout=120_000)
    cells = read_table(out / "tables/cells.parquet")
    (gone,) = cells[cells[Col.EXCLUDED].notna()].to_dict("records")
    assert (gone[Col.MOVIE], gone[Col.CELL], gone[Col.IN_STATISTICS]) == (
        row[Col.MOVIE], row[Col.CELL], False
    )  # fmt: skip
    assert "follow what was decided" in events.job.message.text()
    assert events.exclude.mapTo(events, QPoint(0, 0)) == place  # whatever was said meanwhile
    _click(qtbot, events.undo)  # though the tables are others by now
    assert "Taken back: ✗ left out" in events.message.text()
    assert events.job.message.text() == ""
    assert decisions_of(_folder(events, row))[-1].verdict == "withdraw"


def test_frames_are_left_out(events, qtbot):
    _click(qtbot, events.onward)
    row = events.review.events.loc[events.current]
    assert not events.form.first.isVisible()
    events.form.scope.setCurrentText(STRETCH)
    assert events.form.first.isVisible()
    assert events.form.first.value() == row[Col.FRAME]
    events.form.last.setValue(row[Col.FRAME] + 2)
    events.form.reason.setCurrentText("out of focus")
    _click(qtbot, events.exclude)
    (kept,) = decisions_of(_folder(events, row))
    assert kept.frames == range(row[Col.FRAME], row[Col.FRAME] + 3)
    place = events.model.row_of(row.name)
    told = events.model.index(place, events.model.columnCount() - 1).data()
    assert told == "✗ frames left out"  # else it reads as if the cell were


def test_correct_marks_it_and_calls_for_hands(events, qtbot):
    called = []
    events.desk.correction_wanted.connect(lambda: called.append(events.desk.cell))
    _click(qtbot, events.onward)
    row = events.review.events.loc[events.current]
    _key(qtbot, events, "f")
    assert called == [row[Col.CELL]]
    assert decisions_of(_folder(events, row))[0].verdict == "fix"
    assert events.desk.cell == row[Col.CELL]  # it stays there


def test_kinds_and_conditions_are_chosen(events, qtbot):
    events.kind.setFocus()
    while events.kind.currentText() != "swap":
        qtbot.keyClick(events.kind, Qt.Key.Key_Down)
    kinds = {events.model.events.iloc[k][Col.KIND] for k in range(events.model.rowCount())}
    assert kinds == {"swap"}
    row = events.view.rowViewportPosition(0)
    qtbot.mouseClick(events.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, row + 5))
    assert events.review.events.loc[events.current, Col.KIND] == "swap"
    while events.condition.currentText() != "WT":
        qtbot.keyClick(events.condition, Qt.Key.Key_Down)
    assert set(events.model.events[Col.CONDITION]) == {"WT"}


def test_without_a_run_it_says_what_to_do(viewer, qtbot):
    made = SuspiciousEvents(viewer)
    qtbot.addWidget(made)
    assert not made.isEnabled()
    assert "open one in the study browser" in made.told.text()


def test_the_report_has_what_was_decided(events, qtbot):
    _click(qtbot, events.onward)
    events.form.who.setText("ada")
    _click(qtbot, events.accept)
    out = events.desk.run.folder
    from lamella.run.review.again import apply_decisions

    apply_decisions(out)
    page = write_report(out).read_text()
    assert "1 event accepted as right, by ada." in page


@pytest.mark.parametrize("docked", [True, False])
def test_correct_hands_over_to_the_widget_that_corrects(viewer, qtbot, colony, docked):
    """As in the window of `lamella view`: tabs of one place, the keys of both at once."""
    from lamella.napari.correct import Correct
    from lamella.napari.desk import desk_of

    add_events(colony / "results")
    desk_of(viewer).open_run(colony / "results")
    desk = desk_of(viewer)
    events = SuspiciousEvents(viewer)
    dock = viewer.window.add_dock_widget(events, name="Suspicious events")
    correct = None
    if docked:
        correct = Correct(viewer)
        viewer.window.add_dock_widget(correct, name="Correct cells", tabify=True)
    dock.raise_()
    viewer.show()
    main_window(viewer).activateWindow()
    qtbot.waitUntil(events.isVisible)
    _click(qtbot, events.onward)
    row = events.review.events.loc[events.current]
    desk.look_at(desk.run.samples[-1].movie)  # one looks elsewhere in between
    _click(qtbot, events.fix)
    assert decisions_of(_folder(events, row))[0].verdict == "fix"
    assert (desk.movie.name, desk.cell, desk.frame) == (
        row[Col.MOVIE], row[Col.CELL], row[Col.FRAME]
    )  # fmt: skip
    if correct is None:
        assert "Plugins → Lamella → Correct cells" in events.message.text()
        return
    qtbot.waitUntil(correct.isVisible)
    assert not correct.visibleRegion().isEmpty()
    assert correct.session.folder.name == row[Col.MOVIE]
    assert desk.editing is correct.session
    assert correct._canvas.layer.selected_label == row[Col.CELL]
    assert f"Correct cell {row[Col.CELL]}, in frame {row[Col.FRAME]}" in correct.message.text()
    focused = main_window(viewer).focusWidget()
    qtbot.keyClick(focused, "n")  # Division, and not the next event
    assert correct.tools.button("Division").isChecked()
    before = events.current
    qtbot.keyClick(focused, ".")
    assert events.current != before
    qtbot.keyClick(focused, ",")
    assert events.current == before
    correct.end()
