"""Step through what is suspicious: look at it, and say what is to become of it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from qtpy.QtCore import QModelIndex, QSize, Qt
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import QCheckBox, QLabel, QPushButton, QVBoxLayout, QWidget

from lamella.core.errors import LamellaError, LamellaWarning
from lamella.core.table import Col
from lamella.napari.choices import Choice, side_by_side
from lamella.napari.decision_form import DecisionForm
from lamella.napari.desk import desk_of
from lamella.napari.event_model import VERDICTS, EventModel
from lamella.napari.event_view import EventView
from lamella.napari.parts import JobLine, MessageLine, Work
from lamella.napari.told_work import told_work
from lamella.report.words import number
from lamella.run.at_hand import Tell
from lamella.run.review import Verdict
from lamella.run.review.events import Review
from lamella.run.stopping import Asked

if TYPE_CHECKING:
    import napari.viewer

_ANYWHERE = "here and on the movie"
_WIDE_PX, _HIGH_PX = 490, 700


class SuspiciousEvents(QWidget):
    """The events of the run that is open, the worst first, with a decision about each.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.desk = desk_of(viewer)
        self.review: Review | None = None
        self.current: int | None = None
        self.model = EventModel()
        self._folder: Path | None = None
        self._build()
        self._bind()
        self.desk.run_changed.connect(self._on_run)
        self._on_run()

    def _build(self) -> None:
        self.kind, self.condition = Choice("Kind of event"), Choice("Condition of the movie")
        self.undecided = QCheckBox("undecided only")
        self.undecided.setToolTip("Leave out what somebody has decided about already")
        self.view = EventView(self.model)
        self.view.clicked.connect(self._clicked)
        self.view.activated.connect(self._clicked)
        self.words, self.told, self.message = QLabel(), QLabel(), MessageLine()
        self.words.setWordWrap(True)
        self.back = _button("◀ Previous", ",", "Go to the event before", _ANYWHERE)
        self.onward = _button("Next ▶", ".", "Go to the next event", _ANYWHERE)
        here = "after a click into this tab"
        self.accept = _button("Right", "A", "It is right as it is: nothing changes", here)
        self.fix = _button("Correct", "F", "Mark it to be corrected, and correct it by hand", here)
        self.exclude = _button(
            "Leave out", "X", "Leave the cell, or frames of it, out; give a reason", here
        )
        self.undo = _button("Undo", "U", "Take back the last decision made here", here)
        self.form = DecisionForm()
        self.update_button = QPushButton("Update statistics and report")
        self.update_button.setToolTip("Count anew without what was left out; as: lamella report")
        self.job = JobLine()
        self._lay_out()
        self.back.clicked.connect(lambda: self.go(-1))
        self.onward.clicked.connect(lambda: self.go(1))
        self.accept.clicked.connect(lambda: self.decide("accept"))
        self.fix.clicked.connect(lambda: self.decide("fix"))
        self.exclude.clicked.connect(lambda: self.decide("exclude"))
        self.undo.clicked.connect(self.take_back)
        self.update_button.clicked.connect(self._update)
        self.form.reason_given.connect(self.view.setFocus)  # keys decide again, not write
        for choice in (self.kind, self.condition):
            choice.activated.connect(lambda _: self.refresh())
        self.undecided.toggled.connect(lambda _: self.refresh())

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(6, 6, 6, 6)
        rows.addLayout(side_by_side(self.kind, self.condition))
        rows.addWidget(self.view, 1)
        rows.addLayout(side_by_side(self.told, self.undecided))
        for changing in (self.words, self.job, self.message):  # the list gives way to them
            rows.addWidget(changing)
        rows.addLayout(side_by_side(self.back, self.onward))  # from here on nothing moves
        rows.addWidget(self.form)
        rows.addLayout(side_by_side(self.accept, self.fix, self.exclude, self.undo))
        rows.addWidget(self.update_button)

    def _bind(self) -> None:
        """Keys: all of them in this window, next and previous on the canvas, too."""
        keys: dict[str, Any] = {
            ".": self.onward.click, ",": self.back.click, "A": self.accept.click,
            "F": self.fix.click, "X": self.exclude.click, "U": self.undo.click,
        }  # fmt: skip
        for key, does in keys.items():
            action = QAction(self)
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(does)
            self.addAction(action)
        viewer, held = self.desk.viewer, {"open": True}

        def pressed(by: Literal[1, -1]) -> Any:
            def go(_: Any) -> None:
                if held["open"]:
                    self.go(by)

            return go

        steps: dict[str, Literal[1, -1]] = {".": 1, ",": -1}
        for key, by in steps.items():  # no layer of napari has these
            viewer.bind_key(key, pressed(by), overwrite=True)

        def let_go() -> None:
            held["open"] = False
            for key in steps:
                viewer.bind_key(key, None, overwrite=True)

        self.destroyed.connect(let_go)

    def sizeHint(self) -> QSize:
        return QSize(_WIDE_PX, _HIGH_PX)

    def refresh(self) -> None:
        """Show the events that are asked for; the one that is looked at stays, if it is shown."""
        if self.review is None:
            return
        shown = self.review.shown(
            kinds=self.kind.picked,
            conditions=self.condition.picked,
            undecided=self.undecided.isChecked(),
        )
        self.model.show_events(shown)
        row = self.model.row_of(self.current)
        if row is not None:
            self.view.selectRow(row)
        n = len(self.review.events)
        self.told.setText(
            f"{number(len(shown))} of {number(n)} events; {number(self.review.n_decided)} decided"
        )
        if not n:
            self.told.setText("Nothing suspicious was found in this run.")

    def go(self, by: Literal[1, -1]) -> None:
        """Look at the next event (1), or the one before (−1), of those shown."""
        if self.review is None:
            self.message.warn("no run is open: open one in the study browser")
            return
        event = self.review.next_after(self.model.events, self.current, by)
        if event is None:
            self.words.setText("")
            self.message.say("No event is left here: choose other kinds, or show decided ones.")
            return
        self.show_event(event)

    def show_event(self, event: int) -> None:
        """Look at an event: its movie, its cell, its frame, and its place in the middle."""
        if self.review is None:
            return
        self.current = event
        row = _row_of(self.review, event)
        found = self.model.row_of(event)
        if found is not None:
            self.view.selectRow(found)
        frame = int(row[Col.FRAME])
        self.form.begin_at(frame)
        self.words.setText(self._about(row))
        try:
            self.desk.look_at(
                str(row[Col.MOVIE]),
                object_name=str(row[Col.OBJECT]),
                cell=int(row[Col.CELL]) or None,
                frame=frame,
            )
            self.desk.centre_on(float(row[Col.Y_PX]), float(row[Col.X_PX]))
            self.message.say("")
        except (LamellaError, OSError) as error:
            self.message.warn(error)

    def decide(self, verdict: Verdict) -> None:
        """Decide about the event that is looked at, then go on to the next one."""
        if self.review is None or self.current is None:
            self.message.warn("no event is looked at: choose one, or press . (next)")
            return
        before = self.current
        try:
            self.review.decide(
                before,
                verdict,
                reason=self.form.reason.currentText(),
                frames=self.form.frames if verdict == "exclude" else None,
                who=self.form.name,
            )
        except LamellaError as error:
            self.message.warn(error)
            return
        self.form.reason.setCurrentIndex(0)
        self.refresh()
        self.job.message.say("")  # what it says of statistics is no longer true
        if verdict == "fix":
            self.show_event(before)  # one may have looked elsewhere since
            if len(self.desk.correction_wanted):
                self.message.say("Marked. Correct the cell now; the event goes when it is right.")
                self.desk.correction_wanted.emit()
            else:
                self.message.say("Marked. To correct it: Plugins → Lamella → Correct cells.")
        else:
            self.go(1)

    def take_back(self) -> None:
        """Take back the last decision that was made in this window."""
        if self.review is None:
            return
        try:
            taken = self.review.undo(who=self.form.name)
        except LamellaError as error:
            self.message.warn(error)
            return
        self.refresh()
        self._show_words()
        what = ""
        if taken is not None:
            what = f"Taken back: {VERDICTS[taken.verdict]}, {taken.object} {taken.cell}."
            self.job.message.say("")
        self.message.say(what or "Nothing was decided here since the run was opened.")

    def _on_run(self) -> None:
        """Another run is open, or its tables were written anew."""
        run = self.desk.run
        folder = None if run is None else run.folder
        before = self.review if folder == self._folder else None
        if folder != self._folder:
            self.current, self._folder = None, folder
            self.words.setText("")
            self.message.say("")
            self.job.message.say("")
        self.review = None
        self.model.show_events(self.model.events.iloc[:0])
        self.setEnabled(run is not None)
        if run is None:
            self.told.setText("No run is open: open one in the study browser.")
            return
        try:
            self.review = Review(run, after=before)
        except LamellaError as error:
            self.message.warn(error)
            return
        if self.current is not None and self.current >= len(self.review.events):
            self.current = None
        self.kind.refill(["all kinds", *self.review.kinds])
        self.condition.refill(["all conditions", *self.review.conditions])
        self.refresh()

    def _clicked(self, place: QModelIndex) -> None:
        self.show_event(self.model.event_at(place.row()))

    def _show_words(self) -> None:
        if self.review is not None and self.current is not None:
            self.words.setText(self._about(_row_of(self.review, self.current)))

    def _about(self, row: dict[str, Any]) -> str:
        text = f"{row[Col.WORDS]}"
        if row[Col.DECISION]:
            why = f": {row[Col.REASON]}" if row[Col.REASON] else ""
            text += f"\n{VERDICTS[row[Col.DECISION]]}{_stretch(row)} by {row[Col.WHO]}{why}."
        if row[Col.STANDING_WORDS]:
            text += f"\nOutdated, decide again: {row[Col.STANDING_WORDS]}."
        return text

    def _update(self) -> None:
        if self._folder is not None:
            self.job.start(_updated(self._folder), done=self._updated)

    def _updated(self, told: list[str]) -> None:
        if told:
            self.job.message.warn("\n".join(told))
        else:
            self.job.message.say("Statistics and report follow what was decided.")
        self.desk.run_changed.emit()


def _updated(folder: Path) -> Work:
    """Tables, statistics and report, with what was decided; gives what to know of that."""
    from lamella.run.execute import rebuild_report

    def updating(tell: Tell, stopped: Asked) -> list[str]:
        tell("statistics and report", 0, 0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", LamellaWarning)
            rebuild_report(folder, stopped=stopped)
        return [str(each.message) for each in caught if issubclass(each.category, LamellaWarning)]

    return told_work(updating)


def _stretch(row: dict[str, Any]) -> str:
    """Which frames are left out, where it is not the whole cell."""
    first, last = row[Col.FIRST_EXCLUDED], row[Col.LAST_EXCLUDED]
    return "" if first in ("", None) else f" (frames {first} to {last})"


def _row_of(review: Review, event: int) -> dict[str, Any]:
    return {str(name): value for name, value in review.events.iloc[event].items()}


def _button(text: str, key: str, tip: str, where: str) -> QPushButton:
    made = QPushButton(f"{text} ({key})")
    made.setToolTip(f"{tip}.\nKey: {key}, {where}")
    return made
