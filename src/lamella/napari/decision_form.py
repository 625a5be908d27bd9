"""Why something is left out, what of it, and who says so."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QFormLayout, QLineEdit, QSpinBox, QWidget

from lamella.napari.choices import side_by_side
from lamella.run.review import REASONS
from lamella.run.who import person

WHOLE, STRETCH = "the whole cell", "frames of it"
_FAR = 100_000


class DecisionForm(QWidget):
    """What a decision about an event says besides its verdict."""

    reason_given = Signal()
    """A reason was chosen, or written to its end."""

    def __init__(self) -> None:
        super().__init__()
        self.reason, line = QComboBox(), QLineEdit()
        self.reason.setEditable(True)
        self.reason.setLineEdit(line)
        self.reason.addItems(["", *REASONS])
        self.reason.setToolTip("Why: leaving out needs a reason, which the report tells")
        self.reason.setPlaceholderText("reason")
        self.reason.activated.connect(self.reason_given)
        line.returnPressed.connect(self.reason_given)
        self.scope = QComboBox()
        self.scope.addItems([WHOLE, STRETCH])
        self.scope.setToolTip("What is left out: the cell from all statistics, or some frames")
        self.first, self.last = QSpinBox(), QSpinBox()
        for edge, what in ((self.first, "First"), (self.last, "Last")):
            edge.setRange(0, _FAR)
            edge.setToolTip(f"{what} frame that is left out")
        self.who = QLineEdit(person())
        self.who.setToolTip("Your name, as it is kept with every decision")
        self.scope.currentTextChanged.connect(self._show_frames)
        self._show_frames(WHOLE)
        rows = QFormLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addRow("Reason", self.reason)
        rows.addRow("Leave out", side_by_side(self.scope, self.first, self.last))
        rows.addRow("You are", self.who)

    @property
    def frames(self) -> tuple[int, int] | None:
        """First and last frame that are left out; None where the whole cell is."""
        if self.scope.currentText() != STRETCH:
            return None
        return self.first.value(), self.last.value()

    @property
    def name(self) -> str | None:
        """Who decides; None where nobody is named."""
        return self.who.text().strip() or None

    def begin_at(self, frame: int) -> None:
        """Of another event, this frame is left out unless others are chosen."""
        self.first.setValue(frame)
        self.last.setValue(frame)

    def _show_frames(self, scope: str) -> None:
        for edge in (self.first, self.last):
            edge.setVisible(scope == STRETCH)
