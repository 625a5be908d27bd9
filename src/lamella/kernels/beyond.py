"""How much of a shape lies beyond a disc."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def pixels_beyond(inside, y0, x0, radius):  # type: ignore[no-untyped-def]
    """Pixels of a mask whose centres are further than `radius` from a point.

    Parameters
    ----------
    inside : (Y, X) bool array
    y0, x0, radius : float
        px.

    Returns
    -------
    int
    """
    beyond = 0
    for y in range(inside.shape[0]):
        for x in range(inside.shape[1]):
            beyond += inside[y, x] and (y - y0) ** 2 + (x - x0) ** 2 > radius * radius
    return beyond
