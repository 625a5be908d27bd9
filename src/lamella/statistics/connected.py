"""Which conditions can be compared within sessions, and what that leaves of the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def connected(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the set that each condition belongs to; −1 where a condition has no unit.

    Two conditions are in one set where a session holds both, or where a chain of sessions leads
    from one to the other. Between sets, a difference between conditions cannot be told from one
    between sessions.

    Parameters
    ----------
    counts : (conditions, sessions) int array
        Units in each.
    """
    from scipy.sparse import bmat, csr_array
    from scipy.sparse.csgraph import connected_components

    there = csr_array(counts > 0)
    graph = bmat([[None, there], [there.T, None]])
    _, labels = connected_components(graph, directed=False)
    sets = np.where((counts > 0).any(axis=1), labels[: len(counts)], -1)
    out: NDArray[np.int64] = sets.astype(np.int64)
    return out


def additive_rank(counts: NDArray[np.int64]) -> int:
    """Parameters that conditions and sessions take up together, the mean among them."""
    sets = connected(counts)
    taken = (counts > 0).any(axis=1).sum() + (counts > 0).any(axis=0).sum()
    return int(taken) - len(set(sets[sets >= 0].tolist()))
