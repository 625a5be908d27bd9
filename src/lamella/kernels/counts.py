"""How often each value occurs: the mergeable state from which exact percentiles are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_HELD = 16


class ValueCounts(NamedTuple):
    """Distinct values of integer pixels, sorted, and how often each occurs."""

    values: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Number of pixels counted."""
        return int(self.counts.sum())


def count_values(image: NDArray[Any]) -> ValueCounts:
    """Count the values of an integer image of any shape."""
    if image.dtype in (np.uint8, np.uint16):
        counts = np.bincount(image.ravel())
        values = np.flatnonzero(counts)
        return ValueCounts(values, counts[values].astype(np.int64))
    values, counts = np.unique(image, return_counts=True)
    return ValueCounts(values.astype(np.int64), counts.astype(np.int64))


def merge_counts(parts: Iterable[ValueCounts]) -> ValueCounts:
    """The counts of several images together; the order of the parts does not matter.

    Of parts that are made as they are asked for, a few are held at a time: those of a frame with
    noise take half a megabyte, and a movie has ten thousand.

    Raises
    ------
    ValueError
        Of no image at all.
    """
    held: list[ValueCounts] = []
    for part in parts:
        held.append(part)
        if len(held) == _HELD:
            held = [_together(held)]
    return _together(held)


def _together(parts: list[ValueCounts]) -> ValueCounts:
    values = np.concatenate([part.values for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    distinct, where = np.unique(values, return_inverse=True)
    return ValueCounts(distinct, np.bincount(where, weights=counts).astype(np.int64))


def percentile_of_counts(counted: ValueCounts, *, percentile: float) -> float:
    """The percentile of all counted pixels, exact.

    Equal to ``numpy.percentile(pixels, percentile)`` with its default linear interpolation.

    Parameters
    ----------
    percentile : float
        0 to 100.
    """
    position = percentile / 100 * (counted.total - 1)
    below = int(np.floor(position))
    rank = np.cumsum(counted.counts)
    low = counted.values[np.searchsorted(rank, below, side="right")]
    high = counted.values[np.searchsorted(rank, min(below + 1, counted.total - 1), side="right")]
    return float(low + (high - low) * (position - below))
