"""Cut clumps where they are narrow and pale: watershed of distance and light together."""

from __future__ import annotations

from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.segment.declump.landscape import _ByLandscape
from lamella.segment.declump.pieces import Landscape, Pieces
from lamella.segment.declump.size import Size

_BLUR = 0.25  # SD in typical half widths: organelles are no cells
_AROUND = 4  # typical half widths, within which the background is taken
_LEAST = np.float32(0.05)  # of the frame's contrast: what is darker than the background counts so


class ByIntensity(_ByLandscape):
    """Cut clumps where they are narrow or where their light falls towards the background's.

    The hills are the distance from the outline times the square root of the contrast of the
    blurred image with the background nearby. Whether cells are brighter or darker than the
    background is found from the movie; adding to the grey values or multiplying them changes
    nothing. Where more than two fifths of the cells' pixels are on the other side, as in phase
    contrast of flat cells, the light says little and the distance alone decides. Cells that are
    brightest at their rim, where they touch, are better split by distance.
    """

    version: ClassVar[int] = 1
    method: Literal["intensity"] = "intensity"
    neck: float = Field(0.8, gt=0, lt=1)  # texture makes more and deeper valleys than outlines do

    def _refuse_missing(self, image: Frames | None, nuclei: Frames | None) -> None:
        if image is None:
            raise InputError(
                "declump by intensity", "it got no image", 'give the image, or use "distance"'
            )

    def _light(self, labels: Pieces, image: Image, state: Size) -> Landscape | None:
        half_width = self._half_width(state)
        outside = (labels == 0).astype(np.float32)
        if half_width == 0 or state.sign == 0 or not outside.any() or outside.all():
            return None
        grey = image.astype(np.float32) * np.float32(state.sign)
        everywhere = np.float32(np.median(grey[outside > 0]))
        grey = grey - everywhere
        side = 2 * round(_AROUND * half_width) + 1
        share = cv2.blur(outside, (side, side))
        background = cv2.blur(grey * outside, (side, side)) / np.maximum(share, np.float32(0.02))
        contrast = cv2.GaussianBlur(grey, (0, 0), _BLUR * half_width) - background
        least = _LEAST * np.abs(contrast[outside == 0]).mean()
        light: Landscape = np.sqrt(np.maximum(contrast, max(least, np.float32(1e-6))))
        return light
