"""Which connected regions are cells, and which holes belong to them."""

from __future__ import annotations

from enum import IntEnum

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


class Fate(IntEnum):
    """What became of a connected region."""

    BACKGROUND = 0
    CELL = 1
    TOO_SMALL = 2
    DID_NOT_MOVE = 3
    UNLIKE_THE_OTHERS = 4
    AT_THE_BORDER = 5


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
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Components that move, look like the others and are not far smaller, numbered from 1.

    Parameters
    ----------
    odds : (Y, X) float32 array
        Posterior log odds.
    smallest_px : int or None
        None: a third of the median area of the frame's moving objects, at least 12.
    keep_border : bool
        Whether objects that touch the border of the frame are kept.

    Returns
    -------
    cells : (Y, X) int32 array
    fate : (Y, X) uint8 array
        `Fate` of the component that each pixel belongs to: the first reason to drop it.
    """
    regions, area = components(mask)
    n = len(area)
    fate = np.full(n, Fate.CELL, np.uint8)
    fate[0] = Fate.BACKGROUND
    if n < 2:
        return np.zeros(mask.shape, np.int32), fate[regions]
    moved = np.bincount(regions[mask & (labels.log_evidence > labels.surely)], minlength=n) > 0
    _drop(fate, area < (smallest_px or _SMALLEST_PX), Fate.TOO_SMALL)
    _drop(fate, ~moved, Fate.DID_NOT_MOVE)
    likeness = np.bincount(regions[mask], odds[mask], n) / np.maximum(area, 1)
    keep = fate == Fate.CELL
    if not keep.any():
        return np.zeros(mask.shape, np.int32), fate[regions]
    order = np.flatnonzero(keep)[np.argsort(likeness[keep])]
    half = np.searchsorted(np.cumsum(area[order]), area[order].sum() / 2)
    _drop(fate, likeness <= _LEAST_LIKE_CELL * likeness[order[half]], Fate.UNLIKE_THE_OTHERS)
    if smallest_px is None and (fate == Fate.CELL).any():
        _drop(fate, area < _SMALL * np.median(area[fate == Fate.CELL]), Fate.TOO_SMALL)
    if not keep_border:
        for side in (regions[0], regions[-1], regions[:, 0], regions[:, -1]):
            _drop(fate, np.isin(np.arange(n), side), Fate.AT_THE_BORDER)
    keep = fate == Fate.CELL
    numbers = np.zeros(n, np.int32)
    numbers[keep] = np.arange(1, np.count_nonzero(keep) + 1)
    return numbers[regions], fate[regions]


def _drop(fate: NDArray[np.uint8], which: Mask, why: Fate) -> None:
    fate[which & (fate == Fate.CELL)] = why
