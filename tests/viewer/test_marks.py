"""Seeds and strokes on the canvas become cells, and corrections of the movie looked at."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from hand import canvas_of
from lamella.core.errors import InputError
from lamella.run.browse import OpenedRun
from lamella.run.by_hand import paints
from lamella.run.editing import EditSession

pytest.importorskip("napari")


@pytest.fixture
def widget(viewer, cells, qtbot):
    from lamella.napari.marks import Marks

    made = Marks(viewer)
    viewer.window.add_dock_widget(made, name="Seeds and strokes")
    made.desk.open_run(cells / "results")
    made.desk.look_at(made.desk.run.samples[0].movie)
    viewer.show()
    made.desk.frame = 4
    return made


@pytest.fixture
def session(widget):
    with EditSession(widget.desk.run, widget.desk.movie.name) as made:
        widget.desk.editing = made
        yield made


def press(qtbot, button):
    assert button.isVisible()
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def click_at(qtbot, viewer, y, x):
    """A real click on the canvas, at a place of the image in pixels."""
    y, x = viewer.layers[0].data_to_world((0, y, x))[1:]
    canvas = canvas_of(viewer)
    transform = canvas.view.scene.transform
    px = transform.map([x, y])[:2]
    from qtpy.QtCore import QPoint

    qtbot.mouseClick(canvas.native, Qt.MouseButton.LeftButton, pos=QPoint(*(round(v) for v in px)))


def middle(session, t):
    image = session.cells.frame(t)
    (y, x) = np.argwhere(image > 0).mean(axis=0)
    return float(y), float(x)


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def test_seeds_become_corrections(widget, session, viewer, qtbot):
    truth = session.cells.frame(4).copy()
    cell = int(truth.max())
    (y, x) = middle(session, 4)
    session.do(paints(truth, np.ones_like(truth) * (np.indices(truth.shape)[0] == round(y)),
                      frame=4, new_cell=session.new_cell)[0])  # fmt: skip  # spoilt: a line
    press(qtbot, widget.seed)
    assert viewer.layers["seeds"].mode == "add"
    assert viewer.layers.extent.units is not None  # all layers share them
    qtbot.wait(200)
    click_at(qtbot, viewer, y, x)
    assert len(viewer.layers["seeds"].data) == 1
    assert np.allclose(viewer.layers["seeds"].data[0], (4, y, x), atol=2)
    press(qtbot, widget.find_cells)
    qtbot.waitUntil(lambda: 4 in widget.proposed, timeout=20_000)
    assert iou(viewer.layers["proposed"].data > 0, truth > 0) > 0.85
    assert np.allclose(viewer.layers["proposed"].scale, viewer.layers[0].scale[1:])
    assert viewer.layers.extent.units is not None
    widget.desk.frame = 5
    assert not viewer.layers["proposed"].data.any()
    widget.desk.frame = 4
    assert viewer.layers["proposed"].data.any()
    heard = []
    widget.desk.labels_changed.connect(lambda *frames: heard.append(frames))
    press(qtbot, widget.take)
    assert heard == [(4, 4)]
    assert "Taken" in widget.job.message.text()
    now = session.cells.frame(4)
    assert iou(now == cell, truth == cell) > 0.85  # the same cell, not a new one
    assert "seeds" not in viewer.layers
    assert session.edits[-1].why == "found from marks"


def test_strokes_are_followed_through_frames(widget, session, viewer, qtbot):
    truth = session.cells.frame(4)
    press(qtbot, widget.stroke)
    layer = viewer.layers["strokes"]
    assert np.allclose(layer.scale, viewer.layers[0].scale[1:])
    (y, x) = middle(session, 4)
    canvas_of(viewer).native.setFocus()
    qtbot.keyClick(canvas_of(viewer).native, Qt.Key.Key_M)
    assert layer.selected_label == 2  # 1 is the background
    layer.paint((round(y), round(x)), layer.selected_label)
    press(qtbot, widget.ground)
    layer.paint((5, 5), layer.selected_label)
    assert set(np.unique(layer.data)) == {0, 1, 2}
    press(qtbot, widget.next_cell)
    assert layer.selected_label == 3
    widget.more.setValue(2)
    press(qtbot, widget.find_cells)
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=30_000)
    assert sorted(widget.proposed) == [4, 5, 6]
    assert widget.job.message.text() == "1 cell proposed in 3 frames."
    assert iou(widget.proposed[4] > 0, truth > 0) > 0.6
    press(qtbot, widget.take)
    assert widget.proposed == {}
    assert {edit.edit.frame for edit in session.edits} == {4, 5, 6}


def test_nothing_is_marked_and_nobody_corrects(widget, viewer, qtbot):
    from lamella.napari.proposed import take

    press(qtbot, widget.find_cells)
    assert "no seed and no stroke" in widget.job.message.text()
    with pytest.raises(InputError, match="this movie is not being corrected; press"):
        take(widget.desk, 4, np.ones((5, 5), int))


def test_cells_that_were_not_marked_stay(colony):
    run = OpenedRun(colony / "results")
    with EditSession(run, "wt1") as session:
        before = session.cells.frame(0).copy()
        one, other = np.unique(before[before > 0])[:2]
        found = np.zeros_like(before)
        found[before == one] = 9
        found[:4, :4] = 3  # where no cell is
        edits = paints(before, found, frame=0, new_cell=session.new_cell)
        for edit in edits:
            session.do(edit)
        after = session.cells.frame(0)
        assert ((after == one) == (before == one)).all()
        assert ((after == other) == (before == other)).all()
        assert len(edits) == 1
        assert after[0, 0] not in before
        assert paints(after, after, frame=0, new_cell=session.new_cell) == []
        with pytest.raises(InputError, match="there is none; mark cells first"):
            paints(after, np.zeros_like(after), frame=0, new_cell=session.new_cell)


def test_what_is_taken_shows_where_cells_are_corrected(widget, viewer, qtbot):
    from lamella.napari.correct import Correct

    correcting = Correct(viewer)
    viewer.window.add_dock_widget(correcting, name="Correct cells")
    assert correcting.begin()
    session = correcting.session
    assert widget.desk.editing is session
    before = session.cells.frame(4).copy()
    widget.proposed = {4: np.roll(before, 3, axis=1)}
    widget.take_all()
    assert session.unsaved > 0
    layer = viewer.layers["cells"]
    assert np.array_equal(np.asarray(layer.data[4]), np.roll(before, 3, axis=1))
    while session.unsaved:
        correcting.undo()
    assert np.array_equal(session.cells.frame(4), before)
    correcting.end()


def test_what_is_found_in_one_movie_is_never_proposed_in_another(widget, viewer, qtbot):
    """The search goes on while another movie is chosen; another cell of the movie is no reason."""
    first, second = (sample.movie for sample in widget.desk.run.samples[:2])
    press(qtbot, widget.seed)
    (y, x) = np.argwhere(widget.desk.tracked().painted().frame(4) > 0).mean(axis=0)
    viewer.layers["seeds"].add([4, y, x])
    widget.desk.look_at(first, cell=1)
    assert len(viewer.layers["seeds"].data) == 1
    widget.more.setValue(3)
    press(qtbot, widget.find_cells)
    assert widget.job.busy
    widget.desk.look_at(second)
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=60_000)
    qtbot.wait(100)
    assert widget.proposed == {}
    assert "proposed" not in viewer.layers
    assert "seeds" not in viewer.layers
    assert not widget.take.isEnabled()


def test_taking_opens_the_movie_for_correcting(widget, viewer, qtbot):
    from lamella.napari.correct import Correct

    correcting = Correct(viewer)
    viewer.window.add_dock_widget(correcting, name="Correct cells")
    before = widget.desk.tracked().painted().frame(4).copy()
    widget.proposed = {4: np.roll(before, 3, axis=1)}
    widget._show()
    layer = viewer.layers["proposed"]
    layer.paint((2, 2), int(layer.data.max()))  # mended with napari's own brush
    press(qtbot, widget.take)
    assert np.array_equal(correcting.session.cells.frame(4) > 0, layer.data > 0)
    assert correcting.session.cells.frame(4)[2, 2]
    assert widget.proposed == {}
    correcting.discard()
    correcting.end()


def test_a_cell_that_is_lost_on_the_way_keeps_the_frames_before(
    widget, session, viewer, qtbot, monkeypatch
):
    from lamella.napari import marks

    followed = marks.labels_from_before

    def lost(image, before):
        if len(widget.frames_read) == 2:
            raise InputError("the frame before", "it shows no cell", "mark them")
        widget.frames_read.append(image)
        return followed(image, before)

    widget.frames_read = []
    monkeypatch.setattr(marks, "labels_from_before", lost)
    press(qtbot, widget.seed)
    viewer.layers["seeds"].add([4, *middle(session, 4)])
    widget.more.setValue(6)
    press(qtbot, widget.find_cells)
    qtbot.waitUntil(lambda: not widget.job.busy, timeout=30_000)
    assert sorted(widget.proposed) == [4, 5, 6]
    assert "1 cell proposed in 3 frames." in widget.job.message.text()
    assert "in frame 7: the frame before: it shows no cell" in widget.job.message.text()
    assert widget.take.isEnabled()
