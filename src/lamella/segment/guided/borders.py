"""What it costs a cell to grow over a pixel: much where its light tells of a border."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.filters import blurred, squared_gradient

Borders = Literal["change", "bright"]

_HIGHEST = 255
_CLEAR = 95.0  # percentile over the cells' pixels from which on a border is as clear as can be
_SOFT = 0.3  # of Otsu's threshold: light below hardly tells anything


def cost_of_growing(
    light: NDArray[np.float32],
    *,
    otsu: float,
    borders: Borders,
    by_distance: float,
    radius_px: float,
) -> NDArray[np.uint8]:
    """Cost of every pixel, 1 to 255, (Y, X) uint8.

    ``by_distance + (1 − by_distance) · border``, in 255ths, where `border`, 0 to 1, is the slope of
    the logarithm of the light ("change"), or how far that lies above its mean around ("bright").
    Of logarithms, a border between dim cells counts as much as one between bright cells.

    Parameters
    ----------
    light : (Y, X) float32 array
        Above the ground, smoothed.
    otsu : float
        Threshold of cells, above the ground.
    radius_px : float
        Of a typical nucleus: SD of the Gaussian that takes the mean around.
    """
    told = np.log(np.maximum(light, 0) + np.float32(max(_SOFT * otsu, 1e-6)))
    if borders == "change":
        border = np.sqrt(squared_gradient(told))
    else:
        border = np.maximum(told - blurred(told, radius_px), 0)
    inside = light > otsu
    clear = float(np.percentile(border[inside], _CLEAR)) if inside.any() else 0.0
    border = np.clip(border / max(clear, 1e-12), 0, 1)
    dear = np.rint(_HIGHEST * (by_distance + (1 - by_distance) * border))
    cost: NDArray[np.uint8] = np.clip(dear, 1, _HIGHEST).astype(np.uint8)
    return cost
