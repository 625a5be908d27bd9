"""Which reader opens a file or folder: one entry a kind of movie.

Every reader takes a path and what is wanted of it, and gives a `Movie`. Libraries of formats that
are extras are imported when a file is opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lamella.core.errors import InputError
from lamella.core.movie import Movie
from lamella.io import bioio, czi, ome_zarr, tiff, video
from lamella.io import image_folder as images
from lamella.io.wanted import Wanted


class Reader(NamedTuple):
    """How one kind of file is read.

    Attributes
    ----------
    open : function
        Of a path and a `Wanted`.
    positions : function
        Names of the positions in a file: one of most. Only metadata is read.
    """

    open: Callable[[Path, Wanted], Movie]
    positions: Callable[[Path], tuple[str, ...]]


def _one(path: Path) -> tuple[str, ...]:
    """Of files that cannot hold several positions."""
    return ("0",)


_BY_SUFFIX: dict[tuple[str, ...], Reader] = {
    tiff.SUFFIXES: Reader(tiff.open_tiff, tiff.positions_in_tiff),
    images.PICTURES: Reader(images.open_image, _one),
    czi.SUFFIXES: Reader(czi.open_czi, czi.positions_in_czi),
    bioio.SUFFIXES: Reader(bioio.open_bioio, bioio.positions_in_bioio),
    video.SUFFIXES: Reader(video.open_video, _one),
}
_FOLDER = Reader(images.open_folder, _one)
_ZARR = Reader(ome_zarr.open_ome_zarr, lambda path: tuple(ome_zarr.positions_of(path)))

SUFFIXES = tuple(suffix for suffixes in _BY_SUFFIX for suffix in suffixes)
"""Ends of the names of files that are movies or images."""


def reader_of(path: Path) -> Reader:
    """The reader of a file or folder.

    Raises
    ------
    InputError
        When it is not there, or of no kind that can be read.
    """
    if path.is_dir():
        return _ZARR if ome_zarr.is_zarr(path) else _FOLDER
    if not path.exists():
        raise InputError(str(path), "there is no such file or folder", "check the path")
    suffix = path.suffix.lower()
    for suffixes, reader in _BY_SUFFIX.items():
        if suffix in suffixes:
            return reader
    raise InputError(
        str(path),
        f"files ending in {suffix or 'nothing'} cannot be read",
        f"readable are {', '.join(SUFFIXES)}, OME-Zarr, and folders of images; "
        "Fiji saves most others as TIFF",
    )


def is_movie(path: str | os.PathLike[str]) -> bool:
    """Whether a name or a folder may be a movie by itself, as it looks from outside."""
    name = os.fspath(path).lower()
    return name.endswith(SUFFIXES) or ome_zarr.is_zarr(Path(path))
