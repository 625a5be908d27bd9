"""One frame as the measures see it, and the walk over a movie that shows it to all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale
from lamella.core.table import Col, stacked
from lamella.kernels.regions import Regions, find_regions

Level = Callable[[Image, Image, str], float]
"""``level(frame, labels, channel)`` gives the grey value to subtract from intensities."""

Columns = Mapping[str, NDArray[Any]]
"""Values by column, one for every object of ``FrameView.regions``."""


@dataclass(frozen=True)
class FrameView:
    """Frame `t`: its labels, what one pass over them tells, and the raw pixels on demand."""

    t: int
    labels: Image
    regions: Regions
    previous_labels: Image | None
    previous_regions: Regions | None
    movie: Movie
    level: Level

    @property
    def objects(self) -> tuple[Image, NDArray[np.int64], NDArray[np.int64]]:
        """Labels, and number and box of every object: what kernels ask for."""
        return self.labels, self.regions.label, self.regions.box

    def image(self, channel: str) -> Image:
        """Raw frame of one channel, (Y, X): the same frame as the labels, never a shifted one."""
        return self.movie.channels[channel].frame(self.t)

    def suffix(self, channel: str) -> str | None:
        """What marks a column of this channel; None when the movie has only one."""
        return channel if len(self.movie.channels) > 1 else None


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
    first_last: Mapping[int, tuple[int, int]] | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[pd.DataFrame]:
    """Measure every cell of every frame, reading each frame once for all groups.

    Parameters
    ----------
    movie, labels
        Of the same number and size of frames.
    level
        The grey value to subtract, see `Level`.
    first_last
        First and last frame of every cell; by default those in which its label occurs.
    progress
        Called with the number of every frame done.

    Returns
    -------
    list of DataFrame
        One a group, a row per cell and frame from its first to its last; frames in which it was not
        found have NaN.
    """
    seen: list[tuple[int, Regions]] = []
    found: list[list[Columns]] = [[] for _ in groups]
    previous: tuple[Image, Regions] | None = None
    for t in labels.frames.span:
        frame = labels.frame(t)
        regions = find_regions(frame)
        if len(regions.label) or t == labels.frames.span[-1]:  # a movie without cells has columns
            before, regions_before = previous or (None, None)
            view = FrameView(t, frame, regions, before, regions_before, movie, level)
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
    tables = []
    for rows, group in zip(found, groups, strict=True):
        values = {
            name: np.concatenate([columns[name] for columns in rows]) for name in (rows or [{}])[0]
        }
        measured = pd.DataFrame({Col.CELL: cells, Col.FRAME: frames, **values})
        table = skeleton.merge(measured, on=[Col.CELL, Col.FRAME], how="left")
        table.insert(3, Col.TIME_MIN, minutes[table[Col.FRAME].to_numpy()])
        tables.append(group.complete(table, movie.scale))
    return tables


def _skeleton(
    cells: NDArray[np.int64],
    frames: NDArray[np.int64],
    first_last: Mapping[int, tuple[int, int]] | None,
    name: str,
) -> pd.DataFrame:
    """Object, cell and frame of every row of a table, gaps included."""
    if first_last is None:
        lives = pd.DataFrame({"cell": cells, "frame": frames}).groupby("cell")["frame"]
        first_last = {int(str(cell)): (int(life.min()), int(life.max())) for cell, life in lives}
    parts = [
        pd.DataFrame({Col.OBJECT: name, Col.CELL: cell, Col.FRAME: np.arange(first, last + 1)})
        for cell, (first, last) in sorted(first_last.items())
    ]
    empty = pd.DataFrame(
        {
            Col.OBJECT: pd.Series(dtype="str"),
            Col.CELL: pd.Series(dtype=np.int64),
            Col.FRAME: pd.Series(dtype=np.int64),
        }
    )
    return stacked(parts) if parts else empty


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
