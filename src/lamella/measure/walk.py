"""The walk over a movie that shows every frame once to all groups of measures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.level import Level
from lamella.core.movie import Movie, Scale
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.measure.gather import Gathered, gather
from lamella.measure.kept import Kept
from lamella.measure.others import refuse_unmeasurable
from lamella.measure.sightings import Sightings
from lamella.measure.view import Columns, Group, Measured, Seen

Gathering = Callable[[Callable[[range | None], Gathered]], Gathered]
"""How a movie is looked at: at once or in parts, here or elsewhere."""


class Walked(NamedTuple):
    """What a walk over a movie gives."""

    sightings: pd.DataFrame
    """A row per cell and frame from its first to its last, in this order; see `Sightings`."""
    groups: list[Measured]
    """What every group made of it."""


def walk(
    movie: Movie,
    labels: Labels,
    groups: Sequence[Group],
    *,
    level: Level,
    sightings: Sightings | None = None,
    anything: Frames | None = None,
    first_last: Mapping[int, tuple[int, int]] | None = None,
    interpolated: pd.DataFrame | None = None,
    registration: Registration | None = None,
    others: Mapping[str, Labels] | None = None,
    progress: Callable[[int], object] | None = None,
    gathered: Gathering | None = None,
) -> Walked:
    """Measure every cell of every frame, reading each frame once for all groups.

    Parameters
    ----------
    movie, labels
        Of the same number and size of frames.
    level
        The grey value to subtract, see `Level`.
    sightings
        What can be trusted; by default `Sightings()`.
    anything
        Above 0 wherever any object is, for `level`; by default the labels and all `others`.
    first_last
        First and last frame of every cell; by default those in which its label occurs.
    interpolated
        Cell and frame of the shapes that were filled in and not seen; by default none.
    registration
        How the field drifted, where that is known; movement is then measured without it.
    others
        Other sets of objects, by name: groups look at some of them (see `Relating`), and none of
        them is background.
    progress
        Called with the number of every frame done.
    gathered
        Called with a function that looks at a part of the frames, or at all of them, and gives what
        all of them show, see `together`; by default they are looked at here, in their order.

    Returns
    -------
    Walked
        Frames in which a cell was not found have NaN. A shape that was filled in has a place and an
        area; no group measures it.

    Raises
    ------
    InputError
        When a group does not measure this set of objects, or a set that it looks at is not there.
    """
    refuse_unmeasurable(groups, labels, others or {})
    if movie.n_frames == 1 and any(group.looks_across_frames for group in groups):
        warnings.warn(
            f"{movie.source}: one frame: speed, path and persistence are missing (NaN)",
            LamellaWarning,
            stacklevel=3,
        )
    base = sightings or Sightings()

    def look(span: range | None) -> Gathered:
        return gather(
            movie,
            labels,
            groups,
            level=level,
            sightings=base,
            anything=anything,
            registration=registration,
            others=others,
            progress=progress,
            span=span,
        )

    return _completed(
        look(None) if gathered is None else gathered(look),
        groups,
        name=labels.name,
        scale=movie.scale,
        n_frames=movie.n_frames,
        sightings=base,
        first_last=first_last,
        interpolated=interpolated,
    )


def _completed(
    gathered: Gathered,
    groups: Sequence[Group],
    *,
    name: str,
    scale: Scale,
    n_frames: int,
    sightings: Sightings,
    first_last: Mapping[int, tuple[int, int]] | None = None,
    interpolated: pd.DataFrame | None = None,
) -> Walked:
    """The tables of a movie from what all of its frames showed.

    Parameters
    ----------
    gathered : Gathered
        From `gather`.
    name : str
        Of the set of objects.
    first_last, interpolated
        See `walk`.
    """
    seen, of_base, of_groups, of_kept = gathered
    frames = np.repeat([t for t, _ in seen], [len(label) for _, label in seen]).astype(np.int64)
    cells = np.concatenate([label for _, label in seen]) if seen else np.empty(0, np.int64)
    minutes = scale.minutes(n_frames)
    keys = _keys(cells, frames, first_last, interpolated, name)
    keys.insert(3, Col.TIME_MIN, minutes[keys[Col.FRAME].to_numpy()])
    places = _places(keys, cells, frames)
    table = sightings.complete(_spread(of_base, keys, places), scale)
    seen_there = ~keys[Col.INTERPOLATED].to_numpy(bool)
    places = np.where((places >= 0) & seen_there[places], places, -1)
    made = []
    for group, rows, parts in zip(groups, of_groups, of_kept, strict=True):
        objects = _spread([each.objects for each in rows], keys, places)
        finer = _finer(rows, seen, keys, minutes, name)
        kept = Kept.of(parts, places)
        made.append(group.complete(Measured(objects, finer, kept), table, scale))
    return Walked(table, made)


def _places(
    keys: pd.DataFrame, cells: NDArray[np.int64], frames: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Row of the keys for every cell and frame; −1 where they have none."""
    names = [Col.CELL, Col.FRAME]
    rows = pd.MultiIndex.from_frame(keys[names])
    return rows.get_indexer(pd.MultiIndex.from_arrays([cells, frames], names=names))


