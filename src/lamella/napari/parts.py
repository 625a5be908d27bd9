"""Pieces that several widgets are made of: a line of words, and a line that tells of long work."""

from __future__ import annotations

import html
from collections.abc import Callable, Generator
from threading import Event
from typing import Any, NamedTuple

from napari.qt.threading import GeneratorWorker
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import LamellaError, UnexpectedError


class Step(NamedTuple):
    """How far long work has come."""

    done: int
    total: int
    """0 where nobody knows."""
    words: str
    """What is being done, such as ``epoch 3 of 8``."""


Work = Generator[Step, None, Any]
"""Work that tells how far it is between its steps, and returns its result."""


class MessageLine(QLabel):
    """Words under a widget: what was done, or what went wrong and how it is mended."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

    def say(self, words: str) -> None:
        """Show words; none hides the line."""
        self._show(words, "")

    def warn(self, error: Exception | str) -> None:
        """Show an error, or a warning: those of ours as they are, others with a call to report."""
        if isinstance(error, Exception) and not isinstance(error, LamellaError):
            error = UnexpectedError.of("lamella", error)
        self._show(str(error), "⚠ ")

    def _show(self, words: str, mark: str) -> None:
        lines = html.escape(words).replace("\n", "<br>")
        self.setText(f"<b>{mark}</b>{lines}" if mark else lines)
        self.setVisible(bool(words))


class JobLine(QWidget):
    """Long work in a thread of its own: its progress, a button that stops it, how it ended.

    One piece of work at a time. Stopping takes effect at its next step; what it wrote by then stays
    as the work itself promises.
    """

    stepped = Signal()
    """Work has come further."""
    ended = Signal()
    """Work has ended, in whichever way; after its result was given away."""

    def __init__(self) -> None:
        super().__init__()
        self._worker: Any = None
        closing = self._closing = _Closing()
        self.gone = closing.gone
        """Set when the widget is no more, while work may still go on."""
        self.destroyed.connect(lambda: closing.close())  # not self: it is gone by then
        self._bar, self._stop, self.message = QProgressBar(), QPushButton("Stop"), MessageLine()
        self._stop.clicked.connect(self.stop)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._bar, 1)
        line.addWidget(self._stop)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(line)
        rows.addWidget(self.message)
        self._working(False)

    @property
    def busy(self) -> bool:
        """Whether work goes on."""
        return self._worker is not None

    def start(self, work: Work, *, done: Callable[[Any], None]) -> bool:
        """Begin work; False where other work still goes on.

        Parameters
        ----------
        work : generator
            Runs in another thread: it must not touch widgets or layers.
        done : callable
            Is given the result, in the thread of the window.
        """
        if self.busy:
            return False

        def run() -> Work:
            return (yield from work)

        worker: Any = GeneratorWorker(run)
        worker.yielded.connect(self._tell)
        worker.returned.connect(lambda result: self._ended(lambda: done(result)))
        worker.errored.connect(lambda error: self._ended(lambda: self.message.warn(error)))
        # In the thread of the work, at once: it may hold a process, or a lock, and where the
        # program is about to end nothing comes through to the window's thread any more.
        worker.aborted.connect(work.close, Qt.ConnectionType.DirectConnection)
        worker.aborted.connect(self._stopped)
        self._worker = self._closing.worker = worker
        self.message.say("")
        self._working(True)
        worker.start()
        return True

    def stop(self) -> None:
        """Ask the work to end at its next step."""
        if self._worker is not None:
            self._stop.setEnabled(False)
            self._worker.quit()

    def _stopped(self) -> None:
        self._ended(lambda: self.message.say("Stopped."))

    def _tell(self, step: Step) -> None:
        if self.gone.is_set():
            return
        self._bar.setRange(0, step.total)
        self._bar.setValue(step.done)
        self._bar.setFormat(f"{step.words} (%p %)" if step.total else step.words)
        self.stepped.emit()

    def _ended(self, then: Callable[[], None]) -> None:
        self._worker = self._closing.worker = None
        if self.gone.is_set():  # nothing is left to show it in
            return
        self._working(False)
        then()
        self.ended.emit()

    def _working(self, yes: bool) -> None:
        self._bar.setRange(0, 0)
        self._bar.setFormat("")
        self._bar.setVisible(yes)
        self._stop.setVisible(yes)
        self._stop.setEnabled(yes)


def come_forward(widget: QWidget) -> None:
    """Show a docked widget in front of the tabs that it shares a place with."""
    if (dock := _around(widget, QDockWidget)) is not None:
        dock.show()
        dock.raise_()


def seen(widget: QWidget) -> bool:
    """Whether any of a widget is to be seen: Qt calls a tab behind others visible, too."""
    return widget.isVisible() and not widget.visibleRegion().isEmpty()


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


class _Closing:
    """The window of a job was closed: the work ends at its next step, and nothing is told of it."""

    def __init__(self) -> None:
        self.gone = Event()
        self.worker: Any = None

    def close(self) -> None:
        self.gone.set()
        if self.worker is not None:
            self.worker.quit()
