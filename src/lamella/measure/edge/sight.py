"""What one frame shows of the edges of its cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.kernels.edge_swept import edge_step
from lamella.kernels.outline_shape import (
    curvature_of,
    largest_of_stretches,
    means_of_stretches,
    origin_of,
    placed,
    stretches,
)
from lamella.kernels.outline_smooth import arc_lengths
from lamella.kernels.regions import Regions, inside_of
from lamella.measure.edge.bands import Bands
from lamella.measure.edge.look import Look, Traced
from lamella.measure.view import FrameView, Seen

PLACE, CURVATURE, CONTACT = "place_px", "curvature_px", "contact"
"""Names of what is kept of the frame itself: (k, n, 2), (k, n), (k, n)."""
SWEPT, LENGTH, CAME_FROM, CONTACT_BEFORE = "swept_px2", "length_px", "came_from", "contact_before"
"""Names of what is kept of the step from the frame before, (k, n) each."""


def seen_edges(view: FrameView, look: Look) -> Seen:
    """What n positions of every cell show, from a provisional origin on.

    That origin depends on the outline alone (`outline_origin`), so that a frame is measured without
    those before; `followed` turns the positions later. Windows begin at every position, for the
    same reason: those that the origin asks for are chosen then.
    """
    regions, k, n = view.regions, len(view.regions.label), look.n
    place = np.empty((k, n, 2), np.float32)
    swept, length, came_from = (np.full((k, n), np.nan) for _ in range(3))
    bends = np.empty((k, n), np.float32)
    contact, contact_before = (np.zeros((k, n), np.int8) for _ in range(2))
    perimeter, share = np.empty(k), np.empty(k)
    bands = Bands(view, look)
    turn = _turn(view)
    for i, (label, box) in enumerate(zip(regions.label, regions.box, strict=True)):
        edge = Traced.of(view.labels, view.masks[i], box, look.smoothing_px)
        points = edge.outline.points
        origin = origin_of(points, 0.0)
        place[i] = placed(points, origin, n)
        own = stretches(points, origin, n)
        bends[i] = means_of_stretches(curvature_of(points, look.curvature_px), *own)
        contact[i] = largest_of_stretches(edge.outline.contact, *own)
        perimeter[i], share[i] = arc_lengths(points)[-1], edge.share
        before = _before(view, label, look)
        if before is not None and edge.meets(before):
            earlier = before.outline
            origin_before = origin_of(earlier.points, turn)
            step = edge_step(
                earlier.points,
                points,
                positions=n,
                origins=(origin_before, origin),
                stiffness=look.stiffness,
                shift=_shift(view, i, label) if look.follow_centroid else (0.0, 0.0),
            )
            swept[i], length[i], came_from[i] = step
            nearest = np.rint(step.came_from).astype(np.int64) % n
            own = stretches(earlier.points, origin_before, n)
            contact_before[i] = largest_of_stretches(earlier.contact, *own)[nearest]
        bands.add(i, edge, origin)
    kept: dict[str, NDArray[Any]] = {
        PLACE: place,
        CURVATURE: bends,
        CONTACT: contact,
        SWEPT: swept,
        LENGTH: length.astype(np.float32),
        CAME_FROM: came_from,
        CONTACT_BEFORE: contact_before,
        **bands.kept,
    }
    return Seen({Col.EDGE_PERIMETER_PX: perimeter, Col.EDGE_FOLLOWED: share}, kept=kept)


def _before(view: FrameView, label: np.int64, look: Look) -> Traced | None:
    """The cell's outline in the frame before, where the drift took it."""
    if view.previous_labels is None or view.previous_regions is None:
        return None
    box = _box_of(view.previous_regions, label)
    if box is None:
        return None
    inside = inside_of(view.previous_labels, label, box)
    return Traced.of(view.previous_labels, inside, box, look.smoothing_px)


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
