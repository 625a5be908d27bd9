"""How much two masks share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Overlap(NamedTuple):
    """Pixels of two masks: of both, of the first, of the second."""

    shared: int
    a: int
    b: int

    @property
    def iou(self) -> float:
        """Intersection over union; NaN when both masks are empty, 0 when one is."""
        union = self.a + self.b - self.shared
        return self.shared / union if union else float("nan")

    @property
    def dice(self) -> float:
        """2 · intersection over the sum of the areas; NaN when both masks are empty."""
        total = self.a + self.b
        return 2 * self.shared / total if total else float("nan")


def overlap(a: ArrayLike, b: ArrayLike) -> Overlap:
    """Count the pixels that two masks share, and those that each has.

    Parameters
    ----------
    a, b : array_like
        Masks of one shape; everything that is not 0 is inside.

    Raises
    ------
    ValueError
        Masks of different shapes, which numpy might silently broadcast.
    """
    inside_a, inside_b = np.asarray(a) != 0, np.asarray(b) != 0
    if inside_a.shape != inside_b.shape:
        raise ValueError(f"masks of one shape are compared, got {inside_a.shape} {inside_b.shape}")
    return Overlap(
        int(np.count_nonzero(inside_a & inside_b)),
        int(np.count_nonzero(inside_a)),
        int(np.count_nonzero(inside_b)),
    )


def intersection_over_union(a: ArrayLike, b: ArrayLike) -> float:
    """Intersection over union (Jaccard index) of two masks of one shape.

    1 for equal masks, 0 when they share nothing or one is empty, NaN when both are empty: nothing
    was there to agree on.

    References
    ----------
    Jaccard 1912, https://doi.org/10.1111/j.1469-8137.1912.tb05611.x

    Examples
    --------
    >>> intersection_over_union([[1, 1, 0]], [[0, 1, 1]])
    0.3333333333333333
    """
    return overlap(a, b).iou


def dice(a: ArrayLike, b: ArrayLike) -> float:
    """Dice coefficient of two masks of one shape: 2 · IoU / (1 + IoU). NaN when both are empty.

    References
    ----------
    Dice 1945, https://doi.org/10.2307/1932409

    Examples
    --------
    >>> dice([[1, 1, 0]], [[0, 1, 1]])
    0.5
    """
    return overlap(a, b).dice
