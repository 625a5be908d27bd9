"""One cell in a large field: only its neighbourhood is segmented, and now and then the whole frame.

A network takes as long for empty glass as for a cell. In a movie of one cell the next frame holds
it close to where this one does, so that a crop around that place is enough, as long as nothing
about the crop looks wrong.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Frames, Image
from lamella.core.step import Reach
from lamella.kernels.regions import Regions, find_regions

_ALIKE = 0.3  # area over that of the largest object from which another may be a cell too
_GROWS = 1.5  # area of the cell over that of the frame before, or the reverse: more is a jump
_MOVES = 0.5  # way of its centroid over its diameter: more is a jump
_MULTIPLE = 16  # crops have such sides, so that the network sees few different sizes
_OFTEN = 3  # full checks with several cells, from which on the user is told


class Follow(BaseModel):
    """How one cell is followed through a movie that holds no other.

    Every frame whose number is a multiple of `every` is segmented whole. In between only a crop
    around the cell of the frame before is, unless that crop looks wrong: it is empty, an object
    touches an edge of it that is not the frame's, the area of the cell changes by more than half,
    its centroid moves by more than half its diameter, or there is a second object of at least 0.3
    times the area of the cell. Then that frame is segmented whole as well. After a whole frame
    without any cell, or with several, the next one is segmented whole.

    What is smaller than 0.3 times the largest object of its frame is left out of all frames, so
    that whole frames and crops show the same. A second cell that comes into the field away from the
    first is seen at the next full check: follow only one cell per movie.

    Parameters
    ----------
    every : int
        Frames from one full check to the next; 1 = all frames whole.
    margin : float
        Least distance from the cell to the edge of its crop, over the diameter of the cell.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: int = Field(10, ge=1)
    margin: float = Field(0.25, gt=0, allow_inf_nan=False)

    @property
    def reach(self) -> Reach:
        """A frame depends on those since the last full check."""
        return Reach(self.every - 1, 0)


class Box(NamedTuple):
    """A rectangle of a frame: first row and column, row and column after the last."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def here(self) -> tuple[slice, slice]:
        """The rectangle as an index of the frame."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        return self.bottom - self.top, self.right - self.left


class Part(NamedTuple):
    """What is to be segmented: a frame, or a rectangle of it."""

    frame: int
    box: Box | None = None


Masks = Callable[[Sequence[Part]], Sequence[Image]]
"""Labels of every part, each in the shape of the part, (Y, X) integers with 0 = background.

Grey levels are to be normalised by the whole frame, and bounds that are a share of the frame to
refer to the whole one: a crop must look as it does within its frame.
"""


class _Cell(NamedTuple):
    """The one cell of a frame, in coordinates of the frame."""

    area: int
    centroid: NDArray[np.float64]
    box: NDArray[np.int64]

    @classmethod
    def only(cls, regions: Regions, box: Box | None) -> Self | None:
        """The cell, where there is exactly one."""
        if len(regions.label) != 1:
            return None
        corner = np.array([0, 0] if box is None else box[:2])
        place = regions.centroid[0] + corner
        return cls(int(regions.area[0]), place, regions.box[0] + np.tile(corner, 2))

    @property
    def diameter(self) -> float:
        return float(2 * np.sqrt(self.area / np.pi))

    def may_become(self, other: _Cell) -> bool:
        """Whether `other` can be the same cell one frame later."""
        growth = other.area / self.area
        moved = float(np.hypot(*(other.centroid - self.centroid)))
        return 1 / _GROWS <= growth <= _GROWS and moved <= _MOVES * self.diameter

    def crop(self, margin: float, frame_shape: tuple[int, int]) -> Box | None:
        """The rectangle in which it is looked for; None where that is the whole frame."""
        spare = 2 * margin * self.diameter
        size = self.box[2:] - self.box[:2] + spare
        size = np.minimum(np.ceil(size / _MULTIPLE).astype(int) * _MULTIPLE, frame_shape)
        if np.array_equal(size, frame_shape):
            return None
        middle = (self.box[:2] + self.box[2:] - size) // 2
        top, left = np.clip(middle, 0, np.array(frame_shape) - size).tolist()
        return Box(top, left, top + int(size[0]), left + int(size[1]))


class _Seen(NamedTuple):
    """What has been segmented of a frame."""

    labels: Image
    box: Box | None
    regions: Regions
    """Its objects without debris."""
    cell: _Cell | None
    """The one object, where there is one and no edge of the crop may have cut anything."""


