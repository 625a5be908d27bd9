"""One cell per movie: the largest object of every frame is the cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from lamella.core.frames import Frames
from lamella.core.movie import Scale
from lamella.core.registration import Registration
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.kernels.regions import find_regions

_ALIKE = "n_alike"
"""Column of the state: objects of the frame that are like the largest in size, itself included."""

_LIKE_SIZE = 0.5
"""Area over that of the largest from which on an object is as likely a cell as that one."""


class Largest(Step):
    """Track a single cell by taking the largest object of every frame.

    The cell lives from the first frame of the movie to the last; frames without any object are its
    empty frames. Of equally large objects the one with the smaller number is taken. A movie without
    any object has no cell.
    """

    version: ClassVar[int] = 1
    method: Literal["largest"] = "largest"

    def prepare(
        self,
        frames: Frames,
        image: Frames | None = None,
        *,
        scale: Scale | None = None,
        registration: Registration | None = None,
    ) -> pd.DataFrame:
        """The largest object of every frame that has one: frame, label, centroid, and its likes.

        Neither the movie's pixels nor its scale nor its drift matter.
        """
        found = []
        for t in frames.span:
            regions = find_regions(frames.frame(t))
            if len(regions.label):
                i = int(np.argmax(regions.area))
                alike = int((regions.area >= _LIKE_SIZE * regions.area[i]).sum())
                found.append((t, regions.label[i], *regions.centroid[i], alike))
        columns = [Col.FRAME, Col.LABEL, Col.Y_PX, Col.X_PX, _ALIKE]
        whole = dict.fromkeys((Col.FRAME, Col.LABEL, _ALIKE), int)
        return pd.DataFrame(found, columns=columns).astype(whole)

    def merge(self, states: Sequence[pd.DataFrame]) -> pd.DataFrame:
        return pd.concat(states, ignore_index=True)

    def __call__(self, frames: Frames, *, state: pd.DataFrame) -> Tracks:
        """The track of the cell, number 1."""
        links = state.drop(columns=_ALIKE).assign(**{Col.CELL: 1})
        life = (frames.span.start, frames.span.stop - 1)
        return Tracks(links, {1: life} if len(links) else {})

    def n_alike(self, state: pd.DataFrame) -> int:
        """Objects of like size in the middling frame that has any: 1 in a movie of one cell.

        An object is like the largest of its frame when it has at least half of its area, so that
        debris does not count; nor does what is there in fewer than half of the frames.
        """
        return int(np.floor(state[_ALIKE].median())) if len(state) else 0

    def told(self, state: pd.DataFrame) -> dict[str, Any]:
        return {"objects_of_like_size": self.n_alike(state)}

    def in_words(self, state: pd.DataFrame) -> str:
        n = self.n_alike(state)
        return f"the largest of {n} objects of like size" if n > 1 else ""
