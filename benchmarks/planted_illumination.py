"""Fields of cells under light that is known to be uneven, seen with 4 × 4 binning."""

from __future__ import annotations

import numpy as np

SHAPE = (260, 348)
DARK = 100.0


def light(kind, seed):
    """Illumination of mean 1: a vignette off the centre, a tilt, or both."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(SHAPE)
    v, u = (y / SHAPE[0] - 0.5), (x / SHAPE[1] - 0.5)
    out = np.ones(SHAPE)
    if kind in ("vignette", "both"):
        cy, cx = rng.uniform(-0.2, 0.2, 2)
        depth = rng.uniform(0.8, 1.6)
        out /= (1 + depth * ((v - cy) ** 2 + (u - cx) ** 2)) ** 2  # cos⁴ of the angle
    if kind in ("tilt", "both"):
        angle, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.6)
        out *= 1 + slope * (np.cos(angle) * v + np.sin(angle) * u)
    return out / out.mean()


def fields(n, *, cover, ground, flat, seed):
    """(n, Y, X) uint16: discs of lognormal brightness over a ground, Poisson and read noise."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(SHAPE)
    made = []
    for _ in range(n):
        image = np.full(SHAPE, ground * rng.lognormal(0, 0.15))
        for _ in range(int(-np.log(1 - cover) * image.size / (np.pi * 4**2)) + 1):
            cy, cx, radius = *rng.uniform(0, SHAPE), rng.uniform(3, 5)
            part = np.s_[max(0, int(cy) - 5) : int(cy) + 7, max(0, int(cx) - 5) : int(cx) + 7]
            inside = np.hypot(y[part] - cy, x[part] - cx) < radius
            image[part][inside] = ground + 600 * rng.lognormal(0, 0.5)
        seen = rng.poisson(image * flat) + DARK + rng.normal(0, 3, SHAPE)
        made.append(np.clip(np.round(seen), 0, 65535).astype(np.uint16))
    return np.stack(made)


def rms_error(found, truth):
    """RMS of found ÷ truth − 1, both of mean 1."""
    ratio = found / truth
    return float(np.sqrt(np.mean((ratio / ratio.mean() - 1) ** 2)))
