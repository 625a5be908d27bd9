"""Trials of settings on the frame that is shown: in a thread, and the last one wins."""

from __future__ import annotations

from threading import Lock
from typing import Any

from napari.qt.threading import FunctionWorker
from qtpy.QtCore import QObject, QTimer, Signal

from lamella.core.frames import Image
from lamella.run.browse.opened import OpenedMovie
from lamella.run.settings import Settings
from lamella.run.trial_frame import FrameTrials, Superseded

PAUSE_MS = 250
"""How long a setting must rest before it is tried."""


class FrameTrialist(QObject):
    """Tries what it was asked for last; what it was asked before is given up."""

    tried = Signal(object)
    """A `FrameTrial` is there."""
    failed = Signal(object)
    """The error of the last trial."""

    def __init__(self) -> None:
        super().__init__()
        self._trials: FrameTrials | None = None
        self._wanted: tuple[Settings, int, int | None, Image | None] | None = None
        self._asked = 0
        self._one_at_a_time = Lock()
        self._workers: set[Any] = set()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._begin)

    @property
    def busy(self) -> bool:
        """Whether a trial is waited for."""
        return self._pause.isActive() or bool(self._workers)

    def look_at(self, opened: OpenedMovie | None, object_name: str | None) -> None:
        """Try on another movie from now on."""
        self.give_up()
        self._trials = None
        if opened is not None and object_name is not None:
            self._trials = FrameTrials(opened, object_name)

    def ask(
        self, settings: Settings, t: int, cell: int | None, *, present: Image | None = None
    ) -> None:
        """Try these settings on frame `t`, unless something else is asked for meanwhile.

        Parameters
        ----------
        present : (Y, X) array, optional
            See `FrameTrials.try_on`.
        """
        self._asked += 1
        self._wanted = settings, t, cell, present
        self._pause.start()

    def cells_changed(self) -> None:
        """Cells of the movie were corrected."""
        if self._trials is not None:
            self._trials.cells_changed()

    def give_up(self) -> None:
        """Wait for nothing any more."""
        self._asked += 1
        self._wanted = None
        self._pause.stop()

    def _begin(self) -> None:
        if self._trials is None or self._wanted is None:
            return
        trials, (settings, t, cell, present), mine = self._trials, self._wanted, self._asked

        def stopped() -> bool:
            return mine != self._asked

        def work() -> Any:
            with self._one_at_a_time:
                if stopped():
                    return None
                try:
                    return trials.try_on(settings, t, cell=cell, present=present, stopped=stopped)
                except Superseded:
                    return None
                except Exception as error:
                    return error

        worker: Any = FunctionWorker(work)
        self._workers.add(worker)
        worker.returned.connect(lambda result: self._ended(result, mine))
        worker.finished.connect(lambda: self._workers.discard(worker))
        worker.start()

    def _ended(self, result: Any, mine: int) -> None:
        if mine != self._asked or result is None:
            return
        (self.failed if isinstance(result, Exception) else self.tried).emit(result)
