"""Edits on the canvas: the layer of the cells made writable, clicks and keys of the tools."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels, Layer
from qtpy.QtCore import QTimer

from lamella.napari.click_marks import ClickMarks
from lamella.napari.editable import EditableStack
from lamella.napari.lazy import LazyStack
from lamella.napari.pictures import OURS, space
from lamella.run.browse.roles import CELLS
from lamella.run.editing.clicks import Click

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from lamella.run.editing import EditSession, Paint

DRAWING = ("paint", "erase", "fill", "polygon")
_CLICK_PX = 4
"""A mouse that moved further while its button was down was not a click."""


def shows_cells(layer: Layer) -> bool:
    """Whether a layer is that of the cells of the movie that is looked at."""
    return isinstance(layer, Labels) and layer.metadata.get(OURS, {}).get("role") == CELLS


def cells_layer(viewer: ViewerModel, session: EditSession) -> Labels:
    """The layer of the cells of a movie; made where there is none."""
    for layer in viewer.layers:
        told = layer.metadata.get(OURS, {})
        if shows_cells(layer) and told.get("object", session.name) == session.name:
            return layer
    told = {"movie": session.movie.name, "object": session.name, "role": CELLS}
    layer = Labels(
        EditableStack(session),
        name=CELLS,
        metadata={OURS: told},
        multiscale=False,
        **space(session.movie.movie.scale),
    )
    viewer.add_layer(layer)
    return layer


class CanvasEdits:
    """The cells of a session on the canvas.

    napari's brush, eraser and bucket draw into them; what they drew is given away when the mouse
    button is let go of. Keys work whatever layer is selected.

    Parameters
    ----------
    viewer : ViewerModel
    session : EditSession
    drawn : callable
        Is given what napari's tools drew.
    clicked : callable
        Is given clicks on the canvas while `listening`.
    keys : mapping to callable
        Key, as napari names them, to what it does.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        session: EditSession,
        *,
        drawn: Callable[[list[Paint]], object],
        clicked: Callable[[Click], object],
        keys: Mapping[str | int, Callable[[], object]],
    ) -> None:
        self._viewer, self._session = viewer, session
        self._drawn, self._clicked = drawn, clicked
        self.layer = cells_layer(viewer, session)
        self.stack = EditableStack(session)
        self.layer.data = self.stack
        self.layer.editable = True
        self.layer.events.paint.connect(self._painted)
        self.listening = False
        self.marks = ClickMarks(viewer, self.layer)
        self._keys = list(keys)
        # A layer's own keys go before those of the window: Labels have an undo, for one.
        labels = [layer for layer in viewer.layers if isinstance(layer, Labels)]
        self._bound: list[Layer | ViewerModel] = [*labels, viewer]
        for each in self._bound:
            for key, does in keys.items():
                each.bind_key(key, _without_layer(does), overwrite=True)
        self._on_press = _presses(self)
        viewer.mouse_drag_callbacks.append(self._on_press)
        viewer.layers.selection.active = self.layer

    def refresh(self) -> None:
        """Show the cells as they are now."""
        self.stack.forget()
        self.layer.refresh()

    def listen(self, yes: bool) -> None:
        """Whether clicks are told; drawing tools are put down then."""
        self.listening = yes
        if yes and str(self.layer.mode) != "pan_zoom":
            self.layer.mode = "pan_zoom"

    def close(self) -> None:
        """Let go of the layer: it shows the cells as they are saved, and cannot be drawn into."""
        if self._on_press in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._on_press)
        self.layer.events.paint.disconnect(self._painted)
        for each in self._bound:
            for key in self._keys:
                each.bind_key(key, None, overwrite=True)
        self.marks.show(())
        if self.layer in self._viewer.layers:
            self.layer.mode = "pan_zoom"
            self.layer.data = LazyStack(self._session.cells.saved)

    def press(self, event: Any) -> Generator[None, None, None]:
        """A mouse button goes down: a click, unless the mouse is moved before it goes up."""
        start = np.asarray(event.pos, float)
        yield
        moved = 0.0
        while event.type == "mouse_move":
            moved = max(moved, float(np.abs(np.asarray(event.pos, float) - start).max()))
            yield
        if self.listening and moved <= _CLICK_PX:
            self._clicked(self._at(event.position))

    def _at(self, position: Any) -> Click:
        t, y, x = (float(c) for c in self.layer.world_to_data(position)[-3:])
        t = round(t)
        height, width = self._session.cells.frame_shape
        if not (-0.5 <= y < height - 0.5 and -0.5 <= x < width - 0.5):
            return Click(t, y, x, 0)
        return Click(t, y, x, int(self._session.cells.frame(t)[round(y), round(x)]))

    def _painted(self) -> None:
        # The polygon tool, and scripts, are told of before they write: those are taken up next.
        QTimer.singleShot(0, self._take_up)
        self._take_up()

    def _take_up(self) -> None:
        strokes = self.stack.strokes()
        if strokes:
            self._drawn(strokes)


def _presses(edits: CanvasEdits) -> Callable[[Any, Any], Generator[None, None, None]]:
    """A callback that does not keep the edits alive."""
    held = weakref.ref(edits)

    def press(viewer: Any, event: Any) -> Generator[None, None, None]:
        there = held()
        if there is not None and there.listening and event.button == 1:
            yield from there.press(event)

    return press


def _without_layer(does: Callable[[], object]) -> Callable[[Any], None]:
    def pressed(layer: Any) -> None:
        does()

    return pressed
