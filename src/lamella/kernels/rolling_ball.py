"""The background of an image by a ball that rolls under it: the same as ImageJ's, to the pixel."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from lamella.kernels.filters_3x3 import mean_3x3
from lamella.kernels.sliding_paraboloid import paraboloid_background

Plane = NDArray[np.float32]

_FAR = np.float32(np.finfo(np.float32).max)
_SHRINKING = ((10, 1, 24), (30, 2, 24), (100, 4, 32), (math.inf, 8, 40))
"""Up to which radius, px of a block, per cent of the ball that are cut off on each side."""


class Patch(NamedTuple):
    """The top of the ball that rolls, and how much smaller the image is made for it."""

    shrink: int
    height: Plane
    """(w, w), w odd: height of the ball above its centre, in grey values as in pixels."""


def ball_background(
    image: ArrayLike,
    *,
    radius_px: float,
    light: bool = False,
    sliding: bool = False,
    smoothing: bool = True,
) -> Plane:
    """What ImageJ's *Subtract Background* takes for background.

    A ball rolls under the surface that the grey values make, one grey value as high as a pixel is
    wide, and its highest reach is the background. Objects that the ball is too large to enter stand
    out of it; what is wider than the ball is taken for background, too.

    Parameters
    ----------
    image : (Y, X) array_like
        Whole numbers or floats, finite.
    radius_px : float
        Of the ball, at least 0.0001; larger than the largest object that is not background.
    light : bool
        Objects are darker than the background.
    sliding : bool
        A paraboloid of the same curvature slides along rows, columns and diagonals instead, over
        an image of full size: slower, without the steps that a ball of few pixels makes.
    smoothing : bool
        Find the background on means of 3 × 3 px (of the maxima of 3 × 3 px where `sliding`), so
        that single dark pixels do not pull it down. Some differences are then negative.

    Returns
    -------
    (Y, X) float32 array
        Not rounded and not clipped.

    Raises
    ------
    ValueError
        An image that is not of two dimensions (a colour image is not), has no pixels or holds NaN
        or infinity; a radius that is too small.

    Notes
    -----
    Equal to ImageJ 1.53t in every pixel. The ball rolls over an image reduced by minima of blocks:
    as it is up to radius 10, 2 px up to 30, 4 px up to 100, then 8 px; only its top is used, so
    that ImageJ's result, and this one, is not quite that of Sternberg's ball.

    An image that is no higher than one such block is taken by ImageJ to lie beside a row of zeros,
    and so it is here; of one that is no wider than a block ImageJ makes nothing, and here each row
    has one background. Images of a pixel's width or height slide no diagonals.

    References
    ----------
    Sternberg, IEEE Computer 16:22 (1983), https://doi.org/10.1109/MC.1983.1654163; ImageJ,
    *Process › Subtract Background…*, whose sliding paraboloid is by M. Schmid (2007).

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((40, 40), 100, np.uint16)
    >>> image[18:22, 18:22] = 500
    >>> less_background(image, ball_background(image, radius_px=10))[20, 17:21].tolist()
    [0, 400, 400, 400]
    """
    pixels = _finite(image)
    if not radius_px >= 0.0001:
        raise ValueError(f"Expected a radius of at least 0.0001 px, got {radius_px}")
    if light:
        np.negative(pixels, out=pixels)
    if sliding:
        background = paraboloid_background(pixels, radius_px=radius_px, smoothing=smoothing)
    else:
        background = _rolled(pixels, radius_px=radius_px, smoothing=smoothing)
    return np.negative(background, out=background) if light else background


def less_background(
    image: ArrayLike, background: ArrayLike, *, light: bool = False
) -> NDArray[Any]:
    """The image without its background, rounded and clipped as ImageJ does.

    Parameters
    ----------
    image : (Y, X) array_like
    background : (Y, X) array_like
        As `ball_background` gives it.
    light : bool
        Of whole numbers, put the background at the type's highest value and not at 0.

    Returns
    -------
    (Y, X) array
        8 and 16 bit without sign (and bool, as 8 bit): of their type, differences of ½ rounded up,
        clipped to its range. All other types as float32, neither rounded nor clipped; as in ImageJ,
        which has no others.
    """
    pixels, level = _of_imagej(image), np.asarray(background, np.float32)
    if pixels.dtype.kind == "f":
        out: NDArray[Any] = pixels - level
        return out
    top = int(np.iinfo(pixels.dtype).max)
    return _less(pixels, level, np.float32(top + 0.5 if light else 0.5), np.float32(top))


def as_pixels(background: ArrayLike, like: ArrayLike) -> NDArray[Any]:
    """The background itself as an image of the same type, as ImageJ's *Create background*."""
    pixels, level = _of_imagej(like), np.asarray(background, np.float32)
    if pixels.dtype.kind == "f":
        return level
    top = np.float32(np.iinfo(pixels.dtype).max)
    rounded: NDArray[Any] = np.clip(level + np.float32(0.5), 0, top).astype(pixels.dtype)
    return rounded


