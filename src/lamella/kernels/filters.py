"""Linear filters that more than one room looks through."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]


def blurred(image: NDArray[Any], sigma_px: float) -> Plane:
    """Gaussian blur, mirrored at the border, (Y, X) float32."""
    return _float32(
        cv2.GaussianBlur(
            image.astype(np.float32, copy=False), (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT
        )
    )


def squared_gradient(image: Plane) -> Plane:
    """Squared magnitude of the gradient by 3×3 Sobel kernels (8 times the slope), (Y, X)."""
    across = _float32(cv2.Sobel(image, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT))
    down = _float32(cv2.Sobel(image, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REFLECT))
    np.square(across, out=across)
    np.square(down, out=down)
    across += down
    return across


def reduced(image: NDArray[Any], factor: int) -> Plane:
    """Means of blocks of about `factor` × `factor` px, (Y // factor, X // factor) float32."""
    size = (max(1, image.shape[1] // factor), max(1, image.shape[0] // factor))
    return _float32(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def enlarged(image: Plane, shape: tuple[int, int]) -> Plane:
    """A smooth plane brought back to (Y, X) = `shape`, linearly."""
    return _float32(cv2.resize(image, shape[::-1], interpolation=cv2.INTER_LINEAR))


def _float32(image: Any) -> Plane:
    out: Plane = np.asarray(image, np.float32)
    return out
