"""What one frame shows of the edges of its cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.table import Col
from lamella.kernels.edge_bands import (
    means_by_position,
    nearest_position,
    pixels_near_edge,
    window_statistics,
)
from lamella.kernels.edge_swept import edge_step
from lamella.kernels.outline_shape import (
    curvature_of,
    largest_of_stretches,
    means_of_stretches,
    origin_of,
    placed,
    stretches,
)
from lamella.kernels.outline_smooth import Outline, arc_lengths, smooth_outline
from lamella.kernels.regions import Regions, inside_of
from lamella.kernels.tracing import trace_rings
from lamella.measure.edge.sectors import STATISTICS, Sectors
from lamella.measure.view import FrameView, Seen

CAME_FROM = "came_from"
LENGTH = "length_px"
"""Columns that only the way from frame to frame needs; no table of results has them."""


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


def seen_edges(view: FrameView, look: Look) -> Seen:
    """Rows of the finer tables: n for every cell, from a provisional origin on.

    That origin depends on the outline alone (`outline_origin`), so that a frame is measured without
    those before; `followed` turns the rows later. Windows begin at every position, for the same
    reason: those that the origin asks for are chosen then.
    """
    regions, k, n = view.regions, len(view.regions.label), look.n
    places, moved = np.empty((k, n, 2)), np.full((k, n, 3), np.nan)
    bends, contact = np.empty((k, n)), np.zeros((k, n), np.int8)
    perimeter = np.empty(k)
    light = _Light.of(view, look)
    turn = _turn(view)
    for i, (label, box) in enumerate(zip(regions.label, regions.box, strict=True)):
        outline = _outline(view.labels, view.masks[i], box, look)
        origin = origin_of(outline.points, 0.0)
        places[i] = placed(outline.points, origin, n)
        own = stretches(outline.points, origin, n)
        bends[i] = means_of_stretches(curvature_of(outline.points, look.curvature_px), *own)
        contact[i] = largest_of_stretches(outline.contact, *own)
        perimeter[i] = arc_lengths(outline.points)[-1]
        before = _before(view, label, look)
        if before is not None:
            before_origin = origin_of(before.points, turn)
            step = edge_step(
                before.points,
                outline.points,
                positions=n,
                origins=(before_origin, origin),
                stiffness=look.stiffness,
                shift=_shift(view, i, label) if look.follow_centroid else (0.0, 0.0),
            )
            moved[i] = np.stack(step, 1)
            own = stretches(before.points, before_origin, n)
            came_from = np.rint(step.came_from).astype(np.int64) % n
            earlier = largest_of_stretches(before.contact, *own)[came_from]
            contact[i] = np.where(contact[i] > 0, contact[i], earlier)
        light.add(i, view, outline, origin)
    cell = np.repeat(regions.label, n)
    edge: dict[str, NDArray[Any]] = {
        Col.CELL: cell,
        Col.EDGE_Y_PX: _single(places[:, :, 0]),
        Col.EDGE_X_PX: _single(places[:, :, 1]),
        Col.EDGE_SWEPT_PX2: moved[:, :, 0].ravel(),
        LENGTH: _single(moved[:, :, 1]),
        CAME_FROM: moved[:, :, 2].ravel(),
        Col.EDGE_CURVATURE_PX: _single(bends),
        Col.EDGE_CONTACT: contact.ravel(),
        **light.columns(),
    }
    finer = {"edge": edge}
    if look.depths_px and look.channels:
        finer["edge_windows"] = light.windows()
    return Seen({Col.EDGE_PERIMETER_PX: perimeter}, finer)


class _Light:
    """Intensities near the edges of a frame's cells, channel by channel."""

    def __init__(self, look: Look, k: int, images: Mapping[str, tuple[Image, float]]) -> None:
        self.look, self.images = look, images
        self.means = {name: np.full((k, look.n), np.nan) for name in images}
        self.count = np.full((k, look.n), np.nan)
        sizes, bands = look.sectors.most_sizes(look.n), max(len(look.depths_px), 1)
        self.label = np.empty(k, np.int64)
        self.pixels = np.zeros((k, sizes, look.n, bands), np.int32)
        self.statistics = {
            name: np.full((k, sizes, look.n, bands, 5), np.nan, np.float32) for name in images
        }

    @classmethod
    def of(cls, view: FrameView, look: Look) -> _Light:
        images = {}
        for name in look.channels:
            image = view.image(name)
            images[name] = (image, view.background(image, name))
        return cls(look, len(view.regions.label), images)

    def add(self, i: int, view: FrameView, outline: Outline, origin: float) -> None:
        """Measure the bands of one cell."""
        look = self.look
        self.label[i] = view.regions.label[i]
        reach = float(np.max([look.band_px, *look.depths_px])) if self.images else np.nan
        if not np.isfinite(reach):  # no pixel size, or no channel
            return
        top, left, _, _ = view.regions.box[i]
        rows, columns, far = pixels_near_edge(view.masks[i], view.edge_distances[i], reach)
        rows, columns = rows + top, columns + left
        position = nearest_position(rows, columns, outline.points, origin, look.n)
        near = far <= look.band_px
        deep = np.searchsorted(look.depths_px, far)
        within = deep < len(look.depths_px)
        if look.depths_px:
            sizes = look.sectors.sizes(arc_lengths(outline.points)[-1], look.n)
        for name, (image, background) in self.images.items():
            values = image[rows, columns] - background
            self.means[name][i], count = means_by_position(values[near], position[near], look.n)
            self.count[i] = count
            if look.depths_px:
                found, pixels = window_statistics(
                    values[within],
                    position[within],
                    deep[within],
                    look.n,
                    len(look.depths_px),
                    sizes,
                )
                self.statistics[name][i, : len(sizes)] = found
                self.pixels[i, : len(sizes)] = pixels

    def columns(self) -> dict[str, NDArray[Any]]:
        """Of the table of positions."""
        found: dict[str, NDArray[Any]] = {}
        if self.images:
            found[Col.EDGE_BAND_PX] = _single(self.count)
        for name, suffix in self.look.channels.items():
            found[Col.EDGE_BAND_MEAN.of(suffix)] = _single(self.means[name])
        return found

    def windows(self) -> dict[str, NDArray[Any]]:
        """Of the table of windows, for every size, first position and band."""
        each = int(np.prod(self.pixels.shape[1:]))
        found: dict[str, NDArray[Any]] = {
            Col.CELL: np.repeat(self.label, each),
            Col.EDGE_WINDOW_PX: self.pixels.ravel(),
        }
        for name, suffix in self.look.channels.items():
            flat = self.statistics[name].reshape(-1, 5)
            found |= {column.of(suffix): flat[:, s] for s, column in enumerate(STATISTICS)}
        return found


