"""The light of a field where there is no cell."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_GRID = 256  # places along the shorter side at which the surface is fitted, at most
_ROUNDS = 8
_ABOVE = 2.0  # SDs
_TILES, _DARKEST = 4, 25  # parts along a side, and percentile in each
_FEWEST = 60  # places that bear a surface
_MAD = 1.4826  # SD of normal noise over its median absolute deviation


class Ground(NamedTuple):
    """The field where there is no cell."""

    level: NDArray[np.float32]
    """(Y, X): a smooth surface, since light is seldom even over a field."""
    noise: float
    """Robust SD of its pixels about that."""


def ground_of(signal: NDArray[np.float32], otsu: float) -> Ground:
    """The ground, from the pixels below Otsu's lowest threshold: a parabolic surface.

    Dim cells and the blur of bright ones lie above it, and may be more than what is bare. It is
    therefore fitted first to the darkest quarter of such pixels in every part of the field, and
    then again and again to what is not brighter than it by two SDs; the SD is that of the darker
    half of the pixels.

    Parameters
    ----------
    signal : (Y, X) float32 array
    otsu : float
        Some pixels are not above it. Where these are too few for a surface, their median is taken.
    """
    height, width = signal.shape
    step = max(1, min(height, width) // _GRID)
    y, x = np.mgrid[0:height:step, 0:width:step].reshape(2, -1)
    light = signal[y, x].astype(np.float64)
    low = light <= otsu
    if np.count_nonzero(low) < _FEWEST:
        below = signal[signal <= otsu]
        level = np.float32(np.median(below))
        return Ground(np.full(signal.shape, level), _MAD * float(np.median(np.abs(below - level))))
    v, u = _centred(height)[y], _centred(width)[x]
    terms = np.stack([np.ones_like(v), v, u, v * v, u * v, u * u], axis=1)
    kept = _darkest(light, low, y * _TILES // height * _TILES + x * _TILES // width)
    surface, noise = np.zeros(6), 0.0
    for _ in range(_ROUNDS):
        surface = np.linalg.lstsq(terms[kept], light[kept], rcond=None)[0]
        off = light - terms @ surface
        middle = float(np.median(off[kept]))
        noise = _MAD * float(np.median(middle - off[kept & (off <= middle)]))
        kept = low & (off <= middle + _ABOVE * noise)
    a, b, c, d, e, f = surface.astype(np.float32)
    down, across = (_centred(n).astype(np.float32) for n in (height, width))
    rows, columns = a + b * down + d * down**2, c * across + f * across**2
    level = rows[:, None] + columns + e * down[:, None] * across
    return Ground(level, noise)


def _darkest(
    light: NDArray[np.float64], low: NDArray[np.bool_], tile: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """The darkest of the low pixels in every tile that has some."""
    dark = low.copy()
    for number in np.unique(tile[low]):
        here = low & (tile == number)
        dark[here] = light[here] <= np.percentile(light[here], _DARKEST)
    return dark


def _centred(n: int) -> NDArray[Any]:
    """Places along a side of n px, from −1 to 1."""
    return np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
