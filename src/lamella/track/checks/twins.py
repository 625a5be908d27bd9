"""Two tracks where there is one cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.track.checks.neighbours import near_pairs
from lamella.track.checks.rows import Rows, runs


def duplicates(rows: Rows, *, distance: float, frames: int) -> pd.DataFrame:
    """Two tracks at nearly one place over several frames, kind `duplicate`.

    Their centroids are nearer to each other than `distance` times the sum of their radii (of discs
    of the same area; 1 = discs that touch), in `frames` consecutive frames or more. That is how the
    pieces of one object look, and one object that was found twice. Cells without an area are not
    judged.
    """
    known = rows.radius[np.isfinite(rows.radius)]
    pairs = near_pairs(rows, distance_px=2 * distance * float(known.max(initial=0)))
    a, b = pairs[:, 0], pairs[:, 1]
    apart = np.hypot(*(rows.place[a] - rows.place[b]).T)
    ratio = apart / (rows.radius[a] + rows.radius[b])
    close = ratio < distance
    a, b, ratio = a[close], b[close], ratio[close]
    order = np.lexsort((rows.frame[a], rows.cell[b], rows.cell[a]))
    a, b, ratio = a[order], b[order], ratio[order]
    first, n = runs(np.ones(len(a), bool), rows.cell[a], rows.cell[b], rows.frame[a])
    first, n = first[n >= frames], n[n >= frames]
    value = [float(np.median(ratio[i : i + k])) for i, k in zip(first, n, strict=True)]
    words = [
        f"Cells {rows.cell[a[i]]} and {rows.cell[b[i]]} lie at nearly one place in {k} frames: "
        "one cell in pieces, or found twice."
        for i, k in zip(first, n, strict=True)
    ]
    return rows.found(
        "duplicate", a[first], other=rows.cell[b[first]], value=value, limit=distance, words=words
    )
