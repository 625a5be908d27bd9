"""The study browser: every cell of a run, found by what it does or by what is odd about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QPoint, QSize, Qt
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import (
    QFileDialog,
    QInputDialog,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import LamellaError
from lamella.core.table import Col
from lamella.napari.cell_choices import CellChoices
from lamella.napari.cell_model import CellModel
from lamella.napari.cell_pictures import CellPictures, Key
from lamella.napari.cell_view import CellView
from lamella.napari.choices import side_by_side
from lamella.napari.desk import desk_of
from lamella.napari.parts import MessageLine
from lamella.report.words import count, number
from lamella.run.browse import OpenedRun
from lamella.run.browse.index import StudyIndex
from lamella.run.browse.thumbnails import Thumbnails
from lamella.run.review import REASONS
from lamella.run.review.events import Review

if TYPE_CHECKING:
    import napari.viewer

_WIDE_PX, _HIGH_PX = 520, 700


class StudyBrowser(QWidget):
    """Cells of the run that is open; a click looks at one.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.desk = desk_of(viewer)
        self.index: StudyIndex | None = None
        self.model: CellModel | None = None
        self._pictures: list[CellPictures] = []
        self._sorted: tuple[str, bool] | None = None
        self._build()
        self.desk.run_changed.connect(self._on_run)
        self.desk.place_changed.connect(self._on_place)
        pictures = self._pictures  # not self: it is gone when this is called
        self.destroyed.connect(lambda: _stop(pictures))
        self._on_run()

    def _build(self) -> None:
        self.open_button = QPushButton("Open a run …")
        self.open_button.setToolTip("Choose the folder that lamella run wrote (results)")
        self.open_button.clicked.connect(self._ask_for_run)
        self.title = QLabel()
        self.choices = CellChoices()
        self.choices.order_chosen.connect(self._unsort)
        self.choices.changed.connect(self.refresh)
        self.told, self.message = QLabel(), MessageLine()
        self.view = CellView()
        self.view.header().sectionClicked.connect(self._sort_by)
        self.view.clicked.connect(self._look)
        self.view.activated.connect(self._look)  # by Enter
        self.view.customContextMenuRequested.connect(self._offer)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(6, 6, 6, 6)
        rows.addLayout(side_by_side(self.open_button, self.title, wide=self.title))
        rows.addWidget(self.choices)
        rows.addWidget(self.view, 1)
        rows.addWidget(self.told)
        rows.addWidget(self.message)
        self.setAcceptDrops(True)

    def open_run(self, folder: Path) -> None:
        """Open a run in the viewer; what is wrong with it is told."""
        try:
            self.desk.open_run(folder)
        except LamellaError as error:
            self.message.warn(error)

    def refresh(self) -> None:
        """Show the cells that are asked for; a line that is not understood changes nothing."""
        if self.index is None or self.model is None:
            return
        kept = self._selected()
        try:
            rows = self.choices.rows_of(self.index)
        except LamellaError as error:
            self.message.warn(error)
            return
        self.message.say("")
        filtered, most = len(rows) < len(self.index), self.choices.most.value()
        if self._sorted is not None:
            rows = self.index.ranked(rows, [self._sorted])
        flat = filtered or not self.choices.as_tree or self._sorted is not None or most > 0
        if most:
            rows = rows[:most]
        self.model.show_rows(rows, flat=flat)
        self._show_rank(self.index, self.model)
        shown = f"{number(len(rows))} of " if len(rows) < len(self.index) else ""
        self.told.setText(f"{shown}{count(len(self.index), 'cell')}")
        if not len(rows):
            self.message.say("No cell is like that. Clear the filter to see all.")
        if kept is not None:
            self.select(kept)

    def select(self, key: Key) -> bool:
        """Mark a cell, and bring it into view; False where it is not shown."""
        if self.model is None:
            return False
        place = self.model.index_of(key)
        if not place.isValid():
            return False
        self.view.mark(place)
        return True

    def leave_out(self, key: Key, reason: str) -> None:
        """Leave a cell out of all statistics, as of the next run or report; see `Review.exclude`.

        Parameters
        ----------
        key : (str, str, int)
            Movie, set of objects, cell.
        reason : str
        """
        if self.desk.run is None:
            return
        try:
            Review(self.desk.run).exclude(key[0], key[1], key[2], reason=reason)
        except LamellaError as error:
            self.message.warn(error)
            return
        self.desk.run_changed.emit()
        self.message.say(f"{key[0]}, {key[1]} {key[2]} will be left out: {reason}.")

    def _offer(self, at: QPoint) -> None:
        """What can be done with the cell under the mouse."""
        place = self.view.indexAt(at)
        key = self.model.key_of(place) if self.model is not None and place.isValid() else None
        if key is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = menu.addAction("Leave out of all statistics …")
        action.triggered.connect(lambda: self._ask_reason(key))
        menu.popup(self.view.viewport().mapToGlobal(at))

    def _ask_reason(self, key: Key) -> None:
        about = f"{key[0]}, {key[1]} {key[2]}\nReason"
        reasons = ["", *REASONS]  # none is chosen beforehand: Enter must not write one
        reason, given = QInputDialog.getItem(self, "Leave a cell out", about, reasons)
        if given and reason.strip():
            self.leave_out(key, reason.strip())
        elif given:
            self.message.warn("Nothing was left out: choose a reason, or write one.")

    def _on_run(self) -> None:
        """Another run is open, or its tables were written anew: choices and selection stay."""
        run, kept = self.desk.run, self._selected()
        _stop(self._pictures)
        self._pictures.clear()
        self.view.setModel(None)  # while the old one still is there: Qt looks at it once more
        self.index = self.model = None
        self.title.setText("" if run is None else run.title)
        self.told.setText("" if run else "No run is open: choose the folder of its results.")
        if run is None:
            return
        try:
            index = self.index = StudyIndex.of(run)
        except LamellaError as error:
            self.message.warn(error)
            return
        self.choices.offer(index)
        self._show(run, index)
        if kept is not None:
            self.select(kept)

    def _show(self, run: OpenedRun, index: StudyIndex) -> None:
        pictures = CellPictures(Thumbnails(run))
        self._pictures.append(pictures)
        self.model = CellModel(index, pictures)
        self._sorted = None
        self.view.show_model(self.model)
        self.refresh()
        if not self.model.flat:
            self.view.expandToDepth(0)

    def _show_rank(self, index: StudyIndex, model: CellModel) -> None:
        """What cells are ranked by is to be seen: beside their names, marked in the head."""
        rank = self.choices.ranked_by(index)
        column = model.columns.index(rank[0]) if rank and rank[0] in model.columns else None
        self.view.put_first(column)
        if self._sorted is None:
            up = rank is None or rank[1]
            self.view.mark_sorted(-1 if column is None else column, ascending=up)

    def _unsort(self) -> None:
        """The order is that of the choices, not of a column."""
        self._sorted = None
        self.view.mark_sorted(-1, ascending=True)

    def _sort_by(self, column: int) -> None:
        """Sort by a column, the other way round where it is sorted by already; names: the tree."""
        if self.model is None:
            return
        name = self.model.columns[column]
        if not name:
            self._unsort()
        else:
            ascending = self._sorted == (name, False)
            self._sorted = (name, ascending)
            self.view.mark_sorted(column, ascending=ascending)
        self.refresh()

    def _look(self, place: QModelIndex) -> None:
        if self.model is None or self.index is None:
            return
        key, movie = self.model.key_of(place), self.model.movie_of(place)
        try:
            if key is None and movie is not None:
                self.desk.look_at(movie)
            elif key is not None and (key != self._looked_at() or self.desk.trouble is not None):
                self.desk.look_at(
                    key[0], object_name=key[1], cell=key[2], frame=self._first_frame(key)
                )
            self.message.say("")
        except (LamellaError, OSError) as error:
            self.message.warn(error)

    def _first_frame(self, key: Key) -> int | None:
        """Where the cell is first seen, unless the frame that is shown has it already."""
        row_of = None if self.index is None else self.index.row_of(*key)
        if self.index is None or row_of is None:
            return None
        row = self.index.table.iloc[row_of]
        if Col.FIRST_FRAME not in row or Col.LAST_FRAME not in row:
            return None
        if row[[Col.FIRST_FRAME, Col.LAST_FRAME]].isna().any():  # it was never seen
            return None
        first, last = int(row[Col.FIRST_FRAME]), int(row[Col.LAST_FRAME])
        there = self.desk.movie is not None and self.desk.movie.name == key[0]
        return None if there and first <= self.desk.frame <= last else first

    def _looked_at(self) -> Key | None:
        desk = self.desk
        if desk.movie is None or desk.object_name is None or desk.cell is None:
            return None
        return desk.movie.name, desk.object_name, desk.cell

    def _on_place(self) -> None:
        key = self._looked_at()
        if key is not None and key != self._selected():
            self.select(key)

    def _selected(self) -> Key | None:
        if self.model is None or self.view.model() is None:
            return None
        place = self.view.currentIndex()
        return self.model.key_of(place) if place.isValid() else None

    def _ask_for_run(self) -> None:
        start = str(self.desk.run.folder) if self.desk.run is not None else ""
        folder = QFileDialog.getExistingDirectory(self, "The folder of a run", start)
        if folder:
            self.open_run(Path(folder))

    # What Qt calls, by its names.

    def sizeHint(self) -> QSize:
        return QSize(_WIDE_PX, _HIGH_PX)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.open_run(Path(url.toLocalFile()))
                return


def _stop(pictures: list[CellPictures]) -> None:
    for each in pictures:
        each.stop()
