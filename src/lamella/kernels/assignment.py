"""Who belongs to whom at the least cost, where most pairs are out of the question."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

Indices = NDArray[np.int64]

_AT_ONCE = 1000  # pairs that the solver gets, unless more hang together: it takes time with rows²


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
    column of its own for every row that may stay alone. Pairs that no chain of others connects have
    nothing to do with each other and are solved apart, so that time grows with their number, and
    with the square of rows only within what hangs together.

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
    for some in _apart(row[rest], column[rest]):
        k = rest[some]
        taken.append(able[k[_solve(row[k], column[k], cost[k], alone)]])
    return np.sort(np.concatenate(taken))


def _apart(row: Indices, column: Indices) -> list[NDArray[np.int64]]:
    """Pairs in portions that share no row and no column, many small ones put together."""
    if len(row) <= _AT_ONCE:
        return [np.arange(len(row))] if len(row) else []
    rows, r = np.unique(row, return_inverse=True)
    columns, c = np.unique(column, return_inverse=True)
    n = len(rows) + len(columns)
    edges = coo_array((np.ones(len(r), bool), (r, len(rows) + c)), shape=(n, n))
    group = connected_components(edges, directed=False)[1][r]
    order = np.argsort(group, kind="stable")
    # A portion ends where a group does, after the first of every so many pairs.
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    full = np.diff(first // _AT_ONCE, prepend=0) > 0
    return np.split(order, first[full])


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
