"""How a frame is looked at, and the one piece of a mask whose edge is followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.kernels.distance import distance_inside
from lamella.kernels.outline_smooth import Outline, smooth_outline
from lamella.kernels.polygons import Ring, fill_polygons
from lamella.kernels.tracing import trace_rings
from lamella.measure.edge.sectors import Sectors


class Look(NamedTuple):
    """How to look at a frame: settings in pixels."""

    n: int
    smoothing_px: float
    curvature_px: float
    stiffness: float
    follow_centroid: bool
    band_px: float
    depths_px: tuple[float, ...]
    sectors: Sectors
    channels: Mapping[str, str | None]
    """Suffix of the columns by channel."""


@dataclass(frozen=True)
class Traced:
    """A cell and the outer outline of its largest piece: holes filled, lesser pieces left out."""

    outline: Outline
    ring: Ring
    """The same along the pixels' edges."""
    mask: NDArray[np.bool_]
    """Of the cell, cropped to its box."""
    top: int
    left: int
    whole: bool
    """One piece without holes."""

    @classmethod
    def of(
        cls, labels: Image, mask: NDArray[np.bool_], box: NDArray[np.int64], smoothing_px: float
    ) -> Traced:
        top, left = int(box[0]), int(box[1])
        outer, holes = trace_rings(mask, top=top, left=left)
        outline = smooth_outline(outer[0], labels, smoothing_px=smoothing_px)
        return cls(outline, outer[0], mask, top, left, len(outer) + len(holes) == 1)

    @cached_property
    def piece(self) -> NDArray[np.bool_]:
        """What the outline encloses, cropped as the mask."""
        if self.whole:
            return self.mask
        corner = np.array([self.top, self.left])
        filled = fill_polygons([self.ring - corner], frame_shape=_size(self.mask))
        out = np.zeros(self.mask.shape, bool)
        out[filled.place] = filled.inside
        return out

    @property
    def share(self) -> float:
        """Of the cell's pixels, those that the outline encloses."""
        return 1.0 if self.whole else float((self.mask & self.piece).sum() / self.mask.sum())

    def followed(self) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """The cell's pixels within the outline, and how far they are from what lies outside it."""
        return self.mask & self.piece, distance_inside(self.piece)

    def meets(self, other: Traced) -> bool:
        """Whether two outlines of one cell have a pixel in common."""
        if self.whole and other.whole:
            return True  # the step is judged by the cell's overlap with itself
        top, left = max(self.top, other.top), max(self.left, other.left)
        (a, b), (c, d) = _size(self.mask), _size(other.mask)
        bottom = min(self.top + a, other.top + c)
        right = min(self.left + b, other.left + d)
        if top >= bottom or left >= right:
            return False
        one, two = (
            each.piece[top - each.top : bottom - each.top, left - each.left : right - each.left]
            for each in (self, other)
        )
        return bool((one & two).any())


def _size(mask: NDArray[np.bool_]) -> tuple[int, int]:
    return mask.shape[0], mask.shape[1]
