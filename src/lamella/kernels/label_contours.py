"""Contours of labelled regions, one pixel wide, over a whole picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def thin_contours(labels: NDArray[Any], *, ground: int = 0) -> NDArray[Any]:
    """Labels where a pixel has a neighbour, of its four, that is another; elsewhere `ground`.

    Parameters
    ----------
    labels : (Y, X) integer array
        The edge of the picture is no neighbour.

    Returns
    -------
    (Y, X) array
        Of the type of `labels`.
    """
    edge = np.zeros(labels.shape, bool)
    below = labels[1:] != labels[:-1]
    edge[1:] |= below
    edge[:-1] |= below
    beside = labels[:, 1:] != labels[:, :-1]
    edge[:, 1:] |= beside
    edge[:, :-1] |= beside
    out = np.full_like(labels, ground)
    np.copyto(out, labels, where=edge)
    return out
