"""Keys that a widget needs, and that a menu of napari has, too."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QMainWindow


class OwnKeys(QObject):
    """Keeps keys from the menus of a window: they come to the canvas as other keys do.

    Parameters
    ----------
    window : QMainWindow
    keys : str
        As Qt names them, such as ``Ctrl+S``.
    """

    def __init__(self, window: QMainWindow, *keys: str) -> None:
        super().__init__(window)
        self._window = window
        self._keys = [QKeySequence(key) for key in keys]
        window.installEventFilter(self)

    def close(self) -> None:
        """The menus have them again."""
        self._window.removeEventFilter(self)
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride:
            return False
        pressed: Any = event
        if QKeySequence(pressed.keyCombination()) not in self._keys:
            return False
        event.accept()
        return True
