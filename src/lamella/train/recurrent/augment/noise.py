"""Noise of the camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def noisy(
    frames: NDArray[np.float32], rng: np.random.Generator, *, sd: float
) -> NDArray[np.float32]:
    """Normally distributed noise added to every pixel of every frame on its own."""
    out: NDArray[np.float32] = frames + np.float32(sd) * rng.standard_normal(
        frames.shape, np.float32
    )
    return out
