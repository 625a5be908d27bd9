"""How bright a pixel must be to belong to the cell of a nucleus: for every nucleus its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.geodesic import PIXEL, nearest_seed_within
from lamella.kernels.thresholds import multi_otsu

_CLASSES = (3, 2)  # with 3, dim parts are kept, as MultiOtsu keeps them
_BRIGHTEST = 99.9  # a few hot spots must not draw the thresholds
_RING = 0.5  # in radii of a typical nucleus: what counts as just outside of one
_LEAST_RING_PX = 2.0
_APART_PX = 2.0  # from the nucleus, whose own light is blurred over its edge
_HEIGHT = 0.5  # of the light around a nucleus, above the ground
_CLEARLY = 2.0  # SDs of the ground
_LEAST_NOISE = 0.02  # of Otsu's threshold: few grey levels may hide all noise


def lowest_otsu(signal: NDArray[np.float32]) -> float | None:
    """The lowest of Otsu's two thresholds; his one where there are but two grey values.

    None where there is one.
    """
    shown = np.minimum(signal, np.percentile(signal, _BRIGHTEST))
    for classes in _CLASSES:
        thresholds = multi_otsu(shown, classes=classes)
        if thresholds is not None:
            return float(thresholds[0])
    return None


def light_around(
    signal: NDArray[np.float32], seeds: NDArray[np.int32], *, radius_px: float
) -> NDArray[np.float32]:
    """Median light just outside of every nucleus, by its number, (n + 1,) float32.

    The ring lies within the pixels that are nearer to this nucleus than to any other. NaN for a
    number that no pixel has, and for a nucleus that others enclose.
    """
    far = _APART_PX + max(_LEAST_RING_PX, _RING * radius_px)
    anywhere = np.broadcast_to(np.uint8(1), seeds.shape)
    owner, distance = nearest_seed_within(anywhere, seeds, reach_px=far)
    ring = (owner > 0) & (distance > _APART_PX * PIXEL)
    names, values = owner[ring], signal[ring]
    order = np.lexsort((values, names))
    names, values = names[order], values[order]
    numbers = np.arange(int(seeds.max(initial=0)) + 1)
    start, stop = np.searchsorted(names, numbers), np.searchsorted(names, numbers, side="right")
    light = np.full(len(numbers), np.nan, np.float32)
    some = stop > start
    light[some] = values[((start + stop) // 2)[some]]
    return light


def own_thresholds(
    around: NDArray[np.float32], *, otsu: float, noise: float
) -> NDArray[np.float32]:
    """The light above the ground that a pixel of each nucleus's cell exceeds, (n + 1,) float32.

    Otsu's threshold, or half the light around the nucleus where that is lower: a dim cell among
    bright ones is rescued. Never less than two SDs of the ground, which would let cells grow into
    its noise: a nucleus whose surroundings do not stand out by that has no visible cytoplasm,
    ``inf``.

    Parameters
    ----------
    around : (n + 1,) float32 array
        Light around the nuclei above the ground; NaN = unknown, which counts as none.
    otsu : float
        Above the ground.
    noise : float
        SD of the ground.
    """
    clear = _CLEARLY * max(noise, _LEAST_NOISE * otsu)
    least = np.maximum(np.minimum(otsu, _HEIGHT * around), clear)
    return np.where(around > clear, least, np.inf).astype(np.float32)
