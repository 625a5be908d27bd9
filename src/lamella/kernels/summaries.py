"""Mean, SD, median and the like of many columns over runs of rows, in one pass."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.ranks import median_of


class RunSummaries(NamedTuple):
    """What the finite values of every column tell, each (n_columns, n_runs); NaN without any."""

    n: NDArray[np.int64]
    """Finite values."""
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    """With n − 1; NaN below two values."""
    median: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    total: NDArray[np.float64]
    """Sum; NaN, not 0, without any value."""


def summaries_of_runs(
    values: NDArray[np.float64], *, order: NDArray[np.intp], start: NDArray[np.intp]
) -> RunSummaries:
    """Summarise every column over every run of rows.

    Parameters
    ----------
    values : (n_columns, n) float64 array
        NaN and infinite values do not count.
    order : (m,) intp array
        Rows, those of a run side by side.
    start : (n_runs + 1,) intp array
        Run r holds the rows ``order[start[r]:start[r + 1]]``; it may be empty.

    Notes
    -----
    The SD is that of the deviations from the mean, so that values far from 0 lose no digits.
    """
    count, found = _summaries(np.ascontiguousarray(values, np.float64), order, start)
    return RunSummaries(count, *found)


@njit(cache=True, nogil=True)
def _summaries(values: Any, order: Any, start: Any) -> Any:
    n_columns, n_runs = len(values), len(start) - 1
    count = np.zeros((n_columns, n_runs), np.int64)
    found = np.full((6, n_columns, n_runs), np.nan)
    longest = 0
    for r in range(n_runs):
        longest = max(longest, start[r + 1] - start[r])
    finite = np.empty(longest)
    for c in range(n_columns):
        for r in range(n_runs):
            n, total = 0, 0.0
            for i in range(start[r], start[r + 1]):
                value = values[c, order[i]]
                if np.isfinite(value):
                    finite[n] = value
                    total += value
                    n += 1
            count[c, r] = n
            if n == 0:
                continue
            mean, squares = total / n, 0.0
            least = most = finite[0]
            for i in range(n):
                squares += (finite[i] - mean) ** 2
                least, most = min(least, finite[i]), max(most, finite[i])
            found[0, c, r] = mean
            if n > 1:
                found[1, c, r] = np.sqrt(squares / (n - 1))
            found[2, c, r] = median_of(finite[:n])
            found[3, c, r] = least
            found[4, c, r] = most
            found[5, c, r] = total
    return count, found
