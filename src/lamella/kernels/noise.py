"""Pixel noise inside an object."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lamella.kernels.ranks import median_of
from lamella.kernels.regions import inside_of

# Median of |z| for a standard normal z.
_MEDIAN_ABSOLUTE_NORMAL = 0.6744897501960817
_ENOUGH_PIXELS = 4096
_WIDEST_HISTOGRAM = 1 << 16


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
    return float(_noise_sd(image, mask, image.dtype.kind in "ui"))


def noise_of_objects(
    image: NDArray[Any], labels: NDArray[Any], label: NDArray[np.int64], box: NDArray[np.int64]
) -> NDArray[np.float64]:
    """`noise_sd` of every object of a frame, shape (n,); `label` and `box` as in `Regions`."""
    found: NDArray[np.float64] = _noise_of_objects(
        image, labels, label, box, image.dtype.kind in "ui"
    )
    return found


@njit(cache=True, nogil=True)
def _noise_of_objects(image, labels, label, box, whole):  # type: ignore[no-untyped-def]
    found = np.empty(len(label))
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        inside = inside_of(labels, label[i], box[i])
        found[i] = _noise_sd(image[top:bottom, left:right], inside, whole)
    return found


@njit(cache=True, nogil=True)
def _noise_sd(image, mask, whole):  # type: ignore[no-untyped-def]
    stride = max(1, np.count_nonzero(mask) // _ENOUGH_PIXELS)
    residual = _second_differences(image, mask, stride)
    if not len(residual):
        return np.nan
    return _median(residual, whole) / (6 * _MEDIAN_ABSOLUTE_NORMAL)


@njit(cache=True, nogil=True)
def _second_differences(image, mask, stride):  # type: ignore[no-untyped-def]
    """Absolute residuals where a pixel and its 8 neighbours are inside: down, then across."""
    height, width = mask.shape
    zero = 0 * image[0, 0]  # int64, or float64 for a float image: differences may be negative
    down = np.full(width, zero)
    whole_column = np.empty(width, np.bool_)
    out = np.full((height // stride + 1) * width, zero)
    n = 0
    for y in range(1, height - 1, stride):
        over, here, under = image[y - 1], image[y], image[y + 1]
        a, b, c = mask[y - 1], mask[y], mask[y + 1]
        for x in range(len(down)):
            down[x] = zero + over[x] - 2 * (zero + here[x]) + under[x]
            whole_column[x] = a[x] & b[x] & c[x]
        for x in range(1, len(down) - 1):
            if whole_column[x - 1] & whole_column[x] & whole_column[x + 1]:
                out[n] = abs(down[x - 1] - 2 * down[x] + down[x + 1])
                n += 1
    return out[:n]


@njit(cache=True, nogil=True)
def _median(values, whole):  # type: ignore[no-untyped-def]
    """Median of values that are not negative; those of whole numbers are counted, not sorted."""
    most = values[0]
    for value in values:
        most = max(most, value)
    if not whole or most >= _WIDEST_HISTOGRAM:
        return median_of(values.astype(np.float64))
    counts = np.zeros(np.int64(most) + 1, np.int64)
    for value in values:
        counts[np.int64(value)] += 1
    at, passed = 0, counts[0]
    while 2 * passed < len(values):
        at += 1
        passed += counts[at]
    after = at
    if 2 * passed == len(values):  # the median lies between this value and the next one
        after += 1
        while counts[after] == 0:
            after += 1
    return (at + after) / 2


def halves_ratio_of_noise(
    mean: ArrayLike, sd: ArrayLike, *, percentile: float
) -> NDArray[np.float64]:
    """The ratio of bright to dim mean that noise alone makes in a uniform object.

    For normal noise, the part above the percentile has mean ``mean + sd·φ(z)/(1−q)``, the other
    ``mean − sd·φ(z)/q``, with q = percentile/100 and z its normal quantile. At the median, and 100
    photo-electrons a pixel, this is 1.17.

    Parameters
    ----------
    mean, sd : (n,) array_like
        Mean and noise SD of the pixels of n objects, background subtracted.

    Returns
    -------
    (n,) float64 array
        NaN where the dim mean would not be positive.
    """
    q = percentile / 100
    density = _normal_density_at(q)
    mean, sd = np.asarray(mean, np.float64), np.asarray(sd, np.float64)
    dim = mean - sd * density / q
    bright = mean + sd * density / (1 - q)
    return np.divide(bright, dim, out=np.full(dim.shape, np.nan), where=dim > 0)


@cache
def _normal_density_at(quantile: float) -> float:
    from scipy.special import ndtri

    return float(np.exp(-(ndtri(quantile) ** 2) / 2) / np.sqrt(2 * np.pi))
