"""How long and how compact a shape is: the ellipse of its moments, and its convex hull."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def compactness(inside, y0, x0, radius):  # type: ignore[no-untyped-def]
    """Axes, area of the hull, and pixels of a mask further than `radius` from a point.

    Pixels are squares, so that no axis is 0: a single pixel has 2 / √3 = 1.155 for both. The hull
    is that of the squares' corners and larger than that through their centres: pixels over it are
    1 for a rectangle, and slightly below 1 for round shapes, the smaller they are the further.

    Parameters
    ----------
    inside : (Y, X) bool array, not empty
    y0, x0, radius : float
        px.

    Returns
    -------
    major, minor : float
        Of the ellipse with the second moments of the mask, px.
    hull : float
        px².
    outside : int
    """
    height, width = inside.shape
    n, outside = 0, 0
    sy, sx, syy, sxx, sxy = 0.0, 0.0, 0.0, 0.0, 0.0
    first = np.full(height, -1, np.int64)
    last = np.full(height, -1, np.int64)
    for y in range(height):
        for x in range(width):
            if not inside[y, x]:
                continue
            n += 1
            sy += y
            sx += x
            syy += y * y
            sxx += x * x
            sxy += x * y
            outside += (y - y0) ** 2 + (x - x0) ** 2 > radius * radius
            if first[y] < 0:
                first[y] = x
            last[y] = x
    my, mx = sy / n, sx / n
    # The moment of a square pixel about its own centre is 1 / 12.
    vyy, vxx, vxy = syy / n - my * my + 1 / 12, sxx / n - mx * mx + 1 / 12, sxy / n - mx * my
    spread = np.sqrt(((vyy - vxx) / 2) ** 2 + vxy * vxy)
    middle = (vyy + vxx) / 2
    major, minor = 4 * np.sqrt(middle + spread), 4 * np.sqrt(max(middle - spread, 0.0))
    return major, minor, _hull_area(first, last), outside


@njit(cache=True, nogil=True)
def _hull_area(first, last):  # type: ignore[no-untyped-def]
    """Area of the convex hull of rows of unit squares from `first` to `last`; −1 = no row."""
    total = 0.0
    for side in range(2):
        ys, xs = np.empty(2 * len(first)), np.empty(2 * len(first))
        n = 0
        for y in range(len(first)):
            if first[y] < 0:
                continue
            x = -(first[y] - 0.5) if side else last[y] + 0.5
            for edge in (y - 0.5, y + 0.5):
                # Kept convex: a point that lies inside of its neighbours goes (Andrew's chain).
                while n >= 2 and (ys[n - 1] - ys[n - 2]) * (x - xs[n - 2]) >= (
                    xs[n - 1] - xs[n - 2]
                ) * (edge - ys[n - 2]):
                    n -= 1
                ys[n], xs[n] = edge, x
                n += 1
        for i in range(1, n):
            total += (xs[i] + xs[i - 1]) / 2 * (ys[i] - ys[i - 1])
    return total
