"""Events as they are listed: one to be chosen, in columns that hold their words."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QTableView

from lamella.napari.event_model import EventModel

_COLUMNS_PX = (66, 84, 120, 42, 52, 90)


class EventView(QTableView):
    """The table of an `EventModel`.

    Parameters
    ----------
    model : EventModel
    """

    def __init__(self, model: EventModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAccessibleName("Suspicious events")
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        for column, width in enumerate(_COLUMNS_PX):
            header.resizeSection(column, width)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
