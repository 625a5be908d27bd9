"""One frame as the measures see it, and what a group of measures makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.level import Level
from lamella.core.long_table import LongTable
from lamella.core.movie import Movie, Scale
from lamella.core.registration import Registration
from lamella.core.step import Reach
from lamella.core.table import Col
from lamella.kernels.distance import distance_inside
from lamella.kernels.regions import Regions, inside_of
from lamella.kernels.steps import long_enough
from lamella.measure.kept import Kept

KEYS = (Col.OBJECT, Col.CELL, Col.FRAME, Col.TIME_MIN, Col.INTERPOLATED)
"""Columns that the tables of all groups share."""

Columns = Mapping[str, NDArray[Any]]
"""Values by column, one for every object of ``FrameView.regions``."""


class Seen(NamedTuple):
    """What a group saw in one frame."""

    objects: Columns
    """A value for every object of ``FrameView.regions``, which may be none."""
    finer: Mapping[str, Columns] = {}
    """Rows of finer tables by the name of the table, always the same ones. Each set of columns
    holds `Col.CELL`, the label that a row belongs to."""
    kept: Columns = MappingProxyType({})
    """What the group needs afterwards, always the same arrays; objects are their first axis."""


class Measured(NamedTuple):
    """What a group made of a whole movie."""

    frames: pd.DataFrame
    """`KEYS` and the group's columns, a row per cell and frame; the rows of `Sightings`."""
    finer: Mapping[str, pd.DataFrame] = {}
    """Tables of which a cell has several rows a frame, or that are not by frame, by name."""
    kept: Kept = Kept(np.empty(0, np.intp), {})
    """What `Seen.kept` held, for `Group.complete` alone."""
    long: Mapping[str, LongTable] = {}
    """Further finer tables, of very many rows."""

    @property
    def all_finer(self) -> dict[str, pd.DataFrame]:
        """All finer tables, long ones too, each as a whole."""
        return {**{name: each.whole() for name, each in self.long.items()}, **self.finer}


@dataclass(frozen=True)
class FrameView:
    """Frame `t`: its labels, what one pass over them tells, and the raw pixels on demand.

    `anything` is above 0 wherever an object is, whether it is measured here or not. Where the
    drift of the field is known, `registration` tells it, and the previous labels lie where the
    field took them by now. `earlier` are the objects of the frames before, the latest first, where
    they were, and their places without the drift. `window` and `min_movement_px` are those of
    `Sightings`. `others` are the labels, by name, of other sets of objects that groups look at.
    """

    t: int
    labels: Image
    regions: Regions
    previous_labels: Image | None
    previous_regions: Regions | None
    movie: Movie
    level: Level
    anything: Image
    registration: Registration | None = None
    earlier: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]] = ()
    window: int = 1
    min_movement_px: float = 0.0
    others: Mapping[str, Image] = field(default_factory=dict)

    @property
    def objects(self) -> tuple[Image, NDArray[np.int64], NDArray[np.int64]]:
        """Labels, and number and box of every object: what kernels ask for."""
        return self.labels, self.regions.label, self.regions.box

    @cached_property
    def masks(self) -> list[NDArray[np.bool_]]:
        """Every object cut out, cropped to its box of ``regions.box``."""
        return [inside_of(self.labels, *each) for each in zip(*self.objects[1:], strict=True)]

    @cached_property
    def edge_distances(self) -> list[NDArray[np.float32]]:
        """Distance of every pixel of every object to the nearest pixel outside it, px.

        Cropped as `masks`, 0 outside. The edge runs before that pixel's centre (`EDGE_PX`). Beyond
        the box counts as outside: where the cell touches the field's edge that is a cut, not an
        edge; such frames are flagged.
        """
        return [distance_inside(mask) for mask in self.masks]

    @cached_property
    def still_centroids(self) -> NDArray[np.float64]:
        """Centroids (y, x) in px without the drift of the field, (n, 2)."""
        return still(self.regions.centroid, self.registration, self.t)

    @cached_property
    def movement(self) -> NDArray[np.float64]:
        """Movement (y, x) of every centroid over the window, drift taken off, px, (n, 2).

        NaN where the cell was not found before, or the movie is not that old, and where it is
        shorter than `min_movement_px`. Whether the steps in between are valid only `Sightings`
        knows, when the walk is over.
        """
        moved = np.full(self.regions.centroid.shape, np.nan)
        if len(self.earlier) < self.window:
            return moved
        label, place = self.earlier[self.window - 1]
        _, here, there = np.intersect1d(self.regions.label, label, return_indices=True)
        moved[here] = self.still_centroids[here] - place[there]
        return long_enough(moved, self.min_movement_px)

    def image(self, channel: str) -> Image:
        """Frame of one channel, (Y, X), raw or corrected, never shifted against the labels."""
        return self.movie.channels[channel].frame(self.t)

    def recorded(self, channel: str) -> Image:
        """The frame as the camera gave it, whatever was done to it since: it tells saturation."""
        frames = self.movie.recorded.get(channel, self.movie.channels[channel])
        return frames.frame(self.t)

    @cached_property
    def _levels(self) -> dict[str, float]:
        """What was found by `background`, which several groups ask for."""
        return {}

    def background(self, channel: str) -> float:
        """The grey value to subtract from the intensities of one channel of this frame."""
        if channel not in self._levels:
            self._levels[channel] = self.level(self.image(channel), self.anything, channel)
        return self._levels[channel]


class Group(Protocol):
    """A group of measures: what it sees in a frame, and what it makes of it afterwards."""

    looks_at_light: ClassVar[bool]
    """Whether it measures the movie's pixels, or only shapes and places."""
    looks_across_frames: ClassVar[bool]
    """Whether some of it is movement or change, which a still image has not."""
    gathered: ClassVar[tuple[str, ...]]
    """Finer tables that are small enough to be put together for all movies of a study."""
    kept_apart: ClassVar[tuple[str, ...]]
    """Finer tables that are not, and stay with their movie."""

    def provenance(self) -> dict[str, Any]:
        """Name, version and settings."""

    @property
    def reach(self) -> Reach:
        """Frames before and after that a row depends on."""

    def rows(self, view: FrameView) -> Seen:
        """What the frame shows of every object."""

    def complete(self, found: Measured, sightings: pd.DataFrame, scale: Scale) -> Measured:
        """What was found, with what needs the other frames; rows are those of `sightings`."""

    def summarise(self, found: Measured, sightings: pd.DataFrame) -> pd.DataFrame:
        """One row per object set and cell."""


@runtime_checkable
class Relating(Protocol):
    """A group that looks at other sets of objects while it measures one, and that one alone."""

    @property
    def measured_set(self) -> str:
        """Name of the set whose objects have rows."""

    @property
    def looks_at(self) -> tuple[str, ...]:
        """Names of the other sets, found in `FrameView.others`."""


def still(
    places: NDArray[np.float64], registration: Registration | None, t: int
) -> NDArray[np.float64]:
    """Places of frame `t` as if the field had stood still."""
    return places if registration is None else places - registration.drift_at(places, t)
