"""What the steps of tracks are: how long, which way, and how sharply one turns from the other.

Everywhere rows are places in time, those of one track side by side and in order, and ``pair`` tells
the rows whose step from the row before may be trusted; the first row of a track has none. A step
that may not be trusted is NaN, and so is all that needs it.

Angles are in degrees in the plane of the image: 0° points along +x (right), 90° along +y (down the
rows), so that a positive turn is clockwise as the image is seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Centroids are sums over thousands of pixels: what is below this is no direction.
_ROUNDING = 1e-9


def moves(place: Floats, pair: NDArray[np.bool_]) -> Floats:
    """Step of every row from the row before, (n, 2) in the unit of `place`.

    Parameters
    ----------
    place : (n, 2) float64 array
        (y, x).
    pair : (n,) bool array
    """
    moved = np.full(place.shape, np.nan)
    with np.errstate(invalid="ignore"):  # a place that is not known may be infinite
        moved[1:] = place[1:] - place[:-1]
    moved[~pair] = np.nan
    return moved


def lengths(moved: Floats) -> Floats:
    """Length of every step, (n,)."""
    length: Floats = np.hypot(moved[:, 0], moved[:, 1])
    return length


def long_enough(moved: Floats, least: float = 0.0) -> Floats:
    """Movements (n, 2); NaN where they are shorter, or so short that only rounding moved them."""
    length = lengths(moved)[:, None]
    out: Floats = np.where((length >= least) & (length > _ROUNDING), moved, np.nan)
    return out


def headings(moved: Floats) -> Floats:
    """Direction of every step in degrees, −180 to 180; NaN for a step of length 0."""
    angle = np.degrees(np.arctan2(moved[:, 0], moved[:, 1]))
    return np.where(lengths(moved) > 0, angle, np.nan)


def turns(before: Floats, after: Floats) -> Floats:
    """Angle from one vector to the other, row by row.

    Parameters
    ----------
    before, after : (n, 2) float64 arrays
        (y, x).

    Returns
    -------
    (n,) float64 array
        atan2(u × v, u · v) in degrees, −180 to 180, positive from +x to +y; its absolute value is
        the angle between the two, sound for small angles and for right-about turns alike. NaN where
        either vector is not known or has no length, and thus no direction.
    """
    cross = before[:, 1] * after[:, 0] - before[:, 0] * after[:, 1]
    dot = (before * after).sum(axis=1)
    angle = np.degrees(np.arctan2(cross, dot))
    known = (lengths(before) > 0) & (lengths(after) > 0)
    # An exact turn about is 180°, whatever the sign of the zero that its cross product is.
    return np.where(known, np.where(angle == -180, 180.0, angle), np.nan)


def turns_at(moved: Floats) -> Floats:
    """Turn of every row: from the step that ends there to the step that begins there, (n,).

    NaN in the first and last row of a track, and where either step may not be trusted. As rows of
    another track follow only with a step that is none, no turn joins two tracks.
    """
    after = np.full(moved.shape, np.nan)
    after[:-1] = moved[1:]
    return turns(moved, after)


def steps_in_run(pair: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of steps one after the other that may be trusted and of which this row is the end."""
    row = np.arange(len(pair))
    breaks = ~pair
    breaks[:1] = True
    steps: NDArray[np.int64] = row - np.maximum.accumulate(np.where(breaks, row, 0))
    return steps


def moves_over(place: Floats, in_run: NDArray[np.int64], *, window: int) -> Floats:
    """Movement from `window` rows before to each row, (n, 2); NaN unless all steps are trusted.

    Parameters
    ----------
    place : (n, 2) float64 array
    in_run : (n,) int64 array
        As `steps_in_run` gives it.
    window : int
        At least 1.
    """
    moved = np.full(place.shape, np.nan)
    whole = np.flatnonzero(in_run >= window)
    moved[whole] = place[whole] - place[whole - window]
    return moved


def turns_over(moved: Floats, *, window: int) -> tuple[Floats, Floats]:
    """Turn of every row from the movement of the window before it to that of the window after it.

    Parameters
    ----------
    moved : (n, 2) float64 array
        As `moves_over` gives it, of the same `window`.

    Returns
    -------
    turn, length : (n,) float64 arrays
        See `turns`; and the length of both movements together.
    """
    after = np.full(moved.shape, np.nan)
    if window < len(moved):
        after[:-window] = moved[window:]
    return turns(moved, after), lengths(moved) + lengths(after)


def peaks(
    values: Floats, weight: Floats, *, above: float, apart: int, start: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Rows that stand out: of those above a limit the highest, then the next that is far enough.

    Parameters
    ----------
    values : (n,) float64 array
        NaN stands out nowhere.
    weight : (n,) float64 array
        Of equal values that of the larger weight comes first, of equal weights the earlier.
    above : float
    apart : int
        Two peaks of a track are at least so many rows apart.
    start : (n_tracks + 1,) intp array
        Rows ``start[i]:start[i + 1]`` are track i's.

    Returns
    -------
    (n,) bool array
    """
    high = np.flatnonzero(values > above)
    high = high[np.lexsort((-weight[high], -values[high]))]
    track = np.searchsorted(start, high, side="right") - 1
    chosen = np.zeros(len(values), bool)
    _choose(high, start[track], start[track + 1], apart, chosen)
    return chosen


@njit(cache=True, nogil=True)
def _choose(rows: Any, first: Any, stop: Any, apart: int, chosen: Any) -> None:
    for k in range(len(rows)):
        free = True
        for j in range(max(first[k], rows[k] - apart + 1), min(stop[k], rows[k] + apart)):
            if chosen[j]:
                free = False
                break
        chosen[rows[k]] = free
