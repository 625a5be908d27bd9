"""Shapes between two shapes: how an outline looked while nobody saw it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates, uniform_filter

Depth = NDArray[np.float64]


def depth_of(inside: NDArray[np.bool_]) -> Depth:
    """Signed distance of pixel centres from the outline of a mask, px; negative inside.

    The outline runs halfway between the outermost pixels and their neighbours, so that no pixel
    centre lies on it. The mask must not be empty; beyond the array there is nothing.

    Parameters
    ----------
    inside : (Y, X) bool array
    """
    outside = np.pad(~inside, 1, constant_values=True)
    within = distance_transform_edt(~outside)[1:-1, 1:-1]
    beyond = distance_transform_edt(~inside)
    out: Depth = np.where(inside, 0.5 - within, beyond - 0.5)
    return out


def shape_between(
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    *,
    before_centre: NDArray[Any],
    after_centre: NDArray[Any],
    share: float,
    before_origin: tuple[int, int] = (0, 0),
    after_origin: tuple[int, int] = (0, 0),
) -> tuple[Depth, tuple[int, int]]:
    """Signed distance of the shape a `share` of the way from one shape to another.

    Both are laid over each other at their centres, their signed distances averaged with the weights
    ``1 − share`` and `share`, and the outcome is put where the centre lies on the straight line
    between the two. A pixel belongs to the shape where the result is negative. Equal shapes that
    have moved by whole pixels over the frames in between give the same shape again; a disc that
    grows at a steady rate keeps doing so. Good for shapes that change little; a cell that turns
    round shrinks on its way.

    Parameters
    ----------
    before, after : bool arrays
        Not empty; frames, or parts of them that hold the shape.
    before_centre, after_centre : (2,) arrays
        Their centroids in the frame, (y, x).
    share : float
        From 0 = the shape before to 1 = the shape after.
    before_origin, after_origin : (int, int)
        (y, x) in the frame of the first pixels of the arrays.

    Returns
    -------
    depth : (h, w) float64 array
    origin : (int, int)
        (y, x) of its first pixel in the frame; the box may reach beyond the frame.

    References
    ----------
    Raya & Udupa 1990, shape-based interpolation, https://doi.org/10.1109/42.52980
    """
    centre = (1 - share) * before_centre + share * after_centre
    both = (
        (before, before_centre, np.array(before_origin), 1 - share),
        (after, after_centre, np.array(after_origin), share),
    )
    reach = 2 + max(_reach(inside, at - origin) for inside, at, origin, _ in both)
    low = np.floor(centre).astype(int) - reach
    size = 2 * reach + 2
    total = np.zeros((size, size))
    for inside, at, origin, weight in both:
        if weight > 0:
            total += weight * _moved(inside, centre - at + origin, low, size)
    # Distances from pixels come in steps, so that on a shape between many pixels lie on the outline
    # or next to it by chance; their neighbours know better. Masks themselves have none below 0.5.
    depth = np.where(np.abs(total) < 0.5, uniform_filter(total, 3), total)
    return depth, (int(low[0]), int(low[1]))


def _reach(inside: NDArray[np.bool_], centre: NDArray[Any]) -> int:
    """Furthest pixel along an axis, rounded up."""
    rows, columns = np.nonzero(inside.any(axis=1))[0], np.nonzero(inside.any(axis=0))[0]
    ends = np.array([[rows[0], rows[-1]], [columns[0], columns[-1]]])
    return int(np.ceil(np.abs(ends - np.asarray(centre)[:, None]).max()))


def _moved(inside: NDArray[np.bool_], by: NDArray[Any], low: NDArray[Any], size: int) -> Depth:
    """Signed distance of a mask that was moved by a vector, in a square box that begins at `low`.

    Between pixels it is interpolated linearly, which is exact along straight outlines.
    """
    whole = np.rint(by).astype(int)
    rest = by - whole
    margin = 1  # for the interpolation
    box = np.zeros((size + 2 * margin,) * 2, bool)
    start = low - whole - margin
    there, here = [], []
    for first, length in zip(start.tolist(), inside.shape, strict=True):
        a, b = max(first, 0), min(first + len(box), length)
        there.append(slice(a, max(a, b)))
        here.append(slice(a - first, max(a, b) - first))
    box[here[0], here[1]] = inside[there[0], there[1]]
    depth = depth_of(box)
    if not rest.any():
        return depth[margin:-margin, margin:-margin]
    grid = np.mgrid[:size, :size] + margin - rest[:, None, None]
    out: Depth = map_coordinates(depth, grid, order=1, mode="nearest")
    return out
