"""What a path holds that can be looked at: a run, a movie, labels, or tracks of any format."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from lamella.core.errors import InputError, LamellaError
from lamella.core.frames import Image
from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale
from lamella.core.take import WHOLE, Take
from lamella.core.tracked import Tracked
from lamella.io import open_labels, open_movie
from lamella.io.formats import FORMATS
from lamella.io.image_folder import SUFFIXES as IMAGES
from lamella.io.ome_zarr import is_zarr
from lamella.io.pattern import is_pattern
from lamella.io.readers import SUFFIXES
from lamella.kernels.regions import find_regions

Kind = Literal["run", "tracked", "image"]

# As run.stages and run.study say; these load all that a study needs, and a movie opens without.
_LOCK, _STUDY = "study.lock.toml", "study.toml"
_TRACKED = ("geff", "lamella", "ctc", "trackmate", "quimp", "tracks", "napari")
"""Formats that tell by their content that they hold tracked objects, and nothing else."""

_LOOKED_AT = 3
_LEAST_GROUND = 0.01
_MOST_OBJECTS = 20_000
_COMPACT = 3.0
"""An object's box is at most so many times as large as the object, at the median."""


class Shown(NamedTuple):
    """What there is to be shown of a path that is no run."""

    name: str
    movie: Movie | None = None
    labels: Labels | None = None
    tracked: Tracked | None = None

    @property
    def scale(self) -> Scale:
        """What the files state of it."""
        known = self.movie or self.tracked
        return Scale() if known is None else known.scale


def kind_of(path: Path) -> Kind | None:
    """What is at a path, told by names and the first bytes; None where it is nothing to look at."""
    if _is_run(path):
        return "run"
    if is_pattern(str(path)):
        return "image"
    if not path.exists():
        return None
    for each in FORMATS:
        if each.name in _TRACKED and each.recognises(path):
            return "tracked"
    if is_zarr(path):
        return "image"
    if path.is_dir():
        images = (each for each in path.iterdir() if each.suffix.lower() in IMAGES)
        return "image" if next(images, None) else None
    return "image" if path.suffix.lower() in SUFFIXES else None


def _is_run(path: Path) -> bool:
    return (path / _LOCK).is_file()


def open_any(
    path: Path, *, taken_for: Literal["movie", "labels"] | None = None, take: Take = WHOLE
) -> Shown:
    """Open what can be looked at and is no run; pixels are read later.

    Parameters
    ----------
    taken_for : {"movie", "labels"}, optional
        What images are; by default `looks_like_labels` tells.
    take : Take
        Which position and slices of a movie.

    Raises
    ------
    InputError
        What is no such thing, or cannot be read.
    """
    kind = kind_of(path)
    if kind is None or kind == "run":
        raise _nothing_to_see(path)
    if kind == "tracked":
        from lamella.run.exchange import read_tracked

        tracked, _ = read_tracked(path)
        return Shown(path.name, tracked=tracked)
    movie = open_movie(path, take=take)
    if taken_for == "labels" or (taken_for is None and looks_like_labels(movie)):
        return Shown(path.name, movie=movie, labels=open_labels(path))
    return Shown(path.name, movie=movie)


def looks_like_labels(movie: Movie) -> bool:
    """Whether images hold numbers of objects: whole numbers, background 0, compact objects.

    Three frames are looked at: the first, the middle and the last. Frames of zeros tell nothing; a
    movie of them is a movie.
    """
    if len(movie.channels) > 1 or movie.dtype.kind not in "ui":
        return False
    told = False
    for t in np.unique(np.linspace(0, movie.n_frames - 1, _LOOKED_AT).astype(int)):
        frame = movie.frame(int(t))
        if not frame.any():
            continue
        ground = np.count_nonzero(frame == 0) / frame.size
        if frame.min() < 0 or ground < _LEAST_GROUND or not _compact(frame):
            return False
        told = True
    return told


def _compact(frame: Image) -> bool:
    regions = find_regions(np.asarray(frame, np.uint32))
    if len(regions.label) > _MOST_OBJECTS:
        return False
    height = regions.box[:, 2] - regions.box[:, 0]
    width = regions.box[:, 3] - regions.box[:, 1]
    return bool(np.median(height * width / regions.area) < _COMPACT)


def refuse_study(path: Path) -> None:
    """Say where its run is, where a study is given.

    Raises
    ------
    InputError
    """
    if not (path / _STUDY).is_file():
        return
    runs = sorted(each.name for each in path.iterdir() if each.is_dir() and _is_run(each))
    if runs:
        raise InputError(str(path), "it is a study, not its run", f"give the run: {path / runs[0]}")
    raise InputError(str(path), "it is a study that was not run yet", f"lamella run {path}")


def _nothing_to_see(path: Path) -> LamellaError:
    if not path.exists():
        return InputError(str(path), "there is no such file or folder", "check the path")
    refuse_study(path)
    return InputError(
        str(path),
        "it is neither a run nor a movie, labels or tracks",
        "give a folder that lamella run wrote, a TIFF or a folder of frames, a folder of the Cell "
        "Tracking Challenge, TrackMate's XML or QuimP's outlines",
    )
