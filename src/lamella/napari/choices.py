"""Boxes of which one entry is chosen, and widgets side by side, as panels have them."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QWidget


class Choice(QComboBox):
    """One of several names; the first of them may stand for all.

    Parameters
    ----------
    tip : str
        What is chosen.
    """

    def __init__(self, tip: str) -> None:
        super().__init__()
        self.setToolTip(tip)
        self.setAccessibleName(tip)

    @property
    def picked(self) -> list[str]:
        """What is chosen; nothing where the first entry is, which stands for all."""
        return [self.currentText()] if self.currentIndex() > 0 else []

    def refill(self, names: Sequence[str]) -> None:
        """Other entries; what was chosen stays chosen, or else the first is."""
        before = self.currentText()
        self.clear()
        self.addItems(list(names))
        self.setCurrentIndex(max(0, self.findText(before)))


def side_by_side(*widgets: QWidget, wide: QWidget | None = None) -> QHBoxLayout:
    """Widgets in a line.

    Parameters
    ----------
    wide : QWidget, optional
        The one that takes the room that is left.
    """
    line = QHBoxLayout()
    line.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        line.addWidget(widget, 1 if widget is wide else 0)
    return line
