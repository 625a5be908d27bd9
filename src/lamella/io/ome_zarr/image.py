"""What an image of OME-Zarr says of itself: axes, scale, times, names of channels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lamella.core.errors import InputError, NotInstalledError
from lamella.core.movie import regular_times
from lamella.io.ome_zarr.groups import Group, inside
from lamella.io.stated import Stated
from lamella.io.units import micrometres, minutes

VERSIONS = ("0.4", "0.5")
_LETTERS = {"t": "T", "c": "C", "z": "Z", "y": "Y", "x": "X"}


@dataclass(frozen=True)
class ImageMetadata:
    """The image of highest resolution in a group.

    Parameters
    ----------
    array : Path
        Folder of the pixels in full resolution.
    axes : str
        Letters T, C, Z, Y, X in the order in which they are stored; ``?`` is any other.
    scale : tuple of float
        What a step along every axis is worth, in the unit of the axis.
    units : tuple of (str or None)
        Of every axis; None = nobody says.
    """

    array: Path
    zarr_format: int
    axes: str
    scale: tuple[float, ...]
    units: tuple[str | None, ...]
    channel_names: tuple[str | None, ...] | None
    time_min: tuple[float, ...] | None

    def stated(self, n_frames: int) -> Stated:
        """Scale and names as the image states them.

        A scale without a unit says nothing: writers that know no scale put 1 there.
        """
        notes: list[str] = []
        sizes = {axis: self._length(axis) for axis in "XY"}
        x, y = sizes["X"], sizes["Y"]
        bare = [axis for axis in "XY" if self._worth(axis) != 1.0 and not self._unit(axis)]
        if bare:
            notes.append(
                f"it gives {self._worth('X'):.4g} for a pixel and no unit: not used, "
                "set pixel_size_um"
            )
        return Stated(
            None if x is None else (x, x if y is None else y),
            self._times(n_frames, notes),
            self.channel_names,
            tuple(notes),
        )

    def _worth(self, axis: str) -> float:
        return self.scale[self.axes.index(axis)]

    def _unit(self, axis: str) -> str | None:
        return self.units[self.axes.index(axis)]

    def _length(self, axis: str) -> float | None:
        return micrometres(self._worth(axis), self._unit(axis))

    def _times(self, n_frames: int, notes: list[str]) -> Any:
        if self.time_min is not None and len(self.time_min) == n_frames:
            times = np.array(self.time_min, np.float64)
            if np.isfinite(times).all() and not np.any(np.diff(times) <= 0):
                return times - times[0]
        if "T" not in self.axes:
            return None
        interval = minutes(self._worth("T"), self._unit("T"))
        if interval is None and self._worth("T") != 1.0 and n_frames > 1:
            notes.append(
                f"it gives {self._worth('T'):.4g} between frames and no unit of time: not used, "
                "set interval_min"
            )
        return regular_times(n_frames, interval) if interval and interval > 0 else None


def read_image(group: Group) -> ImageMetadata:
    """The metadata of an image, checked against the specification.

    Raises
    ------
    NotInstalledError
        Without zarr, or the models of the metadata.
    InputError
        Metadata of another version, or against the specification.
    """
    require_zarr()
    import pydantic
    from ome_zarr_models import v04, v05

    source = str(group.path)
    listed = group.ome.get("multiscales")
    if not isinstance(listed, list) or not listed or not isinstance(listed[0], dict):
        raise InputError(source, "its metadata lists no multiscales", "write it again as OME-Zarr")
    version = group.ome.get("version") if group.zarr_format == 3 else listed[0].get("version")
    expected = "0.5" if group.zarr_format == 3 else "0.4"
    if version not in (None, expected):
        raise InputError(
            source,
            f"it is OME-Zarr {str(version)[:20]} in zarr {group.zarr_format}",
            f"write it again as OME-Zarr {' or '.join(VERSIONS)}",
        )
    model = v05.multiscales.Multiscale if group.zarr_format == 3 else v04.multiscales.Multiscale
    try:
        multiscale = model.model_validate(listed[0])
    except (pydantic.ValidationError, RecursionError) as error:
        told = str(error)
        if isinstance(error, pydantic.ValidationError):
            first = error.errors()[0]
            told = ": ".join([".".join(map(str, first["loc"])), first["msg"]])
        raise InputError(
            source,
            f"its metadata is against OME-Zarr {expected} ({told[:200]})",
            "write it again, or convert it with the program that made it",
        ) from error
    dataset = multiscale.datasets[0]
    factors = [1.0] * len(multiscale.axes)
    each = [*dataset.coordinateTransformations, *(multiscale.coordinateTransformations or ())]
    for transform in each:
        if values := getattr(transform, "scale", None):
            factors = [a * float(b) for a, b in zip(factors, values, strict=True)]
    return ImageMetadata(
        inside(group.path, dataset.path),
        group.zarr_format,
        "".join(_letter(axis) for axis in multiscale.axes),
        tuple(factors),
        tuple(axis.unit if isinstance(axis.unit, str) else None for axis in multiscale.axes),
        _channel_names(group.ome.get("omero")),
        _own_times(group.ours),
    )


def _letter(axis: Any) -> str:
    kinds = {"time": "T", "channel": "C"}
    name = str(axis.name).lower()
    return kinds.get(axis.type) or _LETTERS.get(name, "?")


def _channel_names(omero: object) -> tuple[str | None, ...] | None:
    channels = omero.get("channels") if isinstance(omero, dict) else None
    if not isinstance(channels, list):
        return None
    labels = [one.get("label") if isinstance(one, dict) else None for one in channels]
    return tuple(label if isinstance(label, str) else None for label in labels)


def _own_times(ours: dict[str, Any]) -> tuple[float, ...] | None:
    """Times of movies of ours whose frames are not equally far apart: NGFF has no field for it."""
    times = ours.get("time_min")
    if not isinstance(times, list) or not times:
        return None
    if not all(isinstance(time, (int, float)) and not isinstance(time, bool) for time in times):
        return None
    return tuple(map(float, times))


def require_zarr() -> None:
    """Raise the NotInstalledError that names the extra, where packages are missing."""
    try:
        import ome_zarr_models  # noqa: F401
        import zarr  # noqa: F401
    except ImportError as error:
        raise NotInstalledError(
            "OME-Zarr",
            f"the package {(error.name or 'zarr').replace('_', '-')} is not installed",
            'pip install "lamella[ome-zarr]"',
        ) from error
