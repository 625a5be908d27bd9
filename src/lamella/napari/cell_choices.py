"""What is asked of a study: which of its cells are shown, how many, and which first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QFocusEvent
from qtpy.QtWidgets import QLineEdit, QSpinBox, QVBoxLayout, QWidget

from lamella.napari.choices import Choice, side_by_side
from lamella.run.browse.index import StudyIndex

TREE, LIST = "Tree of conditions", "List of all cells"
_ALL = "all"
_TYPING_MS = 250


class CellChoices(QWidget):
    """Boxes and lines that say which cells are wanted."""

    changed = Signal()
    """Other cells are wanted; while somebody types, after a pause."""
    order_chosen = Signal()
    """Another order is wanted, told before `changed`."""

    def __init__(self) -> None:
        super().__init__()
        self.preset = Choice("What is shown first")
        self.most = _HowMany()
        self.most.setRange(0, 1_000_000)
        self.most.setSpecialValueText("all")
        self.most.setPrefix("first ")
        self.most.setToolTip("How many cells are shown at most; 0 = all")
        self.condition, self.session = Choice("Condition"), Choice("Session")
        self.line = QLineEdit()
        self.line.setPlaceholderText("filter: speed > 1.2 and events = 0")
        self.line.setClearButtonEnabled(True)
        self.text = QLineEdit()
        self.text.setPlaceholderText("find a name, event or reason")
        self.text.setClearButtonEnabled(True)
        self.text.setToolTip("Shows cells in whose names, events or reasons these letters stand")
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self.changed)
        for edit in (self.line, self.text):
            edit.textChanged.connect(self._typing.start)
            edit.returnPressed.connect(self.changed)
        self.most.valueChanged.connect(self._typing.start)
        self.preset.activated.connect(self.order_chosen)
        for choice in (self.preset, self.condition, self.session):
            choice.activated.connect(self.changed)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(side_by_side(self.preset, self.most, wide=self.preset))
        rows.addLayout(side_by_side(self.condition, self.session, wide=self.condition))
        rows.addWidget(self.line)
        rows.addWidget(self.text)

    @property
    def as_tree(self) -> bool:
        """Whether cells are wanted under their conditions, sessions and movies."""
        return self.preset.currentText() == TREE

    def ranked_by(self, index: StudyIndex) -> tuple[str, bool] | None:
        """The column that the preset ranks by, and whether small values come first."""
        preset = index.presets.get(self.preset.currentText())
        return None if preset is None else preset.ranks[0]

    def offer(self, index: StudyIndex) -> None:
        """What there is to choose from in a study; what was chosen stays where it is there."""
        presets = index.presets
        self.preset.refill([TREE, LIST, *presets])
        for place, name in enumerate([TREE, LIST, *presets]):
            tip = presets[name].about if name in presets else ""
            self.preset.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        self.condition.refill([f"{_ALL} conditions", *index.conditions])
        self.session.refill([f"{_ALL} sessions", *index.sessions])
        short = ", ".join(index.short_names)
        self.line.setToolTip(
            "Which cells: COLUMN OPERATOR VALUE, joined by and, or, not.\n"
            f"Columns of tables/cells.csv, or {short}.\n"
            "Operators: = != < <= > >= and ~ (text that holds). "
            'Text with blanks in quotes: condition = "wild type".'
        )

    def rows_of(self, index: StudyIndex) -> NDArray[np.int64]:
        """Rows of the cells that are wanted, in the order in which they are; `most` aside.

        Raises
        ------
        InputError
            A line that is not understood.
        """
        self._typing.stop()
        preset = self.preset.currentText()
        return index.chosen(
            conditions=self.condition.picked,
            sessions=self.session.picked,
            where=self.line.text(),
            text=self.text.text(),
            preset=None if preset in (TREE, LIST) else preset,
        )


class _HowMany(QSpinBox):
    """A number whose text is chosen when it is entered, so that typing replaces it."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        QTimer.singleShot(0, self.selectAll)
