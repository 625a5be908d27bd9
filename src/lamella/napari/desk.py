"""What the windows of one viewer share: the run that is open, and where in it one looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from psygnal import Signal

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel

    from lamella.core.tracked import Tracked
    from lamella.run.browse import OpenedMovie, OpenedRun


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

    def __init__(self, viewer: ViewerModel) -> None:
        self.viewer = viewer
        self.run: OpenedRun | None = None
        self.movie: OpenedMovie | None = None
        self.object_name: str | None = None
        self.cell: int | None = None
        self.editing: Editing | None = None

    def open_run(self, folder: Path, *, study: Path | None = None) -> None:
        """Open the folder of a run; what was open is put aside.

        Raises
        ------
        InputError
        """
        from lamella.run.browse import OpenedRun

        opened = OpenedRun(folder, study=study)
        self.run, self.movie, self.object_name, self.cell = opened, None, None, None
        self.editing = None  # who edits has it all in a journal
        self.run_changed.emit()
        self.place_changed.emit()

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
            From 0; stays by default.

        Raises
        ------
        InputError
            No run is open, or it has no such movie.
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
        self.cell = cell
        self.place_changed.emit()
        if frame is not None:
            self.frame = frame

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


def desk_of(viewer: ViewerModel) -> Desk:
    """The desk of a viewer: one and the same for all of its widgets."""
    if viewer not in _DESKS:
        _DESKS[viewer] = Desk(viewer)
    return _DESKS[viewer]
