"""What every way of splitting clumps has in common: one frame for itself, then its neighbours."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Reach, Step
from lamella.kernels.regions import find_regions
from lamella.segment.declump.agree import Cut, agreed
from lamella.segment.declump.pieces import Pieces, in_reading_order
from lamella.segment.declump.size import Size, added, size_in
from lamella.segment.fitting import refuse_unlike


class _Declump(Step):
    """Split labels whose object is several cells.

    Labels that are already separate are never merged, and splitting neither wins nor loses a pixel.

    Parameters
    ----------
    around : int
        A clump is split into as many pieces as in the median of the frames up to `around` before
        and after, in which it is found again by overlap; where its own frame says otherwise, the
        pieces of the nearest frame that has that many are its markers. 0 = every frame for itself.
    """

    around: int = Field(2, ge=0, le=10)

    @property
    def reach(self) -> Reach:
        return Reach(self.around, self.around)

    def prepare(
        self, labels: Frames, image: Frames | None = None, nuclei: Frames | None = None
    ) -> Size:
        """How wide the cells of this part of the movie are, and whether bright or dark."""
        refuse_unlike(labels, image, "image")
        return added(
            [
                size_in(labels.frame(t), image.frame(t) if image is not None else None)
                for t in labels.span
            ]
        )

    def merge(self, states: Sequence[Size]) -> Size:
        return added(states)

    def __call__(
        self,
        labels: Frames,
        image: Frames | None = None,
        nuclei: Frames | None = None,
        *,
        state: Size,
    ) -> Frames:
        """Labels of single cells, (T, Y, X) uint32, numbered in reading order within their frame.

        Parameters
        ----------
        labels : Frames
            (T, Y, X) integers, 0 = background.
        image : Frames, optional
            The channel in which the cells were found.
        nuclei : Frames, optional
            Labels of the nuclei.
        state : Size
            From :meth:`prepare` with the same labels and image.

        Raises
        ------
        InputError
            When the method needs an image or nuclei and has none, or they have another size or
            length than the labels.
        """
        refuse_unlike(labels, image, "image")
        refuse_unlike(labels, nuclei, "nuclei")
        self._refuse_missing(image, nuclei)
        held: dict[int, Cut] = {}

        def cut(t: int) -> Cut:
            if t not in held:
                held[t] = self._cut(
                    in_reading_order(labels.frame(t)),
                    image.frame(t) if image is not None else None,
                    nuclei.frame(t) if nuclei is not None else None,
                    state,
                )
            return held[t]

        def declumped(t: int) -> Image:
            near = range(t - self.around, t + self.around + 1)
            for s in [s for s in held if s not in near]:
                del held[s]
            others = [cut(s) for s in _nearest_first(near, t) if s in labels.span]
            pieces = agreed(cut(t), others, smallest_px=self._smallest_px(state))
            return in_reading_order(pieces).astype(np.uint32)

        return MappedFrames(labels, declumped, dtype=np.uint32)

    @abstractmethod
    def _cut(self, labels: Pieces, image: Image | None, nuclei: Image | None, state: Size) -> Cut:
        """The pieces of one frame, from that frame alone."""

    def _refuse_missing(self, image: Frames | None, nuclei: Frames | None) -> None:
        """Raise the InputError of what this method cannot do without."""

    @abstractmethod
    def _smallest_px(self, state: Size) -> float:
        """Pieces of the frames around that are smaller have no vote."""


def _nearest_first(near: range, t: int) -> list[int]:
    return sorted((s for s in near if s != t), key=lambda s: (abs(s - t), s))


def by_object(
    labels: NDArray[Any],
    split: Callable[[NDArray[np.bool_], tuple[slice, slice]], Pieces | None],
    *,
    margin_px: int,
) -> Pieces:
    """Pieces of a frame, numbered from 1, from those of every object for itself.

    `split` gets an object's mask and the window of the frame that shows it with a margin; it gives
    its pieces, or None where it stays whole. Where it has several unconnected parts and none was
    cut, it stays one object.
    """
    out = np.zeros(labels.shape, np.int32)
    regions, n = find_regions(labels), 0
    for label, (top, left, bottom, right) in zip(regions.label, regions.box, strict=True):
        window = np.s_[
            max(0, top - margin_px) : bottom + margin_px,
            max(0, left - margin_px) : right + margin_px,
        ]
        inside = labels[window] == label
        pieces = split(inside, window)
        if pieces is None:
            out[window][inside] = n = n + 1
        else:
            out[window][inside] = n + pieces[inside]
            n += int(pieces.max())
    return out
