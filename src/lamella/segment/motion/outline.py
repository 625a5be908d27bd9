"""Where exactly the edge of a cell lies: on the steepest step, at a third of its height."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.filters import Plane, blurred, squared_gradient
from lamella.kernels.morphology import disc

Mask = NDArray[np.bool_]

# A mask from blurred evidence lies outside the cell, by the blur and by the halo of phase contrast;
# the edge is sought this deep in it, and every 16 px of depth must be paid for by a steeper step.
_DEEPEST_PX, _PREFERENCE_PX = 12, 16.0
_CORE = 0.7  # of the greatest depth nearby: inside for certain, however thin the cell
_LEAST_DEPTH_PX = 1.5
_STEP_PX, _LIGHT_PX = 1.0, 0.7  # SDs of the Gaussians under which steps and light are looked at
_NEAR_PX, _ROUNDS = 2.0, 3
_HEIGHT = 0.35  # of the step, from the outside: half would cut thin dim margins off
_CLEAR = 2.0  # SDs of noise that a step must be high to have a height
_FAINT = np.float32(1e-3)
_BAND_PX = 256  # rows that are worked on at a time, to save memory
# Every round looks 2 px and 4 SDs of the wider Gaussian further.
_REACH_PX = _ROUNDS * (2 + 4 * (int(_NEAR_PX) + 1))


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
    here = _box_around(mask, margin_px=8)
    out = np.zeros_like(mask)
    part = np.ascontiguousarray(frame[here])
    snapped = _on_steepest_step(np.ascontiguousarray(mask[here]), part)
    out[here] = _in_bands(snapped, blurred(part, _LIGHT_PX), noise_sd)
    return out


def _on_steepest_step(mask: Mask, frame: Plane) -> Mask:
    depth: NDArray[Any] = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    deepest = cv2.dilate(depth, disc(_DEEPEST_PX))
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


def _in_bands(mask: Mask, light: Plane, noise_sd: float) -> Mask:
    """`_at_height` in bands of rows that overlap by all that it looks at."""
    height = mask.shape[0]
    out = np.empty_like(mask)
    for start in range(0, height, _BAND_PX):
        stop = min(start + _BAND_PX, height)
        rows = slice(max(start - _REACH_PX, 0), min(stop + _REACH_PX, height))
        band = _at_height(mask[rows], light[rows], noise_sd)
        out[start:stop] = band[start - rows.start : stop - rows.start]
    return out


def _at_height(mask: Mask, light: Plane, noise_sd: float) -> Mask:
    for _ in range(_ROUNDS):
        inside = mask.view(np.uint8)
        shrunk = cv2.erode(inside, disc(1), borderValue=1)
        grown = cv2.dilate(inside, disc(1))
        core = (shrunk + _FAINT * inside).astype(np.float32)  # thin parts are their own guide
        beyond = (1 - cv2.dilate(inside, disc(2)) + _FAINT * (1 - inside)).astype(np.float32)
        within = blurred(core * light, _NEAR_PX) / (blurred(core, _NEAR_PX) + 1e-9)
        without = blurred(beyond * light, _NEAR_PX + 1) / (blurred(beyond, _NEAR_PX + 1) + 1e-9)
        step = within - without
        high = (light - without) * np.sign(step) > _HEIGHT * np.abs(step)
        edge = (grown > shrunk) & (np.abs(step) > _CLEAR * noise_sd)
        mask = np.where(edge, high, mask)
    return mask


def _box_around(mask: Mask, *, margin_px: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(rows[0] - margin_px, 0), rows[-1] + 1 + margin_px),
        slice(max(columns[0] - margin_px, 0), columns[-1] + 1 + margin_px),
    )
