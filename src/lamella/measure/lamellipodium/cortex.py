"""The band under the edge: its profile around the cell, and the rings inside and outside."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.table import Col
from lamella.kernels.distance import EDGE_PX
from lamella.kernels.sectors import mean_of_band, profile_of_band, sector_angles
from lamella.measure.lamellipodium.definitions import PerCell
from lamella.measure.view import FrameView

FloatArray = NDArray[np.float64]


def profiles(
    view: FrameView, image: Image, *, within_px: float, n_angles: int, level: float
) -> tuple[FloatArray, FloatArray]:
    """Mean and pixels of the band at every angle, two (n, n_angles) arrays.

    All NaN without a pixel size. A band that does not go round the cell (of a line of pixels, say)
    has NaN where it has no pixel; one pixel has no angle at all.
    """
    n = len(view.regions.label)
    mean, weight = np.full((n, n_angles), np.nan), np.full((n, n_angles), np.nan)
    if not np.isfinite(within_px):
        return mean, weight
    for i, (box, centroid, distance) in enumerate(
        zip(view.regions.box, view.regions.centroid, view.edge_distances, strict=True)
    ):
        top, left, bottom, right = box
        mean[i], weight[i] = profile_of_band(
            image[top:bottom, left:right],
            distance,
            within=within_px,
            centre=(centroid[0] - top, centroid[1] - left),
            n_angles=n_angles,
        )
    return mean - level, weight


def one_sidedness(profile: FloatArray) -> PerCell:
    """First harmonic of every profile: how one-sided it is, and where it is bright.

    With m(θ) the mean at every angle, the vector 2 Σ m·(cos θ, sin θ) ÷ Σ m. A profile that follows
    1 + a·cos(θ − φ) gives a and φ. NaN where an angle has no pixel, or the mean is not positive.
    """
    angle = sector_angles(profile.shape[1])
    total = profile.sum(axis=1)
    total = np.where(total > 0, total, np.nan)
    x, y = 2 * profile @ np.cos(angle) / total, 2 * profile @ np.sin(angle) / total
    strength = np.hypot(y, x)
    return {
        Col.CORTEX_STRENGTH: strength,
        Col.CORTEX_PEAK_ANGLE: np.where(strength > 1e-9, np.rad2deg(np.arctan2(y, x)), np.nan),
    }


class Rings:
    """Rings of one width just inside and just outside of every cell of a frame.

    The ring outside holds no pixel of any object. Beyond the field's edge there is nothing. The
    outside is found once and serves all channels.
    """

    def __init__(self, view: FrameView, *, width_px: float) -> None:
        self._view, self._width = view, width_px
        self._outside = self._find() if np.isfinite(width_px) else []

    def columns(self, image: Image, level: float) -> PerCell:
        """Mean inside, mean outside, and their difference; NaN without pixels or pixel size."""
        n = len(self._view.regions.label)
        inside, outside = np.full(n, np.nan), np.full(n, np.nan)
        if np.isfinite(self._width):
            for i, ((top, left, bottom, right), distance) in enumerate(
                zip(self._view.regions.box, self._view.edge_distances, strict=True)
            ):
                inside[i] = mean_of_band(image[top:bottom, left:right], distance, self._width)
            for i, (ring, (rows, columns)) in enumerate(self._outside):
                outside[i] = mean_of_band(image[rows, columns], ring, 1.0)
        return {
            Col.RING_MEAN: inside - level,
            Col.RING_OUTSIDE_MEAN: outside - level,
            Col.RING_CONTRAST: inside - outside,
        }

    def _find(self) -> list[tuple[NDArray[np.uint8], tuple[slice, slice]]]:
        """1 on the pixels of each ring outside, and where that part of the frame lies."""
        view, most = self._view, self._width + EDGE_PX
        reach = int(np.ceil(most))
        y, x = np.ogrid[-reach : reach + 1, -reach : reach + 1]
        disc = (y * y + x * x <= most**2).astype(np.uint8)
        height, width = view.labels.shape
        rings = []
        for (top, left, bottom, right), mask in zip(view.regions.box, view.masks, strict=True):
            grown: NDArray[Any] = cv2.dilate(
                np.pad(mask, reach).view(np.uint8), disc, borderType=cv2.BORDER_CONSTANT,
                borderValue=(0,),
            )  # fmt: skip
            rows = slice(max(top - reach, 0), min(bottom + reach, height))
            columns = slice(max(left - reach, 0), min(right + reach, width))
            grown = grown[
                rows.start - top + reach : rows.stop - top + reach,
                columns.start - left + reach : columns.stop - left + reach,
            ]
            free = (view.anything[rows, columns] == 0) & (view.labels[rows, columns] == 0)
            rings.append((grown * free.view(np.uint8), (rows, columns)))
        return rings
