"""Intensities in bands along the edges of a frame's cells, channel by channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.kernels.edge_bands import (
    means_by_position,
    nearest_position,
    pixels_near_edge,
    window_statistics,
)
from lamella.kernels.outline_smooth import arc_lengths
from lamella.measure.edge.look import Look, Traced
from lamella.measure.view import FrameView

BAND_PX, WINDOW_PX = "band_px", "window_px"
"""Names of what is kept: (k, n) and (k, sizes, n, bands) pixels, NaN where nothing is measured."""


BAND, WINDOWS = "band", "windows"
"""The same of every channel, its suffix behind two underscores: (k, n) mean intensities, and
(k, sizes, n, bands, 5) statistics."""


def of_channel(name: str, suffix: str | None) -> str:
    """Name of what is kept of a channel."""
    return name if suffix is None else f"{name}__{suffix}"


def channels_in(kept: Iterable[str], name: str) -> dict[str | None, str]:
    """Names of what is kept of all channels by their suffix."""
    return {
        each.partition("__")[2] or None: each for each in kept if each.partition("__")[0] == name
    }


class Bands:
    """What the bands of k cells hold, filled cell by cell."""

    def __init__(self, view: FrameView, look: Look) -> None:
        self._look = look
        self._images: Mapping[str, tuple[Image, float]] = {
            name: (view.image(name), view.background(name)) for name in look.channels
        }
        k, bands = len(view.regions.label), len(look.depths_px)
        self.kept: dict[str, NDArray[Any]] = {}
        if not self._images:
            return
        self.kept[BAND_PX] = np.full((k, look.n), np.nan, np.float32)
        windows = (k, look.sectors.most_sizes(look.n), look.n, bands)
        if bands:
            self.kept[WINDOW_PX] = np.full(windows, np.nan, np.float32)
        for suffix in look.channels.values():
            self.kept[of_channel(BAND, suffix)] = np.full((k, look.n), np.nan, np.float32)
            if bands:
                self.kept[of_channel(WINDOWS, suffix)] = np.full((*windows, 5), np.nan, np.float32)

    def add(self, i: int, edge: Traced, origin: float) -> None:
        """Measure cell i, whose positions begin at `origin`."""
        look = self._look
        reach = float(np.max([look.band_px, *look.depths_px])) if self._images else np.nan
        if not np.isfinite(reach):  # no pixel size, or no channel
            return
        rows, columns, depth = pixels_near_edge(*edge.followed(), reach)
        rows, columns = rows + edge.top, columns + edge.left
        position = nearest_position(rows, columns, edge.outline.points, origin, look.n)
        near = depth <= look.band_px
        band = np.searchsorted(look.depths_px, depth)
        within = band < len(look.depths_px)
        sizes = look.sectors.sizes(arc_lengths(edge.outline.points)[-1], look.n)
        for name, (image, background) in self._images.items():
            values = image[rows, columns] - background
            mean, count = means_by_position(values[near], position[near], look.n)
            suffix = look.channels[name]
            self.kept[of_channel(BAND, suffix)][i], self.kept[BAND_PX][i] = mean, count
            if look.depths_px:
                found, pixels = window_statistics(
                    values[within],
                    position[within],
                    band[within],
                    look.n,
                    len(look.depths_px),
                    sizes,
                )
                self.kept[of_channel(WINDOWS, suffix)][i, : len(sizes)] = found
                self.kept[WINDOW_PX][i, : len(sizes)] = pixels
