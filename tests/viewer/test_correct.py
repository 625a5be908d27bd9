"""Cells corrected in the window: clicks and strokes on the canvas, keys, undo, saving, recovery."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion

from hand import Hand, main_window
from lamella.core.table import Col
from lamella.run.browse import OpenedRun
from lamella.run.corrections import edits_of
from lamella.run.editing import EditSession, Paint
from lamella.run.editing.clicks import Scope

pytest.importorskip("napari")


@pytest.fixture
def correct(viewer, qtbot, colony):
    """The widget in its window, on the movie wt1 of the colony."""
    from lamella.napari.correct import Correct
    from lamella.napari.desk import desk_of

    desk = desk_of(viewer)
    desk.open_run(colony / "results")
    desk.look_at("wt1")
    widget = Correct(viewer)
    viewer.window.add_dock_widget(widget, area="right")
    viewer.show()
    qtbot.waitExposed(main_window(viewer))
    widget.saving.measures = False
    assert widget.begin()
    viewer.reset_view()
    qtbot.wait(50)
    yield widget
    widget.end()


@pytest.fixture
def hand(correct, viewer, qtbot):
    return Hand(correct, viewer, qtbot)


def shown(hand, t):
    hand.go(t)
    return np.asarray(hand.widget._canvas.layer.data[t])


def test_split_by_two_clicks_undo_and_redo(hand, qtbot, monkeypatch):
    from qtpy.QtCore import Qt

    widget = hand.widget
    said, do = [], widget.session.do

    def heard(*args, **how):
        said.append(widget.message.text())
        return do(*args, **how)

    monkeypatch.setattr(widget.session, "do", heard)
    cell = max(hand.cells.cells, key=lambda c: (hand.cells.frame(4) == c).sum())
    ys, xs = np.nonzero(hand.cells.frame(4) == cell)
    before = hand.cells.frame(4).copy()
    one, two = np.argsort(ys + 0.01 * xs)[[3, -4]]
    told = []
    widget.desk.labels_changed.connect(lambda *frames: told.append(frames))
    hand.go(4)
    hand.key(Qt.Key.Key_S)
    assert widget.tools.button("Split").isChecked()
    assert "one of the two cells" in widget.message.text()
    hand.click(ys[one], xs[one])
    assert f"Cell {cell} in frame 4." in widget.message.text()
    assert widget.session.unsaved == 0
    hand.click(ys[two], xs[two])
    assert said == ["Split …"]  # while it is being done
    assert widget.session.unsaved == 1
    (new,) = widget.session.edits[-1].edit.new
    after = shown(hand, 4)
    assert {after[ys[one], xs[one]], after[ys[two], xs[two]]} == {cell, new}
    assert np.array_equal(after > 0, before > 0)
    assert told == [(4, 4)]
    assert widget.desk.tracked() is widget.session.tracked()
    assert (new, 4) in set(
        zip(*(widget.desk.tracked().tracks.links[c] for c in (Col.CELL, Col.FRAME)), strict=True)
    )
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(shown(hand, 4), before)
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert np.array_equal(shown(hand, 4), after)
    assert widget.edits.list.count() == 1


def test_merge_relink_cut_and_delete_by_clicks(hand):
    from qtpy.QtCore import Qt

    widget = hand.widget
    cells = sorted(c for c in hand.cells.cells if len(hand.cells.frames_of(c)) == 12)
    one, two = cells[:2]
    widget.tools.scope = Scope.FRAME
    hand.go(2)
    hand.press(widget.tools.button("Merge"))
    hand.click(*hand.inside(one, 2))
    hand.click(*hand.inside(two, 2))
    assert two not in shown(hand, 2)
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hand.press(widget.tools.button("Re-link"))
    hand.go(3)
    hand.click(*hand.inside(one, 3))
    hand.go(7)
    there = hand.inside(two, 7)
    hand.click(*there)
    assert widget.session.edits[-1].edit.swap
    assert shown(hand, 7)[there] == one
    hand.press(widget.tools.button("Cut track"))
    hand.go(9)
    there = hand.inside(one, 9)
    hand.click(*there)
    (new,) = widget.session.edits[-1].edit.new
    assert shown(hand, 9)[there] == new
    hand.press(widget.tools.button("Delete"))
    widget.tools.scope = Scope.ON
    hand.click(*there)
    assert hand.cells.frames_of(new) == []
    hand.click(1, 1)
    assert "there is no cell at that point" in widget.message.text()
    assert widget.session.unsaved == 3
    widget.edits.list.itemDoubleClicked.emit(widget.edits.list.item(0))
    assert widget.session.unsaved == 1


def test_a_division_by_three_clicks(hand):
    from qtpy.QtCore import Qt

    widget = hand.widget
    mother, daughters = next(iter(widget.session.tracked().tracks.daughters.items()))
    first = hand.cells.frames_of(daughters[0])[0]
    hand.go(first - 1)
    hand.press(widget.tools.button("No division"))
    hand.click(*hand.inside(mother, first - 1))
    assert mother not in widget.session.tracked().tracks.daughters
    hand.key(Qt.Key.Key_N)
    hand.click(*hand.inside(mother, first - 1))
    hand.go(first)
    for daughter in daughters:
        hand.click(*hand.inside(daughter, first))
    assert widget.session.tracked().tracks.daughters[mother] == daughters


def test_brush_eraser_and_bucket_are_edits(hand, qtbot):
    from qtpy.QtCore import Qt

    widget, layer = hand.widget, hand.widget._canvas.layer
    hand.go(1)
    layer.brush_size = 5
    hand.key(Qt.Key.Key_M)
    new = layer.selected_label
    assert new not in hand.cells.cells
    hand.drag((5, 5), (5, 15), (5, 25))
    assert widget.session.unsaved == 1
    (stroke,) = widget.session.edits
    assert (stroke.edit.edit, stroke.edit.cell, stroke.edit.frame) == ("paint", new, 1)
    drawn = hand.cells.frame(1) == new
    assert drawn[5, 5]
    assert drawn[5, 25]
    assert np.array_equal(np.asarray(layer.data[1]), hand.cells.frame(1))
    layer.mode = "erase"
    hand.drag((5, 12), (5, 14))
    assert widget.session.unsaved == 2
    assert (hand.cells.frame(1) == new).sum() < drawn.sum()
    layer.mode = "fill"
    layer.selected_label = widget.session.new_cell()
    hand.click(5, 5)
    assert widget.session.unsaved == 3
    assert hand.cells.frame(1)[5, 5] == layer.selected_label
    for left in (2, 1, 0):
        hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert widget.session.unsaved == left
    assert not (np.asarray(layer.data[1]) == new).any()
    layer.paint((3, 40, 40), new)  # as a script, or the polygon tool, does
    qtbot.waitUntil(lambda: widget.session.unsaved == 1)
    assert (hand.cells.frame(3) == new).any()


def test_saving_and_who_when_why(hand, qtbot, colony):
    widget = hand.widget
    folder = colony / "results/movies/wt1"
    cell = sorted(hand.cells.cells)[0]
    qtbot.keyClicks(widget.edits._why, "dirt")
    t = hand.cells.frames_of(cell)[0]
    hand.go(t)
    widget.tools.scope = Scope.ALL
    hand.press(widget.tools.button("Delete"))
    hand.click(*hand.inside(cell, t))
    assert "1 edit not saved" in widget.saving.state.text()
    hand.press(widget.saving.save)
    qtbot.waitUntil(lambda: not widget.busy, timeout=20000)
    (edit,) = edits_of(folder, "cell")
    assert (edit["why"], edit["removed"]) == ("dirt", [cell])
    assert "@" in edit["who"]
    assert "nothing to save" in widget.saving.state.text()
    saved = OpenedRun(colony / "results").movie("wt1").current("cell")
    assert cell not in saved.tracks.first_last
    assert cell not in hand.cells.cells
    assert cell not in shown(hand, t)


def test_measured_again_in_the_background(hand, qtbot, colony, monkeypatch):
    from lamella.run import execute

    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
    widget = hand.widget
    cell = next(c for c in sorted(hand.cells.cells) if len(hand.cells.frames_of(c)) == 12)
    t = 5
    told = []
    widget.desk.run_changed.connect(lambda: told.append(True))
    hand.go(t)
    hand.press(widget.tools.button("Delete"))
    hand.click(*hand.inside(cell, t))
    widget.saving.measures = True
    hand.press(widget.saving.save)
    assert widget.busy
    assert not widget.saving.save.isEnabled()
    qtbot.waitUntil(lambda: not widget.busy, timeout=120000)
    assert "measured again" in widget.job.message.text()
    assert told == [True]
    frames = widget.desk.run.table("frames")
    marked = frames[frames["corrected"]]
    assert marked[["movie", "cell", "frame"]].to_numpy().tolist() == [["wt1", cell, t]]
    assert marked["empty"].all()


def test_what_was_undone_is_said(hand):
    from qtpy.QtCore import Qt

    widget, control = hand.widget, Qt.KeyboardModifier.ControlModifier
    cell = sorted(hand.cells.cells)[0]
    t = hand.cells.frames_of(cell)[0]
    hand.go(t)
    hand.press(widget.tools.button("Delete"))
    hand.click(*hand.inside(cell, t))
    words = widget.session.edits[-1].edit.words
    assert widget.message.text() == f"Done: {words}."
    hand.key(Qt.Key.Key_Z, control)
    assert widget.message.text() == f"Undone: {words}."
    hand.key(Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    assert widget.message.text() == f"Done again: {words}."


def test_a_dock_that_floats_saves_by_its_key(hand, viewer, qtbot, monkeypatch):
    from qtpy.QtCore import Qt

    from lamella.napari.docks import dock_of

    widget, asked = hand.widget, []
    viewers = type(viewer.window._qt_viewer)
    monkeypatch.setattr(viewers, "_save_layers_dialog", lambda *a, **k: asked.append(1))
    cell = sorted(hand.cells.cells)[0]
    t = hand.cells.frames_of(cell)[0]
    hand.go(t)
    hand.press(widget.tools.button("Delete"))
    hand.click(*hand.inside(cell, t))
    assert widget.session.unsaved == 1
    dock = dock_of(widget)
    dock.setFloating(True)
    qtbot.waitExposed(dock)
    dock.activateWindow()
    why = widget.edits._why
    why.setFocus()
    qtbot.wait(20)
    qtbot.keyClick(why, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not widget.busy and widget.session.unsaved == 0, timeout=20000)
    assert not asked


def test_measuring_again_is_stopped_and_goes_on(hand, qtbot, colony, monkeypatch):
    from lamella.run import execute

    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
    widget, run = hand.widget, colony / "results"
    cell = next(c for c in sorted(hand.cells.cells) if len(hand.cells.frames_of(c)) == 12)
    hand.go(5)
    hand.press(widget.tools.button("Delete"))
    hand.click(*hand.inside(cell, 5))
    widget.saving.measures = True
    hand.press(widget.saving.save)
    qtbot.waitUntil(lambda: "wt1: relabel" in widget.job._bar.format(), timeout=60000)
    hand.press(widget.job._stop)
    assert "stopping" in widget.job._bar.format()
    free = []

    def at_the_end():
        with execute.locked(run):
            free.append(widget.job.message.text())

    widget.job.ended.connect(at_the_end)
    qtbot.waitUntil(lambda: not widget.busy, timeout=60000)
    assert "Stopped. The corrections are saved" in free[0]
    assert not list(run.rglob("*.part"))
    assert edits_of(widget.session.folder, "cell")
    assert "not yet measured again" in widget.saving.state.text()
    frames = OpenedRun(run).table("frames")
    assert "corrected" not in frames or not frames["corrected"].any()
    assert OpenedRun(run).movie("wt1").objects == ["cell"]  # they wait to be measured
    with EditSession(OpenedRun(run), "wt1", who="ivo@desk") as ivo:
        assert 5 not in ivo.cells.frames_of(cell)
    hand.press(widget.saving.save)
    qtbot.waitUntil(lambda: not widget.busy, timeout=120000)
    assert "measured again" in widget.job.message.text()
    assert "nothing to save" in widget.saving.state.text()
    frames = OpenedRun(run).table("frames")
    assert frames.loc[frames["corrected"], ["cell", "frame"]].to_numpy().tolist() == [[cell, 5]]


def test_another_movie_and_back(hand, viewer, qtbot):
    widget = hand.widget
    cell = sorted(hand.cells.cells)[0]
    hand.go(hand.cells.frames_of(cell)[0])
    hand.press(widget.tools.button("Delete"))
    hand.click(*hand.inside(cell, hand.cells.frames_of(cell)[0]))
    desk = widget.desk
    desk.look_at("ko1")
    assert widget.session is None
    assert desk.editing is None
    assert "1 edit of wt1 not yet saved: kept in the journal" in widget.message.text()
    desk.look_at("wt1")
    hand.press(widget.saving.begin)
    assert widget.left.isVisible()
    hand.press(widget.tools.button("Delete"))
    hand.click(*hand.inside(sorted(hand.cells.cells)[1], 5))
    assert "take them up or discard them first" in widget.message.text()
    hand.press(widget.left.take_up)
    assert widget.session.unsaved == 1
    assert not widget.left.isVisible()
    hand.press(widget.saving.discard)
    assert widget.session.unsaved == 0
    assert "A copy of the edits is kept" in widget.message.text()


def test_somebody_else_saved_meanwhile(hand, qtbot, colony):
    from lamella.run.editing import Delete

    widget = hand.widget
    one, two = sorted(hand.cells.cells)[:2]
    hand.go(hand.cells.frames_of(one)[0])
    hand.press(widget.tools.button("Delete"))
    hand.click(*hand.inside(one, hand.cells.frames_of(one)[0]))
    with EditSession(OpenedRun(colony / "results"), "wt1", who="ivo@desk") as ivo:
        ivo.do(Delete(cell=two))
        ivo.save()
    widget.saving.measures = True
    hand.press(widget.saving.save)
    qtbot.waitUntil(lambda: not widget.busy)
    assert "ivo@desk: delete cell" in widget.job.message.text()
    assert widget.session.unsaved == 1
    assert not widget.saving.unmeasured  # nothing was saved
    assert widget.saving.replay.isVisible()
    hand.press(widget.saving.replay)
    assert two not in hand.cells.cells
    assert widget.job.message.text() == ""  # that they meet is no longer true
    widget.saving.measures = False
    hand.press(widget.saving.save)
    qtbot.waitUntil(lambda: not widget.busy and widget.session.unsaved == 0)
    assert [e["who"] == "ivo@desk" for e in edits_of(colony / "results/movies/wt1", "cell")] == [
        True, False,
    ]  # fmt: skip


def test_another_movie_is_corrected_while_one_is_measured(hand, qtbot, colony):
    from lamella.run.editing import Delete

    widget, desk = hand.widget, hand.widget.desk
    widget.saving.measures = True
    widget.edits.why = "of this movie alone"
    cell = sorted(hand.cells.cells)[0]
    assert widget.do(Delete(cell=cell))
    hand.press(widget.saving.save)
    assert widget.busy
    assert "wt1: being saved" in widget.saving.state.text()
    desk.look_at("ko1")
    assert widget.job.busy
    assert not widget.busy
    hand.press(widget.saving.begin)
    assert widget.edits.why == ""
    other = sorted(hand.cells.cells)[0]
    assert widget.do(Delete(cell=other))
    assert not widget.saving.save.isEnabled()
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=120_000)
    assert widget.job.message.text() == "Saved, and wt1 was measured again."
    assert widget.session.movie.name == "ko1"
    assert widget.session.unsaved == 1
    assert other not in hand.cells.cells
    assert other not in np.unique(shown(hand, 0))
    rows = OpenedRun(colony / "results").movie("wt1").table("cells")
    assert cell not in rows[Col.CELL].tolist()
    widget.saving.measures = False
    hand.press(widget.saving.save)
    qtbot.waitUntil(lambda: not widget.job.busy)
    desk.look_at("wt1")
    assert widget.job.message.text() == ""


def test_a_division_that_is_no_more_is_not_drawn(hand):
    from lamella.napari.desk import layers_of
    from lamella.run.editing import Undivide

    widget, track = hand.widget, layers_of(hand.viewer).of_role("track")
    assert track.graph
    assert track.display_graph
    for mother in sorted({mother for named in hand.cells.parents.values() for mother in named}):
        assert widget.do(Undivide(mother=mother))
    track = layers_of(hand.viewer).of_role("track")
    assert not track.graph
    assert not track.display_graph
    widget.undo()
    assert layers_of(hand.viewer).of_role("track").display_graph


def outline(viewer, cell, t):
    """What the layer *outline* shows, and what it should of the layer *cells*, in a frame."""
    from lamella.napari.desk import layers_of

    of_role = layers_of(viewer).of_role
    here = np.asarray(of_role("cells").data[t]) == cell
    shown = np.asarray(of_role("outline").data[t]) > 0
    return shown, here & ~binary_erosion(here, iterations=2)


def test_the_outline_follows_edits_after_tables_were_written_anew(hand, viewer, qtbot):
    """As after a save that measured, and when statistics and report were updated."""
    widget, desk = hand.widget, hand.widget.desk
    cell = next(c for c in sorted(hand.cells.cells) if len(hand.cells.frames_of(c)) == 12)
    desk.look_at("wt1", cell=cell, frame=0)
    desk.run_changed.emit()
    for t in range(3):  # from seeds and strokes, in several frames
        drawn = binary_dilation(hand.cells.frame(t) == cell, iterations=6)
        widget.session.do(Paint.of(drawn, frame=t, cell=cell))
        desk.labels_changed.emit(t, t)
    for t in range(3):
        shown, wanted = outline(viewer, cell, t)
        assert np.array_equal(shown, wanted)
    hand.press(widget.saving.save)  # without measuring
    qtbot.waitUntil(lambda: not widget.job.busy and widget.session.unsaved == 0, timeout=20000)
    before = outline(viewer, cell, 1)[0]
    desk.run_changed.emit()
    assert widget.do(Paint.of(hand.cells.frame(1) == cell, frame=1, cell=0))
    for t in range(3):
        shown, wanted = outline(viewer, cell, t)
        assert np.array_equal(shown, wanted)
    assert before.any()
    assert not outline(viewer, cell, 1)[0].any()


def test_a_movie_that_is_left_while_it_is_saved(hand, qtbot, colony, monkeypatch):
    """Its session ends when it has saved: nobody is offered edits that are saved already."""
    from threading import Event

    from lamella.core.errors import OutputError
    from lamella.run.editing import Delete, session

    widget, desk = hand.widget, hand.widget.desk
    begun, may_go_on, write = Event(), Event(), session.write_corrected

    def slowly(*args, **how):
        begun.set()
        may_go_on.wait(30)
        return write(*args, **how)

    monkeypatch.setattr(session, "write_corrected", slowly)
    assert widget.do(Delete(cell=sorted(hand.cells.cells)[0]))
    hand.press(widget.saving.save)
    assert begun.wait(30)
    desk.look_at("ko1")
    assert widget.message.text() == ""  # they are not left behind
    desk.look_at("wt1")
    assert not widget.begin()
    assert "wt1 is being saved" in widget.message.text()
    with pytest.raises(OutputError, match="in another window"):
        EditSession(OpenedRun(colony / "results"), "wt1")
    may_go_on.set()
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=20000)
    assert len(edits_of(colony / "results/movies/wt1", "cell")) == 1
    assert widget.begin()
    assert not widget.left.isVisible()
    assert widget.session.edits == []


KILLED = """
    import os, signal, sys
    from pathlib import Path
    import napari, numpy as np
    from lamella.napari.correct import Correct
    from lamella.napari.desk import desk_of
    viewer = napari.Viewer(show=False)
    desk = desk_of(viewer)
    desk.open_run(Path(sys.argv[1]))
    desk.look_at("wt1")
    widget = Correct(viewer)
    viewer.window.add_dock_widget(widget)
    assert widget.begin()
    layer = widget._canvas.layer
    layer.brush_size = 6
    for t in (1, 2):
        viewer.dims.set_current_step(0, t)
        with layer.block_history():
            layer.paint((t, 8, 8), 77)
    assert widget.session.unsaved == 2
    np.save(sys.argv[2], np.asarray(layer.data))
    with layer.block_history():  # a stroke that is still being drawn
        layer.paint((3, 8, 8), 77)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_window_killed_amid_an_edit_is_recovered(viewer, qtbot, colony, tmp_path):
    from lamella.napari.correct import Correct
    from lamella.napari.desk import desk_of

    seen = tmp_path / "x.npy"
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(colony / "results"), str(seen)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=dict(os.environ), timeout=240
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    desk = desk_of(viewer)
    desk.open_run(colony / "results")
    desk.look_at("wt1")
    widget = Correct(viewer)
    qtbot.addWidget(widget)
    widget.show()
    widget.begin()
    assert widget.left.isVisible()
    assert "2 edits of yours not saved" in widget.left._words.text()
    widget.left.take_up.click()
    seen = np.load(seen)
    assert (seen == 77).sum() > 20
    assert np.array_equal(np.asarray(widget._canvas.layer.data), seen)
    widget.end()


