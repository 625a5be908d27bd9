"""One point of the edge, followed from frame to frame."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def followed_origins(came_from, begins):  # type: ignore[no-untyped-def]
    """Where the first frame's position 0 lies in every later frame.

    Parameters
    ----------
    came_from : (R, n) float64 array
        A row per frame in order: position on the frame before of every position, as in `EdgeStep`.
        Not looked at where a run begins.
    begins : (R,) bool array
        True where the point is chosen anew: position 0 of that frame. Must be true in row 0.

    Returns
    -------
    (R,) float64 array
        Position, at least 0 and below n; between positions it is interpolated.
    """
    rows, n = came_from.shape
    out = np.zeros(rows)
    for r in range(rows):
        if begins[r]:
            continue
        source = came_from[r]
        wanted = out[r - 1] + np.ceil((source[0] - out[r - 1]) / n) * n
        k = min(max(np.searchsorted(source, wanted, side="right") - 1, 0), n - 1)
        following = source[k + 1] if k + 1 < n else source[0] + n
        part = following - source[k]
        share = (wanted - source[k]) / part if part > 0 else 0.0
        place = k + min(max(share, 0.0), 1.0)
        out[r] = place if place < n else place - n
    return out
