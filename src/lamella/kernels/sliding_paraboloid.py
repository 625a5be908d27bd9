"""The background of an image by parabolas that slide along its lines, as ImageJ has it."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.filters_3x3 import maximum_3x3, mean_3x3

Plane = NDArray[np.float32]

_FAR = np.float32(np.finfo(np.float32).max)
_BEYOND = np.uint32(np.iinfo(np.uint32).max)
_NEARLY_TWO = np.float32(1.999)  # not 2, for the rounding of second differences


@njit(cache=True, nogil=True)
def paraboloid_background(pixels: Plane, radius_px: float, smoothing: bool) -> Plane:
    """The background of an image with bright objects on dark ground.

    Parabolas with the curvature of a ball of radius `radius_px` slide under rows, columns, rows
    again, both diagonals and the first diagonal again, each time over what the time before left.
    Before that, corner pixels that an object seems to cover are set to what three lines that end
    there suggest: every paraboloid touches the corners.

    Parameters
    ----------
    pixels : (Y, X) float32 array
        Written over.
    smoothing : bool
        Take maxima of 3 × 3 px first, then their means; what this lifts the image by on average
        is taken off again.

    Returns
    -------
    (Y, X) float32 array
    """
    height, width = pixels.shape
    flat = pixels.reshape(-1)
    lifted = np.float32(0)
    if smoothing:
        lifted = np.float32(maximum_3x3(pixels))
        mean_3x3(pixels)
    curved = np.float32(0.5) / np.float32(radius_px)
    steep = np.float32(1) / np.float32(radius_px)  # a diagonal step is √2 long
    line = np.empty(max(height, width), np.float32)
    # Without a sign, an index need not be looked at in every step.
    ahead = np.empty(max(height, width), np.uint32)
    _corners(flat, height, width, curved, line, ahead)
    for turn in range(3):
        if turn == 1:
            for x in range(width):
                _slide(flat, x, width, height, curved, line, ahead)
        else:
            for y in range(height):
                _slide(flat, y * width, 1, width, curved, line, ahead)
    for turn in range(3):
        down, up = width + 1, width - 1
        if turn == 1:
            for x in range(2, width):
                _slide(flat, x, up, min(height, x + 1), steep, line, ahead)
            for y in range(height - 2):
                at = y * width + width - 1
                _slide(flat, at, up, min(width, height - y), steep, line, ahead)
        else:
            for x in range(width - 2):
                _slide(flat, x, down, min(height, width - x), steep, line, ahead)
            for y in range(1, height - 2):
                _slide(flat, y * width, down, min(width, height - y), steep, line, ahead)
    for p in range(len(flat)):
        flat[p] -= lifted
    return pixels


@njit(cache=True, nogil=True)
def _slide(
    flat: Plane,
    start: int,
    step: int,
    length: int,
    curved: np.float32,
    line: Plane,
    ahead: NDArray[np.uint32],
) -> tuple[int, int]:
    """Slide a parabola under one line, and lower the pixels that it does not touch to it.

    From a point that is touched, the next one is where the line from the one to the other, bent by
    the parabola, is least steep. Points that are bent upwards too sharply cannot be touched.

    Parameters
    ----------
    flat : (n,) float32 array
        All pixels of the image; written into.
    start, step, length : int
        Which of them make the line.
    curved : float32
        Minus half the parabola's second derivative.
    line, ahead
        To work in: afterwards the line as it was, and for points that may be touched the next one.

    Returns
    -------
    first, last : int
        The first and the last point that are touched, but for the ends.
    """
    lowest = _FAR
    candidate = 0
    sharp = _NEARLY_TWO * curved
    for i in range(length):
        value = flat[start + i * step]
        line[i] = value
        lowest = min(lowest, value)
        if i >= 2 and line[i - 1] + line[i - 1] - line[i - 2] - value < sharp:
            ahead[candidate] = i - 1
            candidate = i - 1
    ahead[candidate] = length - 1
    ahead[length - 1] = _BEYOND
    first, last = length - 1, 0
    here = 0
    while here < length - 1:
        value = line[here]
        least = _FAR
        there = 0
        reach = length
        patience = 0
        at = ahead[here]
        while at < reach:
            away = np.float32(at - here)
            slope = (line[at] - value) / away + curved * away
            if slope < least:
                least = slope
                there = at
                patience = -3
            if patience == 0:
                # Further off, even the lowest pixel of the line lies above the parabola.
                half = float(np.float32(0.5) * least / curved)
                most = half + math.sqrt(half * half + float((value - lowest) / curved)) + 1
                if most < reach - here:
                    reach = min(reach, max(here + int(most), 1))
            at = ahead[at]
            patience += 1
        if here == 0:
            first = there
        if there == length - 1:
            last = here
        for at in range(here + 1, there):
            away = np.float32(at - here)
            flat[start + at * step] = value + away * (least - away * curved)
        here = there
    return first, last


@njit(cache=True, nogil=True, error_model="numpy")
def _ends(
    flat: Plane,
    start: int,
    step: int,
    length: int,
    curved: np.float32,
    line: Plane,
    ahead: NDArray[np.uint32],
) -> tuple[np.float32, np.float32]:
    """Slide along a line, and what its two ends would be if no object lay there.

    A straight line through the outermost points that are touched, which must lie in the outer
    quarters, sagging between them as vignetting makes it (a polynomial of the 6th degree). NaN for
    lines that are too short to tell.
    """
    first, last = _slide(flat, start, step, length, curved, line, ahead)
    if 4 * first >= length:
        first = 0
    if 4 * (length - 1 - last) >= length:
        last = length - 1
    one, two = np.float32(1), np.float32(2)
    span = np.float32(last - first)
    slope = (line[last] - line[first]) / span
    zero = line[first] - slope * np.float32(first)
    sag = np.float32(0)
    middle = np.float32(0.5) * np.float32(last + first)
    for i in range((length + 2) // 3, (2 * length) // 3 + 1):
        x = (np.float32(i) - middle) * two / span
        sixth = x * x * x * x * x * x - one
        straight = zero + slope * np.float32(i)
        if line[i] < straight + sag * sixth:
            sag = -(straight - line[i]) / sixth
    x = (np.float32(first) - middle) * two / span
    left = (
        zero + sag * (x * x * x * x * x * x - one) + curved * np.float32(first) * np.float32(first)
    )
    x = (np.float32(last) - middle) * two / span
    beyond = np.float32(length - 1 - last)
    right = (
        zero
        + np.float32(length - 1) * slope
        + sag * (x * x * x * x * x * x - one)
        + curved * beyond * beyond
    )
    return left, right


@njit(cache=True, nogil=True)
def _corners(
    flat: Plane,
    height: int,
    width: int,
    curved: np.float32,
    line: Plane,
    ahead: NDArray[np.uint32],
) -> None:
    """Slide along the edges and the diagonals from the corners; lower corners that stick out."""
    steep = np.float32(2) * curved
    left_top, right_top = 0, width - 1
    left_low, right_low = (height - 1) * width, height * width - 1
    a = b = c = d = np.float32(0)
    one, other = _ends(flat, left_top, 1, width, curved, line, ahead)
    a, b = a + one, b + other
    one, other = _ends(flat, left_low, 1, width, curved, line, ahead)
    c, d = c + one, d + other
    one, other = _ends(flat, left_top, width, height, curved, line, ahead)
    a, c = a + one, c + other
    one, other = _ends(flat, right_top, width, height, curved, line, ahead)
    b, d = b + one, d + other
    side = min(height, width)
    a += _ends(flat, left_top, width + 1, side, steep, line, ahead)[0]
    b += _ends(flat, right_top, width - 1, side, steep, line, ahead)[0]
    c += _ends(flat, left_low, 1 - width, side, steep, line, ahead)[0]
    d += _ends(flat, right_low, -1 - width, side, steep, line, ahead)[0]
    three = np.float32(3)
    for corner, wanted in ((left_top, a), (right_top, b), (left_low, c), (right_low, d)):
        if flat[corner] > wanted / three:  # never where that is NaN
            flat[corner] = wanted / three
