"""Illumination planted in phantoms, and what is left of it: ours, and CellProfiler's definition."""

from __future__ import annotations

import numpy as np
from planted_illumination import DARK, SHAPE, fields, light, rms_error

from lamella.core.frames import ArrayFrames
from lamella.preprocess import Illumination

SEEDS = (401, 402, 403)  # others than those that settings were chosen on
FIELDS = (
    ("few cells, ground gives light", 0.08, 150),
    ("few cells, black ground", 0.08, 5),
    ("cells cover 60 %", 0.6, 150),
    ("cells cover 85 %", 0.85, 30),
)


def regular(images):
    """CellProfiler's *Regular* function over all images: their mean, blurred, by its own size.

    The size is 1/40 of the image, at most 30 px, the SD of the blur that divided by 2.35.
    """
    from scipy.ndimage import gaussian_filter

    size = min(30.0, np.mean(images.shape[1:]) / 40)
    blurred = gaussian_filter(images.mean(axis=0) - DARK, size / 2.35, mode="constant")
    weight = gaussian_filter(np.ones(images.shape[1:]), size / 2.35, mode="constant")
    found = blurred / weight
    return found / found.mean()


def illumination_table() -> str:
    lines = [
        "## Uneven illumination",
        "",
        f"Fields of {SHAPE[0]} × {SHAPE[1]} px with cells of 6 to 10 px, lognormal brightness, "
        "Poisson and read noise, under a vignette (cos⁴) off the centre with a tilt. RMS error of "
        f"the light over the field, worst of {len(SEEDS)} phantoms, for default settings of "
        "`Illumination` with the dark level given; beside it the definition of CellProfiler's "
        "*Regular* function (mean of all images, Gaussian of its automatic size). BaSiC needs jax "
        "or Matlab and was not run.",
        "",
        "| fields | number | before | after | CellProfiler’s definition |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, cover, ground in FIELDS:
        for n in (6, 24):
            before, after, other = [], [], []
            for seed in SEEDS:
                flat = light("both", seed)
                images = fields(n, cover=cover, ground=ground, flat=flat, seed=seed)
                step = Illumination(dark=DARK)
                made = step.estimate(step.prepare(ArrayFrames(images)))
                before.append(rms_error(np.ones(SHAPE), flat))
                after.append(rms_error(made.image, flat))
                other.append(rms_error(regular(images), flat))
            told = " | ".join(f"{max(v):.1%}" for v in (before, after, other))
            lines.append(f"| {name} | {n} | {told} |")
    return "\n".join(lines)
