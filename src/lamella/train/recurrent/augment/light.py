"""Another brightness and another contrast, the same for all frames of a window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def relit(frames: NDArray[np.float32], *, brighter: float, contrast: float) -> NDArray[np.float32]:
    """Differences from the mean of the window times `contrast`, and `brighter` added."""
    mean = frames.mean(dtype=np.float64)
    out: NDArray[np.float32] = frames * np.float32(contrast) + np.float32(
        mean * (1 - contrast) + brighter
    )
    return out
