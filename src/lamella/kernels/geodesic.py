"""Nearest or cheapest seed of every pixel: fronts that grow from seeds and meet at borders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

# 99 / 70 is √2 within 5e-5; whole numbers make sums exact, and so ties.
_STRAIGHT, _DIAGONAL = 70, 99
_FAR = np.iinfo(np.int64).max
PIXEL = _STRAIGHT
"""Units of distance in a pixel."""


def nearest_seed_within(
    labels: NDArray[Any], seeds: NDArray[np.int32], *, reach_px: float = np.inf
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The seed nearest to every pixel, over pixels of the pixel's own label only.

    A step to one of the 4 nearest neighbours has length 1, one to a diagonal neighbour √2. Of seeds
    at one distance the one with the smaller number is taken.

    Parameters
    ----------
    labels : (Y, X) integer array, 0 = background
    seeds : (Y, X) int32 array
        Number of the seed at its pixels, 0 elsewhere; a pixel of the background is no seed.
    reach_px : float
        Longest way from the seed.

    Returns
    -------
    seed : (Y, X) int32 array
        0 for the background and where no seed can be reached.
    distance : (Y, X) int64 array
        In `PIXEL` ths of a pixel (70ths); the largest int64 where `seed` is 0.
    """
    owner = np.where(labels > 0, seeds, 0).astype(np.int32)
    anywhere = np.broadcast_to(np.float32(0), labels.shape)
    least = np.full(int(owner.max(initial=0)) + 1, -np.inf, np.float32)
    same = np.broadcast_to(np.uint8(1), labels.shape)
    distance = _grow(labels, same, anywhere, least, _reach(reach_px), 1, owner)
    return owner, distance


def cheapest_seed(
    seeds: NDArray[np.int32],
    cost: NDArray[np.uint8],
    light: NDArray[np.float32],
    least: NDArray[np.float32],
    *,
    reach_px: float = np.inf,
) -> NDArray[np.int32]:
    """The seed from which every pixel is reached at the least cost.

    A step costs its length (1, or √2 to a diagonal neighbour) times the cost of the dearer of its
    two pixels. All fronts grow at once: a pixel belongs to the first that may enter it, and stops
    the others. Of fronts that arrive together that of the smaller number goes on, then that which
    has come the shorter way.

    Parameters
    ----------
    seeds : (Y, X) int32 array
        Number of the seed at its pixels, 0 elsewhere. These pixels keep their seed.
    cost : (Y, X) uint8 array
        1 to 255; 0 counts as 1.
    light : (Y, X) float32 array
        A front enters pixels that are brighter than its own `least`.
    least : (n + 1,) float32 array
        By number of the seed; ``inf`` = this one does not grow. Item 0 is not used.
    reach_px : float
        Longest way from the seed.

    Returns
    -------
    (Y, X) int32 array
        0 where no front came.
    """
    owner = seeds.astype(np.int32)
    dear = np.maximum(cost, np.uint8(1))
    one = np.broadcast_to(np.uint8(1), seeds.shape)
    _grow(one, dear, light, least, _reach(reach_px), int(dear.max(initial=1)), owner)
    return owner


def _reach(reach_px: float) -> int:
    return int(_FAR) if np.isinf(reach_px) else round(reach_px * _STRAIGHT)


@njit(cache=True, nogil=True)
def _grow(labels, cost, light, least, reach, dearest, owner):  # type: ignore[no-untyped-def]
    """Give every pixel its `owner`, in place; the cost of the way there.

    Dial's algorithm: pixels wait in one list for each cost, and as no step costs more than the
    number of lists, the lists are used in turn.
    """
    height, width = owner.shape
    n_lists = _DIAGONAL * dearest + 1
    distance = np.full((height, width), _FAR)
    length = np.zeros((height, width), np.int64)
    first = np.full(n_lists, -1, np.int64)
    after, before = np.full(owner.size, -1, np.int32), np.full(owner.size, -1, np.int32)
    waiting = 0
    for y in range(height):
        for x in range(width):
            if owner[y, x] == 0:
                continue
            distance[y, x] = 0
            if least[owner[y, x]] == np.inf or _surrounded(owner, y, x):
                continue  # nowhere to go
            pixel = y * width + x
            after[pixel] = first[0]
            if first[0] >= 0:
                before[first[0]] = pixel
            first[0] = pixel
            waiting += 1
    now = np.int64(0)
    while waiting > 0:
        place = now % n_lists
        while first[place] >= 0:
            pixel = first[place]
            first[place] = after[pixel]
            if after[pixel] >= 0:
                before[after[pixel]] = -1
            after[pixel] = -1
            waiting -= 1
            y, x = pixel // width, pixel % width
            name = owner[y, x]
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    a, b = y + dy, x + dx
                    if (dy == 0 and dx == 0) or not (0 <= a < height and 0 <= b < width):
                        continue
                    if labels[a, b] != labels[y, x] or distance[a, b] <= now:
                        continue
                    step = _DIAGONAL if dy != 0 and dx != 0 else _STRAIGHT
                    way = now + step * max(cost[y, x], cost[a, b])
                    if way > distance[a, b] or not light[a, b] > least[name]:
                        continue
                    gone = length[y, x] + step
                    if gone > reach:
                        continue
                    if way == distance[a, b]:
                        if name < owner[a, b]:
                            owner[a, b], length[a, b] = name, gone
                        elif name == owner[a, b]:
                            length[a, b] = min(length[a, b], gone)
                        continue
                    there = a * width + b
                    if distance[a, b] < _FAR:  # it waits in a list of a higher cost
                        if before[there] >= 0:
                            after[before[there]] = after[there]
                        else:
                            first[distance[a, b] % n_lists] = after[there]
                        if after[there] >= 0:
                            before[after[there]] = before[there]
                        waiting -= 1
                    distance[a, b], owner[a, b], length[a, b] = way, name, gone
                    into = way % n_lists
                    after[there], before[there] = first[into], -1
                    if first[into] >= 0:
                        before[first[into]] = there
                    first[into] = there
                    waiting += 1
        now += 1
    return distance


@njit(cache=True, nogil=True)
def _surrounded(owner, y, x):  # type: ignore[no-untyped-def]
    """Whether all pixels around have an owner."""
    height, width = owner.shape
    for a in range(max(y - 1, 0), min(y + 2, height)):
        for b in range(max(x - 1, 0), min(x + 2, width)):
            if owner[a, b] == 0:
                return False
    return True