class Followed(Frames):
    """Labels of every frame of a movie of one cell, (T, Y, X), numbered from 1 in every frame.

    A frame gives the same whatever other frames were asked for, as long as those since the last
    full check lie in `source`; where that check lies before the first frame of `source`, that
    frame is segmented whole in its place. Rising frame numbers cost one segmentation each.

    Parameters
    ----------
    source : Frames
        The movie; only its span and the shape of its frames are looked at.
    masks : Masks
        The segmenter.
    follow : Follow
    at_once : int
        Stretches between full checks that are followed side by side, so that their parts reach
        `masks` together: a graphics card wants many images at once.

    Warns
    -----
    LamellaWarning
        At the third full check that shows several cells.
    """

    def __init__(
        self,
        source: Frames,
        masks: Masks,
        follow: Follow,
        *,
        at_once: int = 1,
        dtype: DTypeLike = np.uint32,
    ) -> None:
        self.span, self.frame_shape, self.dtype = source.span, source.frame_shape, np.dtype(dtype)
        self._masks, self._follow, self._at_once = masks, follow, at_once
        self._starts: list[int] = []
        self._seen: dict[int, _Seen] = {}
        self._crowded: set[int] = set()
        self._warned = False

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        start = self._start_of(t)
        if start not in self._starts:
            self._starts = self._beside(start)
            self._seen = {}
        for depth in range(t - start + 1):
            if start + depth not in self._seen:
                beside = [s + depth for s in self._starts if self._start_of(s + depth) == s]
                self._look_at([each for each in beside if each in self.span])
        return self._whole(self._seen[t])

    def _start_of(self, t: int) -> int:
        """The full check on which frame t depends."""
        return max(t - t % self._follow.every, self.span.start)

    def _beside(self, start: int) -> list[int]:
        """Full checks whose stretches are followed together with that from `start`."""
        every = self._follow.every
        later = range(start - start % every + every, self.span.stop, every)
        return [start, *later[: self._at_once - 1]]

    def _look_at(self, frames: Sequence[int]) -> None:
        parts = [Part(t, self._crop_for(t)) for t in frames]
        found = dict(zip(frames, self._segmented(parts), strict=True))
        again = [t for t in frames if found[t].box is not None and not self._right(t, found[t])]
        if again:
            found.update(zip(again, self._segmented([Part(t) for t in again]), strict=True))
        self._seen.update(found)
        self._warn_of_several(found)

    def _segmented(self, parts: Sequence[Part]) -> list[_Seen]:
        seen = []
        for part, labels in zip(parts, self._masks(parts), strict=True):
            regions = find_regions(labels)
            large = regions.area >= _ALIKE * regions.area.max(initial=0)
            kept = Regions(*(column[large] for column in regions))
            # What is cut may be larger than it looks, so that debris counts here.
            cut = part.box is not None and _touches(regions, part.box, self.frame_shape)
            cell = None if cut else _Cell.only(kept, part.box)
            seen.append(_Seen(labels, part.box, kept, cell))
        return seen

    def _crop_for(self, t: int) -> Box | None:
        if t == self._start_of(t):
            return None
        cell = self._seen[t - 1].cell
        return None if cell is None else cell.crop(self._follow.margin, self.frame_shape)

    def _right(self, t: int, seen: _Seen) -> bool:
        """Whether what a crop shows can be believed."""
        before = self._seen[t - 1].cell
        return before is not None and seen.cell is not None and before.may_become(seen.cell)

    def _whole(self, seen: _Seen) -> Image:
        """The labels in the frame, numbered from 1."""
        number = np.zeros(int(seen.labels.max(initial=0)) + 1, self.dtype)
        number[seen.regions.label] = np.arange(1, len(seen.regions.label) + 1)
        shown = np.zeros(self.frame_shape, self.dtype)
        here = ... if seen.box is None else seen.box.here
        shown[here] = number[seen.labels]
        return shown

    def _warn_of_several(self, found: dict[int, _Seen]) -> None:
        checks = {t for t in found if t == self._start_of(t)}
        self._crowded |= {t for t in checks if len(found[t].regions.label) > 1}
        if len(self._crowded) < _OFTEN or self._warned:
            return
        self._warned = True
        warnings.warn(
            f"follow is for movies of one cell, and {len(self._crowded)} full checks show several "
            f"of like size (frame {min(self._crowded)} first); such frames are segmented whole, "
            "which saves no time: set follow = false for movies of several cells",
            LamellaWarning,
            stacklevel=2,
        )


def _touches(regions: Regions, box: Box, frame_shape: tuple[int, int]) -> bool:
    """Whether any object lies at an edge of the crop behind which the frame goes on."""
    at_low = (regions.box[:, :2] == 0) & (np.array(box[:2]) > 0)
    at_high = (regions.box[:, 2:] == box.shape) & (np.array(box[2:]) < frame_shape)
    return bool((at_low | at_high).any())
