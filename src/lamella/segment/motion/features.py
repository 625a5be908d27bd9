"""What a pixel looks like in one frame: its brightness and its texture, at a scale.

A feature is a function of the frame and gives a plane that is linear around the noise and
logarithmic far above it, so that it does not change when the grey scale is stretched. A `Look` is
the pair of features whose joint distribution a class is known by. To add a feature, write a
function here and name it in `look_at`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.filters import Plane, blurred, enlarged, reduced, squared_gradient

_REDUCED = 8  # the background is smooth: a reduced image tells it
_LOCAL_PX, _WIDE_PX = 24.0, 96.0  # SDs over which background is averaged, near and where it is rare


class Look(NamedTuple):
    """Two features at one scale."""

    name: str
    scale_px: float
    brightness: Plane
    texture: Plane


def look_at(
    frame: Plane, above: Plane, noise_sd: float, *, scale_px: float, pool_px: float
) -> Look:
    """The look of every pixel at one scale; `above` is the frame over its background."""
    return Look(
        f"{scale_px:g} px",
        scale_px,
        brightness(above, noise_sd, scale_px=scale_px),
        texture(frame, noise_sd, scale_px=scale_px, pool_px=pool_px),
    )


def brightness(above: Plane, noise_sd: float, *, scale_px: float) -> Plane:
    """Signed brightness over the background in units of the noise left at this scale, asinh."""
    out = blurred(above, scale_px)
    out *= np.float32(2 * scale_px / noise_sd)
    return np.arcsinh(out, out=out)


def texture(frame: Plane, noise_sd: float, *, scale_px: float, pool_px: float) -> Plane:
    """Mean logarithm of 1 + squared gradient over that of noise at this scale."""
    smooth = blurred(frame, scale_px)
    energy = squared_gradient(smooth)
    # A Sobel kernel on white noise that a Gaussian of SD s has smoothed: 64 σ² / (8 π s⁴).
    energy *= np.float32(np.pi * scale_px**4 / (8 * noise_sd**2))
    return blurred(np.log1p(energy, out=energy), pool_px)


def still_background(frame: Plane, still: NDArray[np.bool_], noise_sd: float) -> Plane:
    """The light of the bare field: a smooth surface through the still pixels.

    Averaged over 24 px where still pixels are many, over 96 px where they are few; still pixels
    that are far off (debris) are left out in a second round.
    """
    weight = still.astype(np.float32)
    surface = _surface(frame, weight)
    off = np.abs(frame - surface)
    usual = 1.48 * float(np.median(off[still][::7])) if still.any() else 0.0
    weight *= off < 3 * max(usual, noise_sd)
    return _surface(frame, weight)


def _surface(frame: Plane, weight: Plane) -> Plane:
    light, share = reduced(frame * weight, _REDUCED), reduced(weight, _REDUCED)
    total = float(share.sum())
    mean = float(light.sum()) / total if total > 0 else float(np.median(frame))
    few = np.float32(1e-6)
    wide = (blurred(light, _WIDE_PX / _REDUCED) + few * np.float32(mean)) / (
        blurred(share, _WIDE_PX / _REDUCED) + few
    )
    rare = np.float32(0.02)
    near = (blurred(light, _LOCAL_PX / _REDUCED) + rare * wide) / (
        blurred(share, _LOCAL_PX / _REDUCED) + rare
    )
    return enlarged(near, (frame.shape[0], frame.shape[1]))
