"""Pieces that several widgets are made of: a line of words, and a line that tells of long work."""

from __future__ import annotations

import html
from collections.abc import Callable, Generator
from threading import Event
from typing import Any, NamedTuple

from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import LamellaError, UnexpectedError
from lamella.napari.stoppable import Ended, stoppable


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
        self.setTextFormat(Qt.TextFormat.RichText)  # words without tags are escaped, too
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


def _stopped() -> str:
    return "Stopped."


class JobLine(QWidget):
    """Long work in a thread of its own: its progress, a button that stops it, how it ended.

    One piece of work at a time. Stopping takes effect at its next step, and is told when the work
    has ended: nothing goes on then, and what it held is free. What it wrote by then stays as the
    work itself promises.
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

    def start(
        self, work: Work, *, done: Callable[[Any], None], stopped: Callable[[], str] = _stopped
    ) -> bool:
        """Begin work; False where other work still goes on.

        Parameters
        ----------
        work : generator
            Runs in another thread: it must not touch widgets or layers.
        done : callable
            Is given the result, in the thread of the window.
        stopped : callable
            Gives the words for work that was stopped.
        """
        if self.busy:
            return False

        def ended(how: Ended) -> None:
            if how.stopped:
                self._ended(lambda: self.message.say(stopped()))
            else:
                self._ended(lambda: done(how.result))

        worker = stoppable(work)
        worker.yielded.connect(self._tell)
        worker.returned.connect(ended)
        worker.errored.connect(lambda error: self._ended(lambda: self.message.warn(error)))
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
            self._bar.setRange(0, 0)
            self._bar.setFormat("stopping …")

    def _tell(self, step: Step) -> None:
        if self.gone.is_set() or not self._stop.isEnabled():  # told before it heard that it ends
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


class _Closing:
    """The window of a job was closed: the work ends at its next step, and nothing is told of it."""

    def __init__(self) -> None:
        self.gone = Event()
        self.worker: Any = None

    def close(self) -> None:
        self.gone.set()
        if self.worker is not None:
            self.worker.quit()
