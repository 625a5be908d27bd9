"""Numbers in rising order, fast for the few thousand pixels of a region."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_SHORT = 48
# A count of every value beats sorting while there are not many more values than pixels.
_SPARSE = 8


@njit(cache=True, nogil=True)
def sort_whole(values: Any, ordered: Any, counts: Any) -> bool:
    """Put whole numbers in order by counting each of them; False where they spread too far.

    Parameters
    ----------
    values : (n,) float64 array of whole numbers, n ≥ 1
    ordered : (n,) float64 array, filled
    counts : int64 array, all 0 before and after
        As long as the largest difference that is to be counted, and 1.
    """
    low, high = values[0], values[0]
    for value in values:
        low, high = min(low, value), max(high, value)
    span = high - low + 1
    if span > len(counts) or span > _SPARSE * len(values) + 256:
        return False
    for value in values:
        counts[int(value - low)] += 1
    n = 0
    for k in range(int(span)):
        for _ in range(counts[k]):
            ordered[n] = low + k
            n += 1
        counts[k] = 0
    return True


@njit(cache=True, nogil=True)
def sort_floats(values: Any, ordered: Any, keys: Any, other: Any) -> None:
    """Put any numbers in order, by the bytes of their bits (radix sort, least byte first).

    Parameters
    ----------
    values : (n,) float64 array, without NaN
    ordered : (n,) float64 array, filled
    keys, other : (n,) uint64 arrays
        Room to work in.
    """
    n = len(values)
    if n <= _SHORT:
        for i in range(n):
            value, j = values[i], i
            while j and ordered[j - 1] > value:
                ordered[j] = ordered[j - 1]
                j -= 1
            ordered[j] = value
        return
    top = np.uint64(1) << np.uint64(63)
    bits = ordered.view(np.uint64)
    histogram = np.zeros((8, 256), np.int64)
    for i in range(n):
        ordered[i] = values[i] + 0.0  # −0.0 is 0.0
        key = bits[i]
        # Bits of negative numbers fall while the numbers rise.
        key = ~key if key & top else key | top
        keys[i] = key
        for byte in range(8):
            histogram[byte, (key >> np.uint64(8 * byte)) & np.uint64(255)] += 1
    source, target = keys, other
    for byte in range(8):
        counts, shift = histogram[byte], np.uint64(8 * byte)
        if counts[(source[0] >> shift) & np.uint64(255)] == n:
            continue  # all alike
        place = 0
        for k in range(256):
            counts[k], place = place, place + counts[k]
        for i in range(n):
            k = (source[i] >> shift) & np.uint64(255)
            target[counts[k]] = source[i]
            counts[k] += 1
        source, target = target, source
    for i in range(n):
        key = source[i]
        bits[i] = key ^ top if key & top else ~key
