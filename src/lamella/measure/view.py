"""One frame as the measures see it, and the walk over a movie that shows it to all of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Frames, Image, ReadAhead
from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale
from lamella.core.registration import Registration
from lamella.core.table import Col
from lamella.kernels.regions import Regions, find_regions
from lamella.kernels.warp import warped

Level = Callable[[Image, Image, str], float]
"""``level(frame, labels, channel)`` gives the grey value to subtract from intensities."""

KEYS = (Col.OBJECT, Col.CELL, Col.FRAME, Col.TIME_MIN, Col.INTERPOLATED)
"""Columns that the tables of all groups share."""

Columns = Mapping[str, NDArray[Any]]
"""Values by column, one for every object of ``FrameView.regions``."""


@dataclass(frozen=True)
class FrameView:
    """Frame `t`: its labels, what one pass over them tells, and the raw pixels on demand.

    `anything` is above 0 wherever an object is, whether it is measured here or not. Where the
    drift of the field is known, `registration` tells it, and the previous labels lie where the
    field took them by now.
    """

    t: int
    labels: Image
    regions: Regions
    previous_labels: Image | None
    previous_regions: Regions | None
    movie: Movie
    level: Level
    anything: Image
    registration: Registration | None = None

    @property
    def objects(self) -> tuple[Image, NDArray[np.int64], NDArray[np.int64]]:
        """Labels, and number and box of every object: what kernels ask for."""
        return self.labels, self.regions.label, self.regions.box

    def image(self, channel: str) -> Image:
        """Raw frame of one channel, (Y, X): the same frame as the labels, never a shifted one."""
        return self.movie.channels[channel].frame(self.t)

    def background(self, image: Image, channel: str) -> float:
        """The grey value to subtract from intensities of this frame."""
        return self.level(image, self.anything, channel)


class Group(Protocol):
    """A group of measures: what it sees in a frame, and what it makes of it afterwards."""

    def rows(self, view: FrameView) -> Columns:
        """Values of every object of the frame."""

    def complete(self, table: pd.DataFrame, scale: Scale) -> pd.DataFrame:
        """The table (object, cell, frame, …) of whole tracks with what needs the other frames."""

    def summarise(self, table: pd.DataFrame) -> pd.DataFrame:
        """One row per object set and cell."""


def walk(
    movie: Movie,
    labels: Labels,
    groups: Sequence[Group],
    *,
    level: Level,
    anything: Frames | None = None,
    first_last: Mapping[int, tuple[int, int]] | None = None,
    interpolated: pd.DataFrame | None = None,
    registration: Registration | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[pd.DataFrame]:
    """Measure every cell of every frame, reading each frame once for all groups.

    Parameters
    ----------
    movie, labels
        Of the same number and size of frames.
    level
        The grey value to subtract, see `Level`.
    anything
        Above 0 wherever any object is, for `level`; by default the labels.
    first_last
        First and last frame of every cell; by default those in which its label occurs.
    interpolated
        Cell and frame of the shapes that were filled in and not seen; by default none.
    registration
        How the field drifted, where that is known; movement is then measured without it.
    progress
        Called with the number of every frame done.

    Returns
    -------
    list of DataFrame
        One a group, a row per cell and frame from its first to its last; frames in which it was not
        found have NaN. `interpolated` tells the rows of shapes that were filled in.
    """
    if movie.n_frames == 1:
        warnings.warn(
            f"{movie.source}: one frame: speed, path and persistence are missing (NaN)",
            LamellaWarning,
            stacklevel=3,
        )
    seen: list[tuple[int, Regions]] = []
    found: list[list[Columns]] = [[] for _ in groups]
    previous: tuple[Image, Regions] | None = None
    with ExitStack() as readers:
        label_frames = readers.enter_context(ReadAhead(labels.frames))
        channels = {
            name: readers.enter_context(ReadAhead(frames))
            for name, frames in movie.channels.items()
        }
        ahead = replace(movie, channels=channels)
        for t in label_frames.span:
            frame = label_frames.frame(t)
            regions = find_regions(frame)
            if len(regions.label) or t == label_frames.span[-1]:  # no cells: still has columns
                before, regions_before = previous or (None, None)
                if before is not None and registration is not None:
                    before, regions_before = _carried(before, registration, t)
                others = frame if anything is None else anything.frame(t)
                view = FrameView(
                    t, frame, regions, before, regions_before, ahead, level, others, registration
                )
                seen.append((t, regions))
                for rows, group in zip(found, groups, strict=True):
                    rows.append(group.rows(view))
            previous = (frame, regions)
            if progress is not None:
                progress(t)
    frames = np.repeat([t for t, _ in seen], [len(r.label) for _, r in seen]).astype(np.int64)
    cells = np.concatenate([r.label for _, r in seen]) if seen else np.empty(0, np.int64)
    skeleton = _skeleton(cells, frames, first_last, labels.name)
    minutes = movie.scale.minutes(movie.n_frames)
    places = _places(skeleton, cells, frames)
    filled = _filled_in(skeleton, interpolated)
    tables = []
    for rows, group in zip(found, groups, strict=True):
        values = {
            name: _spread(np.concatenate([columns[name] for columns in rows]), places, skeleton)
            for name in (rows or [{}])[0]
        }
        keys = {name: skeleton[name] for name in skeleton.columns}
        time = minutes[skeleton[Col.FRAME].to_numpy()]
        table = pd.DataFrame({**keys, Col.TIME_MIN: time, Col.INTERPOLATED: filled, **values})
        tables.append(group.complete(table, movie.scale))
    return tables


def _carried(labels: Image, registration: Registration, t: int) -> tuple[Image, Regions]:
    """The labels of frame `t` − 1 where the drift of the field took them, and what they tell."""
    moved = warped(labels, registration.between(t - 1, t), interpolation="nearest")
    return moved, find_regions(moved)


def _places(
    skeleton: pd.DataFrame, cells: NDArray[np.int64], frames: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Row of the skeleton for every cell and frame that was seen; −1 where it has none."""
    keys = [Col.CELL, Col.FRAME]
    rows = pd.MultiIndex.from_frame(skeleton[keys])
    return rows.get_indexer(pd.MultiIndex.from_arrays([cells, frames], names=keys))


