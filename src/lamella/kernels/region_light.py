"""How bright the pixels of every region are: moments, ranks, mode, and where the light is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.region_pixels import Pixels
from lamella.kernels.region_sort import sort_floats, sort_whole

Floats = NDArray[np.float64]

_COUNTED = 1 << 16
_MODE_BINS = 256


class RegionLight(NamedTuple):
    """Of n regions, (n,) each; NaN of regions that hold a value that is not finite."""

    mean: Floats
    sd: Floats
    """With n − 1; NaN for one pixel."""
    skewness: Floats
    """Σ (v − mean)³ / n over the cubed population SD; NaN where all pixels are equal."""
    kurtosis: Floats
    """Σ (v − mean)⁴ / n over the population variance squared, less 3."""
    total: Floats
    minimum: Floats
    maximum: Floats
    median: Floats
    """Of an even number of pixels the mean of the two middle ones."""
    upper_median: Floats
    """Of an even number of pixels the upper of the two middle ones."""
    mode: Floats
    """Most frequent value, the lowest of several; of numbers that are not whole, the middle of the
    fullest of 256 equal bins between minimum and maximum."""
    n_below: Floats
    """Pixels below `level`."""
    mass_row: Floats
    """Centre of mass of value − level; NaN where their sum is not above 0."""
    mass_column: Floats
    percentiles: Floats
    """(n_percentiles, n), between pixels by straight lines as ``numpy.percentile``."""


def light_of_regions(
    values: NDArray[np.float64],
    pixels: Pixels,
    *,
    whole: bool,
    level: float = 0.0,
    percentiles: Sequence[float] = (),
) -> RegionLight:
    """Describe the values of every region.

    Parameters
    ----------
    values : (m,) float64 array
        ``pixels.values(image)``.
    pixels : Pixels
        Regions of at least one pixel.
    whole : bool
        Whether the image holds whole numbers.
    level : float
        Background: subtracted from every value but `sd`, `skewness` and `kurtosis`, which do not
        depend on it.
    percentiles : sequence of float
        0 to 100.

    Notes
    -----
    ImageJ's definitions, but for two: its median of 8- and 16-bit images is our `upper_median`,
    and one pixel has an SD of 0 there.

    References
    ----------
    ``ij.process.ImageStatistics``, https://imagej.net/ij/developer/source
    """
    found = _light(
        values,
        pixels.row,
        pixels.column,
        pixels.start,
        whole,
        float(level),
        np.asarray(percentiles, np.float64),
    )
    return RegionLight._make([*found[:13], found[13:]])


@njit(cache=True, nogil=True)
def _light(values, rows, columns, start, whole, level, percentiles):  # type: ignore[no-untyped-def]
    found = np.full((13 + len(percentiles), len(start) - 1), np.nan)
    most = 0
    for i in range(len(start) - 1):
        most = max(most, start[i + 1] - start[i])
    ordered = np.empty(most)
    keys, other = np.empty(most, np.uint64), np.empty(most, np.uint64)
    counts = np.zeros(_COUNTED if whole else 1, np.int64)
    for i in range(len(start) - 1):
        first, last = start[i], start[i + 1]
        n = last - first
        here, into = values[first:last], ordered[:n]
        total = 0.0
        for value in here:
            total += value
        if not np.isfinite(total):
            continue
        mean = total / n
        found[0, i], found[4, i] = mean - level, total - n * level
        _moments(here, mean, found[:, i])
        if not (whole and sort_whole(here, into, counts)):
            sort_floats(here, into, keys[:n], other[:n])
        found[5, i], found[6, i] = into[0] - level, into[n - 1] - level
        found[7, i] = (into[(n - 1) // 2] + into[n // 2]) / 2 - level
        found[8, i] = into[n // 2] - level
        found[9, i] = (_most_frequent(into) if whole else _fullest_bin(into)) - level
        if np.isfinite(level):
            found[10, i] = np.searchsorted(into, level)
        _centre_of_mass(here, rows[first:last], columns[first:last], level, found[:, i])
        for k in range(len(percentiles)):
            at = (n - 1) * percentiles[k] / 100
            below = min(int(at), n - 1)
            above = min(below + 1, n - 1)
            found[13 + k, i] = into[below] + (at - below) * (into[above] - into[below]) - level
    return found


@njit(cache=True, nogil=True)
def _moments(values, mean, found):  # type: ignore[no-untyped-def]
    second, third, fourth = 0.0, 0.0, 0.0
    for value in values:
        off = value - mean
        second += off * off
        third += off * off * off
        fourth += off * off * off * off
    n = len(values)
    if n > 1:
        found[1] = np.sqrt(second / (n - 1))
    variance = second / n
    # Equal values whose mean is a rounding away from them have no shape.
    if variance > 1e-28 * mean * mean:
        found[2] = third / n / (variance * np.sqrt(variance))
        found[3] = fourth / n / (variance * variance) - 3


@njit(cache=True, nogil=True)
def _most_frequent(ordered):  # type: ignore[no-untyped-def]
    best, longest, run = ordered[0], 0, 0
    for i in range(len(ordered)):
        run = run + 1 if i and ordered[i] == ordered[i - 1] else 1
        if run > longest:
            best, longest = ordered[i], run
    return best


@njit(cache=True, nogil=True)
def _fullest_bin(ordered):  # type: ignore[no-untyped-def]
    low, high = ordered[0], ordered[-1]
    if high == low:
        return low
    width = (high - low) / _MODE_BINS
    counts = np.zeros(_MODE_BINS, np.int64)
    for value in ordered:
        counts[min(int((value - low) / width), _MODE_BINS - 1)] += 1
    return low + (np.argmax(counts) + 0.5) * width


@njit(cache=True, nogil=True)
def _centre_of_mass(values, rows, columns, level, found):  # type: ignore[no-untyped-def]
    total, y, x = 0.0, 0.0, 0.0
    for i in range(len(values)):
        light = values[i] - level
        total += light
        y += light * rows[i]
        x += light * columns[i]
    if total > 0:
        found[11], found[12] = y / total, x / total


def counts_from(
    values: NDArray[np.float64], start: NDArray[np.int64], *, least: float
) -> NDArray[np.int64]:
    """How many values of every group are `least` or more, (n,); groups have at least one."""
    counts: NDArray[np.int64] = np.add.reduceat(values >= least, start[:-1], dtype=np.int64)
    return counts


def means_of_groups(values: NDArray[np.float64], start: NDArray[np.int64]) -> Floats:
    """Mean of every group of values, (n,); NaN of a group without any."""
    mean: Floats = _means(values, start)
    return mean


@njit(cache=True, nogil=True)
def _means(values, start):  # type: ignore[no-untyped-def]
    mean = np.full(len(start) - 1, np.nan)
    for i in range(len(mean)):
        total = 0.0
        for k in range(start[i], start[i + 1]):
            total += values[k]
        if start[i + 1] > start[i]:
            mean[i] = total / (start[i + 1] - start[i])
    return mean


def shares_of_parts(
    values: NDArray[np.float64],
    start: NDArray[np.int64],
    part: NDArray[np.int64],
    *,
    n: int,
    level: float = 0.0,
) -> Floats:
    """Share of a region's light (value − level) in each of its parts, (n, n_regions).

    NaN of a part without a pixel, and throughout where the light of the region is not above 0.
    """
    share: Floats = _shares(values, start, part, n, float(level))
    return share


@njit(cache=True, nogil=True)
def _shares(values, start, part, n, level):  # type: ignore[no-untyped-def]
    share = np.full((n, len(start) - 1), np.nan)
    light, count = np.zeros(n), np.zeros(n, np.int64)
    for i in range(len(start) - 1):
        light[:], count[:] = 0.0, 0
        for k in range(start[i], start[i + 1]):
            light[part[k]] += values[k] - level
            count[part[k]] += 1
        total = light.sum()
        for k in range(n):
            if count[k] and total > 0 and np.isfinite(total):
                share[k, i] = light[k] / total
    return share
