"""The study browser: every cell of a run, found by what it does or by what is odd about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, QTimer
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSpinBox,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import LamellaError
from lamella.core.table import Col
from lamella.napari.cell_model import CellModel
from lamella.napari.cell_pictures import SHOWN_PX, CellPictures, Key
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

TREE, LIST = "Tree of conditions", "List of all cells"
_ALL = "all"
_TYPING_MS = 250
_COLUMN_PX, _NAME_PX, _EVENTS_PX = 84, 200, 104
_INDENT_PX = 12
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
        self.preset = _choice("What is shown first")
        self.most = _HowMany()
        self.most.setRange(0, 1_000_000)
        self.most.setSpecialValueText("all")
        self.most.setPrefix("first ")
        self.most.setToolTip("How many cells are shown at most; 0 = all")
        self.condition, self.session = _choice("Condition"), _choice("Session")
        self.line = QLineEdit()
        self.line.setPlaceholderText("filter: speed > 1.2 and events = 0")
        self.line.setClearButtonEnabled(True)
        self.text = QLineEdit()
        self.text.setPlaceholderText("find a name, event or reason")
        self.text.setClearButtonEnabled(True)
        self.text.setToolTip("Shows cells in whose names, events or reasons these letters stand")
        self.told, self.message = QLabel(), MessageLine()
        self.view = QTreeView()
        self.view.setUniformRowHeights(True)  # otherwise Qt would ask for every row
        self.view.setIconSize(QSize(SHOWN_PX, SHOWN_PX))
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setIndentation(_INDENT_PX)
        self.view.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names differ at their ends
        self.view.setAccessibleName("Cells of the study")
        self.view.header().setSectionsClickable(True)
        self.view.header().setSortIndicatorShown(True)
        self.view.header().sectionClicked.connect(self._sort_by)
        self.view.clicked.connect(self._look)
        self.view.activated.connect(self._look)  # by Enter
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._offer)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self.refresh)
        for edit in (self.line, self.text):
            edit.textChanged.connect(self._typing.start)
            edit.returnPressed.connect(self.refresh)
        for choice in (self.preset, self.condition, self.session):
            choice.activated.connect(self._chosen)
        self.most.valueChanged.connect(self._typing.start)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(6, 6, 6, 6)
        rows.addLayout(_side_by_side(self.open_button, self.title, stretch=1))
        rows.addLayout(_side_by_side(self.preset, self.most, stretch=0))
        rows.addLayout(_side_by_side(self.condition, self.session, stretch=0))
        rows.addWidget(self.line)
        rows.addWidget(self.text)
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
        self._typing.stop()
        if self.index is None or self.model is None:
            return
        preset, kept = self.preset.currentText(), self._selected()
        try:
            rows = self.index.chosen(
                conditions=_picked(self.condition),
                sessions=_picked(self.session),
                where=self.line.text(),
                text=self.text.text(),
                preset=None if preset in (TREE, LIST) else preset,
            )
        except LamellaError as error:
            self.message.warn(error)
            return
        self.message.say("")
        n = len(rows)
        if self._sorted is not None:
            rows = self.index.ranked(rows, [self._sorted])
        filtered = n < len(self.index)
        flat = preset != TREE or filtered or self._sorted is not None or self.most.value() > 0
        if self.most.value():
            rows = rows[: self.most.value()]
        self.model.show_rows(rows, flat=flat)
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
        flags = QItemSelectionModel.SelectionFlag
        self.view.selectionModel().setCurrentIndex(place, flags.ClearAndSelect | flags.Rows)
        self.view.scrollTo(place)
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
        reason, given = QInputDialog.getItem(self, "Leave a cell out", about, REASONS)
        if given:
            self.leave_out(key, reason)

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
        self._fill_choices(index)
        self._show(run, index)
        if kept is not None:
            self.select(kept)

    def _fill_choices(self, index: StudyIndex) -> None:
        presets = index.presets
        _refill(self.preset, [TREE, LIST, *presets])
        for place, name in enumerate([TREE, LIST, *presets]):
            tip = presets[name].about if name in presets else ""
            self.preset.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        _refill(self.condition, [f"{_ALL} conditions", *index.conditions])
        _refill(self.session, [f"{_ALL} sessions", *index.sessions])
        short = ", ".join(index.short_names)
        self.line.setToolTip(
            "Which cells: COLUMN OPERATOR VALUE, joined by and, or, not.\n"
            f"Columns of tables/cells.csv, or {short}.\n"
            "Operators: = != < <= > >= and ~ (text that holds). "
            'Text with blanks in quotes: condition = "wild type".'
        )

    def _show(self, run: OpenedRun, index: StudyIndex) -> None:
        pictures = CellPictures(Thumbnails(run))
        self._pictures.append(pictures)
        self.model = CellModel(index, pictures)
        self._sorted = None
        self.view.setModel(self.model)
        header = self.view.header()
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(False)
        header.resizeSection(0, _NAME_PX)
        for column, name in enumerate(self.model.columns[1:], 1):
            header.resizeSection(column, _EVENTS_PX if name == Col.N_EVENTS else _COLUMN_PX)
        self.refresh()
        if not self.model.flat:
            self.view.expandToDepth(0)

    def _chosen(self) -> None:
        if self.sender() is self.preset:
            self._sorted = None
            self.view.header().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.refresh()

    def _sort_by(self, column: int) -> None:
        """Sort by a column, the other way round where it is sorted by already; names: the tree."""
        if self.model is None:
            return
        name, header = self.model.columns[column], self.view.header()
        if not name:
            self._sorted = None
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        else:
            ascending = self._sorted == (name, False)
            self._sorted = (name, ascending)
            order = Qt.SortOrder.AscendingOrder if ascending else Qt.SortOrder.DescendingOrder
            header.setSortIndicator(column, order)
        self.refresh()

    def _look(self, place: QModelIndex) -> None:
        if self.model is None or self.index is None:
            return
        key, movie = self.model.key_of(place), self.model.movie_of(place)
        try:
            if key is None and movie is not None:
                self.desk.look_at(movie)
            elif key is not None and key != self._looked_at():
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


class _HowMany(QSpinBox):
    """A number whose text is chosen when it is entered, so that typing replaces it."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        QTimer.singleShot(0, self.selectAll)


def _choice(tip: str) -> QComboBox:
    made = QComboBox()
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    return made


def _refill(choice: QComboBox, names: list[str]) -> None:
    """Other entries; what was chosen stays chosen where it is still there."""
    before = choice.currentText()
    choice.clear()
    choice.addItems(names)
    choice.setCurrentIndex(max(0, choice.findText(before)))


def _picked(choice: QComboBox) -> list[str]:
    """What is chosen; nothing where all are."""
    return [choice.currentText()] if choice.currentIndex() > 0 else []


def _side_by_side(*widgets: QWidget, stretch: int) -> QHBoxLayout:
    line = QHBoxLayout()
    for place, widget in enumerate(widgets):
        line.addWidget(widget, 1 if place == stretch else 0)
    return line
