"""The cells of a run as Qt asks for them: a tree of conditions, sessions and movies, or a list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from qtpy.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QApplication

from lamella.core.table import Col
from lamella.napari.cell_pictures import SHOWN_PX, CellPictures, Key
from lamella.report.words import count, label, number, unit
from lamella.run.browse.index import KEYS, StudyIndex

_LEVELS = (Col.CONDITION, Col.SESSION, Col.MOVIE)
_FLAGS = (Col.N_EVENTS, Col.IN_STATISTICS, Col.OUTLINE_SCORE, Col.EMPTY_RATE)
_FIRST_MEASURES, _OTHER_MEASURES = 2, 10
ROW_PX = SHOWN_PX + 6
"""Height of a row: all are alike, so that Qt asks for those alone that are seen."""
_NAME = 0
Place = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
Rows = NDArray[np.int64]


class Node:
    """A condition, a session, a movie or a cell.

    Parameters
    ----------
    parent : Node or None
        None of the root.
    place : int
        Among the children of its parent.
    level : int
        0 = conditions; `cell_level` = cells.
    name : str
    rows : (n,) int array
        Its cells, rows of the index.
    """

    __slots__ = ("children", "level", "name", "number", "parent", "place", "rows")

    def __init__(self, parent: Node | None, place: int, level: int, name: str, rows: Rows) -> None:
        self.parent, self.place, self.level = parent, place, level
        self.name, self.rows = name, rows
        self.children: list[Node] | None = None
        self.number = 0  # in its model, as Qt knows it: Qt must not hold objects that are gone


class CellModel(QAbstractItemModel):
    """Cells of an index; children are made when a branch is opened.

    Parameters
    ----------
    index : StudyIndex
    pictures : CellPictures
    """

    def __init__(self, index: StudyIndex, pictures: CellPictures) -> None:
        super().__init__()
        self.cells, self._pictures = index, pictures
        first, others = index.measures[:_FIRST_MEASURES], index.measures[_FIRST_MEASURES:]
        flags = (str(name) for name in _FLAGS)
        ranked = (preset.ranks[0][0] for preset in index.presets.values())
        wanted = (*first, *flags, *others[:_OTHER_MEASURES], *ranked)
        there = (name for name in dict.fromkeys(map(str, wanted)) if name in index.table)
        self.columns: list[str] = ["", *there]
        # Where each movie has one cell, movies would be branches with one leaf each.
        self._alone = not index.table[Col.MOVIE].duplicated().any()
        self._levels = [
            name
            for name in _LEVELS
            if name in index.table and not (self._alone and name == Col.MOVIE)
        ]
        self._keys = [index.table[name].to_numpy(object) for name in KEYS]
        self._values = {name: index.table[name].to_numpy(object) for name in self.columns[1:]}
        self._kinds = index.table[Col.EVENT_KINDS].to_numpy(object)
        self._why = index.table[Col.WHY_NOT_COUNTED].to_numpy(object)
        self._corrected = index.table[Col.MOVIE_CORRECTED].to_numpy(bool)
        self._several = len(index.table[Col.OBJECT].unique()) > 1
        self.flat = False
        self._at: dict[Key, Node] = {}
        self._nodes: list[Node] = []
        self._root = Node(None, 0, -1, "", np.arange(len(index)))
        pictures.drawn.connect(self._redraw)

    @property
    def cell_level(self) -> int:
        """Of the nodes that are cells."""
        return len(self._levels)

    def show_rows(self, rows: Rows, *, flat: bool) -> None:
        """Show these cells, in this order where they are a list."""
        self.beginResetModel()
        self.flat, self._at, self._nodes = flat, {}, []
        self._root = Node(None, 0, self.cell_level - 1 if flat else -1, "", rows)
        self.endResetModel()

    def key_of(self, index: Place) -> Key | None:
        """Movie, set of objects and cell of a row; None of a branch."""
        node = self.node(index)
        return self._key(int(node.rows[0])) if node.level == self.cell_level else None

    def movie_of(self, index: Place) -> str | None:
        """The movie of a row; None of a condition or session."""
        node = self.node(index)
        of_cell = node.level == self.cell_level
        if of_cell or (node.level >= 0 and self._levels[node.level] == Col.MOVIE):
            return self._key(int(node.rows[0]))[0]
        return None

    def index_of(self, key: Key) -> QModelIndex:
        """Where a cell stands; an invalid index where it is not shown."""
        row = self.cells.row_of(*key)
        node: Node | None = self._root
        while node is not None and row is not None and node.level < self.cell_level:
            below = self._children(node)
            if node.level == self.cell_level - 1:
                node = self._at.get(key)
            else:
                node = next((each for each in below if row in each.rows), None)
        if node is None or row is None or node is self._root:
            return QModelIndex()
        return self._place(node)

    def node(self, index: Place) -> Node:
        """What stands there; the root of an invalid index."""
        return self._nodes[index.internalId()] if index.isValid() else self._root

    def _place(self, node: Node, column: int = _NAME) -> QModelIndex:
        return self.createIndex(node.place, column, node.number)

    # What Qt calls, by its names.

    def rowCount(self, parent: Place = _NOWHERE) -> int:
        return len(self._children(self.node(parent))) if parent.column() <= _NAME else 0

    def columnCount(self, parent: Place = _NOWHERE) -> int:
        return len(self.columns)

    def hasChildren(self, parent: Place = _NOWHERE) -> bool:
        node = self.node(parent)
        return node.level < self.cell_level and len(node.rows) > 0

    def index(self, row: int, column: int, parent: Place = _NOWHERE) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self._place(self._children(self.node(parent))[row], column)

    def parent(self, index: Place = _NOWHERE) -> Any:
        above = self.node(index).parent if index.isValid() else None
        if above is None or above is self._root:
            return QModelIndex()
        return self._place(above)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        name = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            of = unit(name) if name else ""
            return f"{_head(name)}\n{of}" if of else _head(name)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _meaning(name)
        return None

    def data(self, index: Place, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        node, name = self.node(index), self.columns[index.column()]
        if role == Qt.ItemDataRole.SizeHintRole and not name:
            return QSize(0, ROW_PX)
        if node.level < self.cell_level:
            return self._of_branch(node, name, role)
        row = int(node.rows[0])
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, name) if name else self._name(row)
        if role == Qt.ItemDataRole.DecorationRole and not name:
            return self._pictures.of(self._key(row))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, name)
        if role == Qt.ItemDataRole.TextAlignmentRole and name:
            return _alignment(name)
        if role == Qt.ItemDataRole.ForegroundRole and self._why[row] is not None:
            palette = QApplication.palette()
            return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        return None

    def _of_branch(self, node: Node, name: str, role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and not name:
            return f"{node.name}   {count(len(node.rows), 'cell')}"
        if role == Qt.ItemDataRole.DisplayRole and name == Col.N_EVENTS:
            return number(int(self._values[name][node.rows].sum()))
        if role == Qt.ItemDataRole.TextAlignmentRole and name:
            return _alignment(name)
        return None

    def _children(self, node: Node) -> list[Node]:
        if node.children is not None:
            return node.children
        level = node.level + 1
        if level == self.cell_level:
            made = [Node(node, k, level, "", node.rows[k : k + 1]) for k in range(len(node.rows))]
        elif level > self.cell_level:
            made = []
        else:
            names = self.cells.table[self._levels[level]].iloc[node.rows]
            names = names.astype(object).where(names.notna(), "–")
            codes, known = pd.factorize(names)
            made = [
                Node(node, k, level, str(name), node.rows[codes == k])
                for k, name in enumerate(known)
            ]
        for k, each in enumerate(made, len(self._nodes)):
            each.number = k
        self._nodes += made
        node.children = made
        if level == self.cell_level:
            self._at |= {self._key(int(each.rows[0])): each for each in made}
        return made

    def _key(self, row: int) -> Key:
        movie, name, cell = (values[row] for values in self._keys)
        return str(movie), str(name), int(cell)

    def _name(self, row: int) -> str:
        movie, name, cell = self._key(row)
        own = f"{name if self._several else 'cell'} {cell}"
        text = movie if self._alone else f"{movie} · {own}" if self.flat else own
        return f"{text} ✎" if self._corrected[row] else text

    def _text(self, row: int, name: str) -> str:
        value = self._values[name][row]
        if name == Col.N_EVENTS:
            worst = str(self._kinds[row]).partition(",")[0].replace("_", " ")
            return f"{value} · {worst}" if value else ""
        if name == Col.IN_STATISTICS:
            return "yes" if self._why[row] is None else "no"
        return number(value, 2 if name == Col.EMPTY_RATE else 3)

    def _tip(self, row: int, name: str) -> str:
        if name == Col.IN_STATISTICS and self._why[row] is not None:
            return str(self._why[row])
        told = [f"{self._key(row)[0]}, {self._key(row)[1]} {self._key(row)[2]}"]
        if self._kinds[row] is not None:
            told.append(f"events: {str(self._kinds[row]).replace('_', ' ')}")
        if self._corrected[row]:
            told.append("corrected by hand")
        if self._why[row] is not None:
            told.append(f"in no statistics: {self._why[row]}")
        return _meaning(name) if name not in ("", Col.N_EVENTS) else "\n".join(told)

    def _redraw(self, key: Key) -> None:
        node = self._at.get(key)
        if node is not None:
            place = self._place(node)
            self.dataChanged.emit(place, place, [Qt.ItemDataRole.DecorationRole])


def _head(name: str) -> str:
    """A column's head: its name, without its unit."""
    if not name:
        return "Cell"
    if name == Col.IN_STATISTICS:
        return "counts"
    return label(name)


def _alignment(name: str) -> int:
    """Numbers stand under each other; words begin where their column does."""
    side = Qt.AlignmentFlag.AlignLeft if name == Col.N_EVENTS else Qt.AlignmentFlag.AlignRight
    return int(side | Qt.AlignmentFlag.AlignVCenter)


def _meaning(name: str) -> str:
    """What a column is, from the data dictionary."""
    if not name:
        return "Click a cell, or press Enter, to look at it. Grey: in no statistics; ✎: corrected."
    found = Col.find(name)
    return f"{name}: {found.meaning}" if found is not None else name
