"""Which connected regions are cells, and which holes belong to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.filters import Plane
from lamella.kernels.morphology import components, filled
from lamella.segment.motion.labels import SelfLabels

Mask = NDArray[np.bool_]

_PLAINLY_STILL = -2.0  # mean log odds of a hole that is background
_LEAST_LIKE_CELL = 0.35  # of the log odds of the typical object
_SMALLEST_PX = 12
_SMALL = 0.33  # of the median area


def without_holes(mask: Mask, odds: Plane, *, seen: float) -> Mask:
    """Fill the holes whose pixels are not plainly background.

    Parameters
    ----------
    odds : (Y, X) float32 array
        Log-likelihood ratio of cell to background.
    seen : float
        Share of the cells in which motion is seen. Where that is small, a cell's quiet parts look
        like the background, so that no hole is plainly background.
    """
    holes, area = components(filled(mask) & ~mask)
    if len(area) < 2:
        return mask
    which = holes[holes > 0]
    pixels = np.logaddexp(np.log(1 - seen), np.log(seen) + odds[holes > 0])
    mean = np.bincount(which, pixels, len(area)) / np.maximum(area, 1)
    belongs = mean > _PLAINLY_STILL
    belongs[0] = False
    out: Mask = mask | belongs[holes]
    return out


def cells_among(
    mask: Mask, labels: SelfLabels, odds: Plane, *, smallest_px: int | None, keep_border: bool
) -> NDArray[np.int32]:
    """Components that move, look like the others and are not far smaller, numbered from 1.

    Parameters
    ----------
    odds : (Y, X) float32 array
        Posterior log odds.
    smallest_px : int or None
        None: a quarter of the median area of the frame's moving objects, at least 12.
    keep_border : bool
        Whether objects that touch the border of the frame are kept.
    """
    regions, area = components(mask)
    out = np.zeros(mask.shape, np.int32)
    n = len(area)
    if n < 2:
        return out
    keep = area >= (smallest_px or _SMALLEST_PX)
    keep &= np.bincount(regions[mask & (labels.log_evidence > labels.surely)], minlength=n) > 0
    likeness = np.bincount(regions[mask], odds[mask], n) / np.maximum(area, 1)
    keep[0] = False
    if not keep.any():
        return out
    order = np.flatnonzero(keep)[np.argsort(likeness[keep])]
    half = np.searchsorted(np.cumsum(area[order]), area[order].sum() / 2)
    keep &= likeness > _LEAST_LIKE_CELL * likeness[order[half]]
    if smallest_px is None and keep.any():
        keep &= area >= _SMALL * np.median(area[keep])
    if not keep_border:
        for side in (regions[0], regions[-1], regions[:, 0], regions[:, -1]):
            keep[side] = False
    numbers = np.zeros(n, np.int32)
    numbers[keep] = np.arange(1, np.count_nonzero(keep) + 1)
    found: NDArray[np.int32] = numbers[regions]
    return found
