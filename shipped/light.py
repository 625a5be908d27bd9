"""The light of a movie: cells as a microscope shows them, with all that is in the way."""

from __future__ import annotations

import numpy as np
from crowds import Crowd
from glass import Glass
from noise import smooth, wandering
from numpy.typing import NDArray
from optics import Mode, Optics
from stain import Stain, pixels


def lit(crowd: Crowd, rng: np.random.Generator, *, mode: Mode) -> tuple[NDArray[np.float32], float]:
    """Expected light of every frame, (T, Y, X), and the SD of it within cells over its mean."""
    n_frames, height, width = crowd.labels.shape
    typical = float(np.median(crowd.radius_px[1:]))
    optics = Optics.drawn(rng, typical, mode)
    stain = Stain(rng, crowd, mode)
    drift = np.cumsum(np.ones((n_frames, 2)) * rng.normal(0, 0.5, 2) * (rng.random() < 0.2), axis=0)
    out_of_focus = float(np.clip(rng.gamma(1.5, 0.5), 0, 0.15 * typical + 0.6)) + 0.4
    focus = np.abs(0.4 * wandering(rng, n_frames, (), memory=0.7))
    flicker = 1 + rng.choice([0, 0.03]) * rng.standard_normal(n_frames)
    out = np.empty((n_frames, height, width), np.float32)
    for t in range(n_frames):
        p = pixels(crowd, t)
        # A pixel at the outline is covered by half: the outline is never a step.
        out[t] = optics.light(smooth(stain.thickness(p), 0.6), stain.detail(p))
    cells = crowd.labels > 0
    contrast = float(np.std(out[cells])) if cells.any() else 0.1
    glass = Glass(rng, (height, width), typical_px=typical, contrast=contrast, mode=mode)
    for t in range(n_frames):
        light = (out[t] + glass.moved(t, drift)) * glass.uneven
        out[t] = np.maximum(smooth(light, out_of_focus * (1 + focus[t])) * flicker[t], 0)
    return out, contrast / float(out.mean())
