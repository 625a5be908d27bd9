"""What the widget that corrects cells is made of: tools, the list of edits, what saves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lamella.report.words import count
from lamella.run.editing.clicks import TOOLS, Scope, Tool

if TYPE_CHECKING:
    from lamella.run.editing import EditSession

_COLUMNS = 3


class ToolBox(QWidget):
    """The tools, one in hand at a time, and the frames that they work on."""

    chosen = Signal(object)
    """The tool that is in hand, or None."""

    def __init__(self) -> None:
        super().__init__()
        self.tools = TOOLS
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        for place, tool in enumerate(TOOLS):
            button = QPushButton(f"{tool.name}  {tool.key}")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the canvas
            button.setToolTip(f"{tool.help}\nKey: {tool.key}")
            button.clicked.connect(lambda on, tool=tool: self._take(tool if on else None))
            self._group.addButton(button)
            self._buttons[tool.name] = button
            grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
        self._scope = QComboBox()
        self._scope.addItems([str(each) for each in Scope])
        self._scope.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scoped = [tool.name for tool in TOOLS if tool.scoped]
        self._scope.setToolTip(f"Frames in which {', '.join(scoped[:-1])} and {scoped[-1]} work")
        words = QLabel(f"{', '.join(scoped)}:")
        row = (len(TOOLS) - 1) // _COLUMNS + 1
        grid.addWidget(words, row, 0, 1, 1)
        grid.addWidget(self._scope, row, 1, 1, _COLUMNS - 1)

    @property
    def scope(self) -> Scope:
        """Frames that tools with a scope work on."""
        return Scope(self._scope.currentText())

    @scope.setter
    def scope(self, scope: Scope) -> None:
        self._scope.setCurrentText(str(scope))

    def button(self, name: str) -> QPushButton:
        """The button of a tool."""
        return self._buttons[name]

    def press(self, tool: Tool) -> None:
        """As if its button were clicked."""
        self._buttons[tool.name].click()

    def put_down(self) -> None:
        """No tool is in hand."""
        if any(button.isChecked() for button in self._buttons.values()):
            self._take(None)

    def _take(self, tool: Tool | None) -> None:
        for name, button in self._buttons.items():
            button.setChecked(tool is not None and name == tool.name)
        self.chosen.emit(tool)


class EditList(QWidget):
    """The edits that are not saved, and the field for the reason of the next one."""

    undo_to = Signal(int)
    """So many edits shall be left."""

    def __init__(self) -> None:
        super().__init__()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        self._why = QLineEdit()
        self._why.setPlaceholderText("Why (for the log; may be left empty)")
        self._why.setToolTip("The reason of the next edits: it stands in the log of edits")
        self.list = QListWidget()
        self.list.setToolTip("Edits that are not yet saved; double-click one to go back to it")
        self.list.setMinimumHeight(90)
        self.list.itemDoubleClicked.connect(lambda item: self.undo_to.emit(self.list.row(item) + 1))
        self.undo, self.redo = QPushButton("Undo"), QPushButton("Redo")
        self.undo.setToolTip("Take back the last edit (Ctrl+Z)")
        self.redo.setToolTip("Do again what was taken back last (Ctrl+Shift+Z)")
        line = QHBoxLayout()
        for button in (self.undo, self.redo):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            line.addWidget(button)
        rows.addWidget(self._why)
        rows.addWidget(self.list)
        rows.addLayout(line)

    @property
    def why(self) -> str:
        """The reason that was given."""
        return str(self._why.text()).strip()

    @why.setter
    def why(self, words: str) -> None:
        self._why.setText(words)

    def tell(self, session: EditSession | None) -> None:
        """Show the edits of a session."""
        entries = [] if session is None else session.edits
        self.list.clear()
        for entry in entries:
            self.list.addItem(entry.edit.words + (f" ({entry.why})" if entry.why else ""))
        self.list.scrollToBottom()
        self.undo.setEnabled(bool(entries))
        self.redo.setEnabled(session is not None and session.undone > 0)
        self._why.setEnabled(session is not None)


class SaveBar(QWidget):
    """What begins, saves and discards, and how it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.unmeasured = False
        """Whether measuring the movie again, after a save, came to no end."""
        self.begin = QPushButton("Correct this movie")
        self.begin.setToolTip("Make the cells of the movie that you look at editable")
        self.save, self.discard = QPushButton("Save"), QPushButton("Discard")
        self.save.setToolTip(
            "Write the corrected cells beside the original ones, with a log of the edits (Ctrl+S)"
        )
        self.discard.setToolTip("Give up all edits that are not saved; a copy of them is kept")
        self.replay = QPushButton("Put mine on top of theirs")
        self.replay.setToolTip(
            "Somebody else saved corrections meanwhile: do your edits again on their cells, where "
            "you did not change the same cells in the same frames"
        )
        self.replay.hide()
        self._measure = QCheckBox("Measure this movie again after saving")
        self._measure.setChecked(True)
        self._measure.setToolTip(
            "Runs the steps that depend on the corrected cells, in the background; otherwise the "
            "next run does"
        )
        self.state = QLabel()
        self.state.setWordWrap(True)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        line = QHBoxLayout()
        line.addWidget(self.save)
        line.addWidget(self.discard)
        rows.addWidget(self.state)
        rows.addWidget(self._measure)
        rows.addLayout(line)
        rows.addWidget(self.replay)
        for each in (self.begin, self.save, self.discard, self.replay, self._measure):
            each.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @property
    def measures(self) -> bool:
        """Whether the movie is measured again after saving."""
        return bool(self._measure.isChecked())

    @measures.setter
    def measures(self, yes: bool) -> None:
        self._measure.setChecked(yes)

    def tell(self, movie: str, session: EditSession | None, *, under_way: str) -> None:
        """Show how a session stands.

        Parameters
        ----------
        movie : str
            That is looked at; empty where none is.
        under_way : str
            The movie that is being saved or measured; empty where none is.
        """
        busy = bool(under_way) and under_way == movie
        self.begin.setVisible(session is None)
        self.begin.setEnabled(bool(movie) and not busy)
        self.begin.setText(f"Correct {movie}" if movie else "Correct this movie")
        edits = [] if session is None else session.edits
        self.save.setEnabled(bool(edits or self.unmeasured) and not under_way)
        self.discard.setEnabled(bool(edits) and not busy)
        if session is None:
            self.state.setText("" if movie else "Look at a movie of a run to correct its cells.")
        elif busy:
            self.state.setText(f"{movie}: being saved. Other movies can be corrected meanwhile.")
        elif edits:
            since = _clock(edits[-1].time, "%H:%M:%S")
            self.state.setText(
                f"<b>{count(len(edits), 'edit')} not saved.</b> In your journal since {since}: a "
                "crash loses nothing."
            )
        elif self.unmeasured:
            self.state.setText(
                f"{session.movie.name}, {session.name}: saved, <b>not yet measured again</b>."
            )
        else:
            self.state.setText(f"{session.movie.name}, {session.name}: nothing to save.")


