"""Putting cells onto a canvas: which pixels of which, and who lies on top."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.phantom.view import View

Window = tuple[slice, slice]


def cover(view: View) -> NDArray[np.float32]:
    """Share of each pixel that the cell covers: a soft step one pixel wide at the outline."""
    share: NDArray[np.float32] = np.clip(view.edge - view.rho + np.float32(0.5), 0, 1)
    return share


def overlap(
    view: View, origin: tuple[int, int], size: tuple[int, ...]
) -> tuple[Window, Window] | None:
    """The part of a canvas that the view covers, as slices of the canvas and of the view."""
    there, here = [], []
    for start, length, zero, end in zip(
        (view.top, view.left), view.rho.shape, origin, size, strict=True
    ):
        low, high = max(start - zero, 0), min(start - zero + length, end)
        if low >= high:
            return None
        there.append(slice(low, high))
        here.append(slice(low - start + zero, high - start + zero))
    return (there[0], there[1]), (here[0], here[1])


def lay(
    view: View,
    origin: tuple[int, int],
    depth: NDArray[np.float32],
    *layers: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    """Put a cell onto each (canvas, light) pair where it lies deeper than those before it."""
    if (window := overlap(view, origin, depth.shape)) is None:
        return
    there, here = window
    relative = view.rho[here] / view.edge[here]
    own = (relative < depth[there]) & (view.rho[here] < view.edge[here] + 0.5)
    depth[there][own] = relative[own]
    for canvas, light in layers:
        canvas[there][own] = light[here][own]


def add(field: NDArray[Any], canvas: NDArray[Any], origin: tuple[int, int]) -> None:
    """Add the canvas to the field, as far as it lies within."""
    low = [max(start, 0) for start in origin]
    high = [
        min(start + n, end) for start, n, end in zip(origin, canvas.shape, field.shape, strict=True)
    ]
    if low[0] >= high[0] or low[1] >= high[1]:
        return
    part = tuple(slice(a - start, b - start) for a, b, start in zip(low, high, origin, strict=True))
    field[low[0] : high[0], low[1] : high[1]] += canvas[part]
