"""How often the number of pieces of one and the same clump changes from frame to frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def flicker(clumps: Sequence[NDArray], pieces: Sequence[NDArray]) -> tuple[int, int]:
    """Changes of the number of pieces, and the steps in which a clump could change.

    A clump of one frame is that of the next where each covers more than half of the other. Truth
    changes the number too: give the true objects as pieces to see how often.

    Parameters
    ----------
    clumps : (T, Y, X) labels before splitting
    pieces : (T, Y, X) labels after it

    Returns
    -------
    changes, steps : int
    """
    changes = steps = 0
    for t in range(len(clumps) - 1):
        a, b = clumps[t], clumps[t + 1]
        for label in np.unique(a[a > 0]):
            here = a == label
            names, shared = np.unique(b[here], return_counts=True)
            name, most = names[np.argmax(shared)], shared.max()
            there = b == name
            if name == 0 or 2 * most <= here.sum() or 2 * most <= there.sum():
                continue
            steps += 1
            changes += _number(pieces[t], here) != _number(pieces[t + 1], there)
    return changes, steps


def _number(pieces: NDArray, inside: NDArray) -> int:
    return len(np.unique(pieces[inside & (pieces > 0)]))
