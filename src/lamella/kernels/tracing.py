"""Outlines of masks along the edges of their pixels."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lamella.kernels.polygons import Ring


def trace_rings(mask: ArrayLike, *, top: int = 0, left: int = 0) -> tuple[list[Ring], list[Ring]]:
    """The outer outlines of a mask and the outlines of its holes.

    Parameters
    ----------
    mask : (Y, X) array_like
        Everything that is not 0 is inside; beyond the array is outside.
    top, left : int
        Row and column of the mask's first pixel in the frame.

    Returns
    -------
    outer, holes : list of (N, 2) float64 arrays
        Corners (y, x) at half pixels, one where the line turns, largest area first. Outer ones run
        clockwise as seen on the screen, holes the other way. `fill_polygons` of all of them gives
        the same pixels back; of an outer one alone, its piece with the holes filled.

    Raises
    ------
    ValueError
        A mask that is not of two dimensions.

    Notes
    -----
    Pixels that touch at a corner belong together (8-connected), so that their outline passes that
    corner twice; holes are therefore 4-connected. It is the line that ImageJ's wand follows.

    Examples
    --------
    >>> outer, holes = trace_rings([[1]])
    >>> outer[0].tolist()
    [[-0.5, 0.5], [0.5, 0.5], [0.5, -0.5], [-0.5, -0.5]]
    """
    inside: NDArray[np.bool_] = np.ascontiguousarray(np.asarray(mask) != 0)
    if inside.ndim != 2:
        raise ValueError(f"Expected a mask (Y, X), got shape {inside.shape}")
    corners, starts = trace_loops(np.pad(inside, 1))
    # The padding is one pixel, and corner (0, 0) lies half a pixel before the first centre.
    points = corners + np.array([top - 1.5, left - 1.5])
    rings = [points[a:b] for a, b in pairwise(starts)]
    areas = np.array([ring_area(ring) for ring in rings])
    order = np.argsort(-np.abs(areas), kind="stable")
    return (
        [rings[i] for i in order if areas[i] > 0],
        [rings[i] for i in order if areas[i] < 0],
    )


def ring_area(ring: NDArray[np.float64]) -> float:
    """Area within a closed line in px², positive where it runs clockwise on the screen."""
    y, x = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2)


@njit(cache=True, nogil=True)
def trace_loops(padded: Any) -> Any:
    """Corners (row, column) of every loop, (N, 2) int64, and where each begins, (K + 1,) int64.

    The object lies on the right of the walker. Every loop walks east along the top edge of some
    pixel, so that scanning for top edges that nobody walked finds them all.
    """
    height, width = padded.shape
    n_edges = 0
    for y in range(1, height):
        for x in range(1, width):
            n_edges += padded[y, x] != padded[y - 1, x]
            n_edges += padded[y, x] != padded[y, x - 1]
    corners = np.empty((n_edges, 2), np.int64)
    starts = np.empty(n_edges // 4 + 1, np.int64)
    walked = np.zeros((height, width), np.bool_)  # top edges
    n_corners = n_loops = 0
    starts[0] = 0
    for row in range(1, height - 1):
        for column in range(1, width - 1):
            if not padded[row, column] or padded[row - 1, column] or walked[row, column]:
                continue
            y, x, dy, dx = row, column, 0, 1
            while True:
                if dx == 1:
                    if walked[y, x]:
                        break
                    walked[y, x] = True
                y, x = y + dy, x + dx
                # The pixels ahead, on both sides of the line that goes on.
                if dx == 1:
                    on_left, on_right = padded[y - 1, x], padded[y, x]
                elif dy == 1:
                    on_left, on_right = padded[y, x], padded[y, x - 1]
                elif dx == -1:
                    on_left, on_right = padded[y, x - 1], padded[y - 1, x - 1]
                else:
                    on_left, on_right = padded[y - 1, x - 1], padded[y - 1, x]
                if on_left:
                    dy, dx = -dx, dy
                elif not on_right:
                    dy, dx = dx, -dy
                else:
                    continue
                corners[n_corners, 0], corners[n_corners, 1] = y, x
                n_corners += 1
            n_loops += 1
            starts[n_loops] = n_corners
    return corners[:n_corners], starts[: n_loops + 1]
