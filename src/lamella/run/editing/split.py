"""A shape that is two cells or more, split at the points where a person saw them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.frames import Image
from lamella.kernels.distance import distance_inside
from lamella.kernels.geodesic import nearest_seed_within
from lamella.kernels.regions import find_regions
from lamella.run.editing.change import CellId, Cells, Change, Edit, FrameNumber, Point, span_words
from lamella.segment.declump.pieces import Pieces, flooded, peaks

_CORE = 0.5
"""Of a piece's depth: what lies deeper leads it in the next frame."""
_APART = 0.4
"""Of the depth of a shape: of two tops that are nearer the higher one counts."""


class Split(Edit):
    """Split a cell at two points or more, a piece for each.

    The cut runs at a neck where there is one between the points, else halfway; see `split_at`. The
    piece that overlaps most with the cell in the frame before keeps its
    number (in the first frame of the cell: with the frame after; else the largest, of equal ones
    that of the first point); the others get new ones.

    Parameters
    ----------
    seeds : (y, x) of two points or more
        Within the cell, on different pixels.
    last : int, optional
        Splits the frames after `frame`, too, up to this one: the inner part of every piece, moved
        as the cell moves, leads it in the next frame. Frames without the cell are passed over.
    until_lost : bool
        Where a part cannot be followed into a frame, stop before that frame instead of refusing.
    """

    edit: Literal["split"] = "split"
    frame: FrameNumber
    cell: CellId
    seeds: Annotated[tuple[Point, ...], Field(min_length=2)]
    last: FrameNumber | None = None
    until_lost: bool = False
    new: tuple[CellId, ...] = ()

    def n_new(self, cells: Cells) -> int:
        return len(self.seeds) - 1

    def __call__(self, cells: Cells) -> Change:
        self.need_frame(cells, self.frame, self.last or 0)
        frames = self.need_cell(cells, self.cell, self.frame)
        image = cells.frame(self.frame)
        seeds = [(round(y), round(x)) for y, x in self.seeds]
        for y, x in seeds:
            within = 0 <= y < image.shape[0] and 0 <= x < image.shape[1]
            if not within or image[y, x] != self.cell:
                raise self.refused(
                    f"the point ({y}, {x}) lies outside of cell {self.cell}",
                    "click inside the cell, once in each of its parts",
                )
        if len(set(seeds)) < len(seeds):
            raise self.refused("two points are the same pixel", "click in different places")
        last = self.frame if self.last is None else self.last
        if last < self.frame:
            raise self.refused(f"frame {last} comes before", "choose a later frame as the last")
        wanted = [t for t in frames if self.frame <= t <= last]
        return Change(self._split(cells, seeds, wanted))

    def _split(
        self, cells: Cells, seeds: Sequence[tuple[int, int]], frames: list[int]
    ) -> Iterator[tuple[int, Image]]:
        names: NDArray[np.int64] | None = None
        before: tuple[Pieces, NDArray[Any], NDArray[Any]] | None = None
        for t in frames:
            image = cells.frame(t)
            inside, window = _part(image, self.cell)
            origin = np.array([window[0].start, window[1].start])
            middle = np.argwhere(inside).mean(0) + origin
            marked = np.zeros(inside.shape, np.int32)
            if before is None:
                for number, (y, x) in enumerate(seeds, 1):
                    marked[y - origin[0], x - origin[1]] = number
            else:
                cores, corner, was = before
                _lay_moved(cores, corner - origin + np.rint(middle - was).astype(int), marked)
                marked[~inside] = 0
            if len(np.unique(marked[marked > 0])) < len(seeds):
                if self.until_lost:
                    return
                raise self.refused(
                    f"in frame {t} a part is no longer where it was before",
                    f"split up to frame {t - 1}, and again from frame {t} on",
                )
            pieces = split_at(inside, marked)
            whole = np.zeros(image.shape, np.int32)
            whole[window] = pieces
            if names is None:
                names = self._names(cells, whole)
            out = image.copy()
            out[whole > 0] = names[whole[whole > 0]]
            before = _cores(pieces), origin, middle
            yield t, out

    def _names(self, cells: Cells, pieces: Pieces) -> NDArray[np.int64]:
        """Number of the cell of every piece; item 0 is not used."""
        area = np.bincount(pieces.ravel())
        keeps = area.copy()
        frames = cells.frames_of(self.cell)
        near = [t for t in (self.frame - 1, self.frame + 1) if t in frames]
        if near:
            there = cells.frame(near[0]) == self.cell
            keeps = np.bincount(pieces[there], minlength=len(area))
            if not keeps[1:].any():
                keeps = area.copy()
        keeps[0] = -1
        names = np.zeros(len(area), np.int64)
        first = int(np.argmax(keeps))
        names[[k for k in range(1, len(area)) if k != first]] = self.new
        names[first] = self.cell
        return names

    @property
    def words(self) -> str:
        where = span_words(self.frame, self.frame if self.last is None else self.last)
        into = f" into {' and '.join(map(str, (self.cell, *self.new)))}" if self.new else ""
        return f"split cell {self.cell} {where}{into}"


