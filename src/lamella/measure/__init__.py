"""What a cell does, in numbers: groups of measures over a movie and its labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.level import Level, PixelBackground, taken_off
from lamella.core.movie import Movie
from lamella.core.registration import Registration
from lamella.core.tracked import Tracked
from lamella.measure.compartment import Compartment
from lamella.measure.edge import Edge
from lamella.measure.gather import Gathered, together
from lamella.measure.lamellipodium import Lamellipodium
from lamella.measure.lineage import with_lineage
from lamella.measure.migration import Migration
from lamella.measure.others import can_measure, looked_at, seen_alone, wherever
from lamella.measure.outlines import AS_IS, VARIANTS, Outlines, Variant
from lamella.measure.protrusion import Protrusion
from lamella.measure.region import Region, region_table
from lamella.measure.sightings import Sightings
from lamella.measure.view import KEYS, Columns, Group, Measured, Relating, Seen
from lamella.measure.walk import Gathering, Walked, walk
from lamella.measure.walks import Walks

__all__ = [
    "AS_IS",
    "GROUPS",
    "VARIANTS",
    "Columns",
    "Compartment",
    "Edge",
    "Gathered",
    "Gathering",
    "Group",
    "Lamellipodium",
    "Level",
    "Measured",
    "Measurements",
    "Migration",
    "Outlines",
    "Protrusion",
    "Region",
    "Relating",
    "Seen",
    "Sightings",
    "Variant",
    "Walked",
    "Walks",
    "can_measure",
    "joined",
    "looked_at",
    "measure",
    "painted",
    "refuse_mismatch",
    "region_table",
    "seen_alone",
    "together",
    "walk",
    "wherever",
    "with_lineage",
]


GROUPS: tuple[Group, ...] = (
    Migration(),
    Walks(),
    Region(),
    Lamellipodium(),
    Protrusion(),
    Edge(),
    Compartment(),
)
"""Every group with its usual settings, in the order of the tables."""


class Measurements(NamedTuple):
    """What was measured of a movie."""

    frames: pd.DataFrame
    """One row per cell and frame; see `lamella.Col` for the columns."""
    cells: pd.DataFrame
    """One row per cell."""
    finer: Mapping[str, pd.DataFrame]
    """Tables with several rows a cell and frame, or not by frame, by their names."""


def measure(
    movie: Movie,
    labels: Labels | Tracked,
    groups: Sequence[Group] | None = None,
    *,
    others: Mapping[str, Labels] | None = None,
    sightings: Sightings | None = None,
    level: Level | PixelBackground | None = None,
    registration: Registration | None = None,
    progress: Callable[[int], object] | None = None,
) -> Measurements:
    """Measure every cell of a movie.

    Parameters
    ----------
    movie : Movie
        Raw frames.
    labels : Labels or Tracked
        Track ids in the same coordinates, (T, Y, X); or what a tracker gave, whose lineage the
        table of cells then holds, and whose filled-in shapes enter no summary.
    groups : sequence of measure groups
        Which measures, with their settings; by default all that these labels allow.
    others : mapping of str to Labels, optional
        Other sets of objects of the same movie, by name: ``{"nucleus": nuclei}`` for `Compartment`.
        None of them is background, either.
    sightings : Sightings, optional
        Which frames and steps are trusted; default ``Sightings()``.
    level : callable, optional
        What to subtract from intensities, such as ``CameraOffset(offset=100)`` or
        ``RollingBall(radius_px=50)``; default 0.
    registration : Registration, optional
        How the field drifted, from `Drift`; steps and µm are then measured without it.
    progress : callable, optional
        Called with the number of every frame done.

    Raises
    ------
    InputError
        When movie and labels differ in their number of frames or in frame size, tracks have no
        shapes, or a group looks at a set of objects that is not there.

    Examples
    --------
    >>> import numpy as np
    >>> import lamella
    >>> from lamella.measure import measure
    >>> disc = np.zeros((2, 9, 9), np.uint16)
    >>> disc[0, 2:6, 2:5] = disc[1, 3:7, 2:5] = 1
    >>> movie = lamella.Movie.from_array(disc * 100, pixel_size_um=0.5, interval_min=2)
    >>> found = measure(movie, lamella.Labels.from_array(disc), [Migration()])
    >>> float(found.cells["mean_speed_um_per_min"].iloc[0])
    0.25
    """
    tracks = labels.tracks if isinstance(labels, Tracked) else None
    masks = painted(labels) if isinstance(labels, Tracked) else labels
    beside = {} if others is None else others
    for each in (masks, *beside.values()):
        refuse_mismatch(movie, each)
    if groups is None:
        groups = [group for group in GROUPS if can_measure(group, masks.name, beside)]
    base = sightings or Sightings()
    light, left = taken_off(movie, level)
    table, made = walk(
        light,
        masks,
        groups,
        sightings=base,
        level=left,
        first_last=tracks.first_last if tracks else None,
        interpolated=tracks.interpolated if tracks else None,
        registration=registration,
        others=beside,
        progress=progress,
    )
    summaries = [g.summarise(found, table) for g, found in zip(groups, made, strict=True)]
    cells = joined([base.summarise(table), *summaries])
    return Measurements(
        joined([table, *(found.frames for found in made)]),
        cells if tracks is None else with_lineage(cells, tracks),
        {name: finer for found in made for name, finer in found.all_finer.items()},
    )


def painted(tracked: Tracked) -> Labels:
    """The shapes of tracks as labels with track ids.

    Raises
    ------
    InputError
        When the tracks have no shapes.
    """
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
