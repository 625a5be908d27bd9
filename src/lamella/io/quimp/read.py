"""Read QuimP's outlines as tracked objects."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Scale, regular_times
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.outlines import (
    OutlineFrames,
    Polygons,
    Shape,
    refuse_frames,
    settle_frame_shape,
    survey,
)
from lamella.io.quimp.analysis import open_analysis
from lamella.kernels.polygons import crosses_itself


def read_quimp(
    path: str | os.PathLike[str],
    *,
    n_frames: int | None = None,
    frame_shape: tuple[int, int] | None = None,
    scale: Scale | None = None,
    offsets: ArrayLike | None = None,
) -> Tracked:
    """Read the outlines of a QuimP analysis.

    Parameters
    ----------
    path : path
        A ``.QCONF`` (all its cells), or a ``.paQP`` or ``.snQP`` (one cell; the other files of the
        analysis lie beside it).
    n_frames : int, optional
        Frames of the movie; by default what the files state.
    frame_shape : (Y, X), optional
        By default what a ``.QCONF`` states; the old format does not, and the smallest frame that
        holds all outlines is taken, with a note.
    scale : Scale, optional
        What a pixel and a frame are worth; what it tells wins over the files' own statement.
    offsets : (T, 2) array_like of int, optional
        Rows and columns that were added to raw coordinates in the view that was outlined, as
        `Centre.offsets` gives them. They are taken off again, so that the labels are those of the
        raw movie. Without them the outlines are taken as they are.

    Returns
    -------
    Tracked
        Cells from 1 in the order of the file. Where an outline crosses itself, what it goes around
        twice is outside (even-odd rule); a note names such frames.

    Raises
    ------
    InputError
        Files that are missing, cut short or not of QuimP, offsets of another length.

    Notes
    -----
    Nodes are in ImageJ's coordinates, which begin at the corner of the first pixel: in the movie
    that is at hand with its outline, the grey level along the outline is steadiest when this is
    moved by half a pixel, up and to the left.
    """
    found = open_analysis(path)
    where = found.source
    needed = 1 + max((frame for _, frame in found.outlines), default=0)
    if n_frames is not None and n_frames < needed:
        raise InputError(
            where, f"it has outlines in frame {needed - 1} of {n_frames}", "give more n_frames"
        )
    n_frames = n_frames or max(needed, found.n_frames)
    refuse_frames(n_frames, source=where)
    shift = np.zeros((n_frames, 2)) if offsets is None else np.asarray(offsets, np.float64)
    if shift.shape != (n_frames, 2):
        raise InputError(
            where, f"offsets of shape {shift.shape} for {n_frames} frames", "give one pair a frame"
        )

    objects: dict[int, list[tuple[int, Shape]]] = {}
    crossing: list[int] = []
    for (cell, frame), nodes in sorted(found.outlines.items()):
        ring = nodes[:, ::-1] - 0.5 - shift[frame]
        objects.setdefault(frame, []).append((cell, Polygons((ring,))))
        if crosses_itself(ring):
            crossing.append(frame)
    frame_shape, notes = settle_frame_shape(frame_shape, found.frame_shape, objects, source=where)
    painted = survey(objects, frame_shape=frame_shape)
    painted.refuse_nothing(frame_shape, source=where)
    notes += painted.notes("outlines")
    if crossing:
        frames = ", ".join(map(str, sorted(set(crossing))[:20]))
        notes.append(
            f"{len(crossing)} outlines cross themselves (frames from 0: {frames}); what they go "
            "around twice is taken as outside"
        )
    interval = found.interval_s
    times = None if interval is None else regular_times(n_frames, interval / 60)
    return Tracked(
        Tracks.from_links(painted.links()),
        n_frames=n_frames,
        labels=Labels("cell", OutlineFrames(objects, n_frames=n_frames, frame_shape=frame_shape)),
        frame_shape=frame_shape,
        scale=(scale or Scale()).completed_by(Scale(found.pixel_size_um, times)),
        source=where,
        notes=tuple(notes),
    )


def is_quimp(path: Path) -> bool:
    """Whether a file bears the name of outlines of QuimP."""
    return path.suffix.lower() in (".qconf", ".paqp", ".snqp") and path.is_file()
