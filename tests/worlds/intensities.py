"""Images whose cell has values that are known, each with its mask."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from worlds.shapes import Field, Mask, disc

Image = NDArray[np.float64]


def flat_cell(
    value: float = 100.0,
    field: Field = (64, 64),
    *,
    background: float = 0.0,
    radius_px: float = 20.0,
) -> tuple[Image, Mask]:
    """(███)   image and mask of a disc with one value all over."""
    mask = disc(radius_px, None, field)
    return np.where(mask, float(value), float(background)), mask


def split_cell(
    bright: float = 200.0,
    dim: float = 100.0,
    field: Field = (64, 64),
    *,
    background: float = 0.0,
    radius_px: float = 20.0,
    side: Literal["left", "right"] = "right",
) -> tuple[Image, Mask]:
    """(░░██)   image and mask of a disc, one half of whose pixels is bright and the other dim.

    The field must have an even number of columns, so that the halves are equal to the pixel.
    """
    if field[1] % 2:
        raise ValueError(f"a field of {field[1]} columns has no halves")
    image, mask = flat_cell(dim, field, background=background, radius_px=radius_px)
    half = np.arange(field[1]) >= field[1] / 2
    image[mask & (half if side == "right" else ~half)] = bright
    return image, mask
