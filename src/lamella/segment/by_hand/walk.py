"""A random walk from every pixel: which stroke it reaches first, or would by its look."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg

_HELD = 1e3
"""Weight by which a pixel under a stroke is held to it."""
_LEAST = 1e-6
_TOLERANCE, _MOST_STEPS = 1e-7, 2000

Plane = NDArray[np.float64]


def walked(
    planes: list[NDArray[Any]],
    strokes: NDArray[np.int32],
    chances: list[NDArray[Any]],
    *,
    beta: float,
    trust: float,
) -> list[Plane]:
    """Chance of every pixel to belong to stroke 1, 2 …, a plane for each.

    Random walks that cross a difference in any of the planes unwillingly, and that may end at every
    pixel in favour of what it looks like.

    Parameters
    ----------
    planes : list of (Y, X) arrays
        What an edge shows in, of similar contrast.
    strokes : (Y, X) int32 array
        0 = none, else 1 … n.
    chances : list of n (Y, X) arrays
        By its look alone, chance of a pixel to belong to each.
    beta : float
        Unwillingness: the weight of a step is exp(-beta d / s), d being the sum of squared
        differences and s the SD of d over all steps.
    trust : float
        In the looks, beside the weight of steps.

    References
    ----------
    Grady, CVPR (2005), doi:10.1109/CVPR.2005.239: random walks with priors.
    """
    shape = strokes.shape
    index = np.arange(strokes.size).reshape(shape)
    one = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    two = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    squared = np.zeros(len(one))
    for plane in planes:
        flat = np.asarray(plane, np.float64).ravel()
        squared += (flat[one] - flat[two]) ** 2
    spread = float(squared.std()) or 1.0
    weight = np.exp(-beta * squared / spread) + _LEAST
    n = strokes.size
    both = np.concatenate([one, two]), np.concatenate([two, one])
    steps = sparse.coo_matrix((np.tile(weight, 2), both), shape=(n, n)).tocsr()
    held = _HELD * (strokes.ravel() > 0)
    whole = np.asarray(steps.sum(axis=1)).ravel() + trust + held
    system = sparse.diags(whole) - steps
    ease = sparse.diags(1 / whole)
    made = []
    for number, chance in enumerate(chances, start=1):
        prior = np.asarray(chance, np.float64).ravel()
        wanted = trust * prior + _HELD * (strokes.ravel() == number)
        found, _ = cg(system, wanted, x0=prior, rtol=_TOLERANCE, maxiter=_MOST_STEPS, M=ease)
        made.append(found.reshape(shape))
    return made
