"""Pixel noise inside an object."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Median of |z| for a standard normal z.
_MEDIAN_ABSOLUTE_NORMAL = 0.6744897501960817
_ENOUGH_PIXELS = 4096


def noise_sd(image: NDArray[Any], mask: NDArray[np.bool_]) -> float:
    """SD of the white pixel noise inside a mask.

    The 3×3 kernel ``[1 −2 1; −2 4 −2; 1 −2 1]`` cancels intensity that varies smoothly; what is
    left is noise of 6 times its SD. The median of its absolute value keeps edges of structures from
    counting as noise. Valid for noise that is independent between pixels: a camera's, not that of a
    smoothed or compressed image, where it comes out too low. Large objects are sampled on evenly
    spaced rows; some 4000 pixels tell the SD to 2 %.

    Parameters
    ----------
    image : (Y, X) array
    mask : (Y, X) bool array

    Returns
    -------
    float
        In grey values; NaN when no pixel of the mask has all its 8 neighbours in the mask.

    References
    ----------
    Immerkær, Comput. Vis. Image Underst. 64:300 (1996), doi:10.1006/cviu.1996.0060; here with the
    median instead of the mean.
    """
    stride = max(1, np.count_nonzero(mask) // _ENOUGH_PIXELS)
    residual = _second_differences(image, mask, stride)
    if not len(residual):
        return float("nan")
    return float(np.median(residual)) / (6 * _MEDIAN_ABSOLUTE_NORMAL)


@njit(cache=True, nogil=True)
def _second_differences(image, mask, stride):  # type: ignore[no-untyped-def]
    height, width = mask.shape
    out = np.empty(height * width, np.float32)
    n = 0
    for y in range(1, height - 1, stride):
        for x in range(1, width - 1):
            if not mask[y, x]:
                continue
            inside = True
            for dy in range(-1, 2):
                inside &= mask[y + dy, x - 1] & mask[y + dy, x] & mask[y + dy, x + 1]
            if not inside:
                continue
            corners = (
                np.float64(image[y - 1, x - 1])
                + image[y - 1, x + 1]
                + image[y + 1, x - 1]
                + image[y + 1, x + 1]
            )
            sides = (
                np.float64(image[y - 1, x]) + image[y + 1, x] + image[y, x - 1] + image[y, x + 1]
            )
            out[n] = abs(corners - 2 * sides + 4 * np.float64(image[y, x]))
            n += 1
    return out[:n]


def halves_ratio_of_noise(mean: float, sd: float, *, percentile: float) -> float:
    """The ratio of bright to dim mean that noise alone makes in a uniform object.

    For normal noise, the part above the percentile has mean ``mean + sd·φ(z)/(1−q)``, the other
    ``mean − sd·φ(z)/q``, with q = percentile/100 and z its normal quantile. At the median, and 100
    photo-electrons a pixel, this is 1.17.

    Parameters
    ----------
    mean, sd : float
        Mean and noise SD of the pixels, background subtracted.

    Returns
    -------
    float
        NaN where the dim mean would not be positive.
    """
    from scipy.special import ndtri

    q = percentile / 100
    density = np.exp(-(ndtri(q) ** 2) / 2) / np.sqrt(2 * np.pi)
    dim = mean - sd * density / q
    return float((mean + sd * density / (1 - q)) / dim) if dim > 0 else float("nan")
