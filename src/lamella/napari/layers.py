"""The layers of what is looked at: they follow the desk, and are drawn as it changes."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer
from napari.utils.notifications import show_error

from lamella.core.errors import LamellaError
from lamella.kernels.regions import find_regions
from lamella.napari.contoured import Labels
from lamella.napari.drawings import HIDDEN, OfCell, crowded, labels_of, tracks_of
from lamella.napari.lazy import LazyStack
from lamella.napari.pictures import IMAGE, OURS, LayerData, clock_of, image_layers, window_world
from lamella.napari.refill import refill
from lamella.run.browse import Drawn
from lamella.run.browse.roles import CELLS, TRACK

if TYPE_CHECKING:
    from lamella.napari.desk import Desk
    from lamella.run.browse import OpenedMovie

_MARGIN = 2.5
"""Side of the window over the longest extent of a cell."""
_CONTOURS_PX = {CELLS: 1}


class CellLayers:
    """Layers of the movie and the cell that a desk is at.

    The movie's images stay while other cells of it are looked at, and so does what was switched
    on or off. A layer that somebody removed comes back with the next movie. The layer *cells* is
    left alone while it is being edited.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self._of = weakref.ref(desk)
        self._viewer = desk.viewer
        self._shown: tuple[Any, ...] = ()
        self._drawn: Drawn | None = None
        self._cells: LazyStack | None = None  # of what is drawn, read once for all its layers
        self._visible: dict[str, bool] = dict.fromkeys(HIDDEN, False)
        self._crowded, self._of_the_other = False, False  # tracks, in movies of many and of few
        desk.run_changed.connect(self._begin_anew)
        desk.place_changed.connect(self._go)
        desk.labels_changed.connect(self._follow)

    def of_role(self, role: str) -> Layer | None:
        """The layer of a role, such as ``outline``; None where there is none."""
        for layer in self._viewer.layers:
            if _role(layer) == role:
                return layer
        return None

    def _begin_anew(self) -> None:
        """Tables may have been written anew: they are read again, and what is looked at is drawn
        from them; the camera stays.
        """
        self._drawn = None
        desk = self._of()
        if desk is None or desk.run is None:
            self._clear()
        elif desk.movie is not None and self._shown == (desk.movie.folder, desk.object_name):
            try:
                with _SelectionKept(self._viewer):
                    self._draw_set(desk, desk.movie)
                    self._draw_cell(desk)
            except (LamellaError, OSError) as error:
                show_error(str(error))

    def _go(self) -> None:
        desk = self._of()
        if desk is None or desk.movie is None or desk.run is None:
            return
        try:
            with _SelectionKept(self._viewer):
                self._show(desk, desk.movie)
            desk.trouble = None
        except (LamellaError, OSError) as error:
            self._take_away_others(desk.movie.name)
            desk.trouble = error

    def _show(self, desk: Desk, movie: OpenedMovie) -> None:
        here = (movie.folder, desk.object_name)
        if self._shown[:1] != here[:1]:
            first = not len(self._viewer.layers)
            notes = {"movie": movie.name, "object": desk.object_name}
            self._put_images(image_layers(movie.movie, name=movie.name, notes=notes))
            clock_of(self._viewer).show(movie.movie.scale)
            self._viewer.reset_view()
            if first and desk.coming is None:
                desk.frame = 0  # napari begins in the middle
        if self._shown != here or self._drawn is None:
            self._shown = here
            self._draw_set(desk, movie)
        self._draw_cell(desk)
        if desk.cell is not None:
            self._look_closely(desk)

    def _put_images(self, images: list[LayerData]) -> None:
        there = [each for each in self._viewer.layers if _role(each) == IMAGE]
        if len(there) == len(images):
            for layer, made in zip(there, images, strict=True):
                if not refill(layer, made):
                    break
                layer.metadata = {**layer.metadata, **made[1]["metadata"]}
            else:
                return
        self._clear()
        for made in images:
            self._viewer.add_layer(Layer.create(*made))

    def _draw_set(self, desk: Desk, movie: OpenedMovie) -> None:
        """The cells and tracks of one set of objects."""
        tracked = desk.tracked()
        if desk.object_name is None or tracked is None:
            self._drawn = self._cells = None
            for role in (CELLS, TRACK):
                if (there := self.of_role(role)) is not None:
                    self._remove(there, role)
            return
        drawn = self._take(Drawn(movie, desk.object_name, tracked))
        self._put_cells(desk)
        self._put_tracks(drawn)

    def _take(self, drawn: Drawn) -> Drawn:
        self._drawn = drawn
        self._cells = None if drawn.cells is None else LazyStack(drawn.cells)
        return drawn

    def _put_tracks(self, drawn: Drawn) -> None:
        """All tails; each kind of movie, of few tracks or of many, keeps its own switch."""
        if crowded(drawn.tracked) != self._crowded:
            there = self.of_role(TRACK)
            switched = self._visible.get(TRACK, True) if there is None else bool(there.visible)
            self._visible[TRACK], self._of_the_other = self._of_the_other, switched
            self._crowded = not self._crowded
            if there is not None:
                there.visible = self._visible[TRACK]
        self._put(drawn, TRACK, tracks_of(drawn.tracked, drawn.movie.movie.scale))

    def _put_cells(self, desk: Desk) -> None:
        drawn = self._drawn
        if drawn is None or self._cells is None:
            if (there := self.of_role(CELLS)) is not None:
                self._remove(there, CELLS)
            return
        there = self.of_role(CELLS)
        if there is not None and there.metadata[OURS].get("object") != desk.object_name:
            self._viewer.layers.remove(there)
            there = None
        if desk.editing is not None and there is not None:
            return  # who edits looks after it
        self._put(drawn, CELLS, labels_of(self._cells, drawn.movie.movie.scale))

    def _draw_cell(self, desk: Desk) -> None:
        """Everything of the cell that is looked at; nothing where none is."""
        drawn, wanted = self._drawn, dict[str, LayerData]()
        if drawn is not None and desk.cell is not None:
            wanted = OfCell(drawn, self._cells, desk.cell).all()
        for layer in list(self._viewer.layers):
            role = _role(layer)
            if role not in (None, IMAGE, CELLS, TRACK) and role not in wanted:
                self._remove(layer, role)
        if drawn is not None:
            for role, data in wanted.items():
                self._put(drawn, role, data)

    def _follow(self) -> None:
        """Cells were corrected: what is drawn from them follows."""
        desk = self._of()
        if desk is None or desk.movie is None or self._drawn is None:
            return
        tracked = desk.tracked()
        if tracked is None:
            return
        drawn = self._take(self._drawn.corrected(tracked))
        with _SelectionKept(self._viewer):
            self._put_cells(desk)
            self._put_tracks(drawn)
            self._draw_cell(desk)

    def _put(self, drawn: Drawn, role: str, made: LayerData | None) -> None:
        """The layer of a role as it shall be now, at its place among the others."""
        there = self.of_role(role)
        if made is None:
            if there is not None:
                self._remove(there, role)
            return
        data, keywords, kind = made
        ours = {"movie": drawn.movie.name, "object": drawn.object_name, "role": role}
        told = keywords.get("metadata", {}).get(OURS, {})
        if there is not None and refill(there, made):
            there.metadata = {**there.metadata, OURS: {**told, **ours}}
            return
        place = len(self._viewer.layers)
        if there is not None:
            place = self._viewer.layers.index(there)
            self._remove(there, role)
        keywords = {"name": role, **keywords, "metadata": {OURS: {**told, **ours}}}
        keywords["visible"] = self._visible.get(role, True)
        if kind == "labels":
            layer: Layer = Labels(data, **keywords)
            layer.contour = _CONTOURS_PX.get(role, 0)
        else:
            layer = Layer.create(data, keywords, kind)
        self._viewer.layers.insert(place, layer)

    def _remove(self, layer: Layer, role: str) -> None:
        if role != IMAGE:
            self._visible[role] = bool(layer.visible)
        self._viewer.layers.remove(layer)

    def _take_away_others(self, movie: str) -> None:
        """What could not be read must not be mistaken for what was shown before."""
        for layer in list(self._viewer.layers):
            if (role := _role(layer)) and layer.metadata[OURS].get("movie") != movie:
                self._remove(layer, role)
        self._shown, self._drawn, self._cells = (), None, None

    def _clear(self) -> None:
        """Take away the layers of the movie before, and nothing that others have put there."""
        for layer in list(self._viewer.layers):
            if role := _role(layer):
                self._remove(layer, role)
        self._shown, self._drawn, self._cells = (), None, None

    def _look_closely(self, desk: Desk) -> None:
        """Zoom in on the cell, in the frame that is about to be shown."""
        if self._drawn is None or desk.cell is None:
            return
        centres = self._drawn.centres(desk.cell)
        if not len(centres):
            return
        wanted = desk.frame if desk.coming is None else desk.coming
        nearest = centres[np.argmin(np.abs(centres[:, 0] - wanted))]
        t = int(nearest[0])
        if desk.coming is None and t != wanted:
            desk.frame = t  # the cell is not in the frame that was shown
        extent = self._extent(desk.cell, t)
        scale = self._drawn.movie.movie.scale
        low, high = nearest[1:] - extent / 2, nearest[1:] + extent / 2
        centre, side = window_world(low, high, scale)
        self._viewer.reset_view()  # tells how much zoom shows the whole field
        whole = np.ptp(self._viewer.layers.extent.world, axis=0)[-2:].max()
        self._viewer.camera.zoom *= max(whole / max(side, 1e-9), 1.0)
        self._viewer.camera.center = (0.0, float(centre[0]), float(centre[1]))

    def _extent(self, cell: int, t: int) -> float:
        """Side of a window around the cell, px."""
        if self._cells is not None:
            found = find_regions(self._cells.frame(t))
            for top, left, bottom, right in found.box[found.label == cell].tolist():
                return float(max(bottom - top, right - left)) * _MARGIN
        return 100.0


def _role(layer: Layer) -> str | None:
    role: str | None = layer.metadata.get(OURS, {}).get("role")
    return role


class _SelectionKept:
    """Adding layers would select them; what was selected stays so, else the movie is."""

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer

    def __enter__(self) -> None:
        self._before = self._viewer.layers.selection.active

    def __exit__(self, *error: object) -> None:
        layers = self._viewer.layers
        if self._before in layers:
            layers.selection.active = self._before
        elif len(layers):
            layers.selection.active = layers[0]
