"""What a cell is made of, pixel by pixel: its height, and the detail within it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from crowds import Crowd
from noise import Plane, grid, read, tile
from numpy.typing import NDArray
from optics import Mode


class Pixels(NamedTuple):
    """Of one frame: where in its cell every pixel lies. Nothing is told of the background."""

    inside: Plane
    depth: Plane
    """Distance from the edge of the cell, px."""
    radius: Plane
    """Of the cell, px."""
    y: Plane
    """Row from the centre of the cell."""
    x: Plane
    cell: NDArray[np.uint16]


def pixels(crowd: Crowd, t: int) -> Pixels:
    """Where in their cells the pixels of a frame lie."""
    labels = crowd.labels[t]
    edge = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        step = np.diff(labels.astype(np.int32), axis=axis) != 0
        first = tuple(slice(None, -1) if a == axis else slice(None) for a in (0, 1))
        second = tuple(slice(1, None) if a == axis else slice(None) for a in (0, 1))
        edge[first] |= step
        edge[second] |= step
    inner = ((labels > 0) & ~edge).astype(np.uint8)
    depth = cv2.distanceTransform(inner, cv2.DIST_L2, 3).astype(np.float32)
    centre = crowd.centre_px[t].astype(np.float32)
    y, x = grid(labels.shape)
    return Pixels(
        inside=(labels > 0).astype(np.float32),
        depth=depth,
        radius=crowd.radius_px.astype(np.float32)[labels],
        y=y - centre[:, 0][labels],
        x=x - centre[:, 1][labels],
        cell=labels,
    )


class Stain:
    """How the cells of one movie look, and their own shares of it."""

    def __init__(self, rng: np.random.Generator, crowd: Crowd, mode: Mode) -> None:
        n = len(crowd.radius_px)
        self._rounded = crowd.rounded.astype(np.float32)
        typical = float(np.median(crowd.radius_px[1:]))
        weights = rng.dirichlet([0.5, 0.8, 0.8])
        # A cell is nowhere so thin that it cannot be seen.
        self._flat, self._dome, self._middle = (float(w) for w in 0.12 + 0.64 * weights)
        self._steep = rng.uniform(0.08, 0.6)
        self._wide, self._blunt = rng.uniform(0.35, 0.9), rng.uniform(0.7, 3.0)
        spread = rng.uniform(0, 0.45)
        self._strength = np.exp(spread * rng.standard_normal(n)).astype(np.float32)
        self._shift = (rng.standard_normal((n, 2)) * 500).astype(np.float32)
        self._off = (0.2 * rng.standard_normal((n, 2))).astype(np.float32)
        scale = float(np.clip(typical * rng.uniform(0.08, 0.5), 2, 30))
        self._mottle = tile(rng, scale, roughness=rng.uniform(0, 0.7))
        self._mottle_size = rng.choice([0.0, 0.1, 0.3, 0.6]) * rng.uniform(0.5, 1.8)
        self._grain = tile(rng, rng.uniform(2.5, 6))
        self._grain_size = rng.choice([0.0, 0.15, 0.4]) * rng.uniform(0.5, 1.5)
        self._spots = rng.uniform(1.2, 2.2), rng.uniform(-0.6, 0.9)
        self._ruffle = tile(rng, float(np.clip(0.5 * typical, 4, 40)))
        self._ruffle_size = rng.choice([0.0, 0.5, 1.5]) * rng.uniform(-0.3, 1.0)
        self._ruffle_px = rng.uniform(0.8, 3.0), rng.uniform(0.5, 2.5)
        self._nucleus = rng.uniform(0.3, 0.55)
        self._nucleus_size = rng.choice([0.0, 1.0], p=[0.35, 0.65]) * rng.uniform(-0.7, 0.7)
        if mode == "fluorescence" and rng.random() < 0.3:
            self._nucleus_size = rng.uniform(0.5, 2.0)
        self._nucleoli = rng.uniform(0, 0.8)

    def thickness(self, p: Pixels) -> Plane:
        """Smooth height of the cells; about 1 in the middle of a typical one."""
        deep = p.depth / p.radius
        dome = 1 - np.exp(-deep / np.float32(self._steep))
        off = self._off[p.cell]
        away = ((p.y - off[..., 0] * p.radius) ** 2 + (p.x - off[..., 1] * p.radius) ** 2) / (
            self._wide * p.radius
        ) ** 2
        middle = np.exp(-(away**self._blunt))
        height = self._flat + self._dome * dome + self._middle * middle * np.minimum(3 * deep, 1)
        ball = np.sqrt(np.clip(1 - (1 - np.minimum(deep, 1)) ** 2, 0, 1)) * 2.2
        round_now = self._rounded[p.cell]
        height = (1 - round_now) * height + round_now * ball
        return np.asarray(height * self._strength[p.cell] * p.inside, np.float32)

    def detail(self, p: Pixels) -> Plane:
        """Mottle, granules, ruffles at the edge and the nucleus; about 0 on average."""
        shift = self._shift[p.cell]
        v, u = p.y + shift[..., 0], p.x + shift[..., 1]
        deep = np.minimum(p.depth / (0.25 * p.radius), 1)
        made = self._mottle_size * read(self._mottle, v, u)
        grain = read(self._grain, v, u)
        threshold, sign = self._spots
        made += self._grain_size * deep * grain
        made += sign * np.clip(np.abs(grain) - threshold, 0, 1) * np.sign(grain) * deep
        start, width = self._ruffle_px
        rim = np.exp(-(((p.depth - start) / width) ** 2)) * (
            0.5 + 0.5 * np.clip(read(self._ruffle, v, u), -1, 2)
        )
        made += self._ruffle_size * rim
        off = self._off[p.cell]
        from_nucleus = np.hypot(p.y - off[..., 0] * p.radius, p.x - off[..., 1] * p.radius) / (
            self._nucleus * p.radius
        )
        nucleus = np.clip(4 * (1 - from_nucleus), 0, 1)
        made = made * (1 - 0.6 * nucleus * (self._nucleus_size != 0))
        made += self._nucleus_size * (
            nucleus
            + 0.5 * np.exp(-(((from_nucleus - 1) / 0.15) ** 2))
            - self._nucleoli * nucleus * (read(self._grain, v * 0.7, u * 0.7) > 1.3)
        )
        return np.asarray(made * p.inside, np.float32)
