"""Trials of settings on the frame that is shown: in a thread, and the last one wins."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock, Thread
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal

from lamella.core.frames import Image
from lamella.run.browse.opened import OpenedMovie
from lamella.run.settings import Settings
from lamella.run.trial_frame import FrameTrial, FrameTrials, Superseded

PAUSE_MS = 250
"""How long a setting must rest before it is tried."""
_LOOK_EVERY_MS = 30

_Trial = Callable[[Callable[[], bool]], Any]
"""Is given what tells whether it was given up."""


class _Newest:
    """Does what was asked for last, in a thread that ends when nothing is left to do.

    The thread knows nothing of Qt: it may outlive the window, and then tells nobody.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked = 0
        self._wanted: _Trial | None = None
        self._found: list[Any] = []
        self._at_work = False

    @property
    def busy(self) -> bool:
        """Whether something is being done, or is to be fetched."""
        with self._lock:
            return self._at_work or bool(self._found)

    def ask(self, trial: _Trial) -> None:
        with self._lock:
            self._asked += 1
            self._wanted = trial
            self._found.clear()
            if not self._at_work:
                self._at_work = True
                Thread(target=self._work, name="trial").start()

    def give_up(self) -> None:
        with self._lock:
            self._asked += 1
            self._wanted = None
            self._found.clear()

    def fetch(self) -> list[Any]:
        """What came out, once; empty where it is not there yet."""
        with self._lock:
            found, self._found = self._found, []
        return found

    def _superseded(self, mine: int) -> bool:
        return mine != self._asked

    def _work(self) -> None:
        while True:
            with self._lock:
                trial, mine = self._wanted, self._asked
                self._wanted = None
                if trial is None:
                    self._at_work = False
                    return
            try:
                result: Any = trial(partial(self._superseded, mine))
            except Superseded:
                continue
            except Exception as error:
                result = error
            with self._lock:
                if mine == self._asked:
                    self._found = [result]


class FrameTrialist(QObject):
    """Tries what it was asked for last; what it was asked before is given up."""

    tried = Signal(object)
    """A `FrameTrial` is there."""
    failed = Signal(object)
    """The error of the last trial."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._trials: FrameTrials | None = None
        self._wanted: tuple[Settings, int, int | None, Image | None] | None = None
        newest = self._newest = _Newest()
        self.destroyed.connect(lambda: newest.give_up())  # not self: it is gone by then
        self._pause, self._look = QTimer(self), QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._begin)
        self._look.setInterval(_LOOK_EVERY_MS)
        self._look.timeout.connect(self._fetch)

    @property
    def busy(self) -> bool:
        """Whether a trial is waited for."""
        return self._pause.isActive() or self._newest.busy

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
        self._newest.give_up()
        self._wanted = settings, t, cell, present
        self._pause.start()

    def cells_changed(self) -> None:
        """Cells of the movie were corrected."""
        if self._trials is not None:
            self._trials.cells_changed()

    def give_up(self) -> None:
        """Wait for nothing any more."""
        self._newest.give_up()
        self._wanted = None
        self._pause.stop()

    def _begin(self) -> None:
        if self._trials is None or self._wanted is None:
            return
        trials, (settings, t, cell, present) = self._trials, self._wanted

        def trial(stopped: Callable[[], bool]) -> FrameTrial:
            return trials.try_on(settings, t, cell=cell, present=present, stopped=stopped)

        self._newest.ask(trial)
        self._look.start()

    def _fetch(self) -> None:
        if not self._newest.busy:
            self._look.stop()
        for result in self._newest.fetch():
            (self.failed if isinstance(result, Exception) else self.tried).emit(result)
