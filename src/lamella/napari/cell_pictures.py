"""Thumbnails made in a thread of their own, those that were asked for last first."""

from __future__ import annotations

from collections import OrderedDict
from threading import Condition, Thread

from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QImage, QPixmap

from lamella.run.browse.thumbnails import Thumbnail, Thumbnails

Key = tuple[str, str, int]
"""Movie, set of objects, cell."""

SHOWN_PX = 42
"""Side of a picture beside a name."""

_MOST_WAITING = 120
"""More are wanted only by somebody who scrolls on: the oldest wishes are dropped."""
_MOST_KEPT = 3000


class CellPictures(QObject):
    """Pixmaps of cells: those that are at hand at once, others later.

    Parameters
    ----------
    thumbnails : Thumbnails
        Asked in one thread, which ends by `stop`.
    """

    made = Signal(object)
    """The picture of this cell is at hand now."""
    _drawn = Signal(object, object)

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._kept: OrderedDict[Key, QPixmap] = OrderedDict()
        self._waiting: OrderedDict[Key, None] = OrderedDict()
        self._change, self._ended = Condition(), False
        self._blank = QPixmap(SHOWN_PX, SHOWN_PX)
        self._blank.fill(Qt.GlobalColor.transparent)
        self._drawn.connect(self._keep, Qt.ConnectionType.QueuedConnection)
        self._thread = Thread(target=self._work, args=(thumbnails,), daemon=True)
        self._thread.start()

    def of(self, key: Key) -> QPixmap:
        """The picture of a cell; a blank one until it is made."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        with self._change:
            self._waiting[key] = None
            self._waiting.move_to_end(key)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
            self._change.notify()
        return self._blank

    @property
    def blank(self) -> QPixmap:
        """A picture of nothing, of the same size."""
        return self._blank

    def stop(self) -> None:
        """End the thread after the picture that it is making."""
        with self._change:
            self._ended = True
            self._change.notify()

    def _work(self, thumbnails: Thumbnails) -> None:
        while True:
            with self._change:
                while not self._waiting and not self._ended:
                    self._change.wait()
                if self._ended:
                    return
                key, _ = self._waiting.popitem()
            picture = thumbnails.of(*key)
            try:
                self._drawn.emit(key, picture)
            except RuntimeError:  # the window was closed meanwhile
                return

    def _keep(self, key: Key, picture: Thumbnail | None) -> None:
        if picture is None:
            self._kept[key] = self._blank
        else:
            height, width, _ = picture.shape
            shown = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
            smooth = Qt.TransformationMode.SmoothTransformation
            self._kept[key] = QPixmap.fromImage(shown.scaledToHeight(SHOWN_PX, smooth))
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        self.made.emit(key)
