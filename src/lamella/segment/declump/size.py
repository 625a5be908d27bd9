"""How wide the cells of a movie are, from the labels themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.distance import distance_inside
from lamella.kernels.regions import find_regions

_BINS_PER_PX, _DEEPEST_PX = 8, 1024
_JITTER_PX = 1.0  # SD of the Gaussian that a ragged outline is forgiven
_NOISE_PX = 2.0  # SD of the Gaussian under which noise does not decide between bright and dark
_CLEARLY = 0.6


class Size(NamedTuple):
    """What the frames of a movie tell of its cells; sums, so that parts of a movie add up."""

    depths: NDArray[np.int64]
    """Number of places, by depth in 8ths of a pixel, that lie deeper than all around them."""
    brighter_px: int = 0
    darker_px: int = 0
    """Pixels of objects that are brighter and darker than the median outside, in their frame."""

    @property
    def half_width_px(self) -> float | None:
        """Typical distance from the middle line of a cell to its outline; None without cells.

        The median over the deepest places, each with its depth squared as weight, so that debris,
        protrusions and ripples of the outline count little. A clump has about one such place per
        cell.
        """
        depth = (np.arange(len(self.depths)) + 0.5) / _BINS_PER_PX
        weight = np.cumsum(self.depths * depth**2)
        if weight[-1] == 0:
            return None
        return float(depth[np.searchsorted(weight, weight[-1] / 2)])

    @property
    def sign(self) -> int:
        """1 where cells are bright, −1 where dark, 0 where too many of their pixels are neither."""
        most = max(self.brighter_px, self.darker_px)
        if most < _CLEARLY * (self.brighter_px + self.darker_px) or most == 0:
            return 0
        return 1 if self.brighter_px == most else -1

    @property
    def look(self) -> str:
        """The sign in words."""
        return {1: "bright", -1: "dark", 0: "neither"}[self.sign]


def size_in(labels: NDArray[Any], image: NDArray[Any] | None) -> Size:
    """What one frame tells."""
    depths = np.zeros(_DEEPEST_PX * _BINS_PER_PX, np.int64)
    regions = find_regions(labels)
    for label, (top, left, bottom, right) in zip(regions.label, regions.box, strict=True):
        inside = np.pad(labels[top:bottom, left:right] == label, 1)
        depth = cv2.GaussianBlur(distance_inside(inside), (0, 0), _JITTER_PX)
        highest = (cv2.dilate(depth, np.ones((5, 5), np.uint8)) == depth) & inside
        found = np.minimum(depth[highest] * _BINS_PER_PX, len(depths) - 1).astype(np.int64)
        np.add.at(depths, found, 1)
    mask = labels > 0
    if image is None or not mask.any() or mask.all():
        return Size(depths)
    smooth = cv2.GaussianBlur(image.astype(np.float32), (0, 0), _NOISE_PX)
    outside = np.median(smooth[~mask])
    inside_px = smooth[mask]
    return Size(
        depths, np.count_nonzero(inside_px > outside), np.count_nonzero(inside_px < outside)
    )


def added(sizes: Sequence[Size]) -> Size:
    """What several parts of a movie tell together."""
    depths = np.sum([size.depths for size in sizes], axis=0, dtype=np.int64)
    return Size(
        depths, sum(size.brighter_px for size in sizes), sum(size.darker_px for size in sizes)
    )
