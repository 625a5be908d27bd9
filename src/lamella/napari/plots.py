"""Plots beside the movie: measures of the cell looked at over time, linked to the frame slider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lamella.core.errors import InputError, LamellaError
from lamella.core.table import Col
from lamella.napari.desk import desk_of
from lamella.napari.linked_plots import LinkedPlots, PlottedCell, nothing_plotted, plotted_cell
from lamella.napari.parts import MessageLine
from lamella.run.browse import OpenedRun
from lamella.run.browse.over_time import (
    CellOverTime,
    cell_over_time,
    measures_of,
    usual_measures,
    write_rows,
)
from lamella.run.browse.time_figure import save_figure

if TYPE_CHECKING:
    import napari.viewer

_NOBODY = "no other cell"
_MOST_OTHERS = 500
"""A longer list to choose from would help nobody, and takes long to fill."""


class TimePlots(QWidget):
    """Speed, area, ratio, cosine and edge of a cell over time, or any other of its measures.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.desk = desk_of(viewer)
        self._table: pd.DataFrame | None = None  # cells of the run, read when asked for
        self.cells: list[CellOverTime] = []
        self.measures: list[str] = []
        self._chosen: list[str] | None = None  # None: the usual ones
        self._pairs: list[tuple[str, int | None]] = []  # cells to compare with
        self._plots, self.message = LinkedPlots(viewer, least_px=380), MessageLine()
        self.canvas = self._plots.canvas
        self._build()
        self.desk.run_changed.connect(self._another_run)
        self.desk.place_changed.connect(self._refresh)
        self.desk.labels_changed.connect(self._outdated)
        self._refresh()

    def choose(self, measures: list[str] | None) -> None:
        """Plot these measures, in this order; the usual five for None."""
        self._chosen = measures
        self._refresh()

    def compare_with(self, movie: str | None, cell: int | None = None) -> None:
        """Plot another cell beside the one that is looked at; none for None.

        Raises
        ------
        InputError
            The run has no such cell, or none is looked at.
        """
        wanted = None if movie is None else (movie, cell)
        if wanted is not None and wanted not in self._pairs:
            raise InputError(
                str(movie), f"there is no cell {cell} to compare with", "choose one of the run"
            )
        self._offer(wanted)
        self._refresh()

    def save(self, path: Path) -> None:
        """Write the figure as PNG, SVG or PDF, on white.

        Raises
        ------
        SettingsError, OutputError
        """
        save_figure(path, self.cells, self.measures)

    def save_rows(self, path: Path) -> None:
        """Write the rows behind the plots as CSV.

        Raises
        ------
        OutputError
        """
        write_rows(path, self.cells, self.measures)

    def _build(self) -> None:
        self._title = QLabel()
        self._choose = QPushButton("Measures…")
        self._choose.setCheckable(True)
        self._choose.setToolTip("Choose what is plotted, out of everything that was measured")
        self._usual = QPushButton("Usual five")
        self._usual.setToolTip(
            "Speed, area, lamellipodium ÷ cytoplasm, cosine of polarity and movement, edge"
        )
        self._other = QComboBox()
        self._other.setToolTip("A second cell in the same plots, in another colour")
        self._copy, self._save = QPushButton("Copy"), QPushButton("Save figure…")
        self._save_rows = QPushButton("Save rows…")
        self._copy.setToolTip("Copy the plots as a picture")
        self._save.setToolTip("Write the plots as PNG, SVG or PDF")
        self._save_rows.setToolTip("Write the numbers behind the plots as CSV")
        self._find, self._list = QLineEdit(), QListWidget()
        self._find.setPlaceholderText("Search: area, angle, edge …")
        self._list.setMaximumHeight(180)
        self._list.setToolTip("Tick what is to be plotted; hold the mouse over one for its meaning")
        self._choose.toggled.connect(self._unfold)
        self._unfold(False)
        self._usual.clicked.connect(lambda: self.choose(None))
        self._find.textChanged.connect(self._filter)
        self._list.itemChanged.connect(self._ticked)
        self._other.currentIndexChanged.connect(lambda _: self._refresh())
        self._copy.clicked.connect(
            lambda: QApplication.clipboard().setPixmap(self.canvas.picture())
        )
        self._save.clicked.connect(self._ask_figure)
        self._save_rows.clicked.connect(self._ask_rows)
        first, second = QHBoxLayout(), QHBoxLayout()
        for widget in (self._choose, self._usual):
            first.addWidget(widget)
        first.addWidget(QLabel("Compare with"))
        first.addWidget(self._other, 1)
        for widget in (self._copy, self._save, self._save_rows):
            second.addWidget(widget)
        second.addStretch()
        rows = QVBoxLayout(self)
        rows.addWidget(self._title)
        rows.addLayout(first)
        rows.addWidget(self._find)
        rows.addWidget(self._list)
        rows.addWidget(self._plots, 1)
        rows.addLayout(second)
        rows.addWidget(self.message)

    def _another_run(self) -> None:
        self._table = None
        self._refresh()

    def _refresh(self) -> None:
        """Read the cell looked at anew, and draw it."""
        self.cells, self.measures = [], []
        self.message.say("")
        try:
            self._read()
        except LamellaError as error:
            self.message.warn(error)
        usable = bool(self.cells and self.measures)
        for button in (self._copy, self._save, self._save_rows, self._choose, self._usual):
            button.setEnabled(usable)
        self._plots.show_cells(self.cells, self.measures)

    def _read(self) -> None:
        at = plotted_cell(self.desk)
        if at is None:
            self._title.setText(nothing_plotted(self.desk))
            return
        run = at.movie.run
        first = cell_over_time(*at)
        self._title.setText(f"<b>{first.title}</b>")
        self._offer_cells(run, at)
        self.cells = [first]
        other = self._other.currentData()
        if other is not None:
            self.cells.append(cell_over_time(run.movie(other[0]), at.object_name, int(other[1])))
        known = {each.name for each in measures_of(first)}
        usual = usual_measures(first)
        self.measures = [name for name in self._chosen or usual if name in known] or usual
        self._offer_measures(first)

    def _offer_cells(self, run: OpenedRun, at: PlottedCell) -> None:
        """Cells of the run that the plots may show beside it, those of the same movie first."""
        if self._table is None:
            self._table = run.table("cells")
        table = self._table
        others: list[tuple[str, int | None]] = []
        if len(table):
            of_set = table[table[Col.OBJECT] == at.object_name]
            pairs = zip(of_set[Col.MOVIE], of_set[Col.CELL], strict=True)
            others = [(str(m), int(c)) for m, c in pairs if (m, c) != (at.movie.name, at.cell)]
            others.sort(key=lambda pair: pair[0] != at.movie.name)
        self._pairs = others
        self._offer(self._other.currentData())

    def _offer(self, chosen: tuple[str, int | None] | None) -> None:
        """The first of many cells to choose from, and the one that is chosen."""
        some = self._pairs[:_MOST_OTHERS]
        if chosen in self._pairs and chosen not in some:
            some.append(chosen)
        self._other.blockSignals(True)
        self._other.clear()
        self._other.addItem(_NOBODY, None)
        for pair in some:
            self._other.addItem(f"{pair[0]}, cell {pair[1]}", pair)
        self._other.setCurrentIndex(self._place_of(chosen))
        self._other.blockSignals(False)

    def _place_of(self, other: tuple[str, int | None] | None) -> int:
        places = range(self._other.count())
        return next((i for i in places if self._other.itemData(i) == other), 0)

    def _offer_measures(self, cell: CellOverTime) -> None:
        self._list.blockSignals(True)
        self._list.clear()
        for measure in measures_of(cell):
            item = QListWidgetItem(measure.title)
            item.setData(Qt.ItemDataRole.UserRole, measure.name)
            item.setToolTip(f"{measure.name}: {measure.meaning}")
            on = measure.name in self.measures
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self._list.addItem(item)
        self._list.blockSignals(False)
        self._filter(self._find.text())

    def _filter(self, words: str) -> None:
        for i in range(self._list.count()):
            item = self._list.item(i)
            name = f"{item.text()} {item.data(Qt.ItemDataRole.UserRole)}".casefold()
            item.setHidden(not all(word in name for word in words.casefold().split()))

    def _ticked(self, item: QListWidgetItem) -> None:
        name = str(item.data(Qt.ItemDataRole.UserRole))
        kept = [each for each in self.measures if each != name]
        on = item.checkState() == Qt.CheckState.Checked
        self.choose([*kept, name] if on else kept or None)

    def _unfold(self, shown: bool) -> None:
        self._find.setVisible(shown)
        self._list.setVisible(shown)

    def _outdated(self, first: int, last: int) -> None:
        self.message.say(
            f"Cells were corrected in frames {first} to {last}: the plots show what was measured "
            "before. Measure the movie again to see what the correction changed."
        )

    def _ask_figure(self) -> None:
        kinds = "Pictures (*.png);;Vector graphics (*.svg);;PDF (*.pdf)"
        self._ask("Save the plots", f"{self._stem()}.png", kinds, self.save)

    def _ask_rows(self) -> None:
        self._ask("Save the rows", f"{self._stem()}.csv", "Tables (*.csv)", self.save_rows)

    def _ask(self, title: str, name: str, kinds: str, write: Callable[[Path], None]) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, title, name, kinds)
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(Path(name).suffix)
            if path.exists():  # the dialog has asked about another name
                self.message.warn(f"{path} is there already: choose it by its whole name.")
                return
        try:
            write(path)
        except LamellaError as error:
            self.message.warn(error)
        else:
            self.message.say(f"Written: {path}")

    def _stem(self) -> str:
        return "_".join(cell.title.replace(", ", "_").replace(" ", "") for cell in self.cells)
