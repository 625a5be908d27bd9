"""Which cell of one analysis is which of another."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Frames
from lamella.core.table import Col
from lamella.kernels.contingency import contingency

Counts = NDArray[np.int64]


def same_cells(first: Frames, second: Frames) -> pd.DataFrame:
    """Cells of two label movies of the same frames that are the same cell.

    Pixels are counted over all frames together. Two cells are the same where each overlaps no other
    as much as this one (by intersection over union), and the smaller lies in the other for more
    than half of its pixels: so a tight and a generous outline of one cell are the same, and a cell
    that two analyses follow for a part of the movie only is, as long as most of what the shorter
    track has is in the longer one.

    Parameters
    ----------
    first, second : Frames
        Track ids of the same movie, (T, Y, X), 0 = background.

    Returns
    -------
    DataFrame
        `cell`, `other_cell` and `overlap` (intersection over union), a row per pair, no cell twice.

    Raises
    ------
    ValueError
        Movies of different shapes.
    """
    if first.shape != second.shape:
        raise ValueError(f"labels of one movie are matched, got {first.shape} and {second.shape}")
    areas: tuple[list[Counts], list[Counts]] = ([], [])
    pairs: list[Counts] = []
    for a, b in zip(first, second, strict=True):
        found = contingency(a, b)
        areas[0].append(np.stack([found.label_a, found.area_a]))
        areas[1].append(np.stack([found.label_b, found.area_b]))
        pairs.append(np.stack([found.label_a[found.a], found.label_b[found.b], found.shared]))
    (label_a, area_a), (label_b, area_b) = (_summed(np.concatenate(each, axis=1)) for each in areas)
    rows = np.concatenate(pairs, axis=1)
    i, j = np.searchsorted(label_a, rows[0]), np.searchsorted(label_b, rows[1])
    n = max(len(label_b), 1)
    pair, shared = _summed(np.stack([i * n + j, rows[2]]))
    i, j = np.divmod(pair, n)
    iou = shared / (area_a[i] + area_b[j] - shared)
    kept = _best(i, iou) & _best(j, iou) & (2 * shared > np.minimum(area_a[i], area_b[j]))
    return pd.DataFrame(
        {Col.CELL: label_a[i[kept]], Col.OTHER_CELL: label_b[j[kept]], Col.OVERLAP: iou[kept]}
    )


def _summed(rows: Counts) -> tuple[Counts, Counts]:
    """The different keys of the first row, rising, and the sums of the second over each."""
    keys, which = np.unique(rows[0], return_inverse=True)
    return keys, np.bincount(which, rows[1], len(keys)).astype(np.int64)


def _best(which: Counts, iou: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each pair is the best of its object; the first of equals."""
    order = np.lexsort((np.arange(len(iou)), -iou, which))
    _, first = np.unique(which[order], return_index=True)
    best = np.zeros(len(iou), bool)
    best[order[first]] = True
    return best
