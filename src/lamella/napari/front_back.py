"""Front and back of the cell looked at: drawn on it, in numbers, and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QPaintEvent, QShowEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import LamellaError
from lamella.core.frames import Frames
from lamella.core.table import Col
from lamella.napari.desk import desk_of
from lamella.napari.lazy import LazyStack
from lamella.napari.looks import laid_on_movie, look_of
from lamella.napari.parts import MessageLine, seen
from lamella.napari.refill import refill
from lamella.napari.time_canvas import TimeCanvas
from lamella.report.tables import numbers
from lamella.report.words import number
from lamella.run.browse.front_back import (
    BACK,
    BACK_LAMELLIPODIUM,
    COURSES,
    FRONT,
    FRONT_LAMELLIPODIUM,
    PAIRS,
    By,
    by_both,
    column_of,
    front_back_frames,
)
from lamella.run.browse.over_time import CellOverTime, cell_over_time
from lamella.run.browse.time_figure import time_figure

if TYPE_CHECKING:
    import napari.viewer

_BY: tuple[By, By] = ("polarity", "movement")
_UNKNOWN = float("nan")
_COLOURS = {
    None: (0, 0, 0, 0),
    0: (0, 0, 0, 0),
    FRONT: (0.84, 0.37, 0.0, 0.75),
    FRONT_LAMELLIPODIUM: (1.0, 0.72, 0.35, 1.0),
    BACK: (0.0, 0.45, 0.70, 0.75),
    BACK_LAMELLIPODIUM: (0.45, 0.78, 1.0, 1.0),
}


class FrontBack(QWidget):
    """The cell cut at right angles to its polarity, and to its movement: front beside back.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer, self._desk = viewer, desk_of(viewer)
        self._undrawn = self._behind = False
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(self._catch_up)
        self.cell: CellOverTime | None = None
        self._chosen: int | None = None
        self._title, self.canvas, self.message = QLabel(), TimeCanvas(), MessageLine()
        self.shown = {by: QCheckBox(f"Draw by {by}") for by in _BY}
        self.table = QTableWidget(len(PAIRS) * len(_BY), 3)
        self._build()
        self._desk.run_changed.connect(self._refresh)
        self._desk.place_changed.connect(self._refresh)
        self._desk.labels_changed.connect(lambda first, last: self._draw_layers())
        viewer.dims.events.current_step.connect(self._follow)
        viewer.events.theme.connect(self._draw)
        self._refresh()

    def _build(self) -> None:
        self.shown["polarity"].setToolTip(
            "Front: ahead of the line through the cell's centre at right angles to its polarity, "
            "from body to lamellipodium"
        )
        self.shown["movement"].setToolTip(
            "Front: ahead of the line through the cell's centre at right angles to its movement"
        )
        boxes = QHBoxLayout()
        for box in self.shown.values():
            box.toggled.connect(lambda _: self._draw_layers())
            boxes.addWidget(box)
        boxes.addStretch()
        self.table.setHorizontalHeaderLabels(["front", "back", "ratio"])
        self.table.setVerticalHeaderLabels(
            [f"{pair.words}, by {by}" for pair in PAIRS for by in _BY]
        )
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setFixedHeight(22 * self.table.rowCount() + 32)
        self.table.setToolTip("The frame that is shown: front, back, and their ratio, front ÷ back")
        key = QLabel("orange: front · blue: back · bright: lamellipodium")
        self.canvas.time_picked.connect(self._go)
        self.canvas.stepped.connect(self._step)
        scrolled = QScrollArea()
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QScrollArea.Shape.NoFrame)
        scrolled.setWidget(self.canvas)
        scrolled.setMinimumWidth(420)
        rows = QVBoxLayout(self)
        rows.addWidget(self._title)
        rows.addLayout(boxes)
        rows.addWidget(key)
        rows.addWidget(self.table)
        rows.addWidget(scrolled, 1)
        rows.addWidget(self.message)

    def _refresh(self) -> None:
        desk = self._desk
        self.cell, self._chosen = None, None
        self.message.say("")
        try:
            if desk.movie is None or desk.object_name is None:
                self._title.setText("Open a run, and choose a cell in the study browser.")
            else:
                rows = desk.movie.rows("frames", object_name=desk.object_name)
                known = desk.cell is None and len(rows)
                self._chosen = int(rows[Col.CELL].iloc[0]) if known else desk.cell
                if self._chosen is not None:
                    self.cell = cell_over_time(desk.movie, desk.object_name, self._chosen)
                    self._title.setText(f"<b>{self.cell.title}</b>")
        except LamellaError as error:
            self.message.warn(error)
        self._draw_layers()
        self._draw()

    def _draw_layers(self) -> None:
        for by, box in self.shown.items():
            name = f"front and back by {by}"
            frames = self._frames(by) if box.isChecked() and self.cell is not None else None
            there = next((each for each in self._viewer.layers if each.name == name), None)
            if frames is None:
                if there is not None:
                    self._viewer.layers.remove(there)
                continue
            laid = laid_on_movie(self._viewer, ndim=3)
            if there is None or not refill(there, (LazyStack(frames), laid, "labels")):
                self._add_layer(name, LazyStack(frames), laid)

    def _frames(self, by: By) -> Frames | None:
        """Front and back of the cell looked at, frame by frame; None where they are not known."""
        desk = self._desk
        if desk.movie is None or desk.object_name is None or self._chosen is None:
            return None
        try:
            return front_back_frames(
                desk.movie, desk.object_name, self._chosen, by=by, tracked=desk.tracked()
            )
        except LamellaError as error:
            self.message.warn(error)
            return None

    def _add_layer(self, name: str, frames: LazyStack, laid: dict[str, Any]) -> None:
        if name in self._viewer.layers:  # one that cannot be filled anew
            self._viewer.layers.remove(name)
        selected = set(self._viewer.layers.selection)
        colours = DirectLabelColormap(color_dict=dict(_COLOURS))
        layer = self._viewer.add_labels(frames, name=name, colormap=colours, opacity=0.6, **laid)
        layer.editable = False  # looked at only: cells are corrected elsewhere
        self._viewer.layers.selection = selected or {layer}

    def showEvent(self, event: QShowEvent) -> None:
        """What was chosen while nobody looked is drawn now."""
        super().showEvent(event)
        self._catch_up()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A tab that comes forward is not shown anew, but painted."""
        super().paintEvent(event)
        if self._undrawn or self._behind:
            self._late.start()

    def _catch_up(self) -> None:
        if self._undrawn:
            self._draw()
        else:
            self._follow()

    def _draw(self) -> None:
        self._undrawn = not seen(self)
        if self._undrawn:  # a hidden panel costs no time when another cell is chosen
            return
        if self.cell is None:
            self.canvas.clear()
        else:
            look = look_of(self._viewer.theme)
            both = by_both(self.cell)
            names = [name for name in COURSES if any(_known(each.frames, name) for each in both)]
            if names:
                figure = time_figure(both, names, look=look, titles=COURSES)
                self.canvas.show_figure(figure, figure.axes[: len(names)])
            else:
                self.canvas.clear()
                self.message.say(
                    "Front and back were not measured: set polarity = true under "
                    "[measure.lamellipodium] and run the study again."
                )
        self._follow()

    def _follow(self) -> None:
        """The cursor and the numbers go to the frame that is shown."""
        self._behind = not seen(self)  # a hidden panel costs no time while frames pass
        if self._behind:
            return
        if self.cell is None:
            self.table.clearContents()
            return
        t = self._desk.frame
        self.canvas.move_cursor(self.cell.time_of(t))
        frames = self.cell.frames
        row = frames[frames[Col.FRAME] == t]
        for i, pair in enumerate(PAIRS):
            for j, by in enumerate(_BY):
                front, back = self._number(row, by, pair.front), self._number(row, by, pair.back)
                for k, value in enumerate((front, back, front / back if back > 0 else _UNKNOWN)):
                    self._write(len(_BY) * i + j, k, number(value))

    @staticmethod
    def _number(row: pd.DataFrame, by: By, bare: str) -> float:
        found = numbers(row, column_of(row, by, bare))
        return float(found[0]) if len(found) else _UNKNOWN

    def _write(self, row: int, column: int, words: str) -> None:
        item = QTableWidgetItem(words)
        item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
        self.table.setItem(row, column, item)

    def _step(self, by: int) -> None:
        self._desk.frame = max(0, self._desk.frame + by)

    def _go(self, time: float) -> None:
        if self.cell is not None:
            self._desk.frame = self.cell.frame_at(time)


def _known(frames: pd.DataFrame, name: str) -> bool:
    return bool(frames[name].notna().any())
