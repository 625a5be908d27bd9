"""What the axes of a GEFF mean: frames and pixels, whatever names and units they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.movie import Scale
from lamella.io.link_rows import frames_of_times, whole_frames
from lamella.io.units import micrometres, minutes

_TIME = ("t", "time", "frame", "timepoint", "time_point", "position_t")
_Y = ("y", "pos_y", "position_y", "y_px", "centroid_y", "centroid-0")
_X = ("x", "pos_x", "position_x", "x_px", "centroid_x", "centroid-1")
_DEPTH = ("z", "pos_z", "position_z", "z_px", "centroid_z")

Values = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class OneAxis:
    """A property of the nodes that is an axis: its name, its unit, and what one of it is worth."""

    name: str
    unit: str | None = None
    scale: float | None = None
    scaled_unit: str | None = None
    range: tuple[float, float] | None = None
    """What its values are said to lie in."""


@dataclass(frozen=True)
class Axes:
    """Time, row, column and, if there is one, depth."""

    t: OneAxis
    y: OneAxis
    x: OneAxis
    depth: tuple[OneAxis, ...] = ()

    @property
    def names(self) -> list[str]:
        return [axis.name for axis in (self.t, self.y, self.x, *self.depth)]

    def frames(
        self, props: Values, *, source: str, notes: list[str]
    ) -> tuple[NDArray[np.int64], float | None]:
        """Frame of every node, and minutes between frames where the axis tells."""
        values = _floats(props, self.t, source)
        physical = minutes(1, self.t.unit)
        if physical is None and np.array_equal(values, np.floor(values)):
            frames = whole_frames(values, source=source, column=self.t.name)
            if len(frames) and frames.min() < 0:
                raise InputError(
                    source, f"a node is of frame {frames.min()}", "count frames from 0"
                )
            return frames, minutes(self.t.scale, self.t.scaled_unit)
        frames, step = frames_of_times(values, source=source, column=self.t.name)
        notes.append(f"its times are taken as frames {step:g} {self.t.unit or ''} apart".rstrip())
        return frames, minutes(step, self.t.unit)

    def places(
        self, props: Values, scale: Scale, *, source: str, notes: list[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float | None]:
        """Y and x of every node in pixels, and µm per pixel where the axes tell."""
        for axis in self.depth:
            if len(np.unique(_floats(props, axis, source))) > 1:
                raise InputError(source, f"its nodes differ in {axis.name}", "give a flat movie")
            notes.append(f"its axis {axis.name} is the same for all nodes: left out")
        y, x = (_floats(props, axis, source) for axis in (self.y, self.x))
        um = [micrometres(1, axis.unit) for axis in (self.y, self.x)]
        if um[0] is not None and um[1] is not None:
            if scale.pixel_size_um is None:
                raise InputError(
                    source,
                    f"its places are in {self.x.unit}, and no pixel size is known",
                    "add --pixel-size-um",
                )
            size = scale.pixel_size_um
            return y * (um[0] / size), x * (um[1] / size), size
        if self.x.unit is None:
            notes.append("its places have no unit: taken as pixels")
        of = [micrometres(axis.scale, axis.scaled_unit) for axis in (self.y, self.x)]
        if of[0] is not None and of[1] is not None and abs(of[0] - of[1]) > 0.01 * of[0]:
            raise InputError(
                source,
                f"its pixels are not square (x {of[1]:g} µm, y {of[0]:g} µm)",
                "resample the movie to square pixels",
            )
        return y, x, of[1]


def axes_of(metadata: Any, prop_names: Sequence[str], source: str) -> Axes:
    """The axes that a file declares, or the properties that are named like axes.

    Raises
    ------
    InputError
        No time, or fewer than two axes of space.
    """
    declared = list(metadata.axes or [])
    if not declared:
        named = [_named(prop_names, names) for names in (_TIME, _Y, _X, _DEPTH)]
        t, y, x = named[:3]
        if t is None or y is None or x is None:
            raise InputError(
                source,
                f"it declares no axes, and its properties are {', '.join(prop_names)[:200]}",
                "declare axes of time and space in it",
            )
        return Axes(t, y, x, tuple(axis for axis in named[3:] if axis is not None))
    every = [
        OneAxis(a.name, a.unit, a.scale, a.scaled_unit, None if a.min is None else (a.min, a.max))
        for a in declared
    ]
    kinds = [_kind(a) for a in declared]
    times = [axis for axis, kind in zip(every, kinds, strict=True) if kind == "time"]
    space = [axis for axis, kind in zip(every, kinds, strict=True) if kind == "space"]
    if len(times) != 1 or len(space) < 2:
        raise InputError(
            source,
            f"it has {len(times)} axes of time and {len(space)} of space "
            f"({', '.join(axis.name for axis in every)})",
            "give one of time and two of space",
        )
    y = next((axis for axis in space if axis.name.lower() in _Y), space[-2])
    x = next((axis for axis in space if axis.name.lower() in _X), space[-1])
    return Axes(times[0], y, x, tuple(axis for axis in space if axis not in (y, x)))


def _kind(axis: Any) -> str | None:
    if axis.type is not None:
        return str(axis.type)
    name = axis.name.lower()
    return "time" if name in _TIME else "space" if name in (*_Y, *_X, *_DEPTH) else None


def _named(prop_names: Sequence[str], names: Sequence[str]) -> OneAxis | None:
    for name in names:
        for prop in prop_names:
            if prop.lower() == name:
                return OneAxis(prop)
    return None


def _floats(props: Values, axis: OneAxis, source: str) -> NDArray[np.float64]:
    values = np.asarray(props[axis.name])
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        raise InputError(source, f"its axis {axis.name} is no row of numbers", "write it again")
    out = values.astype(np.float64)
    if not np.isfinite(out).all():
        told = f"its axis {axis.name} holds NaN or infinity"
        raise InputError(source, told, "give every node a place")
    if len(out) and axis.range is not None:
        low, high = axis.range
        # Where a chunk is lost, zarr gives zeros without a word.
        if out.min() < low - 1e-6 * abs(low) or out.max() > high + 1e-6 * abs(high):
            raise InputError(
                source,
                f"its axis {axis.name} goes from {out.min():g} to {out.max():g}, and says from "
                f"{low:g} to {high:g}",
                "parts of it may be lost: copy it again from its source",
            )
    return out
