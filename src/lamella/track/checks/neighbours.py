"""Pairs of cells that are near each other in one frame."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from lamella.track.checks.rows import Indices, Rows


def near_pairs(rows: Rows, *, distance_px: float) -> Indices:
    """Pairs of rows of one frame whose centroids are at most `distance_px` apart.

    Returns
    -------
    (k, 2) int64 array
        Rows of the smaller and of the larger cell number, in no order.
    """
    if not len(rows.cell) or not distance_px > 0:
        return np.empty((0, 2), np.int64)
    # Frames lie so far apart along a third axis that no pair joins two of them.
    layers = np.column_stack([rows.frame * (2.0 * distance_px), rows.place])
    pairs = cKDTree(layers).query_pairs(distance_px, output_type="ndarray")
    return np.column_stack([pairs.min(axis=1), pairs.max(axis=1)])  # rows are in order of cells
