"""A figure over time in a window: a cursor that follows at once, and clicks that tell a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QPaintEvent, QPixmap
from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

_PANEL_PX = 105
"""Least height of a panel; below it, ticks would run into each other."""
_CURSOR = "#f0148c"
"""Seen on light and dark ground, and on the colours of a kymograph."""


class TimeCanvas(QWidget):
    """Shows one figure. The cursor is laid over a copy of its pixels: it is drawn once."""

    time_picked = Signal(float)
    """A point was clicked, or dragged to: its place on the axis of time."""

    painted = Signal()
    """It is to be seen: a tab that comes forward is not shown anew, but painted."""

    stepped = Signal(int)
    """An arrow key was pressed: so many frames on (1) or back (−1)."""

    def __init__(self) -> None:
        super().__init__()
        self._canvas: Any = None
        self._panels: Sequence[Axes] = ()
        self._cursors: list[Any] = []
        self._pixels: Any = None
        self._time = float("nan")
        self.n_drawn = 0
        """How often the whole figure was drawn."""
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def canvas(self) -> Any:
        """Where the figure is drawn; None where there is none."""
        return self._canvas

    @property
    def panels(self) -> Sequence[Axes]:
        """The panels of the figure."""
        return self._panels

    @property
    def time(self) -> float:
        """Where the cursor is; NaN where it is nowhere."""
        return self._time

    def clear(self) -> None:
        """Show nothing."""
        if self._canvas is not None:
            self._rows.removeWidget(self._canvas)
            self._canvas.setParent(None)
            self._canvas.deleteLater()
        self._canvas, self._panels, self._cursors, self._pixels = None, (), [], None
        self.setMinimumHeight(0)

    def show_figure(self, figure: Figure, panels: Sequence[Axes]) -> None:
        """Show a figure.

        Parameters
        ----------
        panels : sequence of Axes
            Those of its axes that have time along x, and get a cursor.
        """
        self.clear()
        make: Any = FigureCanvasQTAgg  # matplotlib does not type it
        canvas: Any = make(figure)
        canvas.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._canvas, self._panels = canvas, panels
        self._cursors = [
            axes.axvline(self._time, color=_CURSOR, lw=1.4, animated=True, zorder=9)
            for axes in panels
        ]
        self.setMinimumHeight(_PANEL_PX * len(panels) + 60)
        canvas.mpl_connect("draw_event", self._drawn)
        canvas.mpl_connect("button_press_event", self._pressed)
        canvas.mpl_connect("motion_notify_event", self._pressed)
        canvas.mpl_connect("key_press_event", self._key)
        canvas.installEventFilter(self)
        self._rows.addWidget(canvas)

    def move_cursor(self, time: float) -> None:
        """Lay the cursor over the figure; nothing of the figure is drawn again."""
        self._time = time
        canvas = self._canvas
        if canvas is None or self._pixels is None:
            return
        canvas.restore_region(self._pixels)
        for axes, cursor in zip(self._panels, self._cursors, strict=True):
            cursor.set_xdata([time, time])
            axes.draw_artist(cursor)
        canvas.update()  # not blit: painting at once would compose the whole window once more

    def picture(self) -> QPixmap:
        """The figure as it is seen, for the clipboard."""
        return (self._canvas or self).grab()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The figure covers all of this widget, and is painted in its place."""
        if event.type() == QEvent.Type.Paint:
            self.painted.emit()
        return False

    def _drawn(self, event: Any) -> None:
        if self._canvas is None or event.canvas is not self._canvas:
            return
        self.n_drawn += 1
        self._pixels = self._canvas.copy_from_bbox(self._canvas.figure.bbox)
        for axes, cursor in zip(self._panels, self._cursors, strict=True):
            cursor.set_xdata([self._time, self._time])
            axes.draw_artist(cursor)

    def _key(self, event: Any) -> None:
        step = {"left": -1, "right": 1}.get(event.key)
        if step is not None:
            self.stepped.emit(step)

    def _pressed(self, event: Any) -> None:
        left = event.button == 1  # 1 while the left button is held, in movements too
        if left and event.inaxes in self._panels and event.xdata is not None:
            self.time_picked.emit(float(event.xdata))
