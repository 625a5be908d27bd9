"""Thumbnails made in a thread of their own, those that were asked for last first."""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from threading import Condition, Thread

from qtpy.QtCore import QObject, Qt, QTimer, Signal
from qtpy.QtGui import QImage, QPixmap

from lamella.run.browse.thumbnails import Thumbnail, Thumbnails

_LOG = logging.getLogger(__name__)

Key = tuple[str, str, int]
"""Movie, set of objects, cell."""

SHOWN_PX = 42
"""Side of a picture beside a name."""

_MOST_WAITING = 120
"""More are wanted only by somebody who scrolls on: the oldest wishes are dropped."""
_MOST_KEPT = 3000
_LOOK_EVERY_MS = 30


class _Wishes:
    """What is wanted and what is made, between the window and the thread that makes it.

    The thread knows nothing of Qt: an object of a window must not end in another thread.
    """

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self._waiting: OrderedDict[Key, None] = OrderedDict()
        self._change, self._ended = Condition(), False
        self._under_way = 0
        self.made: deque[tuple[Key, Thumbnail | None]] = deque()
        Thread(target=self._work, daemon=True).start()

    @property
    def open(self) -> bool:
        """Whether something is still to come, or to be fetched; never after the end."""
        with self._change:
            return not self._ended and bool(self._waiting or self._under_way or self.made)

    def wish(self, key: Key) -> None:
        with self._change:
            self._waiting[key] = None
            self._waiting.move_to_end(key)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
            self._change.notify()

    def end(self) -> None:
        with self._change:
            self._ended = True
            self._change.notify()

    def _work(self) -> None:
        while True:
            with self._change:
                self._under_way = 0
                while not self._waiting and not self._ended:
                    self._change.wait()
                if self._ended:
                    return
                key, _ = self._waiting.popitem()
                self._under_way = 1
            self.made.append((key, self._drawn(key)))

    def _drawn(self, key: Key) -> Thumbnail | None:
        """A picture; one that fails leaves a blank, and the thread goes on to the others."""
        try:
            return self._thumbnails.of(*key)
        except Exception:
            _LOG.exception("no picture of %s, %s %s", *key)
            return None


class CellPictures(QObject):
    """Pixmaps of cells: those that are at hand at once, others later.

    Parameters
    ----------
    thumbnails : Thumbnails
        Asked in one thread, which ends by `stop`.
    """

    drawn = Signal(object)
    """The picture of this cell is at hand now."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._kept: OrderedDict[Key, QPixmap] = OrderedDict()
        self._blank = QPixmap(SHOWN_PX, SHOWN_PX)
        self._blank.fill(Qt.GlobalColor.transparent)
        self._wishes = _Wishes(thumbnails)
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_EVERY_MS)
        self._clock.timeout.connect(self._fetch)

    def of(self, key: Key) -> QPixmap:
        """The picture of a cell; a blank one until it is made."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        self._wishes.wish(key)
        if not self._clock.isActive():
            self._clock.start()
        return self._blank

    @property
    def blank(self) -> QPixmap:
        """A picture of nothing, of the same size."""
        return self._blank

    def stop(self) -> None:
        """End the thread after the picture that it is making; nothing is drawn any more.

        Nothing of Qt is touched: a window that was closed may be gone already.
        """
        self._wishes.end()

    def _fetch(self) -> None:
        if not self._wishes.open:
            self._clock.stop()
            return
        while self._wishes.made:
            self._keep(*self._wishes.made.popleft())

    def _keep(self, key: Key, picture: Thumbnail | None) -> None:
        if picture is None:
            self._kept[key] = self._blank
        else:
            height, width, _ = picture.shape
            pixels = picture.tobytes()  # the image looks into them
            shown = QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888)
            smooth = Qt.TransformationMode.SmoothTransformation
            self._kept[key] = QPixmap.fromImage(shown.scaledToHeight(SHOWN_PX, smooth))
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        self.drawn.emit(key)
