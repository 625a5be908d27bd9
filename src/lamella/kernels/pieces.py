"""One shape out of a mask of several pieces, and without pinholes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from lamella.kernels.branches import centre_of
from lamella.kernels.distance import distance_inside
from lamella.kernels.morphology import components
from lamella.kernels.ways import has_hole

Mask = NDArray[np.bool_]


def one_piece(mask: Mask, *, join_width_px: float | None) -> tuple[Mask, int]:
    """A mask in one 8-connected piece, and how many there were.

    Parameters
    ----------
    mask : (Y, X) bool array, not empty
    join_width_px : float or None
        None = the largest piece (the first in reading order, of pieces of one size). Otherwise the
        centres of the pieces (furthest from the edge, see `centre_of`) are joined by straight lines
        of this width, along the shortest tree that joins them all; of two pieces along the line
        between them, as published.
    """
    found, areas = components(mask)
    n = len(areas) - 1
    if n == 1:
        return mask, 1
    if join_width_px is None:
        return found == 1 + int(np.argmax(areas[1:])), n
    centres = np.array([centre_of(distance_inside(found == k)) for k in range(1, n + 1)])
    tree = minimum_spanning_tree(squareform(pdist(centres))).tocoo()
    y, x = np.indices(mask.shape)
    joined = mask.copy()
    for a, b in zip(tree.row, tree.col, strict=True):
        joined |= _near_line(y, x, centres[a], centres[b]) <= max(join_width_px, 1.5) / 2
    # A line as thin as that still is in one piece: no pixel centre on its way is further off.
    return joined, n


def _near_line(
    y: NDArray[np.int64], x: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Distance of pixels from the straight line between two different points."""
    dy, dx = (b - a).astype(float)
    along = np.clip(((y - a[0]) * dy + (x - a[1]) * dx) / (dy * dy + dx * dx), 0, 1)
    out: NDArray[np.float64] = np.hypot(y - a[0] - along * dy, x - a[1] - along * dx)
    return out


def without_pinholes(mask: Mask, *, below_px: float) -> Mask:
    """Holes (4-connected background) of less than `below_px` pixels become shape.

    Parameters
    ----------
    mask : (Y, X) bool array, in one 8-connected piece
        Returned as it is where it has no such hole.
    """
    if not has_hole(mask):
        return mask
    padded = np.pad(~mask, 1, constant_values=True).view(np.uint8)
    _, found, stats, _ = cv2.connectedComponentsWithStats(padded, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < below_px
    small[[0, found[0, 0]]] = False  # the mask itself, and what lies around it
    return mask | small[found[1:-1, 1:-1]] if small.any() else mask
