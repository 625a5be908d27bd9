"""The cell-centred view of a movie of one cell, as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lamella.centre import Centre
from lamella.core.errors import InputError
from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.tracks import Tracks
from lamella.io import read_json, tiff
from lamella.run.made import Made


def centred(
    step: Centre,
    movie: Movie,
    labels: Labels,
    tracks: Tracks,
    folder: Path,
    *,
    counted: Callable[[Frames], Frames],
) -> Made:
    """Write ``centered.ome.tif`` and the labels beside it, ``centered_<set>.ome.tif``.

    Of a movie that has not exactly one cell there is no such view: files of an earlier one are
    removed, and why is told.

    Parameters
    ----------
    labels : Labels
        With the numbers of cells.
    folder : Path
        ``OUT/movies/<movie>``.
    counted : callable
        Given the frames that are read, to tell how far it has come.
    """
    image, mask = "centered.ome.tif", f"centered_{labels.name}.ome.tif"
    if len(tracks.first_last) != 1:
        for file in (image, mask):  # of another tracker
            (folder / file).unlink(missing_ok=True)
        n = len(tracks.first_last)
        reason = f"the movie has {n or 'no'} cells: only one alone can be in the middle"
        return Made((), {"reason": reason}, {})
    (cell,) = tracks.first_last
    centroids = tracks.centroids(cell, n_frames=movie.n_frames)
    offsets = step.offsets(centroids, frame_shape=movie.frame_shape)
    channels = {
        channel: counted(step(frames, offsets=offsets))
        for channel, frames in movie.channels.items()
    }
    tiff.write_movie(folder / image, channels, scale=movie.scale)
    tiff.write_labels(
        folder / mask, step(labels.frames, offsets=offsets), scale=movie.scale, name=labels.name
    )
    missing = ~np.isfinite(centroids).all(axis=1)
    found = {
        "centroids_px": [
            None if gone else [float(y), float(x)]
            for gone, (y, x) in zip(missing, centroids, strict=True)
        ],
        "frames_with_reused_centroid": np.flatnonzero(missing).tolist(),
        "offsets_px": offsets.tolist(),
    }
    return Made((image, mask), found, step.provenance())


def offsets_of(manifest: Path) -> NDArray[np.int64]:
    """What was added to raw coordinates in the centred movie, (T, 2), of a movie's manifest.

    Raises
    ------
    InputError
        A file that is no manifest, or of a movie without a centred view.
    """
    stages = read_json(manifest)
    stages = stages.get("stages") if isinstance(stages, dict) else None
    for name, stage in stages.items() if isinstance(stages, dict) else ():
        if name.startswith("centre/") and isinstance(stage, dict):
            offsets = stage.get("found", {}).get("offsets_px")
            if offsets is not None:
                return np.array(offsets, np.int64).reshape(-1, 2)
    raise InputError(
        str(manifest),
        "it tells no offsets of a centred movie",
        "give movies/<movie>/manifest.json of a run that made centered.ome.tif",
    )
