"""Suspicious events as Qt asks for them: a table, the worst first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from lamella.core.table import Col
from lamella.report.words import decimals

COLUMNS = (Col.SEVERITY, Col.KIND, Col.MOVIE, Col.CELL, Col.FRAME, Col.DECISION)
_HEADS = ("severity", "kind", "movie", "cell", "frame", "decided")
VERDICTS = {"accept": "✓ right", "fix": "✎ to correct", "exclude": "✗ left out"}
"""Decisions in words."""
Place = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class EventModel(QAbstractTableModel):
    """Some of the events of a `Review`."""

    def __init__(self) -> None:
        super().__init__()
        self.events = pd.DataFrame(columns=[str(name) for name in COLUMNS])

    def show_events(self, events: pd.DataFrame) -> None:
        """Show these, in this order."""
        self.beginResetModel()
        self.events = events
        self.endResetModel()

    def event_at(self, row: int) -> int:
        """Place of the event of a row in `Review.events`."""
        return int(self.events.index[row])

    def row_of(self, event: int | None) -> int | None:
        """The row of an event; None where it is not shown."""
        places = np.flatnonzero(self.events.index.to_numpy() == event)
        return int(places[0]) if event is not None and len(places) else None

    # What Qt calls, by its names.

    def rowCount(self, parent: Place = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.events)

    def columnCount(self, parent: Place = _NOWHERE) -> int:
        return len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return Col.describe(COLUMNS[section]).meaning
        return None

    def data(self, index: Place, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, name = self.events.iloc[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, name)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(row, name)
        return None


def _text(row: pd.Series, name: str) -> str:
    value = row[name]
    if name == Col.SEVERITY:
        return decimals(float(value))
    if name == Col.KIND:
        return str(value).replace("_", " ")
    if name == Col.CELL:
        return str(int(value)) if int(value) else "all"
    if name == Col.DECISION:
        told = VERDICTS.get(str(value), "")
        if row[Col.DECISION] == "exclude" and row[Col.FIRST_EXCLUDED] not in ("", None):
            told = "✗ frames left out"
        return f"{told} (outdated)" if told and row[Col.STANDING] == "outdated" else told
    return str(value)


def _tip(row: pd.Series, name: str) -> str:
    if name != Col.DECISION or not row[Col.DECISION]:
        return str(row[Col.WORDS])
    why = f": {row[Col.REASON]}" if row[Col.REASON] else ""
    told = f"{row[Col.WHO]}, {row[Col.WHEN]}{why}"
    return f"{told}\n{row[Col.STANDING_WORDS]}" if row[Col.STANDING_WORDS] else told
