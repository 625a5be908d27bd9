"""Plots over time that go with the frame slider, and the cell that they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtCore import QTimer, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QScrollArea

from lamella.core.table import Col
from lamella.napari.desk import Desk, desk_of
from lamella.napari.docks import seen
from lamella.napari.looks import look_of
from lamella.napari.time_canvas import TimeCanvas
from lamella.run.browse import OpenedMovie
from lamella.run.browse.over_time import CellOverTime
from lamella.run.browse.time_figure import time_figure

if TYPE_CHECKING:
    import napari.viewer


class PlottedCell(NamedTuple):
    """A cell whose course is plotted."""

    movie: OpenedMovie
    object_name: str
    cell: int


def plotted_cell(desk: Desk) -> PlottedCell | None:
    """The cell looked at, else the first that was measured in its movie; None where there is none.

    Raises
    ------
    LamellaError
        The tables of the movie cannot be read.
    """
    movie, name, cell = desk.movie, desk.object_name, desk.cell
    if movie is None or name is None:
        return None
    if cell is None:
        rows = movie.rows("frames", object_name=name)
        if rows.empty:
            return None
        cell = int(rows[Col.CELL].iloc[0])
    return PlottedCell(movie, name, cell)


def nothing_plotted(desk: Desk) -> str:
    """What to say where `plotted_cell` is None."""
    if desk.movie is None or desk.object_name is None:
        return "Open a run, and choose a cell in the study browser."
    return f"{desk.movie.name}: nothing was measured."


class LinkedPlots(QScrollArea):
    """Panels over time with a cursor at the frame that is shown; a click on them goes to a frame.

    While nobody sees them they cost no time: what was chosen meanwhile is drawn once they are seen.

    Parameters
    ----------
    viewer : napari.Viewer
    least_px : int
        Width below which the panels could not be read.
    """

    followed = Signal()
    """Another frame or cell is shown, and somebody sees it: what stands beside may follow."""

    def __init__(self, viewer: napari.viewer.Viewer, *, least_px: int) -> None:
        super().__init__()
        self._viewer, self.desk = viewer, desk_of(viewer)
        self._cells: Sequence[CellOverTime] = ()
        self._measures: Sequence[str] = ()
        self._titles: Mapping[str, str] | None = None
        self._undrawn = self._behind = False
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(self._catch_up)
        self.canvas = TimeCanvas()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidget(self.canvas)
        self.setMinimumWidth(least_px)
        self.canvas.time_picked.connect(self._go)
        self.canvas.stepped.connect(self._step)
        self.canvas.painted.connect(self._on_painted)
        viewer.dims.events.current_step.connect(self._follow)
        viewer.events.theme.connect(self._draw)

    def show_cells(
        self,
        cells: Sequence[CellOverTime],
        measures: Sequence[str],
        *,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        """Plot measures of cells, see `time_figure`; nothing where one of the two is empty.

        The cursor goes by the time of the first cell.
        """
        self._cells, self._measures, self._titles = cells, measures, titles
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._catch_up()

    def _on_painted(self) -> None:
        if self._undrawn or self._behind:
            self._late.start()

    def _catch_up(self) -> None:
        if self._undrawn:
            self._draw()
        else:
            self._follow()

    def _draw(self) -> None:
        self._undrawn = not seen(self.parentWidget() or self)
        if self._undrawn:
            return
        if self._cells and self._measures:
            look = look_of(self._viewer.theme)
            figure = time_figure(self._cells, self._measures, look=look, titles=self._titles)
            self.canvas.show_figure(figure, figure.axes[: len(self._measures)])
        else:
            self.canvas.clear()
        self._follow()

    def _follow(self) -> None:
        self._behind = not seen(self.parentWidget() or self)
        if self._behind:
            return
        if self._cells:
            self.canvas.move_cursor(self._cells[0].time_of(self.desk.frame))
        self.followed.emit()

    def _go(self, time: float) -> None:
        self.desk.frame = self._cells[0].frame_at(time)

    def _step(self, by: int) -> None:
        self.desk.frame = max(0, self.desk.frame + by)