def test_nothing_to_correct_is_told(viewer, qtbot):
    from lamella.napari.correct import Correct

    widget = Correct(viewer)
    qtbot.addWidget(widget)
    assert not widget.begin()
    assert "Look at a movie of a run first" in widget.message.text()


def test_the_first_stroke_begins_to_correct(viewer, qtbot, colony):
    from lamella.napari.canvas_edits import shows_cells
    from lamella.napari.correct import Correct
    from lamella.napari.desk import desk_of
    from lamella.napari.lazy import LazyStack

    desk = desk_of(viewer)
    desk.open_run(colony / "results")
    widget = Correct(viewer)
    qtbot.addWidget(widget)
    desk.look_at("wt1")
    shown = [layer for layer in viewer.layers if shows_cells(layer)]
    if not shown:
        cells = LazyStack(desk.movie.current("cell").labels.frames)
        told = {"lamella": {"role": "cells", "object": "cell"}}
        shown = [viewer.add_labels(cells, multiscale=False, metadata=told)]
    (layer,) = shown
    assert widget.session is None
    layer.mode = "paint"
    assert widget.session is not None
    assert widget._canvas.layer is layer
    assert str(layer.mode) == "paint"
    assert desk.editing is widget.session
    widget.tools.button("Split").click()
    assert str(layer.mode) == "pan_zoom"
    layer.mode = "erase"
    assert not widget.tools.button("Split").isChecked()
    widget.end()
    assert desk.editing is None
    assert isinstance(layer.data, LazyStack)
    desk.open_run(colony / "results")
    layer.mode = "paint"
    assert "Look at a movie" in widget.message.text() or layer not in viewer.layers


