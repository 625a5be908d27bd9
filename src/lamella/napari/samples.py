"""Sample data: phantoms, whose truth is known, as layers."""

from __future__ import annotations

from lamella.core.tracked import Tracked
from lamella.napari.drawings import labels_of, tracks_of
from lamella.napari.lazy import LazyStack
from lamella.napari.pictures import LayerData, image_layers
from lamella.phantom import CellPhantom, ColonyPhantom, Phantom
from lamella.run.browse.roles import LAMELLIPODIUM


def polarised_cell() -> list[LayerData]:
    """One cell that crawls, with its true shape, track, and body and lamellipodium (1 and 2)."""
    phantom = CellPhantom(field_px=(256, 256), n_frames=40, seed=4).make()
    compartments = labels_of(LazyStack(phantom.compartments.frames), phantom.movie.scale)
    data, keywords, kind = compartments
    named = {**keywords, "name": f"true {LAMELLIPODIUM}", "visible": False}
    return [*_layers(phantom, "polarised cell"), (data, named, kind)]


def dividing_colony() -> list[LayerData]:
    """Six cells that touch and divide three times, with their true shapes and lineage."""
    settings = ColonyPhantom(
        field_px=(320, 320), n_frames=40, n_cells=6, n_divisions=3, interval_min=3.0, seed=2
    )
    return _layers(settings.make(), "dividing colony")


def _layers(phantom: Phantom, name: str) -> list[LayerData]:
    """The movie and its truth; frames are drawn when they are shown."""
    scale, tracks = phantom.movie.scale, phantom.true_tracks
    layers = image_layers(phantom.movie, name=name)
    cells = tracks.relabel(phantom.truth.frames)
    data, keywords, kind = labels_of(LazyStack(cells), scale)
    layers.append((data, {**keywords, "name": "true cells"}, kind))
    tracked = Tracked(tracks, phantom.n_frames, scale=scale, source=name)
    found = tracks_of(tracked, scale)
    if found is not None:
        data, keywords, kind = found
        layers.append((data, {**keywords, "name": "true tracks"}, kind))
    return layers
