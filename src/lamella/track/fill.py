"""Short gaps in tracks, filled with the shape between the shapes before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Reach, Step
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.kernels.between import shape_between
from lamella.kernels.regions import Regions, find_regions, inside_of

Gap = tuple[int, int, int, int, int]
"""Cell, frame and label before, frame and label after."""


class Filled(NamedTuple):
    """Labels painted with track ids, gaps filled; and the tracks to these labels."""

    labels: Frames
    tracks: Tracks


class FillGaps(Step):
    """Fill short gaps: a cell that is not found for a few frames is put where it must have been.

    Its shape is that between the shapes before and after (`lamella.kernels.between`), its centre
    moves along a straight line. Background alone is painted; where two filled cells overlap, a
    pixel goes to the one that it lies deeper in. A cell of which less than `least_visible` would be
    seen is left missing: it is under others, and a rest of it is no cell.

    What is filled is marked, and no measurement: `interpolated` is True in its rows.

    Parameters
    ----------
    longest_frames : int
        Longer gaps stay.
    least_visible : float
        Share of the shape that must lie on background within the field.
    """

    version: ClassVar[int] = 1
    longest_frames: Annotated[int, Field(ge=1)] = 3
    least_visible: Annotated[float, Field(ge=0, le=1)] = 0.5

    @property
    def reach(self) -> Reach:
        return Reach(self.longest_frames, self.longest_frames)

    def __call__(self, frames: Frames, *, tracks: Tracks) -> Filled:
        """Labels and tracks with the gaps filled.

        Parameters
        ----------
        frames : Frames
            Labels that the tracks link. Of a part of a movie, gaps whose ends both lie in the part
            are filled. Frames with gaps, and those at their ends, are read at once to measure what
            is filled; the rest when asked for.
        tracks : Tracks

        Returns
        -------
        Filled
            Labels with track ids, lazy, uint16 or uint32; objects of no track become background but
            are not painted over. Tracks to these labels (`label` is `cell`): all links of before
            and those filled, with `interpolated`, centroids of the painted pixels, and `area_px`
            and `touches_border` where the links have these columns; other columns are missing in
            them. Lives and parents stay.
        """
        gaps = list(self._gaps(tracks, frames.span))
        objects = _Objects(frames, keep=2 * self.longest_frames + 1)
        by_frame: dict[int, list[Gap]] = {}
        for gap in gaps:
            for t in range(gap[1] + 1, gap[3]):
                by_frame.setdefault(t, []).append(gap)
        rows = [
            row
            for t in sorted(by_frame)
            for row in _measured(t, self._patches(objects, t, by_frame[t]), frames.frame_shape)
        ]
        done = {(row[Col.CELL], row[Col.FRAME]) for row in rows}
        painted = tracks.relabel(frames)

        def fill(t: int) -> Image:
            image = painted.frame(t)
            if not any((gap[0], t) in done for gap in by_frame.get(t, ())):
                return image
            out = image.copy()
            for cell, (y, x) in self._patches(objects, t, by_frame[t]):
                out[y, x] = cell
            return out

        labels = MappedFrames(frames, fill, dtype=painted.dtype)
        return Filled(labels, replace(tracks, links=_joined(tracks.links, rows)))

    def _gaps(self, tracks: Tracks, span: range) -> Iterator[Gap]:
        links = tracks.links.sort_values([Col.CELL, Col.FRAME])
        cell, frame, label = (
            links[name].to_numpy(np.int64) for name in (Col.CELL, Col.FRAME, Col.LABEL)
        )
        missing = np.diff(frame) - 1
        wanted = (np.diff(cell) == 0) & (missing > 0) & (missing <= self.longest_frames)
        for i in np.flatnonzero(wanted).tolist():
            if frame[i] in span and frame[i + 1] in span:
                a, b = (int(frame[i]), int(label[i])), (int(frame[i + 1]), int(label[i + 1]))
                yield (int(cell[i]), *a, *b)

    def _patches(
        self, objects: _Objects, t: int, gaps: Iterable[Gap]
    ) -> list[tuple[int, tuple[NDArray[Any], NDArray[Any]]]]:
        """Rows and columns of the pixels that every cell gets in a frame."""
        free = objects.frames.frame(t) == 0
        deepest = np.zeros(free.shape)
        owner = np.zeros(free.shape, np.int64)
        shapes = []
        for cell, t0, label0, t1, label1 in sorted(gaps):
            before, after = objects.shape(t0, label0), objects.shape(t1, label1)
            if before is None or after is None:
                continue
            depth, (top, left) = shape_between(
                before.inside,
                after.inside,
                before_centre=before.centre,
                after_centre=after.centre,
                share=(t - t0) / (t1 - t0),
                before_origin=before.origin,
                after_origin=after.origin,
            )
            y, x = np.nonzero(depth < 0)
            deep = depth[y, x]
            size = len(deep)
            y, x = y + top, x + left
            inside = (y >= 0) & (x >= 0) & (y < free.shape[0]) & (x < free.shape[1])
            y, x, deep = y[inside], x[inside], deep[inside]
            open_ = free[y, x]
            y, x, deep = y[open_], x[open_], deep[open_]
            if len(y) < max(1.0, self.least_visible * size):
                continue
            wins = deep < deepest[y, x]
            deepest[y[wins], x[wins]] = deep[wins]
            owner[y[wins], x[wins]] = cell
            shapes.append((cell, y, x))
        own = [(cell, y, x, owner[y, x] == cell) for cell, y, x in shapes]
        return [(cell, (y[k], x[k])) for cell, y, x, k in own if k.any()]


class _Shape(NamedTuple):
    """Pixels of an object in its box, the first pixel of the box, and its centroid."""

    inside: NDArray[np.bool_]
    origin: tuple[int, int]
    centre: NDArray[np.float64]


class _Objects:
    """Shapes of objects; the regions of the frames looked at last are remembered."""

    def __init__(self, frames: Frames, *, keep: int) -> None:
        self.frames = frames
        self._looked_at = lru_cache(keep)(self._look_at)

    def shape(self, t: int, label: int) -> _Shape | None:
        """One object; None where the frame does not have it."""
        image, regions = self._looked_at(t)
        i = int(np.searchsorted(regions.label, label))
        if i == len(regions.label) or regions.label[i] != label:
            return None
        box = regions.box[i]
        origin = int(box[0]), int(box[1])
        return _Shape(inside_of(image, label, box), origin, regions.centroid[i])

    def _look_at(self, t: int) -> tuple[Image, Regions]:
        image = self.frames.frame(t)
        return image, find_regions(image)


def _measured(
    t: int,
    patches: Iterable[tuple[int, tuple[NDArray[Any], NDArray[Any]]]],
    frame_shape: tuple[int, int],
) -> Iterator[dict[str, Any]]:
    bottom, right = frame_shape[0] - 1, frame_shape[1] - 1
    for cell, (y, x) in patches:
        yield {
            Col.CELL: cell,
            Col.FRAME: t,
            Col.LABEL: cell,
            Col.Y_PX: float(y.mean()),
            Col.X_PX: float(x.mean()),
            Col.AREA_PX: float(len(y)),
            Col.TOUCHES_BORDER: bool(
                y.min() == 0 or x.min() == 0 or y.max() == bottom or x.max() == right
            ),
            Col.INTERPOLATED: True,
        }


def _joined(links: pd.DataFrame, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """All links by cell and frame; of the columns of `rows`, those that the links have."""
    before = links.assign(**{Col.LABEL: links[Col.CELL]})
    if Col.INTERPOLATED not in before.columns:
        before = before.assign(**{Col.INTERPOLATED: False})
    if rows:
        new = pd.DataFrame(rows)
        new = new[[name for name in new.columns if name in before.columns]]
        before = pd.concat([before, new], ignore_index=True)
    return before.sort_values([Col.CELL, Col.FRAME], ignore_index=True)
