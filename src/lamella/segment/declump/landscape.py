"""Watersheds: objects are hills, and cuts run along the valleys between them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.frames import Image
from lamella.kernels.distance import distance_inside
from lamella.segment.declump.agree import Cut
from lamella.segment.declump.pieces import (
    Landscape,
    Pieces,
    Worth,
    flooded,
    merged_where_not_worth_it,
    peaks,
)
from lamella.segment.declump.size import Size
from lamella.segment.declump.step import _Declump, by_object

# In typical half widths of the movie's cells.
_SMOOTHING = 0.15
_APART = 0.4
_LEAST_DEPTH = 0.35
_LEAST_AREA = 0.55 * np.pi
_MARGIN = 1.0


class _ByLandscape(_Declump):
    """What watersheds have in common: the distance from the outline makes the hills.

    Parameters
    ----------
    neck : float
        A cut is made where the pass between two hills is at most this share of the lower one's
        height: of its half width, for the plain distance.
    half_width_px : float or None
        Typical distance from the middle line of a cell to its outline; None = measured in the
        movie. Pieces less than about a third as deep, or smaller than half a disc of
        this radius, are not cut off.
    """

    neck: float = Field(0.85, gt=0, lt=1)
    half_width_px: float | None = Field(None, gt=0)

    def _cut(self, labels: Pieces, image: Image | None, nuclei: Image | None, state: Size) -> Cut:
        half_width = self._half_width(state)
        worth = Worth(self.neck, _LEAST_DEPTH * half_width, _LEAST_AREA * half_width**2)
        light = self._light(labels, image, state) if image is not None else None
        cutting = half_width > 0

        def hills(
            inside: NDArray[np.bool_], window: tuple[slice, slice]
        ) -> tuple[Landscape, Landscape]:
            depth = distance_inside(inside)
            smooth = cv2.GaussianBlur(depth, (0, 0), _SMOOTHING * half_width)
            if light is not None:
                smooth = smooth * light[window]
            return np.where(inside, np.maximum(smooth, np.float32(1e-6)), np.float32(0)), depth

        def split(inside: NDArray[np.bool_], window: tuple[slice, slice]) -> Pieces | None:
            if not cutting:
                return None
            landscape, depth = hills(inside, window)
            markers = peaks(landscape, inside, within_px=_APART * half_width)
            if markers.max() < 2:
                return None
            pieces = flooded(landscape, inside, markers)
            pieces = merged_where_not_worth_it(pieces, landscape, depth, worth)
            n_parts = cv2.connectedComponents(inside.view(np.uint8), connectivity=8)[0] - 1
            return pieces if np.count_nonzero(np.bincount(pieces[inside])) > n_parts else None

        def flood(
            inside: NDArray[np.bool_], markers: Pieces, window: tuple[slice, slice]
        ) -> Pieces:
            return flooded(hills(inside, window)[0], inside, markers)

        margin = int(np.ceil(_MARGIN * half_width))
        return Cut(labels, by_object(labels, split, margin_px=margin), flood)

    def _half_width(self, state: Size) -> float:
        return self.half_width_px or state.half_width_px or 0.0

    def _smallest_px(self, state: Size) -> float:
        return float(_LEAST_AREA * self._half_width(state) ** 2)

    def _light(self, labels: Pieces, image: Image, state: Size) -> Landscape | None:
        """What the distance is multiplied by, (Y, X), or None."""
        return None
