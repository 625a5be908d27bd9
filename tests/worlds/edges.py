"""Outlines that move as told, with the normal velocity of their edge known everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Path = Callable[[float], NDArray[np.float64]]


@dataclass(frozen=True)
class MovingEllipse:
    """centre(t) + matrix(t) · (sin θ, cos θ), (y, x) in px, t in frames: any disc or ellipse."""

    name: str
    centre: Path
    matrix: Path

    def points(self, t: float, n: int = 400) -> Points:
        """The outline, (n, 2), clockwise on the screen."""
        return self.centre(t) + _circle(n) @ self.matrix(t).T

    def area(self, t: float) -> float:
        return float(np.pi * abs(np.linalg.det(self.matrix(t))))

    def mask(self, t: float, field: tuple[int, int]) -> NDArray[np.bool_]:
        """Pixels whose centre lies inside."""
        grid = np.moveaxis(np.mgrid[: field[0], : field[1]], 0, -1) - self.centre(t)
        return (np.linalg.solve(self.matrix(t), grid[..., None])[..., 0] ** 2).sum(-1) <= 1

    def normal_velocity(self, t: float, places: Points, n: int = 2000) -> NDArray[np.float64]:
        """px per frame, positive outwards, at the points of the outline nearest to the places."""
        h = 1e-4
        line = self.points(t, n)
        moving = (self.points(t + h, n) - self.points(t - h, n)) / (2 * h)
        along = np.roll(line, -1, 0) - np.roll(line, 1, 0)
        normal = np.stack([-along[:, 1], along[:, 0]], 1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        nearest = ((places[:, None] - line) ** 2).sum(-1).argmin(1)
        return (moving * normal).sum(1)[nearest]


def moving_edges(
    radius_px: float, speed_px: float, phase: float, centre: tuple[float, float]
) -> list[MovingEllipse]:
    """◯ ⬭ that grow, glide, turn and shear; the edge moves by at most about `speed_px` a frame.

    Parameters
    ----------
    radius_px : float
        Of the disc; the ellipses have half-axes of 1.3 and 0.7 of it.
    phase : float
        Direction of the glide and of the long axis, radians from +x towards +y.
    centre : (float, float)
        (y, x) in frame 0.
    """
    at = np.array(centre)
    still = _always(at)
    disc = radius_px * np.eye(2)
    long, short = 1.3 * radius_px, 0.7 * radius_px
    oval = _rotation(phase) @ np.diag([short, long])
    glide = speed_px * np.array([np.sin(phase), np.cos(phase)])
    # The edge of an ellipse that turns by w moves by at most w (long² − short²) / 2 · (…) ≈
    # w (long − short).
    turn = speed_px / (long - short)
    growth = speed_px / radius_px

    def shear(t: float) -> Points:
        return np.array([[1.0, 0.0], [speed_px / radius_px * t, 1.0]])

    return [
        MovingEllipse("disc that grows", still, lambda t: disc * (1 + growth * t)),
        MovingEllipse("disc that glides", lambda t: at + glide * t, _always(disc)),
        MovingEllipse("disc that turns", still, lambda t: _rotation(turn * t) @ disc),
        MovingEllipse("disc that shears", still, lambda t: shear(t) @ disc),
        MovingEllipse("ellipse that grows", still, lambda t: oval * (1 + growth / 1.3 * t)),
        MovingEllipse("ellipse that glides", lambda t: at + glide * t, _always(oval)),
        MovingEllipse("ellipse that turns", still, lambda t: _rotation(turn * t) @ oval),
        MovingEllipse("ellipse that shears", still, lambda t: shear(t) @ oval),
    ]


def _always(value: NDArray[np.float64]) -> Path:
    return lambda t: value


def _circle(n: int) -> Points:
    angle = np.arange(n) / n * 2 * np.pi
    return np.stack([np.sin(angle), np.cos(angle)], 1)


def _rotation(angle: float) -> Points:
    """From +x towards +y, on vectors (y, x)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s], [-s, c]])