def pixel_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type in which ImageJ, and `less_background`, hold pixels of this type."""
    if dtype.kind in "bu" and dtype.itemsize <= 2:
        return np.dtype(np.uint8) if dtype.itemsize == 1 else np.dtype(np.uint16)
    return np.dtype(np.float32)


def _of_imagej(image: ArrayLike) -> NDArray[Any]:
    pixels = np.asarray(image)
    return np.ascontiguousarray(pixels, pixel_type(pixels.dtype))


def _finite(image: ArrayLike) -> Plane:
    """A copy as float32."""
    given = np.asarray(image)
    if given.ndim != 2 or given.size == 0:
        raise ValueError(f"Expected a grey image (Y, X) with pixels, got shape {given.shape}")
    pixels = np.array(given, np.float32, order="C")
    if given.dtype.kind == "f" and not np.isfinite(pixels.sum(dtype=np.float64)):
        raise ValueError("Expected finite pixels, got NaN or infinity")
    return pixels


def patch_of(radius_px: float) -> Patch:
    """The part of a ball of this radius that ImageJ rolls."""
    _, shrink, trimmed = next(how for how in _SHRINKING if radius_px <= how[0])
    radius = max(1.0, radius_px / shrink)
    half = math.floor(radius - int(trimmed * radius) // 100 + 0.5)
    offset = np.arange(-half, half + 1, dtype=np.float64)
    squared = radius * radius - offset[:, None] ** 2 - offset**2
    return Patch(shrink, np.sqrt(np.maximum(squared, 0)).astype(np.float32))


def _rolled(pixels: Plane, *, radius_px: float, smoothing: bool) -> Plane:
    """The background of dark-ground pixels, which are written over."""
    patch = patch_of(radius_px)
    if smoothing:
        mean_3x3(pixels)
    small = _shrunk(pixels, patch.shrink) if patch.shrink > 1 else pixels
    (height, width), half = small.shape, len(patch.height) // 2
    # The ball's centre may lie up to its half width outside the image.
    ground = np.full((height + 4 * half, width + 4 * half), _FAR, np.float32)
    ground[2 * half : 2 * half + height, 2 * half : 2 * half + width] = small
    low = _lowest(ground, patch.height)
    rolled = _highest(low, patch.height)
    return rolled if patch.shrink == 1 else _enlarged(rolled, pixels, patch.shrink)


def _enlarged(small: Plane, like: Plane, shrink: int) -> Plane:
    """Back to full size, linear between the centres of blocks and beyond those at the edge."""
    if small.shape[1] == 1:
        small = np.repeat(small, 2, axis=1)
    if small.shape[0] == 1:  # see the notes of `ball_background`
        small = np.vstack([np.zeros_like(small), small])
        rows = _between(like.shape[0], 1, shrink)
        rows = rows._replace(block=rows.block + 1)
    else:
        rows = _between(like.shape[0], small.shape[0], shrink)
    return _blended(small, *rows, *_between(like.shape[1], small.shape[1], shrink))


class _Places(NamedTuple):
    block: NDArray[np.int64]
    weight: Plane


def _between(length: int, n_small: int, shrink: int) -> _Places:
    """For every pixel the block on its left, and how much of it there is in its value."""
    place = np.arange(length)
    # Java's division cuts towards 0.
    index = np.minimum(np.maximum(place - shrink // 2, 0) // shrink, n_small - 2)
    half = np.float32(0.5)
    away = (place.astype(np.float32) + half) / np.float32(shrink)
    away -= index.astype(np.float32) + half
    return _Places(index, np.float32(1) - away)


@njit(cache=True, nogil=True)
def _shrunk(pixels: Plane, shrink: int) -> Plane:
    """Minima of blocks, those at the right and lower edge of what there is."""
    height, width = pixels.shape
    small = np.full(
        ((height + shrink - 1) // shrink, (width + shrink - 1) // shrink), _FAR, np.float32
    )
    for y in range(height):
        row = small[y // shrink]
        for x in range(width):
            row[x // shrink] = min(row[x // shrink], pixels[y, x])
    return small


@njit(cache=True, nogil=True)
def _lowest(ground: Plane, ball: Plane) -> Plane:
    """How high the ball's centre can be at every place where all of it lies on `ground`."""
    n = len(ball)
    low = np.full((ground.shape[0] - n + 1, ground.shape[1] - n + 1), _FAR, np.float32)
    for y in range(low.shape[0]):
        out = low[y]
        for dy in range(n):
            for dx in range(n):
                height = ball[dy, dx]
                row = ground[y + dy, dx : dx + len(out)]
                for x in range(len(out)):
                    z = row[x] - height
                    out[x] = z if z < out[x] else out[x]
    return low


@njit(cache=True, nogil=True)
def _highest(centres: Plane, ball: Plane) -> Plane:
    """How high the ball reaches with its centre at these heights; smaller by the ball."""
    n = len(ball)
    high = np.full((centres.shape[0] - n + 1, centres.shape[1] - n + 1), -_FAR, np.float32)
    for y in range(high.shape[0]):
        out = high[y]
        for dy in range(n):
            for dx in range(n):
                height = ball[dy, dx]
                row = centres[y + dy, dx : dx + len(out)]
                for x in range(len(out)):
                    z = row[x] + height
                    out[x] = z if z > out[x] else out[x]
    return high


@njit(cache=True, nogil=True)
def _blended(
    small: Plane,
    row_index: NDArray[np.int64],
    row_weight: Plane,
    index: NDArray[np.int64],
    weight: Plane,
) -> Plane:
    one = np.float32(1)
    across = np.empty((small.shape[0], len(index)), np.float32)
    for i in range(small.shape[0]):
        for x in range(len(index)):
            across[i, x] = small[i, index[x]] * weight[x] + small[i, index[x] + 1] * (
                one - weight[x]
            )
    out = np.empty((len(row_index), len(index)), np.float32)
    for y in range(len(row_index)):
        first, second, share = across[row_index[y]], across[row_index[y] + 1], row_weight[y]
        for x in range(len(index)):
            out[y, x] = first[x] * share + second[x] * (one - share)
    return out


@njit(cache=True, nogil=True)
def _less(
    pixels: NDArray[Any], background: Plane, offset: np.float32, top: np.float32
) -> NDArray[Any]:
    out = np.empty_like(pixels)
    zero = np.float32(0)
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            value = np.float32(pixels[y, x]) - background[y, x] + offset
            value = zero if value < zero else value
            out[y, x] = int(top if value > top else value)
    return out
