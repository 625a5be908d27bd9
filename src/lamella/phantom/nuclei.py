"""Nuclei in a still field: where they lie, which pixels are theirs, and the cells around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.kernels.filters import blurred

FloatArray = NDArray[np.float64]

_APART, _AGAINST = 1.25, 0.98
"""Distance of centres over the sum of the radii: at least, and where one lies against another."""
_TRIES = 200
_TEXTURE_SD, _GRAIN_PX = 0.12, 2.0


class Nucleus(NamedTuple):
    """An ellipse, and what it shows."""

    y: float
    x: float
    radius: float
    """Of the circle of the same area, px."""
    elongation: float
    """Major over minor axis."""
    angle: float
    positive: bool = False
    edu_e: float = 0.0


class FieldScene(NamedTuple):
    """What the nuclei of a field cover, before light and camera."""

    labels: Image
    """(Y, X) uint16; number k is nucleus k − 1."""
    texture: FloatArray
    """(Y, X) about 1."""
    bodies: FloatArray
    """(Y, X) thickness of the cells, 1 above the nucleus."""


def placed(
    rng: np.random.Generator,
    *,
    n: int,
    field_px: tuple[int, int],
    radius_px: float,
    touching: float,
) -> list[Nucleus]:
    """Up to `n` nuclei with their centres in the field; fewer where there is no room.

    A share `touching` of them is laid against another; the others keep their distance.
    """
    found: list[Nucleus] = []
    for _ in range(n):
        radius = radius_px * (1 + 0.1 * float(np.clip(rng.standard_normal(), -2, 2)))
        shape = radius, float(rng.uniform(1.0, 1.5)), float(rng.uniform(0, math.pi))
        beside = bool(found) and rng.random() < touching
        for _ in range(_TRIES):
            partner = found[int(rng.integers(len(found)))] if beside else None
            y, x = _somewhere(rng, field_px, partner, radius)
            inside = 0 <= y < field_px[0] and 0 <= x < field_px[1]
            if inside and all(
                math.hypot(y - o.y, x - o.x) > _APART * (radius + o.radius)
                for o in found
                if o is not partner
            ):
                found.append(Nucleus(y, x, *shape))
                break
    return found


def rendered(
    nuclei: Sequence[Nucleus],
    rng: np.random.Generator,
    *,
    field_px: tuple[int, int],
    reach_px: float,
) -> FieldScene:
    """Paint nuclei; where two overlap, a pixel belongs to the one in which it lies deeper.

    Cells thin out from their nucleus to `reach_px` beyond its centre.
    """
    labels = np.zeros(field_px, np.uint16)
    depth = np.full(field_px, np.inf)
    nearest = np.full(field_px, np.inf)
    for number, nucleus in enumerate(nuclei, start=1):
        window, dy, dx = _around(nucleus, field_px, reach_px)
        rho = _rho(nucleus, dy, dx)
        own = (rho < 1) & (rho < depth[window])
        labels[window][own] = number
        depth[window][own] = rho[own]
        np.minimum(nearest[window], np.hypot(dy, dx), out=nearest[window])
    grain = blurred(rng.standard_normal(field_px).astype(np.float32), _GRAIN_PX)
    texture = 1 + _TEXTURE_SD * grain / max(float(grain.std()), 1e-12)
    bodies = np.clip(1 - (nearest / reach_px) ** 2, 0, None)
    return FieldScene(labels, np.maximum(texture, 0.2).astype(np.float64), np.sqrt(bodies))


def _somewhere(
    rng: np.random.Generator, field_px: tuple[int, int], partner: Nucleus | None, radius: float
) -> tuple[float, float]:
    if partner is None:
        return float(rng.uniform(0, field_px[0])), float(rng.uniform(0, field_px[1]))
    angle = float(rng.uniform(0, 2 * math.pi))
    away = _AGAINST * (partner.radius + radius)
    return partner.y + away * math.sin(angle), partner.x + away * math.cos(angle)


def _around(
    nucleus: Nucleus, field_px: tuple[int, int], reach: float
) -> tuple[tuple[slice, slice], FloatArray, FloatArray]:
    """Window of the field within reach of a nucleus, and distances from its centre there."""
    far = math.ceil(max(reach, 2 * nucleus.radius)) + 1
    rows, columns = (
        slice(max(int(at) - far, 0), min(int(at) + far + 1, size))
        for at, size in zip((nucleus.y, nucleus.x), field_px, strict=True)
    )
    dy = np.arange(rows.start, rows.stop)[:, None] - nucleus.y
    dx = np.arange(columns.start, columns.stop)[None, :] - nucleus.x
    down, right = np.broadcast_arrays(dy, dx)
    return (rows, columns), down, right


def _rho(nucleus: Nucleus, dy: FloatArray, dx: FloatArray) -> FloatArray:
    """Distance from the centre over that of the outline in the same direction."""
    along = dx * math.cos(nucleus.angle) + dy * math.sin(nucleus.angle)
    across = dy * math.cos(nucleus.angle) - dx * math.sin(nucleus.angle)
    stretch = math.sqrt(nucleus.elongation)
    rho: FloatArray = np.hypot(along / stretch, across * stretch) / nucleus.radius
    return rho
