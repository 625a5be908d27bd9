"""The published geodesic distance transform of a cell, written out as it is told.

Gómez-de-Mariscal et al. 2021, https://doi.org/10.48550/arXiv.2112.08817: the distance from the
centre of the body to every pixel of the cell, over steps of 1 and √2 between the 8 neighbours. The
procedure takes the nearest pixel that is not settled yet, found anew among all pixels of the image
each time, and hands its distance on to the neighbours one by one: time grows with the square of the
number of pixels. The language is the same, and numpy finds the nearest.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def geodesic_transform(inside: NDArray[np.bool_], source: tuple[int, int]) -> NDArray[np.float64]:
    """Distance from the source to every pixel of the mask, (Y, X); infinite elsewhere."""
    height, width = inside.shape
    distance = np.full(inside.shape, np.inf)
    distance[source] = 0.0
    settled = ~inside
    steps = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
    while not settled.all():
        nearest = int(np.argmin(np.where(settled, np.inf, distance)))
        y, x = divmod(nearest, width)
        if settled[y, x] or not np.isfinite(distance[y, x]):
            break  # what is left cannot be reached
        for dy, dx in steps:
            b, a = y + dy, x + dx
            if 0 <= b < height and 0 <= a < width and not settled[b, a]:
                way = distance[y, x] + math.sqrt(dy * dy + dx * dx)
                distance[b, a] = min(distance[b, a], way)
        settled[y, x] = True
    return distance