class LeftBar(QWidget):
    """Edits that an earlier session left: take them up, or discard them."""

    def __init__(self) -> None:
        super().__init__()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self.take_up, self.discard = QPushButton("Take them up"), QPushButton("Discard them")
        self.take_up.setToolTip("Do these edits again, as they were; they are then not yet saved")
        self.discard.setToolTip("Give them up; a copy of them is kept")
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self._words)
        line = QHBoxLayout()
        for button in (self.take_up, self.discard):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            line.addWidget(button)
        rows.addLayout(line)
        self.hide()

    def tell(self, session: EditSession | None) -> None:
        """Show what a session was left."""
        left = [] if session is None else session.left
        self.setVisible(bool(left))
        if left:
            last = left[-1]
            when = _clock(last.time, "%Y-%m-%d %H:%M")
            self._words.setText(
                f"<b>{count(len(left), 'edit')} of yours not saved</b>, the last of {when}: "
                f"{last.edit.words}."
            )


@contextmanager
def waiting() -> Iterator[None]:
    """The mouse pointer shows that something takes its time."""
    QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        QGuiApplication.restoreOverrideCursor()


def close_all(held: list[Any]) -> None:
    """Close what a widget held that is gone; a session's journal has what was not saved."""
    while held:
        with suppress(Exception):  # the viewer may be gone, too
            held.pop().close()


def _clock(time: str, how: str) -> str:
    """A time of the journal, by the clock of this place."""
    return datetime.fromisoformat(time).astimezone().strftime(how)