def _spread(rows: Sequence[Columns], keys: pd.DataFrame, places: NDArray[np.intp]) -> pd.DataFrame:
    """Values in their rows beside the keys; NaN where there are none."""
    columns = {}
    for name in (rows or [{}])[0]:
        column = np.full(len(keys), np.nan)
        column[places[places >= 0]] = np.concatenate([each[name] for each in rows])[places >= 0]
        columns[name] = column
    return pd.DataFrame({**{name: keys[name] for name in keys.columns}, **columns})


def _finer(
    rows: Sequence[Seen],
    seen: Sequence[tuple[int, NDArray[np.int64]]],
    keys: pd.DataFrame,
    minutes: NDArray[np.float64],
    name: str,
) -> dict[str, pd.DataFrame]:
    """Finer tables of all frames, in order of cell and frame, without what was filled in."""
    filled = keys.loc[keys[Col.INTERPOLATED].to_numpy(bool), [Col.CELL, Col.FRAME]]
    unseen = pd.MultiIndex.from_frame(filled)
    tables = {}
    for kind in rows[0].finer if rows else ():
        parts = [each.finer[kind] for each in rows]
        n = [len(part[Col.CELL]) for part in parts]
        frame = np.repeat([t for t, _ in seen], n).astype(np.int64)
        columns = {column: np.concatenate([p[column] for p in parts]) for column in parts[0]}
        cell = columns.pop(Col.CELL).astype(np.int64)
        known = ~pd.MultiIndex.from_arrays([cell, frame]).isin(unseen)
        # Labels that no track has are nobody's.
        known &= np.isin(cell, keys[Col.CELL].to_numpy())
        order = np.lexsort((frame, cell))
        order = order[known[order]]
        tables[kind] = pd.DataFrame(
            {
                Col.OBJECT: pd.Series([name] * len(order), dtype="str"),
                Col.CELL: cell[order],
                Col.FRAME: frame[order],
                Col.TIME_MIN: minutes[frame[order]],
                **{column: values[order] for column, values in columns.items()},
            }
        )
    return tables


def _keys(
    cells: NDArray[np.int64],
    frames: NDArray[np.int64],
    first_last: Mapping[int, tuple[int, int]] | None,
    interpolated: pd.DataFrame | None,
    name: str,
) -> pd.DataFrame:
    """Object, cell and frame of every row of a table, gaps included, and which were filled in."""
    if first_last is None:
        lives = pd.Series(frames).groupby(cells).agg(["min", "max"])
        first_last = {int(str(cell)): (int(a), int(b)) for cell, a, b in lives.itertuples()}
    known = np.array(sorted(first_last), np.int64)
    life = np.array([first_last[cell] for cell in known.tolist()], np.int64).reshape(-1, 2)
    n = life[:, 1] - life[:, 0] + 1
    start = np.cumsum(n) - n
    keys: dict[str, Any] = {
        Col.OBJECT: pd.Series([name] * int(n.sum()), dtype="str"),
        Col.CELL: np.repeat(known, n),
        Col.FRAME: np.arange(n.sum()) + np.repeat(life[:, 0] - start, n),
    }
    table = pd.DataFrame(keys)
    filled = np.zeros(len(table), bool)
    if interpolated is not None and len(interpolated):
        these = (interpolated[c].to_numpy(np.int64) for c in (Col.CELL, Col.FRAME))
        rows = _places(table, *these)
        filled[rows[rows >= 0]] = True
    return table.assign(**{Col.INTERPOLATED: filled})
