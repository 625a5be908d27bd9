"""What lies on and in front of the glass besides cells: dirt, rings, scratches, uneven light."""

from __future__ import annotations

import cv2
import numpy as np
from noise import Plane, grid, read, tile
from numpy.typing import NDArray
from optics import Mode


class Glass:
    """What is added to the light of every frame, and by what all light is multiplied."""

    def __init__(
        self,
        rng: np.random.Generator,
        field_px: tuple[int, int],
        *,
        typical_px: float,
        contrast: float,
        mode: Mode,
    ) -> None:
        self._shape = field_px
        self.added = np.zeros(field_px, np.float32)
        size = contrast * rng.choice([0.0, 0.3, 1.0]) * rng.uniform(0.3, 1.2)
        if size > 0:
            self._grains(rng, size, typical_px)
            self._rings(rng, 0.25 * size)
        if rng.random() < 0.25:
            self._scratch(rng, 0.5 * size + 0.1 * contrast)
        if rng.random() < 0.1:
            self._brink(rng, contrast)
        if rng.random() < 0.35:
            dirt = tile(rng, rng.uniform(2, 8), roughness=0.2)
            where = tile(rng, rng.uniform(15, 60))
            y, x = grid(field_px)
            patchy = np.clip(read(where, y, x) - rng.uniform(0.5, 2), 0, 1)
            self.added += contrast * rng.uniform(0.1, 0.6) * patchy * read(dirt, y, x)
        if mode == "fluorescence":
            self.added = np.abs(self.added) * (rng.random() < 0.5)
        self.uneven = self._uneven(rng)

    def _grains(self, rng: np.random.Generator, size: float, typical_px: float) -> None:
        height, width = self._shape
        for _ in range(int(rng.poisson(rng.choice([3, 12, 40])))):
            radius = min(float(rng.gamma(2, 0.8)) + 0.7, 0.2 * typical_px)
            strength = size * rng.standard_normal()
            y, x = rng.uniform(0, height), rng.uniform(0, width)
            long = rng.uniform(1, 2.5)
            self._spot(y, x, radius, strength, long, rng.uniform(0, np.pi), rng.uniform(0, 1.2))

    def _spot(
        self,
        y: float,
        x: float,
        radius: float,
        strength: float,
        long: float,
        turn: float,
        rim: float,
    ) -> None:
        reach = int(4 * radius * long) + 2
        top, left = int(y) - reach, int(x) - reach
        there = (
            slice(max(top, 0), max(top + 2 * reach, 0)),
            slice(max(left, 0), max(left + 2 * reach, 0)),
        )
        part = self.added[there]
        if part.size == 0:
            return
        v = np.arange(there[0].start, there[0].start + part.shape[0])[:, None] - y
        u = np.arange(there[1].start, there[1].start + part.shape[1])[None] - x
        along, across = np.cos(turn) * u + np.sin(turn) * v, np.cos(turn) * v - np.sin(turn) * u
        far = np.hypot(along / long, across) / radius
        part += strength * (np.exp(-(far**2)) - rim * np.exp(-(((far - 1.8) / 0.6) ** 2)))

    def _rings(self, rng: np.random.Generator, size: float) -> None:
        y, x = grid(self._shape)
        for _ in range(int(rng.poisson(1.5))):
            v, u = y - rng.uniform(0, self._shape[0]), x - rng.uniform(0, self._shape[1])
            far = np.hypot(v, u) / rng.uniform(6, 45)
            self.added += (
                size
                * rng.uniform(-1, 1)
                * (np.cos(rng.uniform(2, 9) * far) * np.exp(-(far**2))).astype(np.float32)
            )

    def _scratch(self, rng: np.random.Generator, size: float) -> None:
        y, x = grid(self._shape)
        angle, bend = rng.uniform(0, np.pi), rng.uniform(-0.002, 0.002)
        along = np.cos(angle) * (x - self._shape[1] / 2) + np.sin(angle) * (y - self._shape[0] / 2)
        across = np.cos(angle) * (y - self._shape[0] / 2) - np.sin(angle) * (x - self._shape[1] / 2)
        across = across + bend * along**2 + rng.uniform(-100, 100)
        width = np.exp(rng.uniform(np.log(0.7), np.log(15)))
        self.added += size * rng.choice([-1, 1]) * np.exp(-((across / width) ** 2))

    def _brink(self, rng: np.random.Generator, size: float) -> None:
        """The wall of a well, or its shadow: a wide band of light along one side."""
        y, x = grid(self._shape)
        angle = rng.uniform(0, 2 * np.pi)
        v, u = y - self._shape[0] / 2, x - self._shape[1] / 2
        away = np.sin(angle) * v + np.cos(angle) * u - rng.uniform(0.25, 0.6) * min(self._shape)
        width = rng.uniform(6, 40)
        band = np.exp(-((away / width) ** 2)) - 0.5 * np.exp(-(((away + width) / width) ** 2))
        self.added += size * rng.uniform(-1, 1.5) * band

    def _uneven(self, rng: np.random.Generator) -> Plane:
        height, width = self._shape
        y, x = grid(self._shape)
        v, u = y / height - 0.5, x / width - 0.5
        c = rng.standard_normal(5) * rng.choice([0.02, 0.1, 0.25])
        light = 1 + c[0] * v + c[1] * u + c[2] * (v * v + u * u) + c[3] * v * u
        wave = tile(rng, 90)
        light = light + 0.1 * c[4] * read(wave, y * 0.5, x * 0.5)
        return np.asarray(np.maximum(light, 0.15), np.float32)

    def moved(self, t: int, drift: NDArray[np.float64]) -> Plane:
        """The dirt of frame `t`: it lies on the glass and drifts with the stage."""
        dy, dx = drift[t]
        if dy == 0 and dx == 0:
            return self.added
        y, x = grid(self._shape)
        return np.asarray(
            cv2.remap(
                self.added, x - np.float32(dx), y - np.float32(dy), cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT,
            ),
            np.float32,
        )  # fmt: skip
