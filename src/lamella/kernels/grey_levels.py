"""Grey levels of a whole movie between two percentiles, brought to 0 … 1."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.counts import ValueCounts, count_values, percentile_of_counts

_DROPPED_BITS = 8
"""Of the 23 that hold the fraction of a 32-bit number: what is left tells values 0.003 % apart."""


LOW, HIGH = 0.1, 99.1
"""Percentiles of a whole movie that become 0 and 1 for the recurrent network, as published."""


class Levels(NamedTuple):
    """The grey values that become 0 and 1."""

    low: float
    high: float


def count_greys(image: NDArray[Any]) -> ValueCounts:
    """How often each grey value occurs, of whole and of real numbers; to be merged and asked.

    Real numbers are counted in bins 0.003 % wide, by the order of their bits. NaN and infinity are
    left out.
    """
    if image.dtype.kind in "bui":
        return count_values(image.astype(np.uint8) if image.dtype.kind == "b" else image)
    real = np.ascontiguousarray(image, np.float32).ravel()
    bits = real[np.isfinite(real)].view(np.int32) >> _DROPPED_BITS
    # The bits of negative numbers rise as these fall.
    smallest = np.int32(np.iinfo(np.int32).min >> _DROPPED_BITS)
    return count_values(np.where(bits < 0, smallest - 1 - bits, bits))


def levels_of(
    counted: ValueCounts, dtype: np.dtype[Any], *, low: float = LOW, high: float = HIGH
) -> Levels:
    """The percentiles `low` and `high` (0 to 100) of what `count_greys` counted in such frames."""
    found = (percentile_of_counts(counted, percentile=each) for each in (low, high))
    if dtype.kind in "bui":
        return Levels(*found)
    return Levels(*(_value(each) for each in found))


def levelled(image: NDArray[Any], levels: Levels) -> NDArray[np.float32]:
    """Grey values as a network sees them: `Levels.low` is 0, `Levels.high` is 1, clipped.

    Where both are equal everything is 0. NaN is 0 as well, as black as it gets.
    """
    low, high = levels
    if not high > low:
        return np.zeros(image.shape, np.float32)
    with np.errstate(over="ignore"):  # beyond what 32 bits hold lies infinity, which is clipped
        scaled = (image.astype(np.float32) - np.float32(low)) / np.float32(high - low)
    clipped: NDArray[np.float32] = np.nan_to_num(np.clip(scaled, 0, 1), copy=False, nan=0.0)
    return clipped


def _value(place: float) -> float:
    """The middle of a bin of real numbers."""
    smallest = np.iinfo(np.int32).min >> _DROPPED_BITS
    bits = int(np.floor(place))
    bits = smallest - 1 - bits if bits < 0 else bits
    middle = np.int32((bits << _DROPPED_BITS) + (1 << (_DROPPED_BITS - 1)))
    return float(middle.view(np.float32))
