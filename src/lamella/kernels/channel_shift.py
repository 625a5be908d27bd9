"""How far one channel of a field lies from another that shows other things of the same cells.

Nuclei and actin do not look alike: where one is bright the other may be of middling brightness,
brightest around it and dark far away, so that their correlation is highest at a wrong place. What
is highest where both lie as the cells do is their mutual information: how well the grey level of
one tells that of the other. A shift is believed where the parts of the field, each for itself, say
the same, and where no other shift fits nearly as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

FloatArray = NDArray[np.float64]

_SMOOTHING_PX = 1.0
_CLASSES = (0.5, 0.75, 0.9, 0.97)  # quantiles between grey levels: most of a field is background
_NOTHING = 1e-9  # nats, by rounding
_SMALLEST_PX = 64  # side of the part that is compared
_AWAY_PX, _RIVAL = 8, 0.87  # another shift, this far away, must not tell so much of the best
_HALVES_PX, _FEWEST_HALVES = 2, 5  # of six


class ChannelShift(NamedTuple):
    """How far a second channel lies from a first.

    Attributes
    ----------
    dy, dx : float
        In px: what is at (y, x) in the first is at (y + dy, x + dx) in the second.
    rival : float
        The mutual information at the best shift more than 8 px away, over that at this one: 1 where
        nothing speaks for this shift. NaN where nothing could be compared.
    supported : bool
        Whether the field speaks clearly for this shift, and for no other.
    """

    dy: float
    dx: float
    rival: float
    supported: bool


def channel_shift(
    pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]],
    *,
    max_shift_px: int = 30,
    most_pixels: int = 1_500_000,
) -> ChannelShift:
    """How far the second frames of pairs lie from the first, by the same shift in all pairs.

    Depends on the order of the grey levels only. About 0.1 s a pair of 512² pixels.

    Parameters
    ----------
    pairs : sequence of two (Y, X) arrays of numbers
        Frames of the two channels at the same times. Where they differ in size, what both have,
        from the top left, is compared.
    max_shift_px : int
        Larger shifts are not looked for, nor those beyond an eighth of the field; a shift at this
        limit is not believed.
    most_pixels : int
        Larger frames are reduced by a whole factor to about this many pixels.

    Returns
    -------
    ChannelShift
        Unsupported where the field is below about 85 px, of one grey level, or shows things that
        have nothing to do with each other.

    References
    ----------
    Viola & Wells 1997, https://doi.org/10.1023/A:1007958904918; Maes et al. 1997,
    https://doi.org/10.1109/42.563664

    Examples
    --------
    >>> from scipy.ndimage import gaussian_filter
    >>> field = gaussian_filter(np.random.default_rng(0).normal(size=(340, 340)), 3)
    >>> found = channel_shift([(field[20:320, 20:320], -field[15:315, 28:328])])
    >>> round(found.dy), round(found.dx), found.supported
    (5, -8, True)
    """
    height = min(frame.shape[0] for pair in pairs for frame in pair)
    width = min(frame.shape[1] for pair in pairs for frame in pair)
    factor = 1
    while height * width > most_pixels * factor**2:
        factor += 1
    side = min(height, width) // factor
    reach = min(-(-max_shift_px // factor) + 1, side // 8)
    if side - 2 * reach < _SMALLEST_PX:
        return ChannelShift(0.0, 0.0, float("nan"), False)
    levels = [[_levels(frame[:height, :width], factor) for frame in pair] for pair in pairs]
    counts = np.sum([_counts(a, b, reach) for a, b in levels], axis=0)
    told = _information(counts.sum(axis=0))
    best = float(told.max())
    if best <= _NOTHING:
        return ChannelShift(0.0, 0.0, float("nan"), False)
    at = _top(told)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    away = np.hypot(y - at[0], x - at[1]) > _AWAY_PX
    rival = float(told[away].max(initial=0.0)) / best
    supported = rival < _RIVAL and int(np.abs(at).max()) < reach and _halves_agree(counts, at)
    dy, dx = ((at + _between(told, at + reach)) * factor).tolist()
    return ChannelShift(dy, dx, rival, supported)


def _levels(frame: NDArray[Any], factor: int) -> NDArray[np.intp]:
    """Class of the grey level of every pixel, from 0."""
    values = np.nan_to_num(frame.astype(np.float64), posinf=0.0, neginf=0.0)
    if factor > 1:
        height, width = (n // factor for n in frame.shape)
        cut = values[: height * factor, : width * factor]
        values = cut.reshape(height, factor, width, factor).mean(axis=(1, 3))
    smooth = gaussian_filter(values, _SMOOTHING_PX)
    limits: FloatArray = np.unique(np.quantile(smooth, _CLASSES))
    levels: NDArray[np.intp] = np.searchsorted(limits, smooth)
    return levels


def _counts(a: NDArray[np.intp], b: NDArray[np.intp], reach: int) -> FloatArray:
    """How often levels meet at every shift, (4 quarters, levels, levels, shifts, shifts).

    The quarters are of the part of `a` that stays inside `b` whatever the shift.
    """
    height, width = ((n - 2 * reach) // 2 for n in a.shape)
    shape = [scipy.fft.next_fast_len(n + 2 * reach, real=True) for n in (height, width)]
    shifts = 2 * reach + 1
    n = len(_CLASSES) + 1
    counts = np.empty((4, n, n, shifts, shifts))
    for k, (i, j) in enumerate(product(range(2), range(2))):
        y, x = i * height, j * width
        part = a[reach + y : reach + y + height, reach + x : reach + x + width]
        around = b[y : y + height + 2 * reach, x : x + width + 2 * reach]
        of_part = [np.conj(_transformed(part == level, shape)) for level in range(n)]
        of_around = [_transformed(around == level, shape) for level in range(n)]
        for p, q in product(range(n), range(n)):
            met = scipy.fft.irfft2(of_part[p] * of_around[q], shape)
            counts[k, p, q] = met[:shifts, :shifts]
    return np.maximum(np.rint(counts), 0.0)


def _transformed(mask: NDArray[np.bool_], shape: list[int]) -> NDArray[np.complex128]:
    transform: NDArray[np.complex128] = scipy.fft.rfft2(mask.astype(np.float64), shape)
    return transform


def _information(counts: FloatArray) -> FloatArray:
    """Mutual information of two channels at every shift, in nats."""
    joint = counts / counts.sum(axis=(0, 1), keepdims=True)
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    ratio = np.divide(joint, apart, out=np.ones_like(joint), where=joint > 0)
    information: FloatArray = (joint * np.log(ratio)).sum(axis=(0, 1))
    return information


def _top(told: FloatArray) -> NDArray[np.int64]:
    """The shift that tells most, from the middle; the smallest of those that tell alike."""
    reach = told.shape[0] // 2
    places = np.argwhere(told == told.max()) - reach
    shortest: NDArray[np.int64] = places[int((places**2).sum(axis=1).argmin())]
    return shortest


def _halves_agree(counts: FloatArray, at: NDArray[np.int64]) -> bool:
    """Whether the halves of the field (any two quarters) say the same, all but one of six."""
    tops = [_top(_information(counts[list(two)].sum(axis=0))) for two in combinations(range(4), 2)]
    return sum(int(np.abs(top - at).max()) <= _HALVES_PX for top in tops) >= _FEWEST_HALVES


def _between(told: FloatArray, peak: NDArray[np.int64]) -> FloatArray:
    """Distance of the top of a parabola from the highest value, along both axes."""
    out = np.zeros(2)
    for axis in range(2):
        line = np.moveaxis(told, axis, 0)[:, peak[1 - axis]]
        i = int(peak[axis])
        if 0 < i < len(line) - 1:
            bend = line[i - 1] - 2 * line[i] + line[i + 1]
            out[axis] = 0.5 * (line[i - 1] - line[i + 1]) / bend if bend < 0 else 0.0
    return out
