"""The level that stands under every intensity: camera offset, or the field's own background."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from lamella.core.frames import Image
from lamella.core.step import Step


class _Background(Step):
    """What all have in common.

    Attributes
    ----------
    looks_outside : bool
        Whether the level depends on where the objects are.
    """

    looks_outside: ClassVar[bool] = False


class NoBackground(_Background):
    """Subtract nothing. A ratio of raw intensities then depends on the camera's offset."""

    method: Literal["none"] = "none"

    def __call__(self, frame: Image, labels: Image, channel: str) -> float:
        """0."""
        return 0.0


class CameraOffset(_Background):
    """Subtract what the camera gives without light.

    Parameters
    ----------
    offset : float or mapping of channel name to float
        Grey values, as read from a dark frame.
    """

    method: Literal["offset"] = "offset"
    offset: float | dict[str, float]

    def __call__(self, frame: Image, labels: Image, channel: str) -> float:
        """The offset of this channel; NaN for a channel without one."""
        if isinstance(self.offset, dict):
            return self.offset.get(channel, float("nan"))
        return self.offset


class PercentileOutside(_Background):
    """Subtract a percentile of the pixels outside the objects, frame by frame.

    In a run these are all that were segmented, of every set, not only the tracked ones. A neighbour
    that was not segmented is taken for background: a low percentile is then the safer choice.

    Parameters
    ----------
    percentile : float
        50 = median.
    margin_px : int
        Pixels closer than this to an object are left out: they hold its blurred light.
    """

    version: ClassVar[int] = 1
    looks_outside: ClassVar[bool] = True
    method: Literal["percentile"] = "percentile"
    percentile: float = Field(50, ge=0, le=100)
    margin_px: int = Field(10, ge=0)

    def __call__(self, frame: Image, labels: Image, channel: str) -> float:
        """The level of this frame; NaN when no pixel lies outside."""
        import cv2

        outside = (labels == 0).astype(np.uint8)
        if self.margin_px:
            size = 2 * self.margin_px + 1
            outside = cv2.erode(
                outside, np.ones((size, size), np.uint8), borderValue=1
            )  # pixels beyond the field hold no object
        pixels = frame[outside.view(bool)]
        return float(np.percentile(pixels, self.percentile)) if len(pixels) else float("nan")


Background = Annotated[
    NoBackground | CameraOffset | PercentileOutside, Field(discriminator="method")
]
"""Every way to find the background, told apart by ``method``."""
