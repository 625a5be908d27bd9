"""Cells of a study as they are listed: widths of columns, a head that sorts, one that is marked."""

from __future__ import annotations

from qtpy.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTreeView

from lamella.core.table import Col
from lamella.napari.cell_model import CellModel
from lamella.napari.cell_pictures import SHOWN_PX

_COLUMN_PX, _NAME_PX, _EVENTS_PX = 84, 200, 150
_MOST_PX = 150
_INDENT_PX = 12


class CellView(QTreeView):
    """A tree, or list, of the cells of a `CellModel`."""

    def __init__(self) -> None:
        super().__init__()
        self.setUniformRowHeights(True)  # otherwise Qt would ask for every row
        self.setIconSize(QSize(SHOWN_PX, SHOWN_PX))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setIndentation(_INDENT_PX)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names differ at their ends
        self.setAccessibleName("Cells of the study")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.header().setSectionsClickable(True)
        self.header().setSortIndicatorShown(True)

    def show_model(self, model: CellModel) -> None:
        """Other cells, sorted by no column."""
        self.setModel(model)
        header = self.header()
        self.mark_sorted(-1, ascending=True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(False)
        header.resizeSection(0, _NAME_PX)
        for column, name in enumerate(model.columns[1:], 1):
            width = min(max(_COLUMN_PX, header.sectionSizeHint(column)), _MOST_PX)
            header.resizeSection(column, _EVENTS_PX if name == Col.N_EVENTS else width)

    def mark_sorted(self, column: int, *, ascending: bool) -> None:
        """Show in the head by which column cells are sorted; −1: by none."""
        order = Qt.SortOrder.AscendingOrder if ascending else Qt.SortOrder.DescendingOrder
        self.header().setSortIndicator(column, order)

    def put_first(self, column: int | None) -> None:
        """Show a column next to the names, and all others in the order of the model."""
        header = self.header()
        places = [0] if column is None else [0, column]
        places += [each for each in range(header.count()) if each not in places]
        if places == [header.logicalIndex(place) for place in range(header.count())]:
            return
        for place, each in enumerate(places):
            header.moveSection(header.visualIndex(each), place)
        self.horizontalScrollBar().setValue(0)

    def mark(self, place: QModelIndex) -> None:
        """Mark a row, and bring it into view."""
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(place, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(place)
