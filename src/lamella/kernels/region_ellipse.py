"""The ellipse that fits every region: its axes, its eccentricity and its direction."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUND = 1e-9


class Ellipses(NamedTuple):
    """Of n regions, (n,) each."""

    major: Floats
    """px."""
    minor: Floats
    eccentricity: Floats
    """√(1 − minor² / major²): 0 for a circle, towards 1 for a line."""
    orientation_deg: Floats
    """Direction of the major axis, from +x upwards (counter-clockwise as seen), 0 to 180; NaN
    where both axes are equal."""


def fitted_ellipses(
    labels: NDArray[Any], label: NDArray[np.int64], box: NDArray[np.int64]
) -> Ellipses:
    """The ellipse with the region's area and the directions and ratio of its second moments.

    It is ImageJ's *Fit Ellipse*. Pixels are squares, so that no axis is 0: a single pixel has
    2/√π = 1.128 for both. ``skimage.measure`` takes pixels for points and leaves the area free:
    with its moments λ, its axes are 4√λ, ours 2√(A/π) · √⁴((λ₁ + 1/12) / (λ₂ + 1/12)) and its
    inverse. For an ellipse they are alike; for what has arms, holes or several pieces, those of
    ``skimage.measure`` are longer, both by nearly the same factor.

    Parameters
    ----------
    labels : (Y, X) integer array
    label, box : (n,), (n, 4) int64 arrays
        The regions, as in `Regions`.

    References
    ----------
    ``ij.process.EllipseFitter`` (B. Rodieck), https://imagej.net/ij/developer/source
    """
    return Ellipses(*_ellipses(labels, label, box))


@njit(cache=True, nogil=True)
def _ellipses(labels, label, box):  # type: ignore[no-untyped-def]
    found = np.empty((4, len(label)))
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        n = sy = sx = syy = sxx = sxy = 0
        for y in range(bottom - top):
            row = labels[top + y, left:right]
            n_row = x_row = xx_row = 0
            for x in range(len(row)):
                inside = row[x] == name
                n_row += inside
                x_row += x if inside else 0
                xx_row += x * x if inside else 0
            n += n_row
            sy += y * n_row
            syy += y * y * n_row
            sx += x_row
            sxx += xx_row
            sxy += y * x_row
        my, mx = sy / n, sx / n
        # The second moment of a square pixel about its own centre is 1 / 12.
        vyy, vxx, vxy = syy / n - my * my + 1 / 12, sxx / n - mx * mx + 1 / 12, sxy / n - mx * my
        middle = (vyy + vxx) / 2
        spread = np.sqrt(((vyy - vxx) / 2) ** 2 + vxy * vxy)
        ratio = np.sqrt(max(middle - spread, 0.0) / (middle + spread))
        found[0, i] = 2 * np.sqrt(n / np.pi / ratio)
        found[1, i] = 2 * np.sqrt(n / np.pi * ratio)
        found[2, i] = np.sqrt(1 - ratio * ratio)
        round_ = spread <= _ROUND * middle
        found[3, i] = np.nan if round_ else np.degrees(np.arctan2(-2 * vxy, vxx - vyy)) / 2 % 180
    return found