def _filled_in(skeleton: pd.DataFrame, interpolated: pd.DataFrame | None) -> NDArray[np.bool_]:
    """Whether the shape of each row was filled in."""
    filled = np.zeros(len(skeleton), bool)
    if interpolated is not None and len(interpolated):
        cells, frames = (interpolated[name].to_numpy(np.int64) for name in (Col.CELL, Col.FRAME))
        rows = _places(skeleton, cells, frames)
        filled[rows[rows >= 0]] = True
    return filled


def _spread(
    values: NDArray[Any], places: NDArray[np.intp], skeleton: pd.DataFrame
) -> NDArray[np.float64]:
    """Values in their rows; NaN in the rows of frames in which the cell was not found."""
    column = np.full(len(skeleton), np.nan)
    column[places[places >= 0]] = values[places >= 0]
    return column


def _skeleton(
    cells: NDArray[np.int64],
    frames: NDArray[np.int64],
    first_last: Mapping[int, tuple[int, int]] | None,
    name: str,
) -> pd.DataFrame:
    """Object, cell and frame of every row of a table, gaps included."""
    if first_last is None:
        lives = pd.Series(frames).groupby(cells).agg(["min", "max"])
        first_last = {int(str(cell)): (int(a), int(b)) for cell, a, b in lives.itertuples()}
    known = np.array(sorted(first_last), np.int64)
    life = np.array([first_last[cell] for cell in known.tolist()], np.int64).reshape(-1, 2)
    n = life[:, 1] - life[:, 0] + 1
    start = np.cumsum(n) - n
    return pd.DataFrame(
        {
            Col.OBJECT: pd.Series([name] * int(n.sum()), dtype="str"),
            Col.CELL: np.repeat(known, n),
            Col.FRAME: np.arange(n.sum()) + np.repeat(life[:, 0] - start, n),
        }
    )


def per_cell(
    table: pd.DataFrame, summary: Callable[[pd.DataFrame], Mapping[str, Any]]
) -> pd.DataFrame:
    """One row per object set and cell, from a function of the cell's rows."""
    rows = [
        {Col.OBJECT: name, Col.CELL: cell, **summary(rows)}
        for (name, cell), rows in table.groupby([Col.OBJECT, Col.CELL], sort=True)
    ]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=[Col.OBJECT, Col.CELL])


def mean_or_nan(values: NDArray[np.float64]) -> float:
    """Mean, NaN when there is nothing, without numpy's warning."""
    return float(values.mean()) if len(values) else float("nan")


def sd_or_nan(values: NDArray[np.float64]) -> float:
    """SD with n − 1, NaN below two values."""
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")
