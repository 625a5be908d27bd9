"""Labels of one cell, number 1, that moves as told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worlds.shapes import Field, Point, disc, ellipse

LabelStack = NDArray[np.uint16]


def translating_disc(
    step_px: Point,
    n_frames: int = 10,
    *,
    radius_px: float = 10.0,
    start: Point = (20.0, 20.0),
    field: Field = (64, 64),
) -> LabelStack:
    """● → ● → ●   a disc that moves by (dy, dx) a frame.

    With whole-number steps the centroid moves by exactly `step_px`.
    """
    return np.stack(
        [
            disc(radius_px, (start[0] + t * step_px[0], start[1] + t * step_px[1]), field)
            for t in range(n_frames)
        ]
    ).astype(np.uint16)


def expanding_disc(
    speed_um_per_min: float = 0.3,
    n_frames: int = 10,
    *,
    radius_px: float = 10.0,
    pixel_size_um: float = 0.3,
    interval_min: float = 1.0,
    field: Field = (96, 96),
) -> LabelStack:
    """• → ● → ⬤   a disc whose edge moves outwards everywhere at one speed."""
    growth_px = speed_um_per_min * interval_min / pixel_size_um
    return np.stack([disc(radius_px + t * growth_px, None, field) for t in range(n_frames)]).astype(
        np.uint16
    )


def rotating_ellipse(
    turn_per_frame: float = np.pi / 12,
    n_frames: int = 12,
    *,
    axes_px: tuple[float, float] = (20.0, 10.0),
    field: Field = (64, 64),
) -> LabelStack:
    """⬭ → ⬬ → ⬯   an ellipse that turns on the spot, radians a frame from +x towards +y."""
    return np.stack(
        [ellipse(axes_px, t * turn_per_frame, None, field) for t in range(n_frames)]
    ).astype(np.uint16)
