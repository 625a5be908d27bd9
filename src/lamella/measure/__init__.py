"""What a cell does, in numbers: groups of measures over a movie and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.registration import Registration
from lamella.core.tracked import Tracked
from lamella.measure.lamellipodium import Lamellipodium
from lamella.measure.lineage import with_lineage
from lamella.measure.migration import Migration
from lamella.measure.view import KEYS, Group, Level, walk

GROUPS = {"migration": Migration, "lamellipodium": Lamellipodium}
"""Every group of measures by the name that it has in study.toml."""

__all__ = [
    "GROUPS",
    "Group",
    "Lamellipodium",
    "Level",
    "Migration",
    "joined",
    "measure",
    "refuse_mismatch",
    "walk",
    "with_lineage",
]


def measure(
    movie: Movie,
    labels: Labels | Tracked,
    groups: Sequence[Any] = (Migration(), Lamellipodium()),
    *,
    level: Level | None = None,
    registration: Registration | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure every cell of a movie.

    Parameters
    ----------
    movie : Movie
        Raw frames.
    labels : Labels or Tracked
        Track ids in the same coordinates, (T, Y, X); or what a tracker gave, whose lineage the
        table of cells then holds, and whose filled-in shapes enter no summary.
    groups : sequence of measure groups
        Which measures, with their settings.
    level : callable, optional
        Grey value to subtract from intensities, such as ``CameraOffset(offset=100)``; default 0.
    registration : Registration, optional
        How the field drifted, from `Drift`; steps and µm are then measured without it.

    Returns
    -------
    frames, cells : DataFrame
        One row per cell and frame, and one per cell; see `lamella.Col` for the columns.

    Raises
    ------
    InputError
        When movie and labels differ in their number of frames or in frame size, or tracks have no
        shapes.

    Examples
    --------
    >>> import numpy as np
    >>> import lamella
    >>> from lamella.measure import measure
    >>> disc = np.zeros((2, 9, 9), np.uint16)
    >>> disc[0, 2:6, 2:5] = disc[1, 3:7, 2:5] = 1
    >>> movie = lamella.Movie.from_array(disc * 100, pixel_size_um=0.5, interval_min=2)
    >>> frames, cells = measure(movie, lamella.Labels.from_array(disc), [Migration()])
    >>> float(cells["mean_speed_um_per_min"].iloc[0])
    0.25
    """
    tracks = labels.tracks if isinstance(labels, Tracked) else None
    painted = _painted(labels) if isinstance(labels, Tracked) else labels
    refuse_mismatch(movie, painted)
    tables = walk(
        movie,
        painted,
        groups,
        level=level or (lambda frame, labels, channel: 0.0),
        first_last=tracks.first_last if tracks else None,
        interpolated=tracks.interpolated if tracks else None,
        registration=registration,
    )
    cells = joined([g.summarise(table) for g, table in zip(groups, tables, strict=True)])
    return joined(tables), cells if tracks is None else with_lineage(cells, tracks)


def _painted(tracked: Tracked) -> Labels:
    """The shapes with track ids."""
    frames = tracked.painted()
    if tracked.labels is None or frames is None:
        raise InputError(
            tracked.source, "its tracks have no shapes", "give labels: shapes are measured"
        )
    return Labels(tracked.labels.name, frames)


def refuse_mismatch(movie: Movie, labels: Labels) -> None:
    """Raise the InputError that tells how labels and movie differ in shape, if they do."""
    of_movie = (movie.n_frames, *movie.frame_shape)
    if labels.frames.shape != of_movie:
        raise InputError(
            f"labels {labels.name!r} of {movie.source}",
            f"they are {labels.frames.shape} (T, Y, X), the movie is {of_movie}",
            "use labels of the same movie",
        )


def joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of several groups side by side, on the keys that they share."""
    table = tables[0]
    for other in tables[1:]:
        keys = [key for key in KEYS if key in table.columns and key in other.columns]
        if table[keys].equals(other[keys]):  # as groups of one walk have them: nothing to look up
            table = pd.concat([table, other.drop(columns=keys)], axis=1)
        else:
            table = table.merge(other, on=keys, how="outer", validate="one_to_one")
    return table
