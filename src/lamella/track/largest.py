"""One cell per movie: the largest object of every frame is the cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from lamella.core.frames import Frames
from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.kernels.regions import find_regions


class Largest(Step):
    """Track a single cell by taking the largest object of every frame.

    The cell lives from the first frame of the movie to the last; frames without any object are its
    empty frames. Of equally large objects the one with the smaller number is taken. A movie without
    any object has no cell.
    """

    version: ClassVar[int] = 1
    method: Literal["largest"] = "largest"

    def prepare(
        self, frames: Frames, image: Frames | None = None, *, scale: Scale | None = None
    ) -> pd.DataFrame:
        """The largest object of every frame that has one: frame, label, centroid.

        Neither the movie's pixels nor its scale matter.
        """
        found = []
        for t in frames.span:
            regions = find_regions(frames.frame(t))
            if len(regions.label):
                i = int(np.argmax(regions.area))
                found.append((t, regions.label[i], *regions.centroid[i]))
        columns = [Col.FRAME, Col.LABEL, Col.Y_PX, Col.X_PX]
        return pd.DataFrame(found, columns=columns).astype({Col.FRAME: int, Col.LABEL: int})

    def merge(self, states: Sequence[pd.DataFrame]) -> pd.DataFrame:
        return pd.concat(states, ignore_index=True)

    def __call__(self, frames: Frames, *, state: pd.DataFrame) -> Tracks:
        """The track of the cell, number 1."""
        links = state.assign(**{Col.CELL: 1})
        life = (frames.span.start, frames.span.stop - 1)
        return Tracks(links, {1: life} if len(links) else {})
