"""Pixels that a person gives to a cell, or takes away."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.io.link_rows import LARGEST_ID
from lamella.kernels.holes import without_holes
from lamella.run.editing.change import CellId, Cells, Change, Edit, FrameNumber, Point

Runs = tuple[tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1)]], ...]
"""Stretches of pixels, each as the offset of the first in the frame, row by row, and a length."""


def as_runs(mask: NDArray[np.bool_]) -> Runs:
    """The pixels of a mask of a whole frame, (Y, X), as stretches."""
    edges = np.flatnonzero(np.diff(np.pad(mask.ravel(), 1).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    return tuple(zip(starts.tolist(), (ends - starts).tolist(), strict=True))


def from_runs(runs: Runs) -> NDArray[np.int64]:
    """Offsets of all pixels of the stretches."""
    if not runs:
        return np.empty(0, np.int64)
    start, length = np.array(runs, np.int64).T
    before = np.cumsum(length) - length
    return np.repeat(start - before, length) + np.arange(length.sum())


class Paint(Edit):
    """Give pixels of one frame to a cell; `cell` 0 erases them.

    A number that no cell has begins a new cell. A number whose cell was removed, and the removal
    saved, is not given again.
    """

    edit: Literal["paint"] = "paint"
    frame: FrameNumber
    cell: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    runs: Annotated[Runs, Field(min_length=1)]

    @classmethod
    def of(cls, mask: NDArray[np.bool_], *, frame: int, cell: int) -> Self:
        """The pixels of a mask, (Y, X)."""
        return cls(frame=frame, cell=cell, runs=as_runs(mask))

    def __call__(self, cells: Cells) -> Change:
        self.need_frame(cells, self.frame)
        if self.cell in cells.gone:
            raise self.refused(
                f"cell {self.cell} was removed, and no number is given twice",
                "paint with the number of a new cell",
            )
        offsets = from_runs(self.runs)
        image = cells.frame(self.frame).copy()
        if offsets.max() >= image.size:
            raise self.refused("pixels lie outside of the frame", "paint within the movie")
        image.reshape(-1)[offsets] = self.cell
        return Change([(self.frame, image)])

    @property
    def words(self) -> str:
        n = sum(length for _, length in self.runs)
        pixels = f"{n} pixel{'s' if n > 1 else ''}"
        if self.cell == 0:
            return f"erase {pixels} in frame {self.frame}"
        return f"paint {pixels} of cell {self.cell} in frame {self.frame}"

    def renamed(self, names: Any) -> Self:
        return super().renamed(names) if self.cell else self


class Fill(Edit):
    """Fill the holes of a cell in one frame, or the enclosed background around a point.

    Parameters
    ----------
    at : (float, float), optional
        (y, x) of a pixel of background, which cells enclose; by default all holes that the cell
        alone encloses.
    """

    edit: Literal["fill"] = "fill"
    frame: FrameNumber
    cell: CellId
    at: Point | None = None

    def __call__(self, cells: Cells) -> Change:
        self.need_frame(cells, self.frame)
        self.need_cell(cells, self.cell, self.frame)
        image = cells.frame(self.frame)
        region = self._holes(image) if self.at is None else self._around(image, self.at)
        filled = image.copy()
        filled[region] = self.cell
        return Change([(self.frame, filled)])

    def _holes(self, image: NDArray[Any]) -> NDArray[np.bool_]:
        own = (image == self.cell).astype(np.int32)
        holes: NDArray[np.bool_] = (without_holes(own) > 0) & (image == 0)
        if not holes.any():
            raise self.refused("it has no hole", "paint what is missing with the brush")
        return holes

    def _around(self, image: NDArray[Any], at: Point) -> NDArray[np.bool_]:
        y, x = (round(c) for c in at)
        if not (0 <= y < image.shape[0] and 0 <= x < image.shape[1]):
            raise self.refused("the point lies outside of the frame", "click inside a hole")
        if image[y, x]:
            raise self.refused(f"cell {image[y, x]} is there already", "click inside a hole")
        parts = cv2.connectedComponents((image == 0).view(np.uint8), connectivity=4)[1]
        region: NDArray[np.bool_] = parts == parts[y, x]
        edges = region[0].any() or region[-1].any() or region[:, 0].any() or region[:, -1].any()
        if edges:
            raise self.refused(
                "the region is open to the edge of the image", "close its outline first"
            )
        return region

    @property
    def words(self) -> str:
        what = "the holes" if self.at is None else "an enclosed region"
        return f"fill {what} of cell {self.cell} in frame {self.frame}"
