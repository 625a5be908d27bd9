"""What spoils a movie besides the camera: bleaching, uneven light, a drifting stage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def bleached(t: int, *, per_frame: float) -> float:
    """Share of the fluorescence left in frame `t`, ``(1 − per_frame)^t``."""
    return float((1.0 - per_frame) ** t)


def illumination(
    field_px: tuple[int, int], *, gradient: float, direction: float
) -> NDArray[np.float32]:
    """Relative light over the field, linear along `direction` (radians), mean 1.

    From one end of the field to the other it changes by `gradient`: 0.3 means 0.85 to 1.15.
    """
    height, width = field_px
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None] * np.float32(np.sin(direction))
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :] * np.float32(np.cos(direction))
    span = abs(np.sin(direction)) + abs(np.cos(direction))
    light: NDArray[np.float32] = 1 + np.float32(gradient / span) * (y + x)
    return light


def drifted(n_frames: int, *, drift_px_per_frame: tuple[float, float]) -> NDArray[np.float64]:
    """How far the image has moved at each frame, (T, 2) as (y, x) px; frame 0 at 0."""
    moved: NDArray[np.float64] = np.arange(n_frames, dtype=np.float64)[:, None] * np.asarray(
        drift_px_per_frame
    )
    return moved
