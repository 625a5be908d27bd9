"""A small picture of how a network learns: its loss after every epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

_COLOURS = ("#e69f00", "#56b4e9")  # told apart by colour-blind eyes, on light and dark alike
_NAMES = ("learnt from", "held out")
_MARGIN = 8.0
_WORDS = 18.0


class LossCurve(QWidget):
    """Losses by epoch, of what is learnt from and of what is held out; nothing before the first."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: Sequence[tuple[int, float, float]] = ()
        self.setMinimumHeight(90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "Loss after every epoch: the lower the better. Where the held-out curve rises while "
            "the other falls, the network learns its frames by heart; the best epoch is kept."
        )
        self.hide()

    def sizeHint(self) -> QSize:
        """As Qt asks for it."""
        return QSize(260, 100)

    def show_losses(self, losses: Sequence[tuple[int, float, float]]) -> None:
        """Draw these: epoch, loss on what is learnt from, on what is held out; NaN = not known."""
        self.losses = tuple(losses)
        self.setVisible(bool(self.losses))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """As Qt asks for it."""
        known = [x for _, *pair in self.losses for x in pair if not math.isnan(x)]
        if not known:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words = self.palette().windowText().color()
        area = QRectF(self.rect()).adjusted(_MARGIN, _WORDS, -_MARGIN, -_WORDS)
        low, high = min(known), max(known)
        last = max(epoch for epoch, *_ in self.losses)
        painter.setPen(QPen(QColor(words.red(), words.green(), words.blue(), 90), 1))
        painter.drawRect(area)
        for side, colour in enumerate(_COLOURS):
            points = [
                QPointF(
                    area.left() + area.width() * epoch / max(last, 1),
                    area.bottom() - area.height() * (pair[side] - low) / ((high - low) or 1.0),
                )
                for epoch, *pair in self.losses
                if not math.isnan(pair[side])
            ]
            painter.setPen(QPen(QColor(colour), 2))
            painter.drawPolyline(QPolygonF(points))
            for point in points:
                painter.drawEllipse(point, 1.5, 1.5)
        self._write(painter, area, words, low, high, last)

    def _write(
        self, painter: QPainter, area: QRectF, words: QColor, low: float, high: float, last: int
    ) -> None:
        top = QRectF(area.left(), 0, area.width(), _WORDS)
        below = QRectF(area.left(), area.bottom(), area.width(), _WORDS)
        right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(words)
        painter.drawText(top, left | middle, f"loss, {low:.3g} to {high:.3g}")
        painter.drawText(below, right | middle, f"epoch {last}")
        for name, colour, place in zip(_NAMES, _COLOURS, (left, right), strict=True):
            painter.setPen(QColor(colour))
            painter.drawText(below if place == left else top, place | middle, name)
