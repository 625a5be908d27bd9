"""Tracks: which object of which frame is which cell, and who came from whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.table import Col

_BAND_PX = 1 << 20

Parents = Mapping[int, tuple[int, ...]]
"""Cell to the cells that it came from: one by division, two or more by merging."""


@dataclass(frozen=True)
class Tracks:
    """The identity of cells over time.

    Parameters
    ----------
    links : DataFrame
        One row per cell and frame in which it was found: `cell` (track id, from 1), `frame`,
        `label` (the object's number in that frame), `y_px`, `x_px` (its centroid). Further columns
        are allowed.
    first_last : mapping of int to (int, int)
        First and last frame of every cell's life, empty frames included.
    parents : mapping of int to tuple of int
        Cell to the cells that it came from: one by division, two or more by merging. Cells of
        nobody are not in it.
    """

    links: pd.DataFrame
    first_last: Mapping[int, tuple[int, int]]
    parents: Parents = field(default_factory=dict)

    @classmethod
    def from_links(cls, links: pd.DataFrame, parents: Parents | None = None) -> Tracks:
        """Tracks whose cells live from the first frame in which they were found to the last."""
        frames = links.groupby(Col.CELL)[Col.FRAME].agg(["min", "max"])
        lives = {int(str(c)): (int(a), int(b)) for c, a, b in frames.itertuples()}
        return cls(links, lives, parents or {})

    def centroids(self, cell: int, *, n_frames: int) -> NDArray[np.float64]:
        """Centroid of one cell in every frame, (T, 2), NaN where it was not found."""
        places = np.full((n_frames, 2), np.nan)
        rows = self.links[self.links[Col.CELL] == cell]
        places[rows[Col.FRAME].to_numpy()] = rows[[Col.Y_PX, Col.X_PX]].to_numpy()
        return places

    @property
    def interpolated(self) -> pd.DataFrame:
        """Cell and frame of the shapes that were filled in and not seen; mostly none."""
        keys = [Col.CELL, Col.FRAME]
        if Col.INTERPOLATED not in self.links:
            return self.links.iloc[:0][keys]
        return self.links.loc[self.links[Col.INTERPOLATED].to_numpy(bool), keys]

    @property
    def daughters(self) -> dict[int, tuple[int, ...]]:
        """Cell to the cells that came from it, in order of their numbers."""
        found: dict[int, list[int]] = {}
        for cell in sorted(self.parents):
            for parent in self.parents[cell]:
                found.setdefault(parent, []).append(cell)
        return {parent: tuple(cells) for parent, cells in found.items()}

    @property
    def generations(self) -> dict[int, int]:
        """Divisions between every cell and the first ancestor that is known; 0 for that one.

        A cell of several parents (a merging) is of the latest of their generations: merging is no
        birth.
        """
        known: dict[int, int] = {}
        daughters = self.daughters
        for cell in sorted(self.first_last, key=lambda c: self.first_last[c][0]):
            parents = [p for p in self.parents.get(cell, ()) if p in known]
            born = any(len(daughters[p]) > 1 for p in parents)
            known[cell] = max((known[p] for p in parents), default=0) + born
        return known

    def with_ancestors(self, cell: int) -> Tracks:
        """One cell and those that it came from, back to the first that is known."""
        family: set[int] = set()
        wanted = [cell]
        while wanted:
            if (one := wanted.pop()) not in family:
                family.add(one)
                wanted += self.parents.get(one, ())
        return Tracks(
            self.links[self.links[Col.CELL].isin(family)],
            {one: life for one, life in self.first_last.items() if one in family},
            {one: parents for one, parents in self.parents.items() if one in family},
        )

    def lineage(self) -> pd.DataFrame:
        """One row per cell: cell, first and last frame, parent (0 = none), generation.

        Of several parents the first is named.
        """
        generations = self.generations
        rows = [
            (cell, first, last, next(iter(self.parents.get(cell, ())), 0), generations[cell])
            for cell, (first, last) in sorted(self.first_last.items())
        ]
        columns = [Col.CELL, Col.FIRST_FRAME, Col.LAST_FRAME, Col.PARENT, Col.GENERATION]
        return pd.DataFrame(rows, columns=columns).astype(int)

    def relabel(self, labels: Frames) -> Frames:
        """The same objects painted with track ids; objects of no track become background.

        Returns
        -------
        Frames
            uint16 where the ids fit, else uint32.
        """
        by_frame = {
            int(str(t)): (rows[Col.LABEL].to_numpy(), rows[Col.CELL].to_numpy())
            for t, rows in self.links.groupby(Col.FRAME)
        }
        largest = int(self.links[Col.CELL].max()) if len(self.links) else 0
        dtype = np.dtype(np.uint16 if largest <= np.iinfo(np.uint16).max else np.uint32)

        def paint(t: int) -> Image:
            before = labels.frame(t)
            if t not in by_frame:
                return np.zeros(before.shape, dtype)
            old, new = by_frame[t]
            order = np.argsort(old)
            old, new = old[order], new[order].astype(dtype)
            if before.dtype in (np.uint8, np.uint16):
                number = np.zeros(np.iinfo(before.dtype).max + 1, dtype)
                fits = old < len(number)
                number[old[fits]] = new[fits]
                return _in_bands(before, lambda band: np.take(number, band), dtype)

            # Looked up, not indexed by: labels of other programs may be huge.
            def named(band: Image) -> Image:
                place = np.minimum(np.searchsorted(old, band), len(old) - 1)
                painted: Image = np.where(old[place] == band, new[place], dtype.type(0))
                return painted

            return _in_bands(before, named, dtype)

        return MappedFrames(labels, paint, dtype=dtype)


def _in_bands(labels: Image, named: Callable[[Image], Image], dtype: np.dtype[Any]) -> Image:
    """Rows by rows: the places that are looked up take eight bytes each, of a whole frame more
    than the frame.
    """
    out = np.empty(labels.shape, dtype)
    step = max(1, _BAND_PX // max(labels.shape[1], 1))
    for top in range(0, len(labels), step):
        out[top : top + step] = named(labels[top : top + step])
    return out
