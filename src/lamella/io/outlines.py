"""Outlines read from a file as labels that are painted on demand."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.io.link_rows import MOST_FRAMES, links_of_cells
from lamella.kernels.polygons import Ring, Stencil, fill_ellipse, fill_polygons

MOST_PIXELS = 2**31
# What a file states holds no pixels itself: two numbers, or a corner far away where it states none,
# must not decide on memory. Whoever has larger frames says so.
MOST_PIXELS_STATED = 2**27
MOST_PIXELS_GUESSED = 2**26

FrameShape = tuple[int, int]


class Shape(Protocol):
    """The form of one object."""

    def stencil(self, frame_shape: FrameShape) -> Stencil:
        """Its pixels."""

    def begin(self) -> tuple[float, float]:
        """Smallest y and x that it reaches, px."""

    def end(self) -> tuple[float, float]:
        """Largest y and x that it reaches, px."""


@dataclass(frozen=True)
class Polygons:
    """Outer outlines and holes, (N, 2) corners (y, x) in px at pixel centres, even-odd."""

    rings: tuple[Ring, ...]
    ties: Literal["left", "right"] = "left"

    def stencil(self, frame_shape: FrameShape) -> Stencil:
        return fill_polygons(self.rings, frame_shape=frame_shape, ties=self.ties)

    def begin(self) -> tuple[float, float]:
        y, x = np.concatenate(self.rings).min(axis=0)
        return float(y), float(x)

    def end(self) -> tuple[float, float]:
        y, x = np.concatenate(self.rings).max(axis=0)
        return float(y), float(x)


@dataclass(frozen=True)
class Ellipse:
    """An upright ellipse: middle (y, x) and half-axes along y and x, px."""

    middle: tuple[float, float]
    axes_px: tuple[float, float]

    def stencil(self, frame_shape: FrameShape) -> Stencil:
        return fill_ellipse(middle=self.middle, axes_px=self.axes_px, frame_shape=frame_shape)

    def begin(self) -> tuple[float, float]:
        return self.middle[0] - self.axes_px[0], self.middle[1] - self.axes_px[1]

    def end(self) -> tuple[float, float]:
        return self.middle[0] + self.axes_px[0], self.middle[1] + self.axes_px[1]


Objects = Mapping[int, Sequence[tuple[int, Shape]]]
"""Frame number to its objects, (label, shape), a later one painted over an earlier one."""


class OutlineFrames(Frames):
    """(T, Y, X) labels painted from outlines, one frame when it is asked for.

    Of two objects of one pixel the later one has it. uint16 where the labels fit, else uint32.
    """

    def __init__(self, objects: Objects, *, n_frames: int, frame_shape: FrameShape) -> None:
        self._objects = objects
        self.span = range(n_frames)
        self.frame_shape = frame_shape
        largest = max((label for each in objects.values() for label, _ in each), default=0)
        self.dtype = np.dtype(np.uint16 if largest <= np.iinfo(np.uint16).max else np.uint32)

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        image = np.zeros(self.frame_shape, self.dtype)
        for label, shape in self._objects.get(t, ()):
            stencil = shape.stencil(self.frame_shape)
            image[stencil.place][stencil.inside] = label
        return image


class Place(NamedTuple):
    """Where the pixels of one object lie that no other one covers."""

    y: float
    x: float
    area_px: int


class Survey(NamedTuple):
    """What painting all outlines once tells."""

    places: dict[tuple[int, int], Place]
    """(frame, label) to its place; objects of no pixel are not in it."""
    n_covered: int
    """Objects that lost pixels to a later one."""
    n_empty: int
    """Objects that hold no pixel's centre within the frame."""

    def links(self) -> pd.DataFrame:
        """The links of objects whose labels are the numbers of their cells."""
        return links_of_cells(
            (cell, frame, place.y, place.x) for (frame, cell), place in self.places.items()
        )

    def refuse_nothing(self, frame_shape: FrameShape, *, source: str) -> None:
        """Raise the InputError of outlines of which none lies in the frame."""
        if self.n_empty and not self.places:
            raise InputError(
                source,
                f"none of its {self.n_empty} outlines holds a pixel of a frame of "
                f"{frame_shape[0]} × {frame_shape[1]} px",
                "give the frame size of the movie that they were drawn on",
            )

    def notes(self, what: str) -> list[str]:
        """The two counts in words, where they are not 0."""
        told = []
        if self.n_covered:
            told.append(
                f"{self.n_covered} {what} overlap a later one, which has the pixels of both"
            )
        if self.n_empty:
            told.append(f"{self.n_empty} {what} hold no pixel of the frame")
        return told


