"""Which objects of a frame lie against another one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


def touching_others(
    labels: NDArray[Any], label: NDArray[np.int64], box: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether a pixel of each object has a pixel of another one among its 8 neighbours.

    Parameters
    ----------
    labels : (Y, X) integer array, 0 = background
    label, box : (n,), (n, 4) int64 arrays
        All objects of the frame, as in `Regions`.

    Returns
    -------
    (n,) bool array

    Examples
    --------
    >>> labels = np.array([[1, 0, 0, 0], [0, 2, 0, 3]])
    >>> touching_others(labels, np.array([1, 2, 3]), np.array([[0, 0, 1, 1], [1, 1, 2, 2],
    ...     [1, 3, 2, 4]]))
    array([ True,  True, False])
    """
    if len(label) < 2:
        return np.zeros(len(label), bool)
    found: NDArray[np.bool_] = _touching_others(labels, label, box)
    return found


@njit(cache=True, nogil=True)
def _touching_others(labels, label, box):  # type: ignore[no-untyped-def]
    height, width = labels.shape
    found = np.zeros(len(label), np.bool_)
    for i in range(len(label)):
        top, left, bottom, right = box[i]
        name = labels.dtype.type(label[i])
        for y in range(top, bottom):
            for x in range(left, right):
                if found[i] or labels[y, x] != name:
                    continue
                for b in range(max(y - 1, 0), min(y + 2, height)):
                    for a in range(max(x - 1, 0), min(x + 2, width)):
                        found[i] |= labels[b, a] != 0 and labels[b, a] != name
            if found[i]:
                break
    return found
