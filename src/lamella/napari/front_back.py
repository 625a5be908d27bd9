"""Front and back of the cell looked at: drawn on it, in numbers, and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
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
from lamella.napari.linked_plots import LinkedPlots, PlottedCell, nothing_plotted, plotted_cell
from lamella.napari.looks import show_seen_labels
from lamella.napari.parts import MessageLine
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
        self._viewer, self.desk = viewer, desk_of(viewer)
        self.cell: CellOverTime | None = None
        self._at: PlottedCell | None = None
        self._title, self.message = QLabel(), MessageLine()
        self._plots = LinkedPlots(viewer, least_px=420)
        self.shown = {by: QCheckBox(f"Draw by {by}") for by in _BY}
        self.table = QTableWidget(len(PAIRS) * len(_BY), 3)
        self._build()
        self.desk.run_changed.connect(self._refresh)
        self.desk.place_changed.connect(self._refresh)
        self.desk.labels_changed.connect(self._draw_layers)
        self._plots.followed.connect(self._follow)
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
        rows = QVBoxLayout(self)
        rows.addWidget(self._title)
        rows.addLayout(boxes)
        rows.addWidget(key)
        rows.addWidget(self.table)
        rows.addWidget(self._plots, 1)
        rows.addWidget(self.message)

    def _refresh(self) -> None:
        self.cell, self._at = None, None
        self.message.say("")
        try:
            self._read()
        except LamellaError as error:
            self.message.warn(error)
        self._draw_layers()
        self._plot()

    def _read(self) -> None:
        at = self._at = plotted_cell(self.desk)
        if at is not None:
            self.cell = cell_over_time(*at)
            self._title.setText(f"<b>{self.cell.title}</b>")
        else:
            self._title.setText(nothing_plotted(self.desk))

    def _plot(self) -> None:
        if self.cell is None:
            self._plots.show_cells((), ())
            return
        both = by_both(self.cell)
        names = [name for name in COURSES if any(_known(each.frames, name) for each in both)]
        self._plots.show_cells(both, names, titles=COURSES)
        if not names:
            self.message.say(
                "Front and back were not measured: set polarity = true under "
                "[measure.lamellipodium] and run the study again."
            )

    def _draw_layers(self) -> None:
        for by, box in self.shown.items():
            name = f"front and back by {by}"
            frames = self._frames(by) if box.isChecked() else None
            if frames is not None:
                colours = DirectLabelColormap(color_dict=dict(_COLOURS))
                show_seen_labels(self._viewer, LazyStack(frames), name, colours, opacity=0.6)
            elif name in self._viewer.layers:
                self._viewer.layers.remove(name)

    def _frames(self, by: By) -> Frames | None:
        """Front and back of the cell looked at, as images; None where they are not known."""
        if self._at is None or self.cell is None:
            return None
        try:
            return front_back_frames(*self._at, by=by, tracked=self.desk.tracked())
        except LamellaError as error:
            self.message.warn(error)
            return None

    def _follow(self) -> None:
        """The numbers are those of the frame that is shown."""
        if self.cell is None:
            self.table.clearContents()
            return
        t = self.desk.frame
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


def _known(frames: pd.DataFrame, name: str) -> bool:
    return bool(frames[name].notna().any())