def test_the_first_click_leaves_a_mark_until_the_last(hand, viewer):
    widget = hand.widget
    one, two = sorted(c for c in hand.cells.cells if len(hand.cells.frames_of(c)) == 12)[:2]
    n = len(viewer.layers)
    hand.press(widget.tools.button("Re-link"))
    hand.go(3)
    there = hand.inside(one, 3)
    hand.click(*there)
    mark = viewer.layers["clicked"]
    assert np.allclose(mark.data_to_world(mark.data[0]), _on_world(widget, there), atol=1.5)
    assert viewer.layers.selection.active is widget._canvas.layer
    hand.go(7)
    assert "clicked" in viewer.layers
    hand.click(*hand.inside(two, 7))
    assert widget.session.unsaved == 1
    assert len(viewer.layers) == n
    hand.click(*hand.inside(one, 7))
    assert "clicked" in viewer.layers
    hand.press(widget.tools.button("Re-link"))  # put down
    assert len(viewer.layers) == n


def _on_world(widget, place):
    return widget._canvas.layer.data_to_world((0, *place))[-2:]


def test_keys_are_ours_whatever_is_selected(hand, viewer, qtbot, monkeypatch):
    from qtpy.QtCore import Qt

    widget, control = hand.widget, Qt.KeyboardModifier.ControlModifier
    main_window(hand.viewer).activateWindow()
    asked = []
    viewers = type(viewer.window._qt_viewer)
    monkeypatch.setattr(viewers, "_save_layers_dialog", lambda *a, **k: asked.append(1))
    viewer.add_image(np.zeros((12, 8, 8)), name="another")
    viewer.layers.selection.active = viewer.layers["another"]
    cell = sorted(hand.cells.cells)[0]
    t = hand.cells.frames_of(cell)[0]
    hand.go(t)
    hand.key(Qt.Key.Key_D)
    assert widget.tools.button("Delete").isChecked()
    hand.click(*hand.inside(cell, t))
    assert widget.session.unsaved == 1
    hand.key(Qt.Key.Key_Z, control)
    assert widget.session.unsaved == 0
    hand.key(Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    assert widget.session.unsaved == 1
    hand.key(Qt.Key.Key_S, control)
    qtbot.waitUntil(lambda: not widget.busy and widget.session.unsaved == 0, timeout=20000)
    assert not asked
    hand.key(Qt.Key.Key_N)
    hand.key(Qt.Key.Key_Escape)
    assert not widget.tools.button("Division").isChecked()
    widget.end()
    hand.key(Qt.Key.Key_S, control)
    assert asked  # napari's again
    hand.key(Qt.Key.Key_D)
    assert widget.session is None
