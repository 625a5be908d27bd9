"""Keys that a widget needs, and that a menu of napari has, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QWidget


class OwnKeys(QObject):
    """Keeps keys from the menus of a window: they come to the canvas as other keys do.

    Parameters
    ----------
    windows : sequence of QWidget or None
        The main window, and docks of it that may float: keys that are pressed in those go past the
        main window.
    keys : str
        As Qt names them, such as ``Ctrl+S``.
    """

    def __init__(self, windows: Sequence[QWidget | None], *keys: str) -> None:
        those = [each for each in windows if each is not None]
        super().__init__(those[0])
        self._windows = those
        self._keys = [QKeySequence(key) for key in keys]
        for each in self._windows:
            each.installEventFilter(self)

    def close(self) -> None:
        """The menus have them again."""
        for each in self._windows:
            each.removeEventFilter(self)
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride:
            return False
        pressed: Any = event
        if QKeySequence(pressed.keyCombination()) not in self._keys:
            return False
        event.accept()
        return True
