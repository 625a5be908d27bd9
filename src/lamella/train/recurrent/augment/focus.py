"""A softer image, and single frames out of focus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.filters import blurred

_UNSEEN_PX = 0.1
"""A Gaussian of this SD changes no value by 1e-20 of its neighbours'."""


def blurred_frames(
    frames: NDArray[np.float32], *, sigma_px: Sequence[float]
) -> NDArray[np.float32]:
    """Every frame of a window blurred by its own Gaussian; 0 leaves one as it is."""
    return np.stack(
        [
            blurred(frame, sigma) if sigma > _UNSEEN_PX else frame
            for frame, sigma in zip(frames, sigma_px, strict=True)
        ]
    )
