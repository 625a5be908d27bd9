"""Masks of one frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Field = tuple[int, int]
Point = tuple[float, float]


def middle(field: Field) -> Point:
    """The point in the middle of a field: ``(7.5, 7.5)`` of 16 × 16."""
    return (field[0] - 1) / 2, (field[1] - 1) / 2


def _from(at: Point | None, field: Field) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y0, x0 = middle(field) if at is None else at
    y, x = np.ogrid[: field[0], : field[1]]
    return y - y0, x - x0


def disc(radius_px: float, at: Point | None = None, field: Field = (64, 64)) -> Mask:
    """( ● )   a disc; in the middle of the field unless said otherwise."""
    y, x = _from(at, field)
    return y * y + x * x <= radius_px**2


def ring(
    inner_px: float, outer_px: float, at: Point | None = None, field: Field = (64, 64)
) -> Mask:
    """( ◎ )   a disc with a hole: inner_px < distance ≤ outer_px."""
    y, x = _from(at, field)
    square = y * y + x * x
    return (square > inner_px**2) & (square <= outer_px**2)


def ellipse(
    axes_px: tuple[float, float],
    angle: float = 0.0,
    at: Point | None = None,
    field: Field = (64, 64),
) -> Mask:
    """( ⬭ )   half-axes (long, short); the long one at `angle` radians from +x towards +y."""
    y, x = _from(at, field)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return (along / axes_px[0]) ** 2 + (across / axes_px[1]) ** 2 <= 1


def line(length_px: int, at: tuple[int, int] = (8, 8), field: Field = (64, 64)) -> Mask:
    """( ─ )   a row of pixels, one pixel high, that begins at `at`."""
    mask = np.zeros(field, bool)
    mask[at[0], at[1] : at[1] + length_px] = True
    return mask


def one_pixel(at: tuple[int, int] = (8, 8), field: Field = (64, 64)) -> Mask:
    """( · )   the smallest cell there is."""
    return line(1, at, field)
