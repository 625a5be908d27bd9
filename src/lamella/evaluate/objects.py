"""Scores of objects: which were found, and how those that were not went wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from lamella.core.frames import Image
from lamella.core.table import Col
from lamella.kernels.contingency import Contingency, contingency
from lamella.kernels.regions import find_regions

THRESHOLDS = tuple(round(0.5 + 0.05 * k, 2) for k in range(10))
"""Least IoU of a match: 0.5, 0.55 … 0.95."""

MATCHED, MISSED, SPURIOUS, MERGED, SPLIT = KINDS = (
    "matched", "missed", "spurious", "merged", "split",
)  # fmt: skip

MATCH_COLUMNS = (
    Col.FRAME,
    Col.REFERENCE_LABEL,
    Col.RESULT_LABEL,
    Col.KIND,
    Col.IOU,
    Col.REFERENCE_AREA_PX,
    Col.RESULT_AREA_PX,
    Col.Y_PX,
    Col.X_PX,
)
Pairs = NDArray[np.bool_]


def matching(pairs: Contingency, *, least_iou: float) -> Pairs:
    """Which pairs are matches: one to one, each of at least this IoU, as many as there can be.

    Above an IoU of 0.5 an object has one partner at most. At exactly 0.5 it may have two halves,
    of which one is taken so that the number of matches is the largest; below, any assignment of
    that number may come out.

    Returns
    -------
    (p,) bool array
    """
    good = pairs.iou >= least_iou
    a, b = pairs.a[good], pairs.b[good]
    if len(np.unique(a)) == len(a) and len(np.unique(b)) == len(b):
        return good
    shape = (len(pairs.label_a), len(pairs.label_b))
    graph = csr_array((np.ones(len(a), np.uint8), (a, b)), shape=shape)
    partner = maximum_bipartite_matching(graph, perm_type="column")
    matched: Pairs = good & (partner[pairs.a] == pairs.b)
    return matched


class PrecisionCounts:
    """Matches at every threshold, summed over frames.

    Average precision is here what the field calls so for label images: TP / (TP + FP + FN) at one
    least IoU, as in Cellpose and StarDist, not the area below a precision-recall curve of scored
    detections. Counts are summed over the frames before the division (StarDist's way; Cellpose
    gives one value an image).

    References
    ----------
    Stringer et al. 2021, https://doi.org/10.1038/s41592-020-01018-x; Schmidt et al. 2018,
    https://doi.org/10.1007/978-3-030-00934-2_30
    """

    def __init__(self) -> None:
        self.matched = np.zeros(len(THRESHOLDS), np.int64)
        self.n_reference = self.n_result = 0

    def add(self, pairs: Contingency) -> None:
        """Count one frame."""
        for k, least in enumerate(THRESHOLDS):
            self.matched[k] += int(matching(pairs, least_iou=least).sum())
        self.n_reference += len(pairs.label_a)
        self.n_result += len(pairs.label_b)

    def at(self, least_iou: float) -> float:
        """Average precision at one of `THRESHOLDS`; NaN where there is no object at all."""
        return float(self._all()[THRESHOLDS.index(least_iou)])

    def mean(self) -> float:
        """Mean over `THRESHOLDS`."""
        return float(self._all().mean())

    def _all(self) -> NDArray[np.float64]:
        of_either = self.n_reference + self.n_result - self.matched
        with np.errstate(invalid="ignore"):
            values: NDArray[np.float64] = self.matched / of_either
        return values


def matches_of_frame(
    reference: Image, result: Image, *, frame: int, pairs: Contingency | None = None
) -> pd.DataFrame:
    """What became of every object of one frame, a row each.

    merged
        A result that covers more than half of each of several references: a row for each.
    split
        Several results that each lie by more than half in one reference: a row for each.
    matched
        Any other pair with an IoU of at least 0.5.
    missed, spurious
        References and results that are in none of these. `iou` is then the best that they reached
        with anything: near 0.5 the object was found and outlined otherwise, at 0 it was not found.

    Every object is in at least one row. The centroid is that of the reference, of the result where
    it is spurious; areas of what is not there are NaN and its label is 0.

    Parameters
    ----------
    pairs : Contingency, optional
        Of the two images, where it is known already.
    """
    pairs = contingency(reference, result) if pairs is None else pairs
    n_covered = np.bincount(pairs.b[pairs.covers_a], minlength=len(pairs.label_b))
    n_within = np.bincount(pairs.a[pairs.covers_b], minlength=len(pairs.label_a))
    merged = pairs.covers_a & (n_covered[pairs.b] > 1)
    split = pairs.covers_b & (n_within[pairs.a] > 1) & ~merged
    matched = matching(pairs, least_iou=0.5) & ~merged & ~split
    iou = pairs.iou
    at_a, at_b = find_regions(reference).centroid, find_regions(result).centroid
    parts = []
    for kind, which in ((MERGED, merged), (SPLIT, split), (MATCHED, matched)):
        a, b = pairs.a[which], pairs.b[which]
        parts.append(_rows(kind, pairs, a, b, iou[which], at_a[a], frame=frame))
    told = merged | split | matched
    lone_a = np.setdiff1d(np.arange(len(pairs.label_a)), pairs.a[told])
    lone_b = np.setdiff1d(np.arange(len(pairs.label_b)), pairs.b[told])
    none_a, none_b = np.full(len(lone_b), -1), np.full(len(lone_a), -1)
    best_a, best_b = np.zeros(len(pairs.label_a)), np.zeros(len(pairs.label_b))
    np.maximum.at(best_a, pairs.a, iou)
    np.maximum.at(best_b, pairs.b, iou)
    parts.append(_rows(MISSED, pairs, lone_a, none_b, best_a[lone_a], at_a[lone_a], frame=frame))
    parts.append(_rows(SPURIOUS, pairs, none_a, lone_b, best_b[lone_b], at_b[lone_b], frame=frame))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values([Col.REFERENCE_LABEL, Col.RESULT_LABEL], ignore_index=True)


def _rows(
    kind: str,
    pairs: Contingency,
    a: NDArray[np.intp],
    b: NDArray[np.intp],
    iou: NDArray[np.float64],
    places: NDArray[np.float64],
    *,
    frame: int,
) -> pd.DataFrame:
    """Rows of one kind; −1 in `a` or `b` is no object."""
    label_a, area_a = _with_none(pairs.label_a, 0), _with_none(pairs.area_a, np.nan)
    label_b, area_b = _with_none(pairs.label_b, 0), _with_none(pairs.area_b, np.nan)
    return pd.DataFrame(
        {
            Col.FRAME: np.full(len(a), frame),
            Col.REFERENCE_LABEL: label_a[a],
            Col.RESULT_LABEL: label_b[b],
            Col.KIND: np.full(len(a), kind, dtype=object),
            Col.IOU: iou,
            Col.REFERENCE_AREA_PX: area_a[a],
            Col.RESULT_AREA_PX: area_b[b],
            Col.Y_PX: places[:, 0],
            Col.X_PX: places[:, 1],
        }
    )


def _with_none(values: NDArray[np.int64], none: float) -> NDArray[Any]:
    """The values with what stands for no object at their end, where −1 points to."""
    return np.append(values, none) if np.isnan(none) else np.append(values, int(none))
