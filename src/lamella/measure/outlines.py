"""Outlines a little off: the variants in which a movie is measured again."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

from numpy.typing import NDArray
from pydantic import Field

from lamella.core.step import Step
from lamella.kernels.mask_error import Changed, dilated, eroded, smoothed

Variant = Literal["dilated", "eroded", "smoothed"]
AS_IS = "as_is"
"""The outlines that were found."""
VARIANTS: tuple[Variant, ...] = get_args(Variant)


class Outlines(Step):
    """What if every outline is wrong by a little: too wide, too narrow, too rough.

    No outline is right to the pixel, and two people who draw one differ by more than a pixel. An
    error that is the same in all cells mostly leaves a difference between conditions alone; where
    it does not, the difference is one of outlines.

    Parameters
    ----------
    error_px : float
        How far outlines are moved outwards and inwards. Cells never take each other's pixels, and
        a cell that is too small to lose so much is missing in that variant.
    smoothing_px : float
        SD of the Gaussian that masks are blurred by, areas kept.
    """

    version: ClassVar[int] = 1
    error_px: float = Field(1.0, gt=0, le=20)
    smoothing_px: float = Field(2.0, gt=0, le=50)

    def __call__(self, labels: NDArray[Any], variant: Variant) -> Changed:
        """One label frame, (Y, X), in one variant."""
        if variant == "dilated":
            return dilated(labels, by_px=self.error_px)
        if variant == "eroded":
            return eroded(labels, by_px=self.error_px)
        return smoothed(labels, sigma_px=self.smoothing_px)
