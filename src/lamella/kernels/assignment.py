"""Who belongs to whom at the least cost, where most pairs are out of the question."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

Indices = NDArray[np.int64]


def assign(
    row: Indices, column: Indices, cost: NDArray[np.float64], *, alone: float
) -> NDArray[np.int64]:
    """The pairs of the cheapest assignment in which every row and column has at most one partner.

    Parameters
    ----------
    row, column : (k,) int64 arrays
        The pairs that are possible, each at most once, in any order.
    cost : (k,) float64 array
        What each pair costs, finite.
    alone : float
        What a row without a partner costs. A pair that costs as much or more is never taken.

    Returns
    -------
    (m,) int64 array
        Which of the k pairs are taken, in order.

    Notes
    -----
    Pairs in which neither side has another choice need no search; the rest is solved exactly by
    the shortest augmenting paths of Jonker and Volgenant in their sparse form, as in scipy, with a
    column of its own for every row that may stay alone.

    References
    ----------
    Jaqaman et al. 2008, https://doi.org/10.1038/nmeth.1237 ;
    Jonker and Volgenant 1987, https://doi.org/10.1007/BF02278710

    Examples
    --------
    The nearest first would leave the second row alone at a cost of 9.

    >>> row, column = np.array([0, 0, 1]), np.array([0, 1, 0])
    >>> assign(row, column, np.array([1.0, 2.0, 3.0]), alone=9.0)
    array([1, 2])
    """
    able = np.flatnonzero(cost < alone)
    if not len(able):
        return able
    row, column, cost = row[able], column[able], cost[able]
    only = (np.bincount(row)[row] == 1) & (np.bincount(column)[column] == 1)
    taken = [able[only]]
    rest = np.flatnonzero(~only)
    if len(rest):
        taken.append(able[rest[_solve(row[rest], column[rest], cost[rest], alone)]])
    return np.sort(np.concatenate(taken))


def _solve(
    row: Indices, column: Indices, cost: NDArray[np.float64], alone: float
) -> NDArray[np.int64]:
    rows, r = np.unique(row, return_inverse=True)
    columns, c = np.unique(column, return_inverse=True)
    n, m = len(rows), len(columns)
    # Every row is matched once, so that a constant on all costs changes nothing; without it a cost
    # of 0 would count as no edge.
    lift = 1.0 - min(float(cost.min()), alone)
    matrix = coo_array(
        (
            np.concatenate([cost, np.full(n, alone)]) + lift,
            (np.concatenate([r, np.arange(n)]), np.concatenate([c, m + np.arange(n)])),
        ),
        shape=(n, m + n),
    ).tocsr()
    partner = min_weight_full_bipartite_matching(matrix)[1]
    return np.flatnonzero(partner[r] == c)
