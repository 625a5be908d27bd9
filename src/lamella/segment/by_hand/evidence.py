"""What tells a cell from the ground in one frame: light, darkness, or roughness."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.filters import blurred
from lamella.kernels.morphology import disc, filled

Look = Literal["bright", "dark", "rough"]
"""How cells stand out: brighter or darker than the ground, or both at once as in phase contrast."""

_POOL_PX = 2.0
_CLOSE_PX, _SHRINK_PX = 6, 3
_CLEARLY = 3.0
"""SDs of the ground by which pixels must differ from it to stand out."""
_MIXED = 0.2
"""Share, of the pixels that stand out, on the other side of the ground from which on cells count as
rough."""

Plane = NDArray[np.float32]


def roughness(image: NDArray[Any], *, pool_px: float = _POOL_PX) -> Plane:
    """SD of the light around every pixel, within a Gaussian window, (Y, X) float32."""
    plane = np.asarray(image, np.float32)
    plane = plane - plane.mean()  # squares of large numbers lose their last digits
    mean, square = blurred(plane, pool_px), blurred(plane * plane, pool_px)
    out: Plane = np.sqrt(np.maximum(square - mean * mean, 0))
    return out


def look_of(image: NDArray[Any]) -> Look:
    """How cells stand out from the rest of the frame: by light on one side of the ground, or both.

    The ground is the median of the frame, its noise 1.48 times the median deviation from it: more
    than half of the frame must be bare. Phase contrast has halos beside dark bodies.
    """
    smooth = blurred(np.asarray(image, np.float32), 1.0)
    level = np.median(smooth)
    noise = max(float(1.4826 * np.median(np.abs(smooth - level))), np.finfo(np.float32).tiny)
    off = (smooth - level) / noise
    brighter, darker = float((off > _CLEARLY).mean()), float((off < -_CLEARLY).mean())
    if min(brighter, darker) > _MIXED * (brighter + darker):
        return "rough"
    return "bright" if brighter >= darker else "dark"


def above_ground(image: NDArray[Any], look: Look) -> Plane:
    """The image, or its negative where cells are dark."""
    plane = np.asarray(image, np.float32)
    if look == "dark":
        flipped: Plane = plane.max() - plane
        return flipped
    return plane


def rough_parts(image: NDArray[Any]) -> NDArray[np.bool_]:
    """Where the light is rougher than on the ground, with what that encloses, (Y, X) bool.

    The ground is the median roughness of the frame. Gaps of a few pixels are closed, and the width
    of the window is taken from the outer edge again.
    """
    rough = roughness(image)
    level = np.median(rough)
    spread = 1.4826 * np.median(np.abs(rough - level))
    mask = np.pad(rough > level + _CLEARLY * spread, _CLOSE_PX)
    closed = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, disc(_CLOSE_PX))
    whole = filled(closed[_CLOSE_PX:-_CLOSE_PX, _CLOSE_PX:-_CLOSE_PX].astype(bool))
    inner = cv2.erode(whole.view(np.uint8), disc(_SHRINK_PX), borderValue=1)
    return inner.astype(bool)
