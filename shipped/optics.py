"""How a microscope makes light of thickness: phase contrast, bright field or fluorescence.

Phase contrast is computed from the wave: a cell delays the light by a phase, and a ring shifts and
dims what passes undiffracted, so that dark cells with a bright rim, bright ones with a dark rim,
halos and shade-off all come out of the same few numbers.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from noise import Plane, smooth

Mode = Literal["phase", "bright", "fluorescence"]


class Optics(NamedTuple):
    """How one movie's microscope makes light of thickness."""

    mode: Mode
    phase: float
    ring: complex
    """By how much what passes undiffracted is dimmed and shifted."""
    caught: float
    """Share of it that the ring catches."""
    reach_px: float
    absorbs: float
    textured: float
    background: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, typical_px: float, mode: Mode) -> Optics:
        sign = 1 if rng.random() < 0.25 else -1
        reach = float(np.clip(typical_px * np.exp(rng.uniform(np.log(0.05), np.log(0.7))), 1.5, 30))
        return cls(
            mode=mode,
            phase=float(np.exp(rng.uniform(np.log(0.15), np.log(2.5)))),
            ring=complex(0, sign) * rng.uniform(0.25, 1.0),
            caught=rng.uniform(0.5, 1.0),
            reach_px=reach,
            absorbs=rng.choice([0.0, 0.08, 0.3]) * rng.uniform(-1, 1),
            textured=rng.uniform(0.1, 1.2),
            background=float(rng.choice([0.02, 0.1, 0.5, 2.0])) * rng.uniform(0.5, 1.5),
        )

    def light(self, thickness: Plane, detail: Plane) -> Plane:
        """Light of a frame; the bare field is 1 (in fluorescence, `background`)."""
        if self.mode == "fluorescence":
            light = np.maximum(thickness * (1 + self.textured * detail), 0) + self.background
            return np.asarray(light, np.float32)
        delay = self.phase * thickness * (1 + 0.5 * self.textured * detail)
        if self.mode == "bright":
            near, far = max(0.12 * self.reach_px, 0.7), max(0.4 * self.reach_px, 1.6)
            edges = smooth(delay, near) - smooth(delay, far)
            light = 1 + 0.5 * np.sign(self.ring.imag) * edges + self.absorbs * thickness
            return np.asarray(np.maximum(light, 0.02), np.float32)
        through, shifted = np.cos(delay) - 1, np.sin(delay)
        coarse = 1 + smooth(through, self.reach_px) + 1j * smooth(shifted, self.reach_px)
        wave = 1 + through + 1j * shifted - self.caught * (1 - self.ring) * coarse
        bare = abs(1 - self.caught * (1 - self.ring)) ** 2
        light = np.abs(wave) ** 2 / bare
        light *= np.exp(-self.absorbs * thickness * (1 + detail))
        return np.asarray(light, np.float32)
