"""What the network is to say of a pixel besides cell or not: how deep it lies in its cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.distance import distance_outside
from lamella.kernels.regions import find_regions


def depths(labels: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    """How deep every pixel lies in its cell, 0 to 1, (Y, X); 0 outside.

    Its Euclidean distance to the nearest pixel that is not of its own cell, over the largest such
    distance in that cell. Only pixels of the frame count, so that a cell that the frame cuts is
    deepest where it is cut. A cell that fills the frame is 1 everywhere.

    Parameters
    ----------
    labels : (Y, X) integer array
        The number of a cell; 0 and less are none.
    """
    out = np.zeros(labels.shape, np.float32)
    known = np.maximum(labels, 0)
    regions = find_regions(known)
    for label, box in zip(regions.label, regions.box, strict=True):
        # The nearest pixel outside of the cell lies in its box or beside it.
        part = tuple(
            slice(max(low - 1, 0), high + 1) for low, high in zip(box[:2], box[2:], strict=True)
        )
        inside = known[part] == label
        distance = distance_outside(~inside)
        deepest = distance[inside].max()
        relative = distance / deepest if np.isfinite(deepest) else np.ones_like(distance)
        out[part][inside] = relative[inside]
    return out
