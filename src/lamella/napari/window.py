"""The window that `lamella view` opens: what is to be seen, and our widgets around it."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import napari
from napari.layers import Layer
from napari.utils.notifications import show_error
from npe2 import PluginManifest
from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from lamella.core.errors import LamellaError
from lamella.core.take import WHOLE, Take
from lamella.napari.desk import desk_of
from lamella.napari.docks import window_of
from lamella.napari.pictures import clock_of
from lamella.napari.readers import layers_of_shown
from lamella.run.browse.opened import refuse_no_cell, refuse_no_frame
from lamella.run.browse.recognised import kind_of, open_any

if TYPE_CHECKING:
    from napari import Viewer

PLUGIN = "lamella"
_SIZE = QSize(1500, 940)
"""Of a window with a movie between the layers and a panel."""


def open_window(
    target: Path | None,
    *,
    study: Path | None = None,
    movie: str | None = None,
    cell: int | None = None,
    frame: int | None = None,
    taken_for: Literal["movie", "labels"] | None = None,
    take: Take = WHOLE,
    widgets: bool = True,
    show: bool = True,
) -> Viewer:
    """Open a viewer on a run, a movie, labels or tracks.

    Parameters
    ----------
    target : Path, optional
        An empty viewer with our widgets without it.
    study : Path, optional
        Of a run that does not lie in its study.
    movie, cell, frame
        Of a run: where to go; by default the first movie, and its first frame or that of the
        cell. `frame` also of a movie, from 0.
    taken_for : {"movie", "labels"}, optional
        What an image is, where that is taken wrongly.
    take : Take
        Which position and slices of a movie.
    widgets : bool
        Whether our widgets are docked, where a run is opened.

    Returns
    -------
    napari.Viewer
        Call ``napari.run()`` to hand over to it.

    Raises
    ------
    InputError
        What cannot be opened, or a movie, cell or frame that is not there. There is no window
        then.
    """
    docked: list[QWidget] = []
    kind = None if target is None else kind_of(target)
    if target is not None and kind != "run":
        shown = open_any(target, taken_for=taken_for, take=take)
        viewer = napari.Viewer(title=f"{target.name} – Lamella", show=False)
        for layer in layers_of_shown(shown):
            viewer.add_layer(Layer.create(*layer))
        clock_of(viewer).show(shown.scale)
        try:
            _go_to(viewer, frame, target.name)
        except LamellaError:
            viewer.close()
            raise
    else:
        viewer = napari.Viewer(title="Lamella", show=False)
        try:
            if target is not None:
                _open_run(viewer, target, study=study, movie=movie, cell=cell, frame=frame)
            if widgets:
                docked = dock_widgets(viewer)
        except Exception:
            viewer.close()
            raise
    if show:
        viewer.show()
        if docked and (main := window_of(docked[0])) is not None:
            _fit_screen(main)
            # What is left of it is collected here, and never by chance in a thread of some work.
            main.destroyed.connect(lambda: QTimer.singleShot(0, gc.collect))
    return viewer


def view(target: Path | None, **to: Any) -> None:
    """Open a viewer (see `open_window`) and stay until its window is closed."""
    open_window(target, **to)
    napari.run()


def _open_run(
    viewer: Viewer,
    run: Path,
    *,
    study: Path | None,
    movie: str | None,
    cell: int | None,
    frame: int | None,
) -> None:
    desk = desk_of(viewer)
    opened = desk.open_run(run, study=study)
    viewer.title = f"{opened.title} – Lamella"
    named = movie is not None
    if movie is None and opened.samples:
        movie = opened.samples[0].movie
    if movie is None:
        return
    try:
        desk.look_at(movie, cell=cell, frame=frame)
    except (LamellaError, OSError) as error:
        if named:
            raise
        show_error(str(error))  # the others may be there
        return
    tracked = desk.tracked()
    if cell is not None and tracked is not None:
        refuse_no_cell(tracked.tracks, cell, movie)
    if frame is not None and desk.movie is not None:
        refuse_no_frame(desk.movie.movie.n_frames, frame, movie)


def _go_to(viewer: Viewer, frame: int | None, name: str) -> None:
    n_frames = int(viewer.dims.nsteps[0]) if viewer.dims.ndim > 2 else 1
    if frame is not None:
        refuse_no_frame(n_frames, frame, name)
    if viewer.dims.ndim > 2:
        viewer.dims.set_current_step(0, frame or 0)


def widget_names() -> list[str]:
    """Display names of our widgets, in the order of our manifest."""
    manifest = PluginManifest.from_file(Path(__file__).parent / "napari.yaml")
    return [widget.display_name for widget in manifest.contributions.widgets or ()]


def dock_widgets(viewer: Viewer) -> list[QWidget]:
    """Dock all widgets of our manifest as tabs on the right, in its order, the first in front."""
    docks: list[QDockWidget] = []
    widgets: list[QWidget] = []
    for name in widget_names():
        dock, widget = viewer.window.add_plugin_dock_widget(PLUGIN, name, tabify=bool(docks))
        dock.setWindowTitle(name)
        docks.append(dock)
        widgets.append(widget)
    main = window_of(widgets[0])
    if main is not None:  # along the side there is room for whole names
        main.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.East)
        QTimer.singleShot(0, main, lambda: _room_for_layers(main))  # once it is laid out
    docks[0].raise_()
    return widgets


def _fit_screen(main: QMainWindow) -> None:
    """The window is large enough for panels, and no part of it lies outside of the screen."""
    if main.isMaximized() or main.isFullScreen():
        return
    screen = main.screen().availableGeometry()
    border = main.frameGeometry().size() - main.size()
    main.resize(main.size().expandedTo(_SIZE).boundedTo(screen.size() - border))
    frame = main.frameGeometry()
    frame.moveRight(min(frame.right(), screen.right()))
    frame.moveBottom(min(frame.bottom(), screen.bottom()))
    main.move(max(frame.left(), screen.left()), max(frame.top(), screen.top()))


def _room_for_layers(main: QMainWindow) -> None:
    """A cell has ten layers, and their controls seldom fill the half that they are given."""
    docks = {dock.objectName(): dock for dock in main.findChildren(QDockWidget)}
    found = [docks[name] for name in ("layer controls", "layer list") if name in docks]
    heights = [main.height() * share // 5 for share in (2, 3)]
    main.resizeDocks(found, heights[: len(found)], Qt.Orientation.Vertical)
