"""What the windows of one viewer share: the run that is open, and where in it one looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from psygnal import Signal

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel

    from lamella.core.tracked import Tracked
    from lamella.napari.layers import CellLayers
    from lamella.run.browse import OpenedMovie, OpenedRun


_SEEN_AXES = 2


class Editing(Protocol):
    """Cells of the movie looked at, as a person is correcting them."""

    def tracked(self) -> Tracked:
        """Labels and tracks with all edits, those not yet saved included."""


class Desk:
    """One viewer, the run that is open in it, and the movie, set of objects and cell looked at.

    Widgets never talk to each other: they change the desk, and listen to it.

    Parameters
    ----------
    viewer : ViewerModel
    """

    run_changed = Signal()
    """Another run, or none, is open; also when its tables were written anew."""
    place_changed = Signal()
    """Another movie, set of objects or cell is looked at."""
    labels_changed = Signal(int, int)
    """Cells were corrected by hand, in these frames (first, last)."""
    corrections_saved = Signal()
    """Saving of corrections has ended, whether or not they were measured, too."""
    correction_wanted = Signal()
    """The cell looked at is to be corrected now: whoever can do that comes forward."""

    def __init__(self, viewer: ViewerModel) -> None:
        self.viewer = viewer
        self.run: OpenedRun | None = None
        self.movie: OpenedMovie | None = None
        self.object_name: str | None = None
        self.cell: int | None = None
        self.editing: Editing | None = None
        self.coming: int | None = None
        """Frame that is gone to with the place, while the change is told; None where it stays."""
        self.trouble: Exception | None = None
        """Why what is looked at is not shown; None where it is."""

    def open_run(self, folder: Path, *, study: Path | None = None) -> OpenedRun:
        """Open the folder of a run, and give it; what was open is put aside.

        Raises
        ------
        InputError
        """
        from lamella.run.browse import OpenedRun

        opened = OpenedRun(folder, study=study)
        self.run, self.movie, self.object_name, self.cell = opened, None, None, None
        self.editing, self.trouble = None, None  # who edits has it all in a journal
        self.run_changed.emit()
        self.place_changed.emit()
        return opened

    def look_at(
        self,
        movie: str,
        *,
        object_name: str | None = None,
        cell: int | None = None,
        frame: int | None = None,
    ) -> None:
        """Go to a movie, and there to a cell and a frame.

        Parameters
        ----------
        object_name : str, optional
            A set of objects; the first one by default.
        cell : int, optional
        frame : int, optional
            From 0, the last one where there are fewer; stays by default, and the first movie of a
            viewer begins at its first frame, or that of the cell.

        Raises
        ------
        InputError
            No run is open, or it has no such movie: one is where one was. Or the movie cannot be
            read: one is there, nothing of it is shown, and nothing of what was shown before.
        OSError
            The same, where the system says so.
        """
        from lamella.core.errors import InputError

        if self.run is None:
            raise InputError("napari", "no run is open", "open one first: lamella view RUN")
        if object_name not in (None, self.object_name):
            self.editing = None  # of other cells; who edits has it all in a journal
        if self.movie is None or self.movie.name != movie:
            self.movie, self.object_name, self.editing = self.run.movie(movie), None, None
        known = self.movie.objects
        self.object_name = object_name or self.object_name or (known[0] if known else None)
        self.cell, self.coming = cell, frame
        self.place_changed.emit()
        self.coming = None
        if self.trouble is not None:
            raise self.trouble
        if frame is not None:
            self.frame = frame

    def centre_on(self, y_px: float, x_px: float) -> None:
        """Move the camera so that a place of the movie lies in its middle; the zoom stays.

        Parameters
        ----------
        y_px, x_px : float
            In the raw frames. NaN moves nothing.
        """
        layers = [each for each in self.viewer.layers if each.ndim >= _SEEN_AXES]
        if not layers or y_px != y_px or x_px != x_px:
            return
        ours = [each for each in layers if "lamella" in each.metadata]
        layer = (ours or layers)[0]
        rest = [0.0] * (layer.ndim - _SEEN_AXES)
        y, x = layer.data_to_world((*rest, y_px, x_px))[-_SEEN_AXES:]
        self.viewer.camera.center = (self.viewer.camera.center[0], float(y), float(x))

    def tracked(self) -> Tracked | None:
        """The cells of the movie looked at: as they are being corrected, else as they count now.

        None where nothing is looked at, or nothing was tracked.
        """
        if self.editing is not None:
            return self.editing.tracked()
        if self.movie is None or self.object_name is None:
            return None
        return self.movie.current(self.object_name)

    @property
    def frame(self) -> int:
        """The frame that is shown, from 0: the place of the slider."""
        step = self.viewer.dims.current_step
        return int(step[0]) if len(step) > 2 else 0

    @frame.setter
    def frame(self, t: int) -> None:
        if self.viewer.dims.ndim > 2:
            self.viewer.dims.set_current_step(0, t)


_DESKS: WeakKeyDictionary[ViewerModel, Desk] = WeakKeyDictionary()
_LAYERS: WeakKeyDictionary[ViewerModel, CellLayers] = WeakKeyDictionary()


def desk_of(viewer: ViewerModel) -> Desk:
    """The desk of a viewer: one and the same for all of its widgets.

    What is looked at is drawn by `lamella.napari.layers.CellLayers`, whoever goes there.
    """
    viewer = getattr(viewer, "__wrapped__", viewer)  # napari hands plugins a proxy
    if viewer not in _DESKS:
        from lamella.napari.layers import CellLayers

        desk = _DESKS[viewer] = Desk(viewer)
        _LAYERS[viewer] = CellLayers(desk)
    return _DESKS[viewer]


def layers_of(viewer: ViewerModel) -> CellLayers:
    """The layers of what the desk of a viewer is at."""
    return _LAYERS[desk_of(viewer).viewer]
