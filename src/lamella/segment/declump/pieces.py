"""Cutting one object along the valleys of a landscape, as far as a cut is worth it."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.morphology import disc

Landscape = NDArray[np.float32]
Pieces = NDArray[np.int32]

Flood = Callable[[NDArray[np.bool_], Pieces, tuple[slice, slice]], Pieces]
"""``flood(inside, markers, window)``: the pieces of one object that grow from markers, 0 where none
reaches; `window` is the part of the frame that the two arrays show."""

_LARGEST_TABLE = 1 << 22
_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))


class Worth(NamedTuple):
    """When a cut is worth it."""

    neck: float
    """Highest saddle between two pieces, as a share of the lower of their peaks."""
    depth_px: float
    """Least depth of a piece: distance of its innermost pixel from the outline of the object."""
    area_px: float
    """Least area of a piece."""


def peaks(landscape: Landscape, inside: NDArray[np.bool_], *, within_px: float) -> Pieces:
    """Markers: places as high as all within a radius, numbered from 1."""
    r = max(1, round(within_px))
    highest = (cv2.dilate(landscape, disc(r)) == landscape) & inside
    markers: Pieces = cv2.connectedComponents(highest.view(np.uint8), connectivity=8)[1]
    return markers


def flooded(landscape: Landscape, inside: NDArray[np.bool_], markers: Pieces) -> Pieces:
    """Watershed of the object from the markers; pixels that no marker reaches stay 0."""
    from skimage.segmentation import watershed

    pieces: Pieces = watershed(  # type: ignore[no-untyped-call]
        -landscape, markers, mask=inside, connectivity=2
    )
    return pieces


def merged_where_not_worth_it(
    pieces: Pieces, landscape: Landscape, depth: Landscape, worth: Worth
) -> Pieces:
    """Merge neighbours until every cut that is left is worth it; the least worthy cut goes first.

    A piece that is too small or too shallow goes to the neighbour whose saddle is highest. Pieces
    that do not touch are not merged.
    """
    n = int(pieces.max()) + 1
    peaks_px, deepest_px = np.zeros(n), np.zeros(n)
    np.maximum.at(peaks_px, pieces.ravel(), landscape.ravel())
    np.maximum.at(deepest_px, pieces.ravel(), depth.ravel())
    peak, deepest = peaks_px.tolist(), deepest_px.tolist()
    area = np.bincount(pieces.ravel(), minlength=n).tolist()
    beside = _saddles(pieces, landscape)

    def small(a: int) -> bool:
        return bool(area[a] < worth.area_px or deepest[a] < worth.depth_px)

    def unworthy(a: int, b: int) -> float:
        shallow = beside[a][b] / max(min(peak[a], peak[b]), 1e-12)
        # Any cut that leaves too small a piece goes before all others.
        return float(shallow + 2.0 * (small(a) or small(b)))

    # A confluent sheet may have thousands of pieces, so only neighbours of what changes are looked
    # at anew; an entry of the heap that no longer holds is passed over.
    heap = [(-unworthy(a, b), a, b) for a in beside for b in beside[a] if a < b]
    heapify(heap)
    name = np.arange(n)
    while heap:
        worst, a, b = heappop(heap)
        if b not in beside.get(a, ()) or -worst != unworthy(a, b):
            continue
        if -worst <= worth.neck:
            break
        area[a], peak[a] = area[a] + area[b], max(peak[a], peak[b])
        deepest[a] = max(deepest[a], deepest[b])
        for c, saddle in beside.pop(b).items():
            del beside[c][b]
            if c != a:
                beside[a][c] = beside[c][a] = max(saddle, beside[a].get(c, 0.0))
        for c in beside[a]:
            first, second = min(a, c), max(a, c)
            heappush(heap, (-unworthy(first, second), first, second))
        name[name == b] = a
    return name[pieces].astype(np.int32)


def _saddles(pieces: Pieces, landscape: Landscape) -> dict[int, dict[int, float]]:
    """Highest pass from every piece to those that it touches."""
    height, width = pieces.shape
    n = int(pieces.max()) + 1
    pairs, passes = [], []
    for dy, dx in _NEIGHBOURS:
        here = np.s_[: height - dy, max(0, -dx) : width - max(0, dx)]
        there = np.s_[dy:, max(0, dx) : width + min(0, dx)]
        a, b = pieces[here], pieces[there]
        border = (a != b) & (a > 0) & (b > 0)
        first, second = np.minimum(a, b)[border], np.maximum(a, b)[border]
        pairs.append(first.astype(np.int64) * n + second)
        passes.append(np.minimum(landscape[here][border], landscape[there][border]))
    touching, which = np.unique(np.concatenate(pairs), return_inverse=True)
    highest = np.zeros(len(touching))
    np.maximum.at(highest, which, np.concatenate(passes))
    beside: dict[int, dict[int, float]] = {piece: {} for piece in range(1, n)}
    for pair, saddle in zip(touching.tolist(), highest.tolist(), strict=True):
        beside[pair // n][pair % n] = beside[pair % n][pair // n] = saddle
    return beside


def in_reading_order(labels: NDArray[Any]) -> Pieces:
    """Objects numbered from 1 in the order in which reading the frame meets them."""
    seen = labels[labels > 0].astype(np.int64)
    if seen.max(initial=0) > _LARGEST_TABLE:
        seen = np.unique(seen, return_inverse=True)[1] + 1
    first = np.full(int(seen.max(initial=0)) + 1, len(seen))
    first[seen[::-1]] = np.arange(len(seen))[::-1]  # the last to be written is the first met
    first[0] = -1
    number = np.empty(len(first), np.int32)
    number[np.argsort(first, kind="stable")] = np.arange(len(first))
    ordered = np.zeros(labels.shape, np.int32)
    ordered[labels > 0] = number[seen]
    return ordered
