"""Scores of pixels: how much of the foreground was found, and how much of what was found is."""

from __future__ import annotations

from typing import NamedTuple, Self

from lamella.core.frames import Image
from lamella.kernels.overlap import overlap


class PixelCounts(NamedTuple):
    """Pixels of a movie by what reference and result call them; every object is foreground.

    Counts are summed over frames before anything is divided, so that a frame weighs as much as its
    cells are large. Scores that would be 0 / 0 are NaN.
    """

    both: int = 0
    """Foreground of both (true positives)."""
    only_reference: int = 0
    """Foreground that was missed (false negatives)."""
    only_result: int = 0
    """Background that was taken for foreground (false positives)."""

    @classmethod
    def of(cls, reference: Image, result: Image) -> Self:
        """The counts of one frame, two label images or masks of one shape."""
        shared = overlap(reference, result)
        return cls(shared.shared, shared.a - shared.shared, shared.b - shared.shared)

    def plus(self, other: PixelCounts) -> PixelCounts:
        """The counts of both together."""
        return PixelCounts(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def precision(self) -> float:
        """Share of the result's foreground that is right."""
        return _ratio(self.both, self.both + self.only_result)

    @property
    def recall(self) -> float:
        """Share of the reference's foreground that was found."""
        return _ratio(self.both, self.both + self.only_reference)

    @property
    def iou(self) -> float:
        """Foreground of both over foreground of either (Jaccard)."""
        return _ratio(self.both, sum(self))

    @property
    def dice(self) -> float:
        """Harmonic mean of precision and recall: Dice and the F1 of pixels are one number."""
        return _ratio(2 * self.both, self.both + sum(self))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