def split_at(inside: NDArray[np.bool_], markers: Pieces) -> Pieces:
    """The pieces of a shape that grow from markers, numbered as these; every pixel has one.

    Parameters
    ----------
    inside : (Y, X) bool array
    markers : (Y, X) int32 array
        Above 0 within the shape alone.

    Notes
    -----
    The distance from the outline makes hills, and every marker stands for the hills that it alone
    touches; the cut runs along the valley between them. Where a marker has no hill of its own there
    is no neck to be seen, and the cut runs halfway between the markers, on ways within the shape.
    Parts of the shape that no marker reaches go to the nearest piece.
    """
    hills = distance_inside(inside)
    tops = peaks(hills, inside, within_px=_APART * float(hills.max()))
    own = _own_tops(flooded(hills, inside, tops), tops, markers)
    if own is None:
        pieces = nearest_seed_within(inside.astype(np.int32), markers)[0]
    else:
        pieces = flooded(hills, inside, own)
    rest = inside & (pieces == 0)
    if rest.any():
        from scipy.ndimage import distance_transform_edt

        y, x = distance_transform_edt(pieces == 0, return_distances=False, return_indices=True)
        pieces = np.where(rest, pieces[y, x], pieces)
    return pieces.astype(np.int32)


def _own_tops(basins: Pieces, tops: Pieces, markers: Pieces) -> Pieces | None:
    """Markers, and the tops of the hills that each alone touches; None where one has none."""
    touched = markers > 0
    pairs = {*zip(basins[touched].tolist(), markers[touched].tolist(), strict=True)}
    by_basin: dict[int, set[int]] = {}
    for basin, marker in pairs:
        by_basin.setdefault(basin, set()).add(marker)
    alone = {b: min(found) for b, found in by_basin.items() if b and len(found) == 1}
    if set(alone.values()) != {marker for _, marker in pairs}:
        return None
    out = markers.copy()
    for basin, marker in alone.items():
        out[(tops == basin) & ~touched] = marker
    return out


def _part(image: Image, cell: int) -> tuple[NDArray[np.bool_], tuple[slice, slice]]:
    """The shape of a cell in its box, and where that lies."""
    regions = find_regions(image)
    top, left, bottom, right = regions.box[int(np.searchsorted(regions.label, cell))].tolist()
    window = np.s_[top:bottom, left:right]
    return image[window] == cell, window


def _cores(pieces: Pieces) -> Pieces:
    """The inner part of every piece."""
    cores = np.zeros_like(pieces)
    for number in np.unique(pieces[pieces > 0]).tolist():
        depth = distance_inside(pieces == number)
        cores[depth > _CORE * depth.max()] = number
    return cores


def _lay_moved(image: Pieces, by: NDArray[Any], onto: Pieces) -> None:
    """Write the pieces of an image, moved by whole pixels, into another; what leaves it is gone."""
    y, x = np.nonzero(image)
    dy, dx = by.tolist()
    kept = (y + dy >= 0) & (x + dx >= 0) & (y + dy < onto.shape[0]) & (x + dx < onto.shape[1])
    onto[y[kept] + dy, x[kept] + dx] = image[y[kept], x[kept]]
