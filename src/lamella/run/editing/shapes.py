"""Whole shapes: two cells become one, a cell goes, a shape between two others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np

from lamella.core.frames import Image
from lamella.kernels.between import shape_between
from lamella.kernels.regions import find_regions, inside_of
from lamella.run.editing.change import (
    CellId,
    Cells,
    Change,
    Edit,
    FrameNumber,
    in_words,
    span_words,
)
from lamella.run.editing.lineage import renamed_after


class Merge(Edit):
    """Give the shape of one cell to another: they are one cell.

    Parameters
    ----------
    cell : int
        Loses its shapes in these frames.
    into : int
        Has them afterwards.
    first, last : int
        Frames; `last` None = to the end.
    """

    cells_in: ClassVar[tuple[str, ...]] = ("cell", "into")
    edit: Literal["merge"] = "merge"
    cell: CellId
    into: CellId
    first: FrameNumber
    last: FrameNumber | None

    def __call__(self, cells: Cells) -> Change:
        self.need_frame(cells, self.first, self.last or 0)
        if self.cell == self.into:
            raise self.refused("that is one and the same cell", "click on two cells")
        theirs = within(self.need_cell(cells, self.cell), self.first, self.last)
        ours = within(self.need_cell(cells, self.into), self.first, self.last)
        if not set(theirs) & set(ours):
            raise self.refused(
                f"the two are together in no frame {span_words(self.first, self.last)}",
                "to join the track of one to that of the other use Re-link",
            )
        gone = set(theirs) == set(cells.frames_of(self.cell))
        parents = renamed_after(cells, {self.cell: self.into}, 0) if gone else None
        return Change(relabelled(cells, theirs, {self.cell: self.into}), parents)

    @property
    def words(self) -> str:
        return f"merge cell {self.cell} into {self.into} {span_words(self.first, self.last)}"


class Delete(Edit):
    """Remove a cell in some frames, or everywhere; `last` None = to the end."""

    edit: Literal["delete"] = "delete"
    cell: CellId
    first: FrameNumber = 0
    last: FrameNumber | None = None

    def __call__(self, cells: Cells) -> Change:
        self.need_frame(cells, self.first, self.last or 0)
        frames = self.need_cell(cells, self.cell)
        there = within(frames, self.first, self.last)
        if not there:
            raise self.refused(
                f"the cell is in {in_words(frames)} only", "go there, or delete it everywhere"
            )
        return Change(relabelled(cells, there, {self.cell: 0}))

    @property
    def words(self) -> str:
        return f"delete cell {self.cell} {span_words(self.first, self.last)}"


class Interpolate(Edit):
    """Shapes between those of two frames, in the frames between: see `shape_between`.

    Shapes that the cell has there are replaced; pixels of other cells are left to them.

    Parameters
    ----------
    first, last : int
        Frames in which the cell is right.
    as_seen : bool
        The shapes count as measured, as a person has looked at them. Otherwise they are marked as
        filled in (`interpolated`), and no measure of shape or light counts them.
    """

    edit: Literal["interpolate"] = "interpolate"
    cell: CellId
    first: FrameNumber
    last: FrameNumber
    as_seen: bool = False

    def __call__(self, cells: Cells) -> Change:
        self.need_frame(cells, self.first, self.last)
        self.need_cell(cells, self.cell, self.first)
        self.need_cell(cells, self.cell, self.last)
        between = range(self.first + 1, self.last)
        if not between:
            raise self.refused(
                "there is no frame between", "choose two frames with others between them"
            )
        filled = frozenset() if self.as_seen else frozenset((self.cell, t) for t in between)
        return Change(self._shapes(cells, between), filled=filled)

    def _shapes(self, cells: Cells, between: range) -> Iterator[tuple[int, Image]]:
        ends = []
        for t in (self.first, self.last):
            image = cells.frame(t)
            regions = find_regions(image)
            i = int(np.searchsorted(regions.label, self.cell))
            box = regions.box[i]
            ends.append((inside_of(image, self.cell, box), regions.centroid[i], box[:2].tolist()))
        (before, centre0, origin0), (after, centre1, origin1) = ends
        for t in between:
            depth, (top, left) = shape_between(
                before,
                after,
                before_centre=centre0,
                after_centre=centre1,
                share=(t - self.first) / (self.last - self.first),
                before_origin=(origin0[0], origin0[1]),
                after_origin=(origin1[0], origin1[1]),
            )
            y, x = np.nonzero(depth < 0)
            y, x = y + top, x + left
            image = cells.frame(t).copy()
            inside = (y >= 0) & (x >= 0) & (y < image.shape[0]) & (x < image.shape[1])
            y, x = y[inside], x[inside]
            image[image == self.cell] = 0
            free = image[y, x] == 0
            image[y[free], x[free]] = self.cell
            yield t, image

    @property
    def words(self) -> str:
        return f"interpolate cell {self.cell} between frames {self.first} and {self.last}"


def within(frames: list[int], first: int, last: int | None) -> list[int]:
    """Those frames that lie in a range; `last` None = to the end."""
    return [t for t in frames if t >= first and (last is None or t <= last)]


def relabelled(
    cells: Cells, frames: list[int], names: dict[int, int]
) -> Iterator[tuple[int, Image]]:
    """Frames in which cells have other numbers, all at once: two may change places."""
    for t in frames:
        image = cells.frame(t)
        out = image.copy()
        for cell, name in names.items():
            out[image == cell] = name
        yield t, out
