"""napari's own brush, eraser, bucket and polygon, as they are taken for the cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Labels, Layer
from psygnal import Signal

from lamella.napari.canvas_edits import DRAWING, shows_cells

if TYPE_CHECKING:
    from napari.components import ViewerModel


class DrawingTools:
    """Hears when one of these tools is taken for the layer of the cells, whichever layer that is.

    Parameters
    ----------
    viewer : ViewerModel
    """

    taken = Signal(Labels, str)
    """The layer, and the mode that it is in now."""

    def __init__(self, viewer: ViewerModel) -> None:
        viewer.layers.events.inserted.connect(self._inserted)
        for layer in viewer.layers:
            self._watch(layer)

    def _inserted(self, event: Any) -> None:
        self._watch(event.value)

    def _watch(self, layer: Layer) -> None:
        if shows_cells(layer):
            layer.events.mode.connect(self._mode_changed)

    def _mode_changed(self, event: Any) -> None:
        mode = str(event.source.mode)
        if mode in DRAWING:
            self.taken.emit(event.source, mode)
