"""Random fields: smooth patterns without seams, read wherever a cell carries them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
_SIDE_PX = 256


def tile(rng: np.random.Generator, scale_px: float, *, roughness: float = 0.0) -> Plane:
    """A square pattern without seams, mean 0 and SD 1.

    Parameters
    ----------
    scale_px : float
        Size of its coarsest blobs.
    roughness : float
        Share of finer and finer blobs, 0 = none; 1 = all scales are equally strong.
    """
    frequency = np.hypot(np.fft.fftfreq(_SIDE_PX)[:, None], np.fft.rfftfreq(_SIDE_PX)[None, :])
    kept = np.exp(-((frequency * scale_px) ** 2) * 2)
    kept += roughness * 0.5 / (1 + (frequency * scale_px) ** 1.5)
    kept[0, 0] = 0
    white = rng.standard_normal((_SIDE_PX, _SIDE_PX))
    made = np.fft.irfft2(np.fft.rfft2(white) * kept, s=white.shape)
    return np.asarray(made / made.std(), np.float32)


def read(pattern: Plane, y: Plane, x: Plane) -> Plane:
    """The pattern at real coordinates, repeated without end."""
    found = cv2.remap(
        pattern,
        np.ascontiguousarray(np.mod(x, _SIDE_PX), np.float32),
        np.ascontiguousarray(np.mod(y, _SIDE_PX), np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    return np.asarray(found, np.float32)


def grid(shape: tuple[int, int]) -> tuple[Plane, Plane]:
    """Row and column of every pixel."""
    y, x = np.indices(shape, np.float32)
    return y, x


def wandering(
    rng: np.random.Generator, n_frames: int, shape: tuple[int, ...], *, memory: float
) -> NDArray[np.float64]:
    """Numbers of mean 0 and SD 1 that change from frame to frame, (T, *shape).

    `memory` is the share that a frame keeps of the one before.
    """
    made = rng.standard_normal((n_frames, *shape))
    for t in range(1, n_frames):
        made[t] = memory * made[t - 1] + np.sqrt(1 - memory**2) * made[t]
    return made


def smooth(image: NDArray[np.float32], sigma: float) -> Plane:
    """A Gaussian over an image, reflected at its edges; wide ones at half the size."""
    image = np.asarray(image, np.float32)
    if sigma > 6:
        height, width = image.shape
        small = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / 2, borderType=cv2.BORDER_REFLECT)
        return np.asarray(cv2.resize(small, (width, height)), np.float32)
    return np.asarray(
        cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32
    )
