"""ND2 and LIF, through the readers of bioio; a reader of another format is one more entry here."""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lamella.core.errors import InputError, LamellaError, NotInstalledError
from lamella.core.frames import Image
from lamella.core.movie import Movie, regular_times
from lamella.core.take import names_or_numbers, place_of
from lamella.io.lif_blocks import refuse_odd_lif
from lamella.io.plane_reader import OpenedWhereRead, assembled, unreadable
from lamella.io.stated import Stated
from lamella.io.wanted import AS_IT_IS, Wanted

_T = TypeVar("_T")


@dataclass(frozen=True)
class Kind:
    """A format, and which package of bioio reads it.

    Parameters
    ----------
    module, extra : str
        The package, and the extra of ours that brings it.
    by_plane : bool
        Whether ``get_image_data`` reads only the planes that are asked for. Otherwise the whole
        position would be read, and planes come through dask, a chunk each.
    look : function of Path, optional
        Raises the InputError of a file that its package must not be given.
    """

    name: str
    suffix: str
    module: str
    extra: str
    by_plane: bool
    look: Callable[[Path], None] | None = None


KINDS = (
    Kind("ND2", ".nd2", "bioio_nd2", "nd2", by_plane=True),
    Kind("LIF", ".lif", "bioio_lif", "lif", by_plane=False, look=refuse_odd_lif),
)
SUFFIXES = tuple(kind.suffix for kind in KINDS)


def open_bioio(
    path: str | os.PathLike[str],
    wanted: Wanted = AS_IT_IS,
    *,
    kind: Kind | None = None,
) -> Movie:
    """One position (scene) of a microscope's file as a movie.

    A pixel size of exactly 1 µm is taken for none: readers give it where a file says nothing.

    Parameters
    ----------
    kind : Kind, optional
        By default by the end of the file's name.

    Raises
    ------
    NotInstalledError
        Without the package of the extra.
    InputError
        What its reader does not open, colour, several positions or slices none of which was
        chosen.
    """
    kind = kind or _kind_of(path)

    def opened(reader: Any) -> Movie:
        source = str(path)
        names = _names(reader)
        number = place_of(names, wanted.take.position, source=source)
        reader.set_scene(number)
        planes = BioioPlanes(source, kind, number, reader)
        return assembled(
            planes,
            _stated(reader, planes.n_frames, planes.n_channels),
            wanted,
        )

    return _with_reader(path, kind, opened)


def positions_in_bioio(path: str | os.PathLike[str], kind: Kind | None = None) -> tuple[str, ...]:
    """Names of the scenes, or their numbers; raises as `open_bioio`."""
    return _with_reader(path, kind or _kind_of(path), _names)


def _kind_of(path: str | os.PathLike[str]) -> Kind:
    return next(kind for kind in KINDS if os.fspath(path).lower().endswith(kind.suffix))


def _names(reader: Any) -> tuple[str, ...]:
    return names_or_numbers([str(scene) for scene in reader.scenes])


def _with_reader(path: str | os.PathLike[str], kind: Kind, ask: Callable[[Any], _T]) -> _T:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the libraries will change one day
            if kind.look is not None:
                kind.look(Path(path))
            return ask(_reader(str(path), kind))
    except LamellaError:
        raise
    except Exception as error:  # every library raises errors of its own
        raise unreadable(str(path), kind.name, error) from error


def _reader(source: str, kind: Kind) -> Any:
    try:
        module = importlib.import_module(kind.module)
    except ImportError as error:
        raise NotInstalledError(
            kind.name,
            f"the package {kind.module.replace('_', '-')} is not installed",
            f'pip install "lamella[{kind.extra}]"',
        ) from error
    return module.Reader(source) if kind.by_plane else module.Reader(source, chunk_dims=["Y", "X"])


class BioioPlanes(OpenedWhereRead):
    """Planes of one scene."""

    def __init__(self, source: str, kind: Kind, scene: int, reader: Any) -> None:
        self.source, self._kind, self._scene = source, kind, scene
        sizes = dict(zip(reader.dims.order, reader.dims.shape, strict=True))
        if sizes.get("S", 1) > 1:
            raise InputError(
                source,
                f"it is a colour image ({sizes['S']} samples a pixel)",
                "split its channels, or save it as grey",
            )
        others = {axis: n for axis, n in sizes.items() if axis not in "TCZYXS" and n > 1}
        if others:
            told = ", ".join(f"{axis} {n}" for axis, n in others.items())
            raise InputError(
                source,
                f"it has axes that are more than time, channels and slices ({told})",
                "save one file for each, or stitch its tiles",
            )
        self.n_frames, self.n_channels = int(sizes.get("T", 1)), int(sizes.get("C", 1))
        self.n_slices = int(sizes.get("Z", 1))
        self.frame_shape = (int(sizes["Y"]), int(sizes["X"]))
        self.dtype = np.dtype(reader.dtype).newbyteorder("=")
        super().__init__()

    def read(self, t: int, c: int, z: int) -> Image:
        """One plane, shape (Y, X)."""
        with self._lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self._held is None:
                reader = _reader(self.source, self._kind)
                reader.set_scene(self._scene)
                self._held = reader
            if self._kind.by_plane:
                return np.asarray(self._held.get_image_data("YX", T=t, C=c, Z=z))
            plane = self._held.get_image_dask_data("YX", T=t, C=c, Z=z)
            return np.asarray(plane.compute(scheduler="synchronous"))


def _stated(reader: Any, n_frames: int, n_channels: int) -> Stated:
    sizes = reader.physical_pixel_sizes
    x, y = _known(sizes.X), _known(sizes.Y)
    names = reader.channel_names
    whole = names is not None and len(names) == n_channels
    return Stated(
        None if x is None else (x, x if y is None else y),
        _times(reader, n_frames),
        tuple(map(str, names)) if whole else None,
    )


def _known(size: Any) -> float | None:
    return float(size) if size and size != 1.0 and 0 < size < float("inf") else None


def _times(reader: Any, n_frames: int) -> Any:
    """Nominal times; None where the reader knows no interval, as some never do."""
    interval = getattr(reader, "time_interval", None) or getattr(reader, "timelapse_interval", None)
    if not isinstance(interval, timedelta) or interval <= timedelta(0):
        return None
    return regular_times(n_frames, interval.total_seconds() / 60)
