"""What of every object lies in front of a line through its centre, and how far it reaches."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Points whose distances along a direction differ by less are equally far: rounding of products.
_TIED_PX = 1e-6


class SideSums(NamedTuple):
    """Sums over one side of n objects and over a part of them: arrays of shape (n,)."""

    weight: FloatArray
    """Pixels of the object on this side."""
    intensity: FloatArray
    part_weight: FloatArray
    """Pixels of the part on this side."""
    part_intensity: FloatArray


class Furthest(NamedTuple):
    """The pixels of n objects that lie furthest along a direction: arrays of shape (n,)."""

    reach: FloatArray
    """Product of (y, x) and the unit vector of the direction, px."""
    y: FloatArray
    x: FloatArray
    """Mean of the pixels that lie equally far."""


def sides_of_objects(
    image: NDArray[Any],
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    share: NDArray[np.float32],
    *,
    centre: FloatArray,
    direction: FloatArray,
) -> tuple[SideSums, SideSums]:
    """Cut every object by the line through `centre` at right angles to `direction`.

    A pixel is a square of side 1. One that the line cuts counts on both sides, each with the area
    that lies there: a pixel whose centre is on the line by half. What a side has therefore changes
    smoothly with the direction, and a shape that mirrors itself at the line is halved exactly.

    Parameters
    ----------
    image, labels : (Y, X) arrays
    label, box : (n,), (n, 4) int64 arrays
        The objects, as in `Regions`.
    share : (Y, X) float32 array
        How far every pixel belongs to the part, see `lamella.kernels.parts`.
    centre : (n, 2) float64 array
        (y, x).
    direction : (n, 2) float64 array
        (y, x), of any length; without one (zero or NaN) all sums are NaN.

    Returns
    -------
    front, back : SideSums
    """
    found = _sides(image, labels, label, box, share, centre, _unit(direction))
    return SideSums(*found[0]), SideSums(*found[1])


def furthest_of_objects(
    labels: NDArray[Any],
    label: NDArray[np.int64],
    box: NDArray[np.int64],
    *,
    direction: FloatArray,
) -> Furthest:
    """The pixel of every object that lies furthest along its direction; ties are averaged.

    Parameters
    ----------
    labels : (Y, X) array
    label, box : (n,), (n, 4) int64 arrays
    direction : (n, 2) float64 array
        (y, x), of any length; without one (zero or NaN) the result is NaN.
    """
    return Furthest(*_furthest(labels, label, box, _unit(direction)))


def _unit(direction: FloatArray) -> FloatArray:
    length = np.hypot(direction[:, 0], direction[:, 1])[:, None]
    out: FloatArray = np.divide(
        direction, length, out=np.full(direction.shape, np.nan), where=length > 0
    )
    return out


@njit(cache=True, nogil=True)
def _sides(image, labels, label, box, share, centre, unit):  # type: ignore[no-untyped-def]
    found = np.zeros((2, 4, len(label)))
    for i in range(len(label)):
        dy, dx = unit[i]
        if np.isnan(dy) or np.isnan(dx):
            found[:, :, i] = np.nan
            continue
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        long, short = max(abs(dy), abs(dx)), min(abs(dy), abs(dx))
        front, back = found[0, :, i], found[1, :, i]
        for y in range(top, bottom):
            own, row, belongs = labels[y, left:right], image[y, left:right], share[y, left:right]
            start = (y - centre[i, 0]) * dy + (left - centre[i, 1]) * dx
            for x in range(len(own)):
                if own[x] == name:
                    ahead = _area_ahead(start + x * dx, long, short)
                    w, value = np.float64(belongs[x]), np.float64(row[x])
                    front[0] += ahead
                    front[1] += ahead * value
                    front[2] += ahead * w
                    front[3] += ahead * w * value
                    back[0] += 1 - ahead
                    back[1] += (1 - ahead) * value
                    back[2] += (1 - ahead) * w
                    back[3] += (1 - ahead) * w * value
    return found


@njit(cache=True, nogil=True)
def _area_ahead(distance, long, short):  # type: ignore[no-untyped-def]
    """Area of a unit square ahead of a line, from the distance of its centre in front of it.

    `long` and `short` are the sides of the unit vector across the line. The square seen along the
    line is a trapezoid of half-widths (long + short)/2 at its foot and (long − short)/2 on top.
    """
    foot, flat = (long + short) / 2, (long - short) / 2
    off = abs(distance)
    if off >= foot:
        area = 1.0
    elif off <= flat:
        area = 0.5 + off / long
    else:
        area = 1 - (foot - off) ** 2 / (2 * long * short)
    return area if distance >= 0 else 1 - area


@njit(cache=True, nogil=True)
def _furthest(labels, label, box, unit):  # type: ignore[no-untyped-def]
    found = np.full((3, len(label)), np.nan)
    for i in range(len(label)):
        dy, dx = unit[i]
        if np.isnan(dy) or np.isnan(dx):
            continue
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        best, n, sum_y, sum_x = -np.inf, 0, 0.0, 0.0
        for y in range(top, bottom):
            own = labels[y, left:right]
            # Only the outermost pixel of a row can be the furthest, or all where x does not count.
            for k in range(len(own)):
                x = len(own) - 1 - k if dx > 0 else k
                if own[x] != name:
                    continue
                reach = y * dy + (left + x) * dx
                if reach > best + _TIED_PX:
                    best, n, sum_y, sum_x = reach, 0, 0.0, 0.0
                if reach >= best - _TIED_PX:
                    n += 1
                    sum_y += y
                    sum_x += left + x
                if abs(dx) > _TIED_PX:
                    break
        if n:
            found[0, i], found[1, i], found[2, i] = best, sum_y / n, sum_x / n
    return found
