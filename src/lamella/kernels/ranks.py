"""Order statistics inside numba code.

numba's own ``np.median``, ``np.partition`` and ``np.sort`` take a second or more to compile, for
every type anew; these take float64 alone.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def select(values, rank):  # type: ignore[no-untyped-def]
    """Put the value of this rank in its place, none larger before it (Hoare's selection).

    Parameters
    ----------
    values : (n,) float64 array, without NaN; in place
    rank : int
        0 to n − 1.
    """
    low, high = 0, len(values) - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            return


@njit(cache=True, nogil=True)
def largest_of_first(values, n):  # type: ignore[no-untyped-def]
    """Largest of the first n values, n ≥ 1."""
    largest = values[0]
    for i in range(1, n):
        if values[i] > largest:
            largest = values[i]
    return largest


@njit(cache=True, nogil=True)
def median_of(values):  # type: ignore[no-untyped-def]
    """Median of (n,) float64 values without NaN, n ≥ 1; changes their order."""
    half = len(values) // 2
    select(values, half)
    if len(values) % 2:
        return values[half]
    return 0.5 * (largest_of_first(values, half) + values[half])
