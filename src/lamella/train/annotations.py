"""Labels that people drew, as examples to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.frames import Frames, Image
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.kernels.morphology import components
from lamella.kernels.regions import find_regions
from lamella.kernels.view import cut_by_view
from lamella.train.examples import Example


class Drawn(NamedTuple):
    """Labels of one movie, in its raw coordinates."""

    labels: Frames
    """(T, Y, X) whole numbers, 0 = background, numbered as the movie's frames."""
    annotated: Sequence[int]
    """Frames that somebody looked at, in rising order: the others are not known to be empty."""
    offsets: NDArray[np.int64] | None = None
    """(T, 2) rows and columns that were added to raw coordinates in the view that was drawn on;
    None where the raw movie was."""


class Origin(NamedTuple):
    """Where labels come from."""

    movie: str
    session: str
    condition: str
    source: str


class Annotated(NamedTuple):
    """What there is to learn from, and what was left out."""

    examples: list[Example]
    frames: pd.DataFrame
    """One row per annotated frame: movie, session, condition, source, frame, n_labelled,
    n_at_border, n_cut_by_view, cut_by_view_px, kept, reason."""


class Annotations(Step):
    """Which annotated frames become examples.

    A frame that nobody annotated is never one: no annotation is not background.

    Parameters
    ----------
    stride : int
        Frames of one movie are taken at least this many apart, since neighbours tell the same.
    min_objects : int
        Frames with fewer objects are left out. 0 takes frames that were looked at and are empty as
        background: only for labels whose every frame was looked at.
    cut : {"leave_out", "keep"}
        What becomes of frames in which an object reaches where a centred view ended, though the raw
        frame goes on there: such an outline may lack a part of the cell.
    binary : bool
        The labels hold one value for all objects: every connected region becomes an object.

    Notes
    -----
    Objects at the edge of the raw frame itself are kept: every image that the network will see
    cuts cells there, too. The published training on outlines of biologists took every 5th frame.
    """

    version: ClassVar[int] = 1
    stride: int = Field(1, ge=1)
    min_objects: int = Field(1, ge=0)
    cut: Literal["leave_out", "keep"] = "leave_out"
    binary: bool = False

    def __call__(
        self, image: Frames, drawn: Drawn, *, origin: Origin, nuclei: Frames | None = None
    ) -> Annotated:
        """The examples of one movie.

        Parameters
        ----------
        image : Frames
            Raw frames of the channel that is segmented.
        drawn : Drawn
            Labels of the same frames.
        origin : Origin
        nuclei : Frames, optional
            Raw frames of the nuclear channel, the second of every example's image.

        Returns
        -------
        Annotated
            Labels of examples are numbered from 1 anew, uint16 or uint32. Only frames that are kept
            are read from `image`.
        """
        examples, rows, last = [], [], -self.stride
        for t in drawn.annotated:
            labels = drawn.labels.frame(t)
            if self.binary:
                labels = components(labels != 0)[0]
            found = find_regions(labels)
            height, width = labels.shape
            n_at_border = int(found.at_border((height, width)).sum())
            cut = {} if drawn.offsets is None else cut_by_view(labels, drawn.offsets[t])
            reason = self._reason(len(found.label), len(cut), since=t - last)
            rows.append(
                (
                    *origin[:3], origin.source, t, len(found.label),
                    n_at_border, len(cut), sum(cut.values()),
                    not reason, reason,
                )
            )  # fmt: skip
            if reason:
                continue
            last = t
            pixels: Image = np.array(image.frame(t))
            if nuclei is not None:
                pixels = np.stack([pixels, nuclei.frame(t)])
            examples.append(
                Example(
                    pixels, numbered(labels), origin.movie, origin.session, origin.condition, t,
                    origin.source,
                )
            )  # fmt: skip
        return Annotated(examples, pd.DataFrame(rows, columns=_COLUMNS))

    def _reason(self, n_objects: int, n_cut: int, *, since: int) -> str:
        """Why a frame is left out; empty where it is not."""
        if n_objects < self.min_objects:
            return "empty" if n_objects == 0 else f"fewer than {self.min_objects} objects"
        if n_cut and self.cut == "leave_out":
            return "cut by the centred view"
        return "" if since >= self.stride else f"less than {self.stride} frames after another"


_COLUMNS = [
    Col.MOVIE, Col.SESSION, Col.CONDITION, Col.SOURCE, Col.FRAME, Col.N_LABELLED, Col.N_AT_BORDER,
    Col.N_CUT_BY_VIEW, Col.CUT_BY_VIEW_PX, Col.KEPT, Col.REASON,
]  # fmt: skip


def numbered(labels: Image) -> NDArray[np.unsignedinteger[Any]]:
    """Labels numbered 1, 2 … without gaps, in the order of their numbers; uint16 where they fit."""
    present = np.unique(labels)
    present = present[present > 0]
    # The background comes before the first of them, whatever their numbers.
    found = np.searchsorted(np.concatenate([[0], present]), labels)
    return found.astype(np.uint16 if len(present) < 2**16 else np.uint32)
