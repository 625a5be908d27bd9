"""The pixels round one cell, in the cell's own coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.phantom.outline import N_ANGLES, Shape

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """The pixels round one cell, seen from the cell.

    Parameters
    ----------
    top, left : int
        Pixel of the field at which the arrays begin; may lie outside the field.
    rho : (h, w) float32 array
        Distance from the origin of the outline.
    edge, body : (h, w) float32 array
        Where, in the pixel's direction, the cell and its body end.
    along, across : (h, w) float32 array
        Coordinates along the front direction and across it.
    """

    top: int
    left: int
    rho: Plane
    edge: Plane
    body: Plane
    along: Plane
    across: Plane

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Pixels whose centre lies within the outline."""
        inside: NDArray[np.bool_] = self.rho < self.edge
        return inside

    @property
    def lamellipodium(self) -> NDArray[np.bool_]:
        """Pixels whose centre lies within the lamellipodium."""
        front: NDArray[np.bool_] = self.inside & (self.rho >= self.body)
        return front


def view_of(shape: Shape, *, centroid: tuple[float, float], direction: float) -> View:
    """The pixels of a cell whose centroid (y, x) and front direction (radians) are given."""
    forward, sideways = np.cos(direction), np.sin(direction)
    along_c, across_c = shape.centroid_px
    x_origin = centroid[1] - (along_c * forward - across_c * sideways)
    y_origin = centroid[0] - (along_c * sideways + across_c * forward)
    reach = shape.reach_px + 2.0
    top, left = int(np.floor(centroid[0] - reach)), int(np.floor(centroid[1] - reach))
    size = int(np.ceil(2 * reach)) + 2
    y = (np.arange(size) + (top - y_origin)).astype(np.float32)[:, None]
    x = (np.arange(size) + (left - x_origin)).astype(np.float32)[None, :]
    along = x * np.float32(forward) + y * np.float32(sideways)
    across = y * np.float32(forward) - x * np.float32(sideways)
    rho, angle = cv2.cartToPolar(along, across)
    place = angle * np.float32(N_ANGLES / (2 * np.pi))
    whole = place.astype(np.int32)
    part = place - whole
    edge, body = (_looked_up(table, whole, part) for table in (shape.radius_px, shape.body_px))
    return View(top, left, rho, edge, body, along, across)


def _looked_up(table: NDArray[Any], whole: NDArray[Any], part: Plane) -> Plane:
    """The table at fractional places, linear between entries and closed to a circle."""
    ring = np.concatenate([table, table[:2]]).astype(np.float32)
    low = ring[whole]
    out: Plane = low + part * (ring[whole + 1] - low)
    return out
