"""What a new model does on frames that it did not learn from: table, pictures, a decision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import napari.viewer
from psygnal import Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import LamellaError
from lamella.core.table import Col
from lamella.napari.correct_parts import waiting
from lamella.napari.desk import Desk
from lamella.napari.held_out_view import HeldOutView
from lamella.napari.parts import MessageLine
from lamella.run.learn import Proposal, verdict

_MARKS = {"open": "not decided", "accepted": "accepted", "rejected": "rejected"}
_HEADS = ("movie", "frame", "SEG", "cells", "IoU", "F1")
_TIPS = (
    "",
    "Number of the frame, from 0",
    "Overlap of every corrected cell with the one found, before → after; 1 is perfect",
    "Cells found before → after, of those in the corrected frame",
    "Overlap of all cell pixels, before → after",
    "F1 of pixels (Dice), before → after",
)


class BeforeAfter(QWidget):
    """The models that were taught, one at a time, on their held-out frames.

    Parameters
    ----------
    viewer : napari.Viewer
    desk : Desk
    """

    accepted, rejected, forgotten = Signal(Proposal), Signal(Proposal), Signal(Proposal)
    """A person decided on a `Proposal`."""

    def __init__(self, viewer: napari.viewer.Viewer, desk: Desk) -> None:
        super().__init__()
        self.desk, self._proposals = desk, list[Proposal]()
        self._known: Sequence[tuple[Path, str]] | None = None
        self.view = HeldOutView(viewer)
        self.models, self.table, self.words = QComboBox(), QTableWidget(0, len(_HEADS)), QLabel()
        self.message = MessageLine()
        self.models.setToolTip("Models that were taught from corrections, the newest first")
        self.models.currentIndexChanged.connect(self._chosen)
        self.words.setWordWrap(True)
        self._dress_table()
        desk.place_changed.connect(self._leave)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        for each in (self.models, self.words, self.table):
            rows.addWidget(each)
        rows.addLayout(self._steps())
        rows.addLayout(self._decision())
        rows.addWidget(self.message)
        self.set_proposals([])

    @property
    def proposal(self) -> Proposal | None:
        """The model looked at."""
        place = self.models.currentIndex()
        return self._proposals[place] if 0 <= place < len(self._proposals) else None

    def set_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Show these, the newest of them first; where they are those shown, all stays as it is."""
        known = [(p.folder, p.decision) for p in reversed(proposals) if _is_whole(p)]
        if known == self._known and len(known) == len(proposals) == len(self._proposals):
            return
        before, more = self.proposal, len(proposals) > len(self._proposals)
        self.view.clear()
        self._known, self._proposals = known, list(reversed(proposals))
        self.models.blockSignals(True)
        self.models.clear()
        self.models.addItems([f"{p.folder.name}: {_MARKS[p.decision]}" for p in self._proposals])
        folders = [p.folder for p in self._proposals]
        if before is not None and before.folder in folders and not more:
            self.models.setCurrentIndex(folders.index(before.folder))
        self.models.blockSignals(False)
        self.setVisible(bool(self._proposals))
        self._chosen()

    def show_frame(self, place: int) -> None:
        """Show a held-out frame, before, after and corrected, side by side."""
        proposal, run = self.proposal, self.desk.run
        if proposal is None or run is None or not 0 <= place < len(proposal.frames):
            return
        try:
            frame = proposal.frame(place)
            each = run.study.settings.objects[proposal.object_name]
            movie = run.movie(frame.movie).movie
            image, um = movie.channel(each.channel).frame(frame.frame), movie.scale.pixel_size_um
        except LamellaError as error:
            self.message.warn(error)
            return
        self.message.say("")
        rows = proposal.scores.iloc[2 * place : 2 * place + 2]
        words = {
            str(side): f"SEG {seg:.2f}"
            for side, seg in zip(rows[Col.SEGMENTER], rows[Col.SEG], strict=True)
        }
        with waiting():  # the first time takes napari seconds
            self.view.show(image, frame, words, um=um)

    def _chosen(self) -> None:
        proposal = self.proposal
        self.table.setRowCount(0)
        self.message.say("")
        if proposal is None:
            self.words.setText("")
            return
        self.accept.setEnabled(proposal.decision != "accepted")
        self.reject.setEnabled(proposal.decision != "rejected")
        try:
            scores, told = proposal.scores, verdict(proposal)
        except LamellaError as error:
            self.words.setText("")
            self.message.warn(error)
            return
        self.words.setText(f"<b>Before</b>: {proposal.before}. {told}")
        before, after = (scores[scores[Col.SEGMENTER] == side] for side in ("before", "after"))
        self.table.setRowCount(len(before))
        for row, (one, two) in enumerate(
            zip(before.to_dict("records"), after.to_dict("records"), strict=True)
        ):
            seg, iou, f1 = (
                f"{one[score]:.2f} → {two[score]:.2f}" for score in (Col.SEG, Col.IOU, Col.PIXEL_F1)
            )
            found, after_that = one[Col.N_OBJECTS_FOUND], two[Col.N_OBJECTS_FOUND]
            cells = f"{found} → {after_that} of {one[Col.N_OBJECTS_TRUE]}"
            texts = [str(one[Col.MOVIE]), str(one[Col.FRAME]), seg, cells, iou, f1]
            for column, text in enumerate(texts):
                self.table.setItem(row, column, QTableWidgetItem(text.replace("nan", "–")))

    def _dress_table(self) -> None:
        for column, tip in enumerate(_TIPS):
            head = QTableWidgetItem(_HEADS[column])
            head.setToolTip(tip)
            self.table.setHorizontalHeaderItem(column, head)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setMinimumHeight(140)
        self.table.currentCellChanged.connect(lambda row, *_: self.show_frame(row))

    def _steps(self) -> QHBoxLayout:
        self.back, self.next = QPushButton("◀ Previous"), QPushButton("Next ▶")
        self.close_view = QPushButton("Close pictures")
        self.back.setToolTip("The held-out frame before this one")
        self.next.setToolTip("The next held-out frame: before, after and corrected, side by side")
        self.close_view.setToolTip("Show the movie again")
        self.back.clicked.connect(lambda: self._go(-1))
        self.next.clicked.connect(lambda: self._go(1))
        self.close_view.clicked.connect(self._close)
        line = QHBoxLayout()
        for each in (self.back, self.next, self.close_view):
            line.addWidget(each)
        return line

    def _decision(self) -> QHBoxLayout:
        self.accept, self.reject = QPushButton("Accept"), QPushButton("Reject")
        self.forget = QPushButton("Delete")
        self.accept.setToolTip("Write the new model into study.toml; the next run segments with it")
        self.reject.setToolTip("Keep the model, marked as rejected; the study stays as it is")
        self.forget.setToolTip("Delete the model's folder for good")
        line = QHBoxLayout()
        for button, signal in (
            (self.accept, self.accepted),
            (self.reject, self.rejected),
            (self.forget, self.forgotten),
        ):
            button.clicked.connect(lambda _=False, signal=signal: signal.emit(self.proposal))
            line.addWidget(button)
        return line

    def _go(self, by: int) -> None:
        n = self.table.rowCount()
        if n:
            now = self.table.currentRow()
            self.table.setCurrentCell((now + by) % n if now >= 0 else (0 if by > 0 else n - 1), 0)

    def _close(self) -> None:
        self.table.setCurrentCell(-1, -1)
        self.view.clear()

    def _leave(self) -> None:
        """Somebody went to a movie: it is shown, and the camera is where that wants it."""
        if self.view.layers:
            self.table.setCurrentCell(-1, -1)
            self.view.clear(look=False)


def _is_whole(proposal: Proposal) -> bool:
    try:
        return len(proposal.scores) > 0
    except LamellaError:
        return False
