"""Nearest seed of every pixel, on ways that do not leave its object."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

# 99 / 70 is √2 within 5e-5; whole numbers make sums exact, and so ties.
_STRAIGHT, _DIAGONAL = 70, 99
_FAR = np.iinfo(np.int32).max


def nearest_seed_within(
    labels: NDArray[Any], seeds: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The seed nearest to every pixel, over pixels of the pixel's own label only.

    A step to one of the 4 nearest neighbours has length 1, one to a diagonal neighbour √2. Of seeds
    at one distance the one with the smaller number is taken.

    Parameters
    ----------
    labels : (Y, X) integer array, 0 = background
    seeds : (Y, X) int32 array
        Number of the seed at its pixels, 0 elsewhere; a pixel of the background is no seed.

    Returns
    -------
    seed : (Y, X) int32 array
        0 for the background and where no seed can be reached.
    distance : (Y, X) int32 array
        In 70ths of a pixel; the largest int32 where `seed` is 0.
    """
    owner = np.where(labels > 0, seeds, 0).astype(np.int32)
    distance = np.where(owner > 0, 0, _FAR).astype(np.int32)
    _sweep_until_settled(labels, owner, distance)
    return owner, distance


@njit(cache=True, nogil=True)
def _sweep_until_settled(labels, owner, distance):  # type: ignore[no-untyped-def]
    """Pass distances on, down and up in turn, until nothing changes any more."""
    height, width = labels.shape
    changed = True
    while changed:
        changed = False
        for direction in (1, -1):
            for i in range(height):
                y = i if direction > 0 else height - 1 - i
                for j in range(width):
                    x = j if direction > 0 else width - 1 - j
                    if labels[y, x] == 0:
                        continue
                    # The neighbours that this sweep has passed.
                    for dy, dx in ((-1, -1), (-1, 0), (-1, 1), (0, -1)):
                        a, b = y + direction * dy, x + direction * dx
                        if not (0 <= a < height and 0 <= b < width):
                            continue
                        if owner[a, b] == 0 or labels[a, b] != labels[y, x]:
                            continue
                        step = _DIAGONAL if dy != 0 and dx != 0 else _STRAIGHT
                        way = distance[a, b] + step
                        closer = way < distance[y, x]
                        if closer or (way == distance[y, x] and owner[a, b] < owner[y, x]):
                            distance[y, x], owner[y, x] = way, owner[a, b]
                            changed = True
