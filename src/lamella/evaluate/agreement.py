"""How far several masks of the same frames agree, where nobody knows the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.overlap import intersection_over_union

Masks = NDArray[np.bool_]
"""(T, Y, X): what one method calls cell."""


class Agreement(NamedTuple):
    """How K methods agree over the same frames; equal masks do not make them right.

    A single method agrees with nobody: its scores are NaN and its consensus is empty.
    """

    pairwise: NDArray[np.float64]
    """(K, K): IoU of each pair, mean over frames in which one of the two found something."""
    with_others: NDArray[np.float64]
    """(K,): mean of `pairwise` over the other methods."""
    with_consensus: NDArray[np.float64]
    """(K,): mean IoU with `consensus`."""
    votes: NDArray[np.uint16]
    """(T, Y, X): how many methods call a pixel cell."""
    consensus: Masks
    """(T, Y, X): pixels that at least half of the methods call cell."""
    disputed: NDArray[np.float64]
    """(T,): of the pixels that any method calls cell, the share that not all do."""


def agreement(masks: Sequence[Masks]) -> Agreement:
    """Agreement of the masks of several methods, each (T, Y, X) bool, of the same frames.

    Examples
    --------
    >>> a, b = np.array([[[True, True, False]]]), np.array([[[False, True, True]]])
    >>> agreement([a, b]).with_others.round(2)
    array([0.33, 0.33])
    """
    n = len(masks)
    votes = np.zeros(masks[0].shape, np.uint16)
    for mask in masks:
        votes += mask
    consensus = (2 * votes >= n) & (votes > 0) & (n > 1)
    pairwise = np.eye(n)
    for i in range(n):
        for j in range(i):
            pairwise[i, j] = pairwise[j, i] = mean_iou(masks[i], masks[j])
    others = [[pairwise[i, j] for j in range(n) if j != i] for i in range(n)]
    return Agreement(
        pairwise=pairwise,
        with_others=np.array([mean_of_known(values) for values in others]),
        with_consensus=np.array([mean_iou(m, consensus) if n > 1 else np.nan for m in masks]),
        votes=votes,
        consensus=consensus,
        disputed=np.array([_disputed(frame, n) for frame in votes]),
    )


def mean_iou(a: Masks, b: Masks) -> float:
    """IoU frame by frame, mean over the frames in which one of the two has a pixel; else NaN."""
    return mean_of_known([intersection_over_union(x, y) for x, y in zip(a, b, strict=True)])


def mean_of_known(values: Sequence[float]) -> float:
    """Mean of the values that are not NaN; NaN where there are none."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _disputed(votes: NDArray[np.uint16], n: int) -> float:
    n_any = np.count_nonzero(votes)
    return np.count_nonzero((votes > 0) & (votes < n)) / n_any if n_any and n > 1 else float("nan")
