"""From what the network says of pixels to a mask, and from masks to single cells."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.morphology import components, disc, filled
from lamella.kernels.regions import find_regions


def cleaned(
    mask: NDArray[np.bool_], *, close_px: int, fill: bool, smallest_px: int
) -> NDArray[np.bool_]:
    """The mask with small gaps closed, holes filled, and small objects dropped, (Y, X) bool.

    Parameters
    ----------
    close_px : int
        Radius of the disc that closes gaps; 0 = none.
    smallest_px : int
        8-connected objects of fewer pixels are dropped.
    """
    if close_px:
        # OpenCV takes what lies beyond the frame for neither cell nor background.
        closed = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, disc(close_px))
        mask = closed.view(np.bool_)
    return large(filled(mask) if fill else mask, smallest_px)


def large(mask: NDArray[np.bool_], smallest_px: int) -> NDArray[np.bool_]:
    """The mask without 8-connected objects of fewer pixels."""
    found, area = components(mask)
    keep = area >= smallest_px
    keep[0] = False
    out: NDArray[np.bool_] = keep[found]
    return out


def single(
    mask: NDArray[np.bool_], distance: NDArray[np.float32] | None, *, seed_above: float
) -> NDArray[np.int32]:
    """Cells numbered from 1, (Y, X) int32: connected, or cut where the network sees a border.

    Parameters
    ----------
    distance : (Y, X) float32 array, optional
        How far a pixel lies within its cell, 0 to 1; None: connected objects are cells.
    seed_above : float
        Connected pixels above are the middle of one cell. An object with several such middles is
        cut along the valleys between them; one with none stays whole.
    """
    labels = components(mask)[0].astype(np.int32)
    if distance is None:
        return labels
    middles = components(mask & (distance > seed_above))[0]
    newest = int(labels.max(initial=0))
    found = find_regions(labels)
    for label, box in zip(found.label, found.box, strict=True):
        here = np.s_[box[0] : box[2], box[1] : box[3]]
        inside = labels[here] == label
        seeds = np.where(inside, middles[here], 0)
        if len(np.unique(seeds)) < 3:  # the background and one middle
            continue
        pieces = _flooded(distance[here], seeds, inside)
        for piece in np.unique(pieces[inside])[1:]:
            newest += 1
            labels[here][pieces == piece] = newest
    names = np.unique(labels)
    out: NDArray[np.int32] = np.searchsorted(names, labels).astype(np.int32)
    return out if names[0] == 0 else out + 1


def _flooded(
    distance: NDArray[np.float32], seeds: NDArray[np.int32], inside: NDArray[np.bool_]
) -> NDArray[np.int32]:
    from skimage.segmentation import watershed

    # 8-connected as the objects are, so that every pixel of one is reached.
    pieces: NDArray[np.int32] = watershed(  # type: ignore[no-untyped-call]
        -distance, seeds, mask=inside, connectivity=2
    )
    return pieces
