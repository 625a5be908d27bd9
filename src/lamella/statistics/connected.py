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

    Examples
    --------
    >>> connected(np.array([[3, 0, 0], [2, 2, 0], [0, 1, 0], [0, 0, 4], [0, 0, 0]])).tolist()
    [0, 0, 0, 3, -1]
    """
    there = (counts > 0).astype(np.int64)
    meet = (there @ there.T > 0).astype(np.int64)
    while True:
        farther = (meet @ meet > 0).astype(np.int64)
        if np.array_equal(farther, meet):
            break
        meet = farther
    sets: NDArray[np.int64] = np.where(there.any(axis=1), np.argmax(meet, axis=1), -1)
    return sets


def additive_rank(counts: NDArray[np.int64]) -> int:
    """Parameters that conditions and sessions take up together, the mean among them."""
    sets = connected(counts)
    taken = (counts > 0).any(axis=1).sum() + (counts > 0).any(axis=0).sum()
    return int(taken) - len(set(sets[sets >= 0].tolist()))
