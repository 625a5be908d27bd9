"""Tracks: which object of which frame is which cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.table import Col


@dataclass(frozen=True)
class Tracks:
    """The identity of cells over time.

    Parameters
    ----------
    links : DataFrame
        One row per cell and frame in which it was found: `cell` (track id, from 1), `frame`,
        `label` (the object's number in that frame), `y_px`, `x_px` (its centroid).
    first_last : mapping of int to (int, int)
        First and last frame of every cell's life, empty frames included.
    parents : mapping of int to int
        Cell to the cell that it came from by division.
    """

    links: pd.DataFrame
    first_last: Mapping[int, tuple[int, int]]
    parents: Mapping[int, int] = field(default_factory=dict)

    def centroids(self, cell: int, *, n_frames: int) -> NDArray[np.float64]:
        """Centroid of one cell in every frame, (T, 2), NaN where it was not found."""
        places = np.full((n_frames, 2), np.nan)
        rows = self.links[self.links[Col.CELL] == cell]
        places[rows[Col.FRAME].to_numpy()] = rows[[Col.Y_PX, Col.X_PX]].to_numpy()
        return places

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
            # Looked up, not indexed by: labels of other programs may be huge.
            place = np.minimum(np.searchsorted(old, before), len(old) - 1)
            painted: Image = np.where(old[place] == before, new[place], dtype.type(0))
            return painted

        return MappedFrames(labels, paint, dtype=dtype)
