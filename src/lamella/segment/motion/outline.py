"""Where exactly the edge of a cell lies: on the steepest step, at a third of its height."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.filters import Plane, blurred, squared_gradient
from lamella.kernels.morphology import box_around, disc

Mask = NDArray[np.bool_]

# A mask from blurred evidence lies outside the cell, by the blur and by the halo of phase contrast;
# the edge is sought this deep in it, and every 16 px of depth must be paid for by a steeper step.
_DEEPEST_PX, _PREFERENCE_PX = 12, 16.0
_CORE = 0.7  # of the greatest depth nearby: inside for certain, however thin the cell
_LEAST_DEPTH_PX = 1.5
_NEARBY_PX = 10
_STEP_PX, _LIGHT_PX = 1.0, 0.7  # SDs of the Gaussians under which steps and light are looked at
_INSIDE_PX, _OUTSIDE_PX = 3, 5  # half sides of the squares in which light is averaged
_SEEN = np.ones((2 * (_OUTSIDE_PX + 2) + 1,) * 2, np.uint8)  # what a decision depends on
_ROUNDS = 8
_HEIGHT = 0.35  # of the step, from the outside: half would cut thin dim margins off
_CLEAR = 2.0  # SDs of noise that a step must be high to have a height
_FAINT = 1e-3
_BAND_PX = 256  # rows that are worked on at a time, to save memory


def outlined(mask: Mask, frame: Plane, noise_sd: float) -> Mask:
    """Draw a generous mask in to the edges that the frame shows.

    First a watershed of the gradient's magnitude between the depth of the mask and its outside:
    the edge goes to the steepest step within 12 px, so that the halo of phase contrast, whose outer
    flank is soft, stays outside. Then pixels next to the edge are compared with the light just
    inside and just outside, and the edge moves to where a third of the step is reached.

    Parameters
    ----------
    mask : (Y, X) bool array
        Holds the cells whole; what is outside is background for certain.
    frame : (Y, X) float32 array
    noise_sd : float

    Returns
    -------
    (Y, X) bool array
    """
    if not mask.any():
        return mask
    here = box_around(mask, margin_px=8)
    out = np.zeros_like(mask)
    part = np.ascontiguousarray(frame[here])
    snapped = _on_steepest_step(np.ascontiguousarray(mask[here]), part)
    out[here] = _at_height(snapped, blurred(part, _LIGHT_PX), noise_sd)
    return out


def _on_steepest_step(mask: Mask, frame: Plane) -> Mask:
    depth: NDArray[Any] = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    deepest = cv2.dilate(depth, np.ones((2 * _NEARBY_PX + 1,) * 2, np.uint8))
    core = (depth > _DEEPEST_PX) | ((depth >= _CORE * deepest) & (depth > _LEAST_DEPTH_PX))
    del deepest
    undecided = mask & ~core
    # Only the undecided pixels and their neighbours are flooded.
    rim = cv2.dilate(undecided.view(np.uint8), disc(1)).view(bool)
    markers = np.where(core, np.uint8(1), np.where(mask, np.uint8(0), np.uint8(2)))
    steepness = squared_gradient(blurred(frame, _STEP_PX))
    np.sqrt(steepness, out=steepness)
    depth *= np.float32(-1 / _PREFERENCE_PX)
    steepness *= np.exp(depth, out=depth)
    del depth
    return core | (undecided & _flooded(steepness, markers, rim))


def _flooded(steepness: Plane, markers: NDArray[np.uint8], rim: Mask) -> Mask:
    """Where the flood from marker 1 wins, within the rim.

    Parts of the rim that are not connected do not know of each other: they are flooded in bands of
    rows, each part whole, so that the watershed's many planes are small ones.
    """
    from skimage.segmentation import watershed

    out = np.zeros_like(rim)
    n, parts, stats, _ = cv2.connectedComponentsWithStats(rim.view(np.uint8), connectivity=8)
    top = stats[1:, cv2.CC_STAT_TOP]
    bottom = top + stats[1:, cv2.CC_STAT_HEIGHT]
    waiting = np.ones(n - 1, bool)
    while waiting.any():
        start = int(top[waiting].min())
        batch = waiting & (top < start + _BAND_PX)
        rows = slice(start, int(bottom[batch].max()))
        within = np.concatenate([[False], batch])[parts[rows]]
        flooded: NDArray[Any] = watershed(  # type: ignore[no-untyped-call]
            steepness[rows], markers[rows] * within, mask=within
        )
        out[rows] |= flooded == 1
        waiting &= ~batch
    return out


def _at_height(mask: Mask, light: Plane, noise_sd: float) -> Mask:
    """Pixels next to the edge change sides until a share of the local step is reached there.

    Every round moves the edge by at most a pixel, along dim tips as far as there are rounds.
    """
    mask = mask.copy()
    inside = mask.view(np.uint8)
    anew: NDArray[Any] = np.ones_like(inside)
    for _ in range(_ROUNDS):
        core = cv2.erode(inside, disc(1), borderValue=1)
        edge = cv2.dilate(inside, disc(1)) - core
        places = cv2.findNonZero(edge & anew)
        if places is None:
            break
        before = inside.copy()
        x, y = places[:, 0].T
        _move_edge(inside, core, cv2.dilate(inside, disc(2)), light, y, x, noise_sd)
        # Only what sees a pixel that has changed sides can decide otherwise in the next round.
        anew = cv2.dilate(inside ^ before, _SEEN)
    return mask


@njit(cache=True, nogil=True)
def _move_edge(inside, core, around, light, y, x, noise_sd):  # type: ignore[no-untyped-def]
    """Decide every pixel (y, x) anew; writes into `inside`."""
    height, width = inside.shape
    decided = np.empty(len(y), np.uint8)
    for i in range(len(y)):
        within = weight_within = without = weight_without = 0.0
        for v in range(max(y[i] - _OUTSIDE_PX, 0), min(y[i] + _OUTSIDE_PX + 1, height)):
            for u in range(max(x[i] - _OUTSIDE_PX, 0), min(x[i] + _OUTSIDE_PX + 1, width)):
                if inside[v, u]:
                    if abs(v - y[i]) <= _INSIDE_PX and abs(u - x[i]) <= _INSIDE_PX:
                        # Thin parts have no core: they are their own guide.
                        w = 1.0 if core[v, u] else _FAINT
                        within += w * light[v, u]
                        weight_within += w
                else:
                    w = _FAINT if around[v, u] else 1.0
                    without += w * light[v, u]
                    weight_without += w
        decided[i] = inside[y[i], x[i]]
        if weight_within == 0 or weight_without == 0:
            continue
        inner, outer = within / weight_within, without / weight_without
        step = inner - outer
        if abs(step) > _CLEAR * noise_sd:
            decided[i] = (light[y[i], x[i]] - outer) / step > _HEIGHT
    for i in range(len(y)):
        inside[y[i], x[i]] = decided[i]
