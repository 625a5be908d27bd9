"""Objects at the end of a view that was moved over a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# A person's outline of a cell that goes on beyond the picture ends up to this far before its edge.
_NEAR_PX = 2


def cut_by_view(labels: NDArray[Any], offset: ArrayLike) -> dict[int, int]:
    """Objects that reach where a moved view of the frame ended, though the frame goes on there.

    Somebody who drew them in that view cannot have seen whether they go on, so that their outlines
    may lack a part.

    Parameters
    ----------
    labels : (Y, X) integer array
        In the coordinates of the frame; 0 = background.
    offset : (2,) array_like of int
        Rows and columns that were added to the frame's coordinates in the view, which had the
        frame's size.

    Returns
    -------
    dict of int to int
        Label to the pixels of its outline along the ends of the view: how wide it was cut. Objects
        that end at the edge of the frame itself are not among them.

    Examples
    --------
    >>> frame = np.zeros((6, 6), int)
    >>> frame[2:5, 1:4] = 7
    >>> cut_by_view(frame, (-2, 0)), cut_by_view(frame, (0, 0))
    ({7: 3}, {})
    """
    found: dict[int, int] = {}
    for along, moved in enumerate(np.asarray(offset).tolist()):
        lines = labels if along == 0 else labels.T
        n = len(lines)
        if moved == 0 or abs(moved) >= n:
            continue
        band = lines[-moved : _NEAR_PX - moved] if moved < 0 else lines[: n - moved][-_NEAR_PX:]
        for label in np.unique(band[band > 0]).tolist():
            width = int(np.count_nonzero((band == label).any(axis=0)))
            found[label] = found.get(label, 0) + width
    return found
