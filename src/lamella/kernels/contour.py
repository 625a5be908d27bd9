"""Outlines of masks, and how far apart two outlines lie."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[Any]
"""int64 or float64: numba compiles for either."""

# More tiles than this would cost more to pair with each other than they spare.
_MOST_TILES_A_SIDE = 96
_SQUARES_FIT = 1e150


def inner_boundary(mask: ArrayLike) -> NDArray[np.bool_]:
    """The outermost pixels of a mask: those with at least one of 8 neighbours outside it.

    Parameters
    ----------
    mask : (Y, X) array_like
        Everything that is not 0 is inside. Holes have a boundary too.

    Returns
    -------
    (Y, X) bool array
        1 px wide, 8-connected. An empty mask has none.

    Raises
    ------
    ValueError
        A mask that is not of two dimensions.

    Notes
    -----
    Beyond the edge of the image counts as outside, as in Cheng et al., so that the outline is
    closed and that of a full frame is the frame. At the field's edge the outline is therefore where
    the camera ends, not where the cell ends: two masks of a cell that leaves the field agree along
    that edge for free, which raises their boundary IoU and lowers their Hausdorff distance.

    References
    ----------
    Cheng et al. 2021, https://doi.org/10.1109/CVPR46437.2021.01508

    Examples
    --------
    >>> inner_boundary(np.ones((3, 4))).astype(int)
    array([[1, 1, 1, 1],
           [1, 0, 0, 1],
           [1, 1, 1, 1]])
    """
    inside: NDArray[np.bool_] = np.asarray(mask) != 0
    if inside.ndim != 2:
        raise ValueError(f"Expected a mask (Y, X), got shape {inside.shape}")
    if inside.size == 0:
        return inside
    square = np.ones((3, 3), np.uint8)
    core = cv2.erode(
        np.ascontiguousarray(inside).view(np.uint8),
        square,
        borderType=cv2.BORDER_CONSTANT,
        borderValue=(0,),
    )
    boundary: NDArray[np.bool_] = inside & (core == 0)
    return boundary


def hausdorff_percentile(
    points_a: ArrayLike, points_b: ArrayLike, *, percentile: float = 95
) -> float:
    """Percentile Hausdorff distance of two sets of points.

    The nearest point of B is found for every point of A, and the other way round; the result is the
    larger of the two percentiles of these distances (100 = the Hausdorff distance). Every point
    counts: nothing is sub-sampled.

    Parameters
    ----------
    points_a, points_b : (N, 2), (M, 2) array_like
        Points (y, x), finite, in any order; made for outlines, right for any set.
    percentile : float
        0 to 100, interpolated linearly between ranks like `numpy.percentile`.

    Returns
    -------
    float
        In the unit of the points; NaN when one of the sets is empty.

    Raises
    ------
    ValueError
        Points that are not (N, 2) or not finite, a percentile outside 0 to 100.

    Notes
    -----
    Each set is sorted into square tiles. The tiles of B that can hold a nearest point are found
    once for a whole tile of A, so that few of the N·M distances are computed. Squared distances of
    pixels are whole numbers, so that the result is exact up to the interpolation.

    References
    ----------
    Huttenlocher et al. 1993, https://doi.org/10.1109/34.232073

    Examples
    --------
    >>> hausdorff_percentile([[0, 0], [0, 1]], [[3, 0]], percentile=100)
    3.1622776601683795
    """
    if not 0 <= percentile <= 100:
        raise ValueError(f"a percentile lies between 0 and 100, got {percentile}")
    a, b = _as_points(points_a), _as_points(points_b)
    if len(a) == 0 or len(b) == 0:
        return float("nan")
    if a.dtype != b.dtype:
        a, b = a.astype(np.float64), b.astype(np.float64)
    there, back = _both_ways(a, b, _MOST_TILES_A_SIDE)
    share = percentile / 100
    return max(_percentile_of_roots(there, share), _percentile_of_roots(back, share))


def _as_points(points: ArrayLike) -> Points:
    """Points as int64, exact and quickest, where squared distances fit into it; else float64."""
    given: NDArray[Any] = np.asarray(points)
    if given.size == 0:
        return np.empty((0, 2), np.int64)
    if given.ndim != 2 or given.shape[1] != 2:
        raise ValueError(f"Expected points (y, x) of shape (N, 2), got {given.shape}")
    if given.dtype.kind in "iu" and given.max() < 2**30 and given.min() > -(2**30):
        return np.ascontiguousarray(given, dtype=np.int64)
    out = np.ascontiguousarray(given, dtype=np.float64)
    if not (np.abs(out) < _SQUARES_FIT).all():
        raise ValueError(f"coordinates must be finite, and smaller than {_SQUARES_FIT:g}")
    return out


@numba.njit(cache=True)
def _both_ways(a: Points, b: Points, most_tiles: int) -> tuple[Points, Points]:
    """Squared nearest distances from A to B, shape (N,), and from B to A, shape (M,)."""
    points_a, starts_a, boxes_a = _tiled(a, most_tiles)
    points_b, starts_b, boxes_b = _tiled(b, most_tiles)
    return (
        _nearest_squared(points_a, starts_a, boxes_a, points_b, starts_b, boxes_b),
        _nearest_squared(points_b, starts_b, boxes_b, points_a, starts_a, boxes_a),
    )


@numba.njit(cache=True)
def _tiled(points: Points, most_tiles: int) -> tuple[Points, NDArray[np.int64], Points]:
    """Points sorted by tile, (2, N), where each tile starts (K + 1), and its box (K, 4)."""
    n = len(points)
    low_y, low_x = points[:, 0].min(), points[:, 1].min()
    span = max(points[:, 0].max() - low_y, points[:, 1].max() - low_x)
    side = min(most_tiles, int(np.ceil(0.5 * np.sqrt(n))))
    # A span that is next to nothing would overflow the division; one tile serves it.
    per_unit = (side - 1) / span if span > 1e-200 else 0.0

    tile = np.empty(n, np.int64)
    begin = np.zeros(side * side + 1, np.int64)
    for i in range(n):
        row = int((points[i, 0] - low_y) * per_unit)
        tile[i] = row * side + int((points[i, 1] - low_x) * per_unit)
        begin[tile[i] + 1] += 1
    filled = 0
    for k in range(side * side):
        filled += begin[k + 1] > 0
        begin[k + 1] += begin[k]
    starts = np.empty(filled + 1, np.int64)
    starts[filled] = n
    filled = 0
    for k in range(side * side):
        if begin[k + 1] > begin[k]:
            starts[filled] = begin[k]
            filled += 1

    out = np.empty((2, n), points.dtype)
    for i in range(n):
        at = begin[tile[i]]
        begin[tile[i]] += 1
        out[0, at], out[1, at] = points[i, 0], points[i, 1]
    boxes = np.empty((filled, 4), points.dtype)
    for k in range(filled):
        y, x = out[0, starts[k] : starts[k + 1]], out[1, starts[k] : starts[k + 1]]
        boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3] = y.min(), y.max(), x.min(), x.max()
    return out, starts, boxes


@numba.njit(cache=True)
def _nearest_squared(
    points_a: Points,
    starts_a: NDArray[np.int64],
    boxes_a: Points,
    points_b: Points,
    starts_b: NDArray[np.int64],
    boxes_b: Points,
) -> Points:
    """Squared distance of every point of A from the nearest point of B, shape (N,)."""
    n_tiles = len(boxes_b)
    ys, xs = points_b[0], points_b[1]
    out = np.empty(points_a.shape[1], points_a.dtype)
    gaps = np.empty(n_tiles, points_a.dtype)
    near = np.empty(n_tiles, np.int64)
    for k in range(len(boxes_a)):
        y0, y1, x0, x1 = boxes_a[k, 0], boxes_a[k, 1], boxes_a[k, 2], boxes_a[k, 3]
        # No point of this tile is further from B than `enough`: the farthest corners of the tile
        # of B that is best in this respect.
        enough, first = boxes_a[k, 0], -1
        for m in range(n_tiles):
            v0, v1, u0, u1 = boxes_b[m, 0], boxes_b[m, 1], boxes_b[m, 2], boxes_b[m, 3]
            gap_y, gap_x = max(0, v0 - y1, y0 - v1), max(0, u0 - x1, x0 - u1)
            gaps[m] = gap_y * gap_y + gap_x * gap_x
            far_y, far_x = max(v1 - y0, y1 - v0), max(u1 - x0, x1 - u0)
            far = far_y * far_y + far_x * far_x
            if first < 0 or far < enough:
                enough, first = far, m
        # The best tile is searched first, so that most of the others can be passed over.
        near[0] = first
        n_near = 1
        for m in range(n_tiles):
            if m != first and gaps[m] <= enough:
                near[n_near] = m
                n_near += 1
        for i in range(starts_a[k], starts_a[k + 1]):
            y, x = points_a[0, i], points_a[1, i]
            start = starts_b[first]
            best = (ys[start] - y) ** 2 + (xs[start] - x) ** 2
            for c in range(n_near):
                m = near[c]
                gap_y = max(0, boxes_b[m, 0] - y, y - boxes_b[m, 1])
                gap_x = max(0, boxes_b[m, 2] - x, x - boxes_b[m, 3])
                if gap_y * gap_y + gap_x * gap_x >= best:
                    continue
                # An index that cannot be negative lets the compiler take several points at a time.
                for j in range(np.uint64(starts_b[m]), np.uint64(starts_b[m + 1])):
                    dy, dx = ys[j] - y, xs[j] - x
                    best = min(best, dy * dy + dx * dx)
            out[i] = best
    return out


def _percentile_of_roots(squared: Points, share: float) -> float:
    """The percentile of the distances, as `numpy.percentile` interpolates, at a tenth of its cost.

    Ranks are those of the squares, so that two roots are taken.
    """
    rank = share * (len(squared) - 1)
    below = int(rank)
    ranked = np.partition(squared, below)
    low = math.sqrt(ranked[below])
    high = low if below + 1 == len(squared) else math.sqrt(ranked[below + 1 :].min())
    return low + (rank - below) * (high - low)