def _outline(labels: Image, mask: NDArray[np.bool_], box: NDArray[np.int64], look: Look) -> Outline:
    """The largest outer outline: holes are filled, lesser pieces left out."""
    outer, _ = trace_rings(mask, top=int(box[0]), left=int(box[1]))
    return smooth_outline(outer[0], labels, smoothing_px=look.smoothing_px)


def _before(view: FrameView, label: np.int64, look: Look) -> Outline | None:
    """The cell's outline in the frame before, where the drift took it."""
    if view.previous_labels is None or view.previous_regions is None:
        return None
    box = _box_of(view.previous_regions, label)
    if box is None:
        return None
    inside = inside_of(view.previous_labels, label, box)
    return _outline(view.previous_labels, inside, box, look)


def _box_of(regions: Regions, label: np.int64) -> NDArray[np.int64] | None:
    i = int(np.searchsorted(regions.label, label))
    found = i < len(regions.label) and regions.label[i] == label
    return regions.box[i] if found else None


def _shift(view: FrameView, i: int, label: np.int64) -> tuple[float, float]:
    """Movement of the centroid since the frame before, drift taken off."""
    before = view.previous_regions
    if before is None:
        return 0.0, 0.0
    j = int(np.searchsorted(before.label, label))
    dy, dx = view.regions.centroid[i] - before.centroid[j]
    return float(dy), float(dx)


def _turn(view: FrameView) -> float:
    """Angle by which the field turned since the frame before: the origin turns with it."""
    if view.registration is None or view.t == 0:
        return 0.0
    matrix = view.registration.between(view.t - 1, view.t)
    return float(np.arctan2(matrix[0, 1], matrix[1, 1]))  # where the direction +x went


def _single(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.astype(np.float32).ravel()
