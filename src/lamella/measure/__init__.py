"""What a cell does, in numbers: groups of measures over a movie and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.measure.lamellipodium import Lamellipodium
from lamella.measure.migration import Migration
from lamella.measure.view import Group, Level, walk

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
]

_KEYS = (Col.OBJECT, Col.CELL, Col.FRAME, Col.TIME_MIN)


def measure(
    movie: Movie,
    labels: Labels,
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
    labels : Labels
        Track ids in the same coordinates, (T, Y, X).
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
        When movie and labels differ in their number of frames or in frame size.

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
    refuse_mismatch(movie, labels)
    tables = walk(
        movie,
        labels,
        groups,
        level=level or (lambda frame, labels, channel: 0.0),
        registration=registration,
    )
    return (
        joined(tables),
        joined([g.summarise(table) for g, table in zip(groups, tables, strict=True)]),
    )


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
        keys = [key for key in _KEYS if key in table.columns and key in other.columns]
        if table[keys].equals(other[keys]):  # as groups of one walk have them: nothing to look up
            table = pd.concat([table, other.drop(columns=keys)], axis=1)
        else:
            table = table.merge(other, on=keys, how="outer", validate="one_to_one")
    return table
