"""What is drawn of a cell, as layers of napari, each of a kind that fits; computed when shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import Colormap, DirectLabelColormap
from numpy.typing import NDArray

from lamella.core.movie import Scale
from lamella.core.tracked import Tracked
from lamella.io.napari_tracks import napari_tracks
from lamella.napari.lazy import LazyStack
from lamella.napari.pictures import OURS, LayerData, space, timed
from lamella.run.browse import roles
from lamella.run.browse.outline import outline_frames

if TYPE_CHECKING:
    from lamella.run.browse import Arrows, Drawn

TAIL_FRAMES = 30
MANY_TRACKS = 100
"""Of a movie with more, only the tail of the chosen cell is shown at first."""
_ONE_TRACK = Colormap([[*(np.array(roles.COLOURS[roles.TRACK]) / 255), 1.0]] * 2, name="one track")
_LENGTHENED = 2.0
"""Arrows are drawn longer than they are; *length* of the layer changes it."""

_RINGS_BYTES = 16 * 2**20
"""Outlines are quickly drawn again from the cells, which are kept."""

HIDDEN = (roles.LAMELLIPODIUM, roles.EDGE)
"""Not shown until somebody wants them: they cover the picture."""


def labels_of(cells: LazyStack, scale: Scale) -> LayerData:
    """Cells by number as a labels layer, of which the outlines are shown."""
    notes = {OURS: timed(scale)}
    keywords = {"name": roles.CELLS, "opacity": 0.6, "metadata": notes, **space(scale)}
    return cells, keywords, "labels"


def crowded(tracked: Tracked) -> bool:
    """Whether the tails of all tracks would hide the cells."""
    return len(tracked.tracks.first_last) > MANY_TRACKS


def tracks_of(tracked: Tracked, scale: Scale, *, own: bool = False) -> LayerData | None:
    """Tails of all tracks, with the lineage; None where nothing was tracked.

    Parameters
    ----------
    own : bool
        They are those of one cell, and of those that it came from: all in the colour that a track
        has in films. So is one that is alone; of several each has another.
    """
    found = napari_tracks(tracked)
    if not len(found.data):
        return None
    known = set(found.data[:, 0].astype(int).tolist())
    graph = {
        cell: [parent for parent in parents if parent in known]
        for cell, parents in found.graph.items()
        if cell in known
    }
    keywords = {
        "name": roles.TRACK,
        "graph": {cell: parents for cell, parents in graph.items() if parents},
        "features": found.properties,
        "tail_length": TAIL_FRAMES,
        "tail_width": 2,
        "colormap": "hsv",
        "colormaps_dict": {"track_id": _ONE_TRACK} if len(known) == 1 or own else {},
        "metadata": {OURS: timed(scale)},
        **space(scale),
    }
    return found.data, keywords, "tracks"


class OfCell:
    """Makes the layers of one cell; those that the movie has not are absent.

    Parameters
    ----------
    drawn : Drawn
    cells : LazyStack or None
        The cells by number, shared with the layer of that name; None where only places are known.
    cell : int
    """

    def __init__(self, drawn: Drawn, cells: LazyStack | None, cell: int) -> None:
        self._drawn, self._cells, self._cell = drawn, cells, cell
        self._space = space(drawn.movie.movie.scale)

    def all(self) -> dict[str, LayerData]:
        """Layers by role, from below to above; of several channels, the role names the channel."""
        makers: dict[str, Callable[[], LayerData | None]] = {
            roles.LAMELLIPODIUM: self._lamellipodium,
            roles.OUTLINE: self.outline,
            roles.EDGE: self._edge,
            roles.MOVEMENT: lambda: self._arrows(self._drawn.movement(self._cell), roles.MOVEMENT),
        }
        found = {role: make() for role, make in makers.items()}
        for channel, arrows in self._drawn.polarity(self._cell).items():
            role = f"{roles.POLARITY} {channel}".strip()
            found[role] = self._arrows(arrows, roles.POLARITY)
        found[roles.TIPS], found[roles.CENTRE] = self._tips(), self.centre()
        found[roles.OWN_TRACK] = self._track()
        return {role: layer for role, layer in found.items() if layer is not None}

    def outline(self) -> LayerData | None:
        """The outline of the cell, from the labels: any frame on demand."""
        if self._cells is None:
            return None
        rings = outline_frames(self._cells.kept_frames, self._cell)
        colours = {None: np.zeros(4), 1: _rgba(roles.OUTLINE)}
        kept = LazyStack(rings, kept_bytes=_RINGS_BYTES)
        return self._labels(kept, colours, opacity=1.0)

    def _lamellipodium(self) -> LayerData | None:
        frames = self._drawn.lamellipodium
        if frames is None:
            return None
        colours = {
            None: np.zeros(4),
            roles.IS_BODY: np.array([*roles.BODY, 255]) / 255,
            roles.IS_LAMELLIPODIUM: _rgba(roles.LAMELLIPODIUM),
        }
        return self._labels(LazyStack(frames), colours, opacity=0.35)

    def _labels(self, data: LazyStack, colours: dict[Any, Any], *, opacity: float) -> LayerData:
        keywords = {
            "colormap": DirectLabelColormap(color_dict=colours),
            "opacity": opacity,
            "metadata": {OURS: timed(self._drawn.movie.movie.scale)},
            **self._space,
        }
        return data, keywords, "labels"

    def _track(self) -> LayerData | None:
        """The tail of the cell and of those that it came from; None where all are shown."""
        tracked = self._drawn.tracked
        if not crowded(tracked):
            return None
        own = replace(tracked, tracks=tracked.tracks.with_ancestors(self._cell))
        made = tracks_of(own, self._drawn.movie.movie.scale, own=True)
        if made is None:
            return None
        data, keywords, kind = made
        return data, {**keywords, "name": roles.OWN_TRACK, "tail_width": 4}, kind

    def centre(self) -> LayerData | None:
        """A point in the middle of the cell, in every frame in which it was found."""
        return self._points(self._drawn.centres(self._cell), roles.CENTRE, size=3, symbol="cross")

    def _tips(self) -> LayerData | None:
        return self._points(self._drawn.tips(self._cell), roles.TIPS, size=4, symbol="disc")

    def _points(self, places: Any, role: str, *, size: float, symbol: str) -> LayerData | None:
        if places is None or not len(places):
            return None
        keywords = {
            "face_color": _rgba(role),
            "border_color": "black",
            "border_width": 0.1,
            "size": size,
            "symbol": symbol,
            **self._space,
        }
        return places, keywords, "points"

    def _arrows(self, arrows: Arrows | None, role: str) -> LayerData | None:
        if arrows is None or not len(arrows.start):
            return None
        steps = np.column_stack([np.zeros(len(arrows.step)), arrows.step])
        keywords = {
            "edge_color": _rgba(role),
            "edge_width": 1.5,
            "length": _LENGTHENED,
            "vector_style": "arrow",
            "opacity": 1.0,
            **self._space,
        }
        return np.stack([arrows.start, steps], axis=1), keywords, "vectors"

    def _edge(self) -> LayerData | None:
        edge = self._drawn.edge(self._cell)
        if edge is None:
            return None
        ends = [
            np.array([*colour, 255]) / 255
            for colour in (roles.INWARDS, roles.STILL, roles.OUTWARDS)
        ]
        keywords = {
            "name": f"{roles.EDGE} (±{edge.most:.2g} {edge.unit})",
            "features": {"velocity": edge.values},
            "face_color": "velocity",
            "face_colormap": Colormap(ends, name="inwards to outwards"),
            "face_contrast_limits": (-edge.most, edge.most),
            "border_width": 0,
            "size": 2.5,
            **self._space,
        }
        return edge.places, keywords, "points"


def _rgba(role: str) -> NDArray[np.float64]:
    return np.array([*roles.COLOURS[role], 255]) / 255
