"""Where a tool was clicked so far, on the canvas until its last click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari.layers import Labels, Points

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from lamella.run.editing.clicks import Click

_SIZE_SCREEN_PX = 12


class ClickMarks:
    """A cross for every click; in all frames, as the next click may be in another one.

    Parameters
    ----------
    viewer : ViewerModel
    cells : Labels
        The layer that is clicked on; it stays the one that is selected.
    """

    def __init__(self, viewer: ViewerModel, cells: Labels) -> None:
        self._viewer, self._cells = viewer, cells
        self._layer: Points | None = None

    def show(self, clicks: Sequence[Click]) -> None:
        """Mark these; none takes the marks away."""
        self._take_away()
        if not clicks:
            return
        selected = self._viewer.layers.selection.active
        zoom = self._viewer.camera.zoom * float(self._cells.scale[-1])
        self._layer = Points(
            [(click.y, click.x) for click in clicks],
            name="clicked",
            symbol="cross",
            size=_SIZE_SCREEN_PX / zoom,
            face_color="yellow",
            border_color="black",
            scale=self._cells.scale[-2:],
            translate=self._cells.translate[-2:],
            units=self._cells.units[-2:],
        )
        self._layer.editable = False
        self._viewer.add_layer(self._layer)
        self._viewer.layers.selection.active = selected

    def _take_away(self) -> None:
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            selected = self._viewer.layers.selection.active
            self._viewer.layers.remove(layer)
            if selected is not layer:
                self._viewer.layers.selection.active = selected
