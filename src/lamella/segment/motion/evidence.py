"""How surely a pixel has changed between two frames, in units of what noise alone would do."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.filters import Plane, blurred, enlarged, reduced

_FINEST_PX = 0.7  # SD of the Gaussian that gathers a moving structure before it is squared
_SLOW_PX = 12.0  # changes wider than this belong to light or focus, not to cells
BOUND = 64.0  # most that one pixel may say: a bright edge must not speak for its surroundings
# A change in a quiet place may exceed white noise up to this factor: compression correlates noise.
_MOST_CORRELATED = 6.0
_MEDIAN_OF_SQUARED_NORMAL = 0.455
_REDUCED = 8  # side of the blocks on which light is compared
_STRIDE = 4  # every fourth row and column tells the level of noise
_LIGHT_PX = 1.5  # SD of the Gaussian under which the brightness of a place is told
_BRIGHT_BINS, _LEAST_IN_BIN = 24, 200
_BLOCK = np.ones((9, 9), np.uint8)
_LEAST_DEAD, _MOST_DEAD = 0.01, 0.9  # of the field


class Change(NamedTuple):
    """How one frame differs from another."""

    squared: Plane
    """Squared change of every pixel over what noise would give; 1 on average without motion."""
    noise_sd: float
    """SD of the white noise of one frame, in grey values; 0 where there is none."""
    unrest: float = 1.0
    """Change in the quiet half of the field over what white noise gives."""


def change_between(here: Plane, there: Plane) -> Change:
    """Squared change of every pixel from one frame to another, over what noise would give.

    Light that changed as a whole (offset, gain, anything wider than some 12 px) is taken out first.
    The noise is measured in these two frames: its floor from the differences of neighbouring
    pixels, its growth with intensity as the least that any grey level shows (a brighter part can
    be noisier, but what moves must not count as noise), and its level after compression from the
    quiet half of the field. No pixel counts for more than 64 times the noise.

    Parameters
    ----------
    here, there : (Y, X) float32 arrays

    Returns
    -------
    Change
        0 everywhere between equal frames.
    """
    dead = _dead_ground(here, there)
    change = here - _relit(there, here)
    noise = noise_variance(change, here, dead=dead)
    if noise is None:
        return Change(np.zeros(here.shape, np.float32), 0.0)
    floor, growth = noise
    slow = _slow_part(change, np.sqrt(floor))
    squared = blurred(change, _FINEST_PX)
    squared -= slow
    np.square(squared, out=squared)
    if growth is not None:
        squared /= growth
    white = floor / (4 * np.pi * _FINEST_PX**2)
    sample = squared[::_STRIDE, ::_STRIDE]
    if dead is not None:
        sample = sample[~dead[::_STRIDE, ::_STRIDE]]
    quiet = float(np.median(sample)) / _MEDIAN_OF_SQUARED_NORMAL
    level = min(max(white, quiet), _MOST_CORRELATED * white)
    squared *= np.float32(1 / level)
    np.minimum(squared, np.float32(BOUND), out=squared)
    if dead is not None:
        silent = (cv2.dilate(dead.view(np.uint8), _BLOCK) > 0) & (squared < 1)
        squared[silent] = 1
    return Change(squared, float(np.sqrt(floor / 2)), quiet / white)


def noise_variance(
    change: Plane, here: Plane, *, dead: NDArray[np.bool_] | None = None
) -> tuple[float, Plane | None] | None:
    """Variance of the white noise of a difference of frames, and how it grows with intensity.

    Parameters
    ----------
    dead : (Y, X) bool array, optional
        Pixels that cannot show noise and have no say.

    Returns
    -------
    floor : float
        Variance at the darker grey levels.
    growth : (Y, X) float32 array or None
        Variance of every pixel over `floor`; None where it does not grow.

    None instead of both when the difference holds no noise at all, or the frame is too narrow to
    tell (less than 3 px).
    """
    if not change.any() or min(change.shape) < 3:
        return None
    residual = _second_difference(change)
    light = blurred(here, _LIGHT_PX)
    level = light[1:-1:_STRIDE, 1:-1:_STRIDE][: residual.shape[0], : residual.shape[1]]
    if dead is not None:
        live = ~dead[1:-1:_STRIDE, 1:-1:_STRIDE][: residual.shape[0], : residual.shape[1]]
        residual, level = residual[live], level[live]
    dark = float(np.median(level))
    # Rounding to grey values is noise too; compression may have removed all other.
    floor = max(_variance(residual[level <= dark]), _grey_step(here) ** 2 / 6)
    if floor <= 0:
        return None
    slope = _slope_of_variance(residual.ravel(), level.ravel() - dark, floor)
    if slope <= 0:
        return floor, None
    growth = np.maximum(light - np.float32(dark), 0)
    growth *= np.float32(slope / floor)
    growth += 1
    return floor, growth


def _dead_ground(here: Plane, there: Plane) -> NDArray[np.bool_] | None:
    """Margins, field stops, saturated halves: blocks at the end of the grey scale in both frames.

    None where they are less than 1 % of the field, which disturbs nothing, or nearly all of it.
    """
    low, high = here.min(), here.max()
    sample = here[::_STRIDE, ::_STRIDE]
    if np.mean((sample == low) | (sample == high)) < _LEAST_DEAD / 2:
        return None
    at_end = (here == there) & ((here == low) | (here == high))
    dead = cv2.erode(at_end.view(np.uint8), _BLOCK, borderValue=1) > 0
    return dead if _LEAST_DEAD <= dead.mean() <= _MOST_DEAD else None


def _relit(there: Plane, here: Plane) -> Plane:
    """`there` in the light of `here`: one gain and one offset, from the pixels that agree."""
    x, y = (reduced(image, _REDUCED).ravel().astype(np.float64) for image in (there, here))
    gain, offset = 1.0, float(np.median(y - x))
    for _ in range(3):
        off = np.abs(y - gain * x - offset)
        agreed = off <= np.median(off) * 2
        spread = float(x[agreed].var())
        if spread <= 0:
            break
        gain = float(np.cov(x[agreed], y[agreed], bias=True)[0, 1]) / spread
        offset = float(y[agreed].mean() - gain * x[agreed].mean())
    if not 0.5 < gain < 2:  # nothing in common to tell a gain from
        gain, offset = 1.0, float(np.median(y - x))
    relit: Plane = there * np.float32(gain) + np.float32(offset)
    return relit


def _second_difference(change: Plane) -> Plane:
    """Mixed second difference on every fourth pixel: smooth changes cancel, noise stays."""
    across = change[:, 2::_STRIDE] - 2 * change[:, 1:-1:_STRIDE] + change[:, :-2:_STRIDE]
    down: Plane = across[2::_STRIDE] - 2 * across[1:-1:_STRIDE] + across[:-2:_STRIDE]
    return down / np.float32(6)


def _variance(residual: Plane) -> float:
    """Variance of noise from the smaller three quarters of its absolute values.

    What moves is among the larger ones; a median would be 0 where most neighbours share their grey
    level, as in 8-bit and compressed images.
    """
    size = np.abs(residual).ravel()
    few = np.partition(size, (3 * size.size) // 4)[: (3 * size.size) // 4 + 1]
    mean_of_smaller = 0.5147  # of |z|, for a standard normal z
    return float((few.mean(dtype=np.float64) / mean_of_smaller) ** 2)


def _grey_step(image: Plane) -> float:
    """The least difference between grey values that occur."""
    steps = np.diff(np.unique(image[::_STRIDE, ::_STRIDE]))
    return float(steps.min()) if len(steps) else 0.0


def _slope_of_variance(residual: Plane, above: Plane, floor: float) -> float:
    """Least growth of the variance per grey value above the darker half, at least 0."""
    top = float(np.percentile(above, 99.9))
    if not top > 0:
        return 0.0
    step = top / _BRIGHT_BINS
    which = (above / step).astype(np.int64)
    slopes = []
    for k in range(2, _BRIGHT_BINS):
        inside = residual[which == k]
        if inside.size >= _LEAST_IN_BIN:
            slopes.append((_variance(inside) - floor) / ((k + 0.5) * step))
    return max(min(slopes), 0.0) if slopes else 0.0


def _slow_part(change: Plane, noise_sd: float) -> Plane:
    """What changed over wide areas; what stands out of the noise has no say in it."""
    bound = np.float32(3 * noise_sd)
    quiet = np.clip(change, -bound, bound)
    return enlarged(blurred(reduced(quiet, 4), _SLOW_PX / 4), (change.shape[0], change.shape[1]))
