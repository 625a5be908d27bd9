"""The widget that corrects cells: tools, the edits that were made, saving and measuring again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from app_model.types import KeyCode, KeyMod
from qtpy.QtWidgets import QVBoxLayout, QWidget

from lamella.core.errors import LamellaError
from lamella.napari.canvas_edits import CanvasEdits
from lamella.napari.correct_parts import EditList, LeftBar, SaveBar, ToolBox, close_all, waiting
from lamella.napari.desk import desk_of
from lamella.napari.docks import come_forward, dock_of, keys_to_canvas, window_of
from lamella.napari.drawing_tools import DrawingTools
from lamella.napari.own_keys import OwnKeys
from lamella.napari.parts import JobLine, MessageLine
from lamella.napari.saving import Saved, SavingJob
from lamella.report.words import count
from lamella.run.editing import ChangedMeanwhileError, EditSession
from lamella.run.editing.clicks import Click, Clicks, Tool

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Labels

    from lamella.run.editing import Edit
    from lamella.run.editing.overlay import Applied


class Correct(QWidget):
    """Correct the cells of the movie that is looked at.

    Everything here is an `EditSession`, which scripts use without a window.

    Parameters
    ----------
    viewer : Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer, self.desk = viewer, desk_of(viewer)
        self.session: EditSession | None = None
        self._canvas: CanvasEdits | None = None
        self._own_keys: OwnKeys | None = None
        self._clicks: Clicks | None = None
        self.message, self.job = MessageLine(), JobLine()
        self.tools, self.edits = ToolBox(), EditList()
        self.saving, self.left = SaveBar(), LeftBar()
        above = (self.saving.begin, self.left, self.tools, self.message)
        rows = QVBoxLayout(self)
        for part in (*above, self.edits, self.saving, self.job):
            rows.addWidget(part)
        rows.addStretch()
        self.saving.begin.clicked.connect(self.begin)
        self.saving.save.clicked.connect(self.save)
        self.saving.discard.clicked.connect(self.discard)
        self.saving.replay.clicked.connect(self.replay)
        self.left.take_up.clicked.connect(self.recover)
        self.left.discard.clicked.connect(self.discard)
        self.tools.chosen.connect(self.choose)
        self.edits.undo.clicked.connect(self.undo)
        self.edits.redo.clicked.connect(self.redo)
        self.edits.undo_to.connect(self.undo_to)
        self.job.ended.connect(self._show)
        self.job.ended.connect(self.desk.corrections_saved.emit)
        self._telling, self._saver = False, SavingJob(self.job, self._saved)
        self.desk.labels_changed.connect(self._heard)
        self.desk.place_changed.connect(self._go)
        self.desk.correction_wanted.connect(self._come)
        self.desk.run_changed.connect(self._go)
        self._drawing = DrawingTools(viewer)
        self._drawing.taken.connect(self._draw)
        self._held: list[Any] = []
        self.destroyed.connect(partial(close_all, self._held))
        self._show()

    @property
    def busy(self) -> bool:
        """Whether the movie that is looked at is being saved, or measured again; others may be
        corrected meanwhile.
        """
        movie = self.desk.movie
        return movie is not None and movie.name == self._saver.movie

    def begin(self) -> bool:
        """Start to correct the movie that is looked at; False where that cannot be."""
        if self.session is not None:
            return True
        if self.busy:  # a second session would take edits for left that are being saved
            self.message.warn(self._saver.words)
            return False
        run, movie = self.desk.run, self.desk.movie
        if run is None or movie is None:
            self.message.warn("Look at a movie of a run first: open one in the study browser.")
            return False
        try:
            self.session = EditSession(run, movie.name, self.desk.object_name)
        except LamellaError as error:
            self.message.warn(error)
            return False
        self._canvas = CanvasEdits(
            self._viewer, self.session, drawn=self._drawn, clicked=self.click, keys=self._keys()
        )
        self.desk.editing = self.session
        self._held[:] = [self.session, self._canvas]
        if (window := window_of(self)) is not None:
            # napari saves layers by it; a dock that floats is a window of its own
            self._own_keys = OwnKeys([window, dock_of(self)], "Ctrl+S")
            self._held.append(self._own_keys)
        self.message.say("\n".join(self.session.notes))
        self._show()
        return True

    def _keys(self) -> dict[str | int, Callable[[], object]]:
        return {
            **{each.key: partial(self.tools.press, each) for each in self.tools.tools},
            "M": self.new_cell,
            "Escape": self.let_go,
            KeyMod.CtrlCmd | KeyCode.KeyZ: self.undo,
            KeyMod.CtrlCmd | KeyMod.Shift | KeyCode.KeyZ: self.redo,
            KeyMod.CtrlCmd | KeyCode.KeyS: self.save,
        }

    def end(self) -> None:
        """Stop correcting. What is not saved stays in the journal, and is offered on return."""
        session, canvas, keys = self.session, self._canvas, self._own_keys
        self.saving.unmeasured, self.edits.why = False, ""
        self.saving.replay.hide()
        self.message.say("")
        if not self.job.busy:
            self.job.message.say("")
        self.tools.put_down()
        self.session = self._canvas = self._own_keys = None
        self._held.clear()
        for each in (keys, canvas):
            if each is not None:
                each.close()
        if session is not None:
            n, name = session.unsaved, session.movie.name
            session.close()
            if n and name != self._saver.movie:
                self.message.say(
                    f"{count(n, 'edit')} of {name} not yet saved: kept in the journal, and offered "
                    "when you correct that movie again."
                )
            if self.desk.editing is session:
                self.desk.editing = None
        self._show()

    def do(self, edit: Edit) -> bool:
        """Do an edit, with the reason in the field; False where it was refused."""
        if self.session is None or not self._may_edit():
            return False
        try:
            with waiting():
                applied = self.session.do(edit, why=self.edits.why)
        except LamellaError as error:
            self.message.warn(error)
            self._refresh()
            return False
        self.message.say("")
        self._changed(applied.frames)
        return True

    def undo(self) -> None:
        """Take back the last edit."""
        self._step_back(1)

    def undo_to(self, n: int) -> None:
        """Take back edits until so many are left."""
        if self.session is not None:
            self._step_back(self.session.unsaved - n)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self.session is None or not self._may_edit():
            return
        try:
            applied = self.session.redo()
        except LamellaError as error:
            self.message.warn(error)
            return
        if applied is not None:
            self.message.say(f"Done again: {applied.edit.words}.")
            self._changed(applied.frames)

    def new_cell(self) -> None:
        """Draw with the number of a new cell."""
        if self.session is not None and self._canvas is not None and self._may_edit():
            layer, new = self._canvas.layer, self.session.new_cell()
            layer.selected_label, layer.mode = new, "paint"
            self.message.say(f"Draw the new cell {new}.")

    def choose(self, tool: Tool | None) -> None:
        """Take a tool in hand, or none; its clicks begin anew."""
        if tool is not None and not self.begin():
            self.tools.put_down()
            return
        self._clicks = None if tool is None else Clicks(tool)
        if self._canvas is not None:
            self._canvas.listen(tool is not None)
        self._mark()
        self.message.say("" if self._clicks is None else self._clicks.asks)

    def click(self, click: Click) -> None:
        """Take a click on the canvas with the tool in hand."""
        if self.session is None or self._clicks is None or not self._may_edit():
            return
        try:
            edit = self._clicks.add(click, self.tools.scope, self.session.cells)
        except LamellaError as error:
            self._mark()
            self.message.warn(error)
            return
        self._mark()
        if self._canvas is not None and click.cell:
            self._canvas.layer.selected_label = click.cell
        if edit is None:
            self.message.say(f"Cell {click.cell} in frame {click.frame}. {self._clicks.asks}")
            return
        self.message.say(f"{self._clicks.tool.name} …")
        self.message.repaint()  # the first edit of an installation may take seconds
        if self.do(edit):
            self.message.say(f"Done: {self.session.edits[-1].edit.words}.")

    def let_go(self) -> None:
        """Put the tool down, or napari's: the mouse moves the picture."""
        self.tools.put_down()
        if self._canvas is not None:
            self._canvas.layer.mode = "pan_zoom"

    def recover(self) -> None:
        """Take up the edits that an earlier session did not save."""
        if self.session is None or self.busy:
            return
        try:
            applied = self.session.recover()
        except LamellaError as error:
            self.message.warn(error)
            self.saving.replay.setVisible(isinstance(error, ChangedMeanwhileError))
            return
        self.message.say(f"{count(len(applied), 'edit')} taken up. They are not yet saved.")
        self._changed(*(each.frames for each in applied))

    def discard(self) -> None:
        """Give up all that is not saved; a copy is kept beside the corrections."""
        if self.session is None or not self._may_edit(left=True):
            return
        touched = self.session.cells.changed_frames or [0, -1]  # none
        try:
            aside = self.session.discard()
        except LamellaError as error:
            self.message.warn(error)
            return
        self._settled()
        self.message.say(f"Discarded. A copy of the edits is kept as {aside.name}.")
        self._changed((touched[0], touched[-1]))

    def replay(self) -> None:
        """Put our edits on top of what others saved since."""
        if self.session is None or self.busy:
            return
        try:
            self.session.replay_on_theirs()
        except LamellaError as error:
            self.message.warn(error)
            return
        self._settled()
        self.message.say("Your edits are on top of theirs now. Look at them, then save.")
        self._changed((0, self.session.cells.n_frames - 1))

    def _settled(self) -> None:
        """What was said of edits that could not be saved is no longer true."""
        self.saving.replay.hide()
        if not self.job.busy:
            self.job.message.say("")

    def save(self) -> None:
        """Save in the background and, where wanted, measure the movie again."""
        if (session := self.session) is None or not self._may_edit():
            return
        self.tools.put_down()
        if self._saver.start(session, measure=self.saving.measures):
            self._show()
        else:
            self.message.warn(
                f"{self._saver.movie} is still being measured: save when it is done. Your edits "
                "are in your journal."
            )

    def _saved(self, session: EditSession, how: Saved) -> None:
        same = session is self.session
        if same and not session.unsaved:  # else nothing is as it was not before
            self.saving.unmeasured = how.unmeasured
            self._changed((0, -1))
        self.saving.replay.setVisible(same and isinstance(how.error, ChangedMeanwhileError))
        if how.measured:
            self.desk.run_changed.emit()

    def _may_edit(self, *, left: bool = False) -> bool:
        if self.session is not None and self.session.left and not left:
            self.message.warn(
                f"{count(len(self.session.left), 'edit')} of an earlier session not saved: take "
                "them up or discard them first."
            )
            self._refresh()
            return False
        if self.busy:
            self.message.warn(self._saver.words)
            self._refresh()
        return not self.busy

    def _come(self) -> None:
        """The cell that is looked at is to be corrected: keys go to the canvas from here on."""
        come_forward(self)
        if not self.begin() or self.session is None or self._canvas is None:
            return
        keys_to_canvas(self)
        cell, t = self.desk.cell, self.desk.frame
        if cell and not self.session.left:
            self._canvas.layer.selected_label = cell
            self.message.say(f"Correct cell {cell}, in frame {t} or around it: take a tool.")

    def _mark(self) -> None:
        if self._canvas is not None:
            self._canvas.marks.show(self._clicks.had if self._clicks else ())

    def _step_back(self, n: int) -> None:
        if self.session is None or not self._may_edit():
            return
        undone: list[Applied] = []
        try:
            while len(undone) < n and (applied := self.session.undo()) is not None:
                undone.append(applied)
            if undone:
                self.message.say(f"Undone: {'; '.join(each.edit.words for each in undone)}.")
        except LamellaError as error:
            self.message.warn(error)
        self._changed(*(each.frames for each in undone))

    def _drawn(self, strokes: Iterable[Edit]) -> None:
        for stroke in strokes:
            if not self.do(stroke):
                break

    def _draw(self, layer: Labels, mode: str) -> None:
        """Tools of napari take the place of ours; the first of them begins to correct."""
        if self.session is None and not self.begin():
            layer.mode = "pan_zoom"
            return
        self.tools.put_down()
        layer.mode = mode

    def _changed(self, *frames: tuple[int, int]) -> None:
        """Cells of these stretches of frames are others now; none of a stretch that is empty."""
        self._refresh()
        self._show()
        t = self.desk.frame  # where the lineage alone is another one
        known = [each for each in frames if each[0] <= each[1]] or [(t, t)] * bool(frames)
        self._telling = True
        try:
            if known:
                self.desk.labels_changed.emit(min(a for a, _ in known), max(b for _, b in known))
        finally:
            self._telling = False

    def _heard(self) -> None:
        """Another window edited these cells in our session."""
        if not self._telling:
            self._refresh()
            self._show()

    def _refresh(self) -> None:
        if self._canvas is not None:
            self._canvas.refresh()

    def _go(self) -> None:
        """Another movie, or other objects, are looked at."""
        session, desk = self.session, self.desk
        if session is not None:
            same = desk.movie is not None and desk.movie.folder == session.folder
            if not same or desk.object_name != session.name:
                self.end()
            elif desk.editing is None:
                desk.editing = session
        self._show()

    def _show(self) -> None:
        """What can be done now, and how it stands."""
        movie = self.desk.movie
        self.saving.tell(movie.name if movie else "", self.session, under_way=self._saver.movie)
        self.left.tell(self.session)
        self.edits.tell(self.session)
        self.tools.setEnabled(movie is not None and not self.busy)
        if self._canvas is not None:
            self._canvas.layer.editable = not self.busy
