"""How far every pixel of a frame looks like those under the strokes in cells, or on the ground."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lamella.kernels.filters import blurred
from lamella.segment.by_hand.evidence import roughness

_SCALES_PX = ((1.0, 2.0), (3.0, 4.0), (6.0, 8.0))
"""SD of the blur, and of the window of the roughness, from the grain of a cell to its whole."""
_NEIGHBOURS = 7
_MOST_SAMPLES = 2000
_STEEP = 1.5
_LEAST = 1e-3

Plane = NDArray[np.float32]


def likeness(image: NDArray[Any], cells: NDArray[np.bool_], ground: NDArray[np.bool_]) -> Plane:
    """Chance of every pixel to be of a cell, from 0 to 1, (Y, X) float32.

    A pixel is described by its light and the roughness around it at three scales. The distance to
    the 7th nearest pixel under strokes of either kind tells which it is more like.

    Parameters
    ----------
    image : (Y, X) array
    cells, ground : (Y, X) bool arrays
        Pixels under strokes; at least one of each.
    """
    looks = _looks(image)
    odds = np.log(_far(looks, ground) + _LEAST) - np.log(_far(looks, cells) + _LEAST)
    smooth = blurred(np.clip(odds.reshape(image.shape), -4, 4), 1.0)
    out: Plane = (1 / (1 + np.exp(-_STEEP * smooth))).astype(np.float32)
    return out


def _looks(image: NDArray[Any]) -> NDArray[np.float32]:
    """(Y, X, n) what every pixel looks like, each with mean 0 and SD 1 over the frame."""
    plane = np.asarray(image, np.float32)
    floor = _LEAST * float(plane.std()) + np.finfo(np.float32).tiny
    planes = []
    for blur_px, pool_px in _SCALES_PX:
        planes += [blurred(plane, blur_px), np.log(roughness(plane, pool_px=pool_px) + floor)]
    looks = np.stack(planes, axis=-1)
    spread = looks.std(axis=(0, 1))
    scaled: NDArray[np.float32] = (looks - looks.mean(axis=(0, 1))) / np.maximum(spread, 1e-9)
    return scaled


def _far(looks: NDArray[np.float32], marked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of every pixel from the marked ones, in looks."""
    known = looks[marked]
    known = known[:: max(1, len(known) // _MOST_SAMPLES)]  # long strokes tell much twice
    nth = min(_NEIGHBOURS, len(known))
    distance, _ = cKDTree(known).query(looks.reshape(-1, looks.shape[-1]), k=[nth])
    out: NDArray[np.float64] = distance[:, 0]
    return out
