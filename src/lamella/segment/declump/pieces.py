"""Cutting one object along the valleys of a landscape, as far as a cut is worth it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

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


def depth_of(inside: NDArray[np.bool_]) -> Landscape:
    """Exact distance of every pixel of an object from the nearest pixel outside, in pixels.

    What lies beyond the array is outside.
    """
    padded = np.pad(inside, 1).view(np.uint8)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return depth[1:-1, 1:-1].astype(np.float32, copy=False)


def peaks(landscape: Landscape, inside: NDArray[np.bool_], *, within_px: float) -> Pieces:
    """Markers: places as high as all within a radius, numbered from 1."""
    r = max(1, round(within_px))
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    highest = (cv2.dilate(landscape, ball) == landscape) & inside
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
    peak, deepest = np.zeros(n), np.zeros(n)
    np.maximum.at(peak, pieces.ravel(), landscape.ravel())
    np.maximum.at(deepest, pieces.ravel(), depth.ravel())
    area = np.bincount(pieces.ravel(), minlength=n).astype(np.float64)
    saddle = _saddles(pieces, landscape, n)
    name = np.arange(n)
    while True:
        small = (area < worth.area_px) | (deepest < worth.depth_px)
        shallow = saddle / np.maximum(np.minimum.outer(peak, peak), 1e-12)
        # Any cut that leaves too small a piece goes before all others.
        unworthy = np.where(saddle > 0, shallow + 2.0 * np.logical_or.outer(small, small), 0.0)
        a, b = (int(i) for i in np.unravel_index(np.argmax(unworthy), unworthy.shape))
        if unworthy[a, b] <= worth.neck:
            return name[pieces].astype(np.int32)
        area[a], area[b] = area[a] + area[b], np.inf  # b is no more
        peak[a], deepest[a] = max(peak[a], peak[b]), max(deepest[a], deepest[b])
        deepest[b] = np.inf
        saddle[a] = saddle[:, a] = np.maximum(saddle[a], saddle[b])
        saddle[b] = saddle[:, b] = 0
        saddle[a, a] = 0
        name[name == b] = a


def _saddles(pieces: Pieces, landscape: Landscape, n: int) -> NDArray[np.float64]:
    """Highest pass between every two pieces, (n, n); 0 where they do not touch."""
    height, width = pieces.shape
    saddle = np.zeros((n, n))
    for dy, dx in _NEIGHBOURS:
        here = np.s_[: height - dy, max(0, -dx) : width - max(0, dx)]
        there = np.s_[dy:, max(0, dx) : width + min(0, dx)]
        a, b = pieces[here], pieces[there]
        border = (a != b) & (a > 0) & (b > 0)
        passes = np.minimum(landscape[here][border], landscape[there][border])
        np.maximum.at(saddle, (a[border], b[border]), passes)
    return np.maximum(saddle, saddle.T)


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
