"""The band under the edge of a cell, by the angle at which it is seen from the cell's centre."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.distance import EDGE_PX

FloatArray = NDArray[np.float64]


def sector_angles(n_angles: int) -> FloatArray:
    """The angles of a profile, 0 up to 2π, in radians from +x growing towards +y (rows)."""
    out: FloatArray = np.arange(n_angles) * (2 * np.pi / n_angles)
    return out


def profile_of_band(
    image: NDArray[Any],
    distance: NDArray[np.float32],
    *,
    within: float,
    centre: tuple[float, float],
    n_angles: int,
) -> tuple[FloatArray, FloatArray]:
    """Mean intensity of the band under the edge, for every angle around a centre.

    Every pixel shares its weight between the two angles next to its own, the nearer one getting
    more (linearly). No pixel jumps from one sector to the next when a cell shifts a little, and a
    profile of a shape that mirrors itself mirrors itself.

    Parameters
    ----------
    image : (h, w) array
        Part of a frame.
    distance : (h, w) float32 array
        Of its pixels to the nearest one outside of the cell, see `distance_inside`; 0 there.
    within : float
        Depth of the band below the edge, px, see `EDGE_PX`: a band of w px is w px thick, on
        average.
    centre : (float, float)
        (y, x) counted from the corner of `image`. A pixel right there has no angle and is left out.
    n_angles : int
        Number of angles, 1 or more.

    Returns
    -------
    mean : (n_angles,) float64 array
        NaN where the band has no pixel.
    weight : (n_angles,) float64 array
        Pixels, by their shares.
    """
    weight, total = _profile(image, distance, within, centre[0], centre[1], n_angles)
    mean = np.divide(total, weight, out=np.full(n_angles, np.nan), where=weight > 0)
    return mean, weight


@njit(cache=True, nogil=True)
def _profile(image, distance, within, centre_y, centre_x, n_angles):  # type: ignore[no-untyped-def]
    weight, total = np.zeros(n_angles), np.zeros(n_angles)
    per_radian = n_angles / (2 * np.pi)
    for y in range(distance.shape[0]):
        for x in range(distance.shape[1]):
            if not 0 < distance[y, x] <= within + EDGE_PX:
                continue
            dy, dx = y - centre_y, x - centre_x
            if abs(dy) < 1e-9 and abs(dx) < 1e-9:
                continue
            at = np.arctan2(dy, dx) * per_radian
            if at < 0:
                at += n_angles
            low = int(at)
            share = at - low
            first, second = low % n_angles, (low + 1) % n_angles
            value = np.float64(image[y, x])
            weight[first] += 1 - share
            weight[second] += share
            total[first] += (1 - share) * value
            total[second] += share * value
    return weight, total


@njit(cache=True, nogil=True)
def mean_of_band(image, distance, within):  # type: ignore[no-untyped-def]
    """Mean of the pixels at most `within` px below the edge; NaN where there are none.

    Parameters as those of `profile_of_band`.
    """
    total, n = 0.0, 0
    for y in range(distance.shape[0]):
        row, far = image[y], distance[y]
        for x in range(len(far)):
            if 0 < far[x] <= within + EDGE_PX:
                total += row[x]
                n += 1
    return total / n if n else np.nan
