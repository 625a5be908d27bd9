"""Put the edge of an object where its own light falls to half, all the way round."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.filters import blurred
from lamella.kernels.morphology import box_around, disc

_ROUNDS = 2  # the second starts from edges that are nearly right
_BLUR_REACH = 5  # SDs, beyond which the Gaussian of OpenCV is cut off
_FAINT = np.float32(1e-3)  # weight of pixels that count only where there are no better ones
_MOST_RISE = np.float32(0.4)  # of the light inside over that outside
_LEAST_SPREAD_PX2 = np.float32(0.3)  # of depth, below which no slope can be told


def refined_edge(
    mask: NDArray[np.bool_], signal: NDArray[np.float32], *, within_px: int
) -> NDArray[np.bool_]:
    """Move the edge of a thresholded mask to the local half height.

    One threshold for a whole cell cuts a blurred edge too far out where the cell is bright and too
    far in where it is dim, which drags the centroid after the lamellipodium as the cell turns. Here
    every pixel near the edge is compared with the middle between the light just outside and the
    light just inside. Pixels that the edge's blur reaches are no guide to that: inside, a line is
    fitted to light against depth nearby and read at the edge; outside, the mean is taken.

    Parameters
    ----------
    mask : (Y, X) bool array
    signal : (Y, X) float32 array
        Higher inside.
    within_px : int
        Pixels at most this far from the edge of `mask` can change, and the others are the guide;
        about twice the SD of the blur of the image. Parts thinner than twice this are judged by the
        light of their own pixels.

    Returns
    -------
    (Y, X) bool array
    """
    if not mask.any():
        return mask
    # What lies further from the mask changes nothing.
    here = box_around(mask, margin_px=_ROUNDS * within_px + _BLUR_REACH * within_px)
    refined = mask.copy()
    refined[here] = _refined(mask[here], signal[here], within_px)
    return refined


def _refined(
    mask: NDArray[np.bool_], signal: NDArray[np.float32], within_px: int
) -> NDArray[np.bool_]:
    ball = disc(within_px)
    for _ in range(_ROUNDS):
        inside = np.ascontiguousarray(mask).view(np.uint8)
        core = cv2.erode(inside, ball, borderValue=1)
        near = cv2.dilate(inside, ball)
        outside = _Nearby((1 - near) + _FAINT * (1 - inside), within_px).mean(signal)
        at_edge = _light_at_edge(signal, inside, core, within_px, outside)
        mask = np.where(near > core, signal > (at_edge + outside) / 2, mask)
    return mask


def _light_at_edge(
    signal: NDArray[np.float32],
    inside: NDArray[np.uint8],
    core: NDArray[Any],
    within_px: int,
    outside: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Light just inside the edge, from a local linear fit of light against depth in the core.

    What the fit adds is bounded, so that a noisy slope cannot make the edge as dark as the outside.
    """
    nearby = _Nearby(core + _FAINT * inside, within_px)
    depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    light, mean_depth = nearby.mean(signal), nearby.mean(depth)
    spread = nearby.mean(depth * depth) - mean_depth * mean_depth
    slope = (nearby.mean(depth * signal) - mean_depth * light) / np.maximum(
        spread, _LEAST_SPREAD_PX2
    )
    rise = -slope * np.minimum(mean_depth, within_px + 3)
    bound = _MOST_RISE * np.maximum(light - outside, 0)
    at_edge: NDArray[np.float32] = light + np.clip(rise, -bound, bound)
    return at_edge


class _Nearby:
    """Weighted means over the neighbourhood of every pixel."""

    def __init__(self, weight: NDArray[np.float32], sigma_px: float) -> None:
        self._weight, self._sigma = weight, sigma_px
        self._share = np.maximum(self._blurred(weight), np.float32(1e-12))

    def mean(self, values: NDArray[Any]) -> NDArray[np.float32]:
        mean: NDArray[np.float32] = self._blurred(values * self._weight) / self._share
        return mean

    def _blurred(self, values: NDArray[Any]) -> NDArray[np.float32]:
        return blurred(values, self._sigma)
