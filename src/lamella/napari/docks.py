"""Where a widget is docked: its dock, its main window, and the canvas beside it."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget


def come_forward(widget: QWidget) -> None:
    """Show a docked widget in front of the tabs that it shares a place with."""
    if (dock := dock_of(widget)) is not None:
        dock.show()
        dock.raise_()


def dock_of(widget: QWidget) -> QDockWidget | None:
    """The dock that a widget is in; None where it is in none."""
    found: QDockWidget | None = _around(widget, QDockWidget)
    return found


def seen(panel: QWidget) -> bool:
    """Whether any of a panel is to be seen: Qt calls a tab behind others visible, too.

    What its children cover all over counts as not seen, so ask it of the panel itself.
    """
    return panel.isVisible() and not panel.visibleRegion().isEmpty()


def window_of(widget: QWidget) -> QMainWindow | None:
    """The main window that a widget is docked in, or floats above; None where it is in none."""
    found: QMainWindow | None = _around(widget, QMainWindow)
    return found


def keys_to_canvas(widget: QWidget) -> None:
    """What is typed from here on goes to the canvas of the window that a widget is docked in."""
    window = window_of(widget)
    canvas = None if window is None else window.centralWidget()
    if canvas is not None:
        canvas.setFocus()


def _around(widget: QWidget, kind: type[Any]) -> Any:
    each: Any = widget
    while each is not None and not isinstance(each, kind):
        each = each.parent()
    return each
