"""SEG of the Cell Tracking Challenge once more, in the plainest way, to hold the other against."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.integer]


def seg_of_frame(reference: Image, found: Image) -> NDArray[np.float64]:
    """One score per reference object, in order of its label.

    The Jaccard index with the object that covers more than half of its pixels, 0 where none does.

    References
    ----------
    Maška et al., Bioinformatics 30:1609 (2014), doi:10.1093/bioinformatics/btu080.
    """
    names, a = np.unique(reference, return_inverse=True)
    others, b = np.unique(found, return_inverse=True)
    shared = np.zeros((len(names), len(others)), np.int64)
    np.add.at(shared, (a.ravel(), b.ravel()), 1)
    area_a, area_b = shared.sum(axis=1, keepdims=True), shared.sum(axis=0, keepdims=True)
    matched = (2 * shared > area_a) & (others != 0)
    jaccard = np.where(matched, shared / (area_a + area_b - shared), 0.0)
    return jaccard.max(axis=1)[names != 0]


def seg(reference: Iterable[Image], found: Iterable[Image]) -> float:
    """The mean score over all reference objects of all frames; NaN where there is none."""
    scores = [seg_of_frame(a, b) for a, b in zip(reference, found, strict=True)]
    every = np.concatenate(scores) if scores else np.zeros(0)
    return float(every.mean()) if len(every) else float("nan")
