"""Lines drawn across cells: how wide a cell is, for the methods that want to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.layers import Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from lamella.kernels.diameter import Diameter
from lamella.napari.looks import laid_on_movie
from lamella.run.diameter import lines_in_words, of_lines

if TYPE_CHECKING:
    import napari.viewer

LAYER = "diameter"
_NONE = "draw a line across a cell or more."


class DiameterLines(QWidget):
    """A button that makes a layer to draw lines in, and the median of their lengths.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    wanted = Signal(float)
    """Take this diameter (px)."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._layer: Shapes | None = None
        self._pixel_size_um: float | None = None
        self.draw, self.use = QPushButton("Draw lines"), QPushButton("Use as diameter")
        self.draw.setToolTip("Draw a line across each of a few typical cells, from edge to edge")
        self.use.setToolTip("Take the median length for the methods that go by a diameter")
        self.told = QLabel(f"Diameter: {_NONE}")
        self.told.setWordWrap(True)
        self.draw.clicked.connect(self.begin)
        self.use.clicked.connect(self._want)
        self.use.setEnabled(False)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.told, 1)
        line.addWidget(self.draw)
        line.addWidget(self.use)

    @property
    def diameter(self) -> Diameter:
        """Median length of the lines that are there, px."""
        if self._layer is None or self._layer not in self._viewer.layers:
            return of_lines([])
        return of_lines(self._layer.data)

    def look_at(self, pixel_size_um: float | None) -> None:
        """Draw in a movie with pixels of this size; lines in pixels of another size are removed.

        Parameters
        ----------
        pixel_size_um : float or None
            None where nobody knows.
        """
        if pixel_size_um == self._pixel_size_um:
            return
        self._pixel_size_um = pixel_size_um
        if self._layer is not None and self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)
        self._layer = None
        self._tell()

    def begin(self) -> None:
        """Make the layer, or go to it, ready to draw lines."""
        if self._layer is None or self._layer not in self._viewer.layers:
            ndim = max(2, self._viewer.dims.ndim)
            self._layer = self._viewer.add_shapes(
                name=LAYER,
                ndim=ndim,
                edge_color="#e69f00",
                edge_width=2,
                **laid_on_movie(self._viewer, ndim=ndim),
            )
            self._layer.events.data.connect(self._tell)
        self._viewer.layers.selection = {self._layer}
        self._layer.mode = "add_line"

    def _want(self) -> None:
        found = self.diameter
        if found.n:
            self.wanted.emit(found.px)
        else:  # the layer was deleted
            self._tell()

    def _tell(self) -> None:
        found = self.diameter
        words = lines_in_words(found, self._pixel_size_um) if found.n else _NONE
        self.told.setText(f"Diameter: {words}")
        self.use.setEnabled(found.n > 0)
