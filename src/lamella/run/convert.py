"""A movie in another container: what `lamella convert` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import Frames
from lamella.core.movie import Movie
from lamella.core.take import WHOLE, Take
from lamella.io import open_labels, open_movie, tiff
from lamella.io.ome_zarr import VERSIONS, Version, write_ome_zarr
from lamella.measure import refuse_mismatch
from lamella.run.counted import counted
from lamella.run.single import refuse_existing, refuse_input

TIFF, ZARR = (".ome.tif", ".ome.tiff"), (".zarr",)


def convert_movie(
    source: Path,
    out: Path,
    *,
    labels: Mapping[str, Path] | None = None,
    version: Version = "0.5",
    axes: str | None = None,
    take: Take = WHOLE,
    pixel_size_um: float | None = None,
    interval_min: float | None = None,
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> Movie:
    """Write a movie as OME-TIFF or OME-Zarr, by the end of the name; one frame in memory at a time.

    Parameters
    ----------
    labels : mapping of str to Path, optional
        Label movies that go into the labels group of an OME-Zarr, by their names.
    version : {"0.4", "0.5"}
        Of OME-Zarr.

    Returns
    -------
    Movie
        What was read.

    Raises
    ------
    SettingsError
        A name that ends in neither ``.ome.tif`` nor ``.zarr``; labels for OME-TIFF; another
        version.
    InputError
        A movie that cannot be read, labels of other frames.
    OutputError
        When `out` is there already, unless `force`.
    """
    to_zarr = out.name.lower().endswith(ZARR)
    if not to_zarr and not out.name.lower().endswith(TIFF):
        raise SettingsError(
            str(out), "its end does not say what to write", "use .ome.zarr or .ome.tif"
        )
    if labels and not to_zarr:
        raise SettingsError("--labels", "OME-TIFF holds no labels", "write .ome.zarr")
    if version not in VERSIONS:
        raise SettingsError(
            f"--version {version}", "it is not written", f"use {' or '.join(VERSIONS)}"
        )
    for read in (source, *(labels or {}).values()):
        refuse_input(out, read)
    refuse_existing(out, force=force)
    movie = open_movie(
        source, axes=axes, take=take, pixel_size_um=pixel_size_um, interval_min=interval_min
    )
    last = movie.channel_names[-1]
    watched = counted(movie.channels[last], lambda done: advance(done, movie.n_frames))
    channels: dict[str, Frames] = {**movie.channels, last: watched}
    if not to_zarr:
        tiff.write_movie(out, channels, scale=movie.scale)
        return movie
    sets: dict[str, Frames] = {}
    for name, path in (labels or {}).items():
        if name != Path(name).name or name.startswith("."):
            raise InputError(f"--labels {name}={path}", "the name is not safe", "use letters")
        found = open_labels(path, name=name)
        refuse_mismatch(movie, found)
        sets[name] = found.frames
    write_ome_zarr(out, channels, scale=movie.scale, labels=sets, version=version)
    return movie
