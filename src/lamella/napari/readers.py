"""Readers: what napari opens through Lamella, dropped onto its window or from its menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lamella.core.errors import LamellaError
from lamella.core.tracked import Tracked
from lamella.napari.drawings import labels_of, tracks_of
from lamella.napari.lazy import LazyStack
from lamella.napari.pictures import LayerData, image_layers
from lamella.run.browse.recognised import Shown, kind_of, open_any
from lamella.run.browse.roles import CELLS

Reader = Callable[[Any], list[Any]]
_NOTHING_TO_ADD: list[Any] = [(None,)]
"""What a reader gives that has shown everything itself."""


def get_reader(path: str | Sequence[str]) -> Reader | None:
    """The reader of a file or folder; None for what Lamella does not know.

    Several paths at once are not ours: each movie is a file, or a folder.
    """
    if not isinstance(path, str):
        if len(path) != 1:
            return None
        path = path[0]
    try:
        kind = kind_of(Path(path))
    except (LamellaError, OSError):
        return None
    if kind is None:
        return None
    if kind == "run":
        return _read_run
    try:
        shown = open_any(Path(path))
    except (LamellaError, OSError):
        return None
    return lambda _: layers_of_shown(shown)


def _read_run(path: str | Sequence[str]) -> list[Any]:
    """Open a run: in the viewer that asks for it, else the first movie of it as layers."""
    import napari
    from napari.utils.notifications import show_error

    from lamella.napari.desk import desk_of
    from lamella.run.browse import OpenedRun

    folder = Path(path if isinstance(path, str) else path[0])
    viewer = napari.current_viewer()
    if viewer is not None:
        desk = desk_of(viewer)
        opened = desk.open_run(folder)
        if opened.samples:
            try:
                desk.look_at(opened.samples[0].movie)
            except (LamellaError, OSError) as error:
                show_error(str(error))  # the run is open: others of its movies may be there
        return _NOTHING_TO_ADD
    run = OpenedRun(folder)
    if not run.samples:
        return _NOTHING_TO_ADD
    first = run.movie(run.samples[0].movie)
    layers = image_layers(first.movie, name=first.name)
    for name in first.objects:
        layers += layers_of_tracked(first.current(name))
    return layers


def layers_of_shown(shown: Shown) -> list[LayerData]:
    """Layers of a movie, of labels, or of tracked objects."""
    if shown.tracked is not None:
        return layers_of_tracked(shown.tracked)
    if shown.labels is not None:
        data, keywords, kind = labels_of(LazyStack(shown.labels.frames), shown.scale)
        return [(data, {**keywords, "name": shown.name}, kind)]
    return [] if shown.movie is None else image_layers(shown.movie, name=shown.name)


def layers_of_tracked(tracked: Tracked) -> list[LayerData]:
    """Shapes as labels, where they are known, and places as tracks."""
    layers: list[LayerData] = []
    painted = tracked.painted()
    if painted is not None:
        data, keywords, kind = labels_of(LazyStack(painted), tracked.scale)
        layers.append((data, {**keywords, "name": CELLS}, kind))
    tracks = tracks_of(tracked, tracked.scale)
    return layers if tracks is None else [*layers, tracks]