def survey(objects: Objects, *, frame_shape: FrameShape) -> Survey:
    """Centroid and area of every object as it will be painted.

    One frame is in memory at a time, however many objects it has and however large they are.
    """
    places: dict[tuple[int, int], Place] = {}
    n_covered = n_empty = 0
    for t, members in objects.items():
        boxes, areas = [], []
        for _, shape in members:
            stencil = shape.stencil(frame_shape)
            areas.append(stencil.area)
            boxes.append(stencil.place)
        seen = [i for i, area in enumerate(areas) if area]
        n_empty += len(members) - len(seen)
        if not seen:
            continue
        low = np.min([[each.start for each in boxes[i]] for i in seen], axis=0)
        high = np.max([[each.stop for each in boxes[i]] for i in seen], axis=0)
        owner = np.zeros(high - low, np.int32)
        for i in seen:
            stencil = members[i][1].stencil(frame_shape)
            owner[moved(stencil, low)][stencil.inside] = i + 1
        for i in seen:
            box = tuple(
                slice(each.start - first, each.stop - first)
                for each, first in zip(boxes[i], low, strict=True)
            )
            left_over = Stencil(owner[box] == i + 1, boxes[i][0].start, boxes[i][1].start)
            area = left_over.area
            n_covered += area < areas[i]
            n_empty += area == 0
            if area:
                places[t, members[i][0]] = Place(*left_over.centroid(), area)
    return Survey(places, n_covered, n_empty)


def moved(stencil: Stencil, origin: NDArray[np.int64]) -> tuple[slice, slice]:
    """Rows and columns of a stencil counted from another pixel than the first of the frame."""
    return Stencil(stencil.inside, stencil.top - origin[0], stencil.left - origin[1]).place


def unused_numbers(taken: Container[int]) -> Iterator[int]:
    """Numbers for cells, from 1, that nobody has."""
    return (number for number in count(1) if number not in taken)


def refuse_frames(n_frames: int, *, source: str) -> None:
    """Refuse a number of frames that no movie has.

    Raises
    ------
    InputError
    """
    if not 0 < n_frames <= MOST_FRAMES:
        raise InputError(
            source,
            f"it speaks of {n_frames} frames; 1 to {MOST_FRAMES} are taken",
            "check the file's frame numbers",
        )


def settle_frame_shape(
    given: FrameShape | None, stated: FrameShape | None, objects: Objects, *, source: str
) -> tuple[FrameShape, list[str]]:
    """The frame size that was given, or that the file states, or that holds all objects.

    Returns
    -------
    (Y, X), notes
        A note where the size is a guess.

    Raises
    ------
    InputError
        A size that is not positive or would not fit into memory.
    """
    shape, notes = given or stated, []
    most = MOST_PIXELS if given else MOST_PIXELS_STATED
    if shape is None:
        ends = [s.end() for members in objects.values() for _, s in members]
        y, x = np.max(ends, axis=0) if ends else (0.0, 0.0)
        shape = (max(0, int(min(y, 1e9))) + 1, max(0, int(min(x, 1e9))) + 1)
        most = MOST_PIXELS_GUESSED
        notes = [
            f"the file does not state the size of a frame: {shape[0]} × {shape[1]} px hold all "
            "objects (to have the movie's own, give frame_shape: --frame-shape, or --like)"
        ]
    refuse_frame_shape(shape, most, source=source)
    return shape, notes


def refuse_frame_shape(shape: FrameShape, most: int = MOST_PIXELS, *, source: str) -> None:
    """Refuse a size of frames that no memory holds.

    Raises
    ------
    InputError
    """
    if min(shape) < 1 or shape[0] * shape[1] > most:
        raise InputError(
            source,
            f"frames of {shape[0]:.10g} × {shape[1]:.10g} px cannot be painted",
            "give the movie's own frame_shape",
        )
