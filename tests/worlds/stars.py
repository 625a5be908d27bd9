"""Cells with arms: stars whose tips, lengths and widths are known, whatever way they are turned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from worlds.shapes import Field, Mask, Point, middle

Line = NDArray[np.float64]


def star(
    angles: Sequence[float],
    lengths_px: Sequence[float] | float,
    *,
    radius_px: float = 12.0,
    width_px: float = 5.0,
    taper: float = 1.0,
    bend: float = 0.0,
    at: Point | None = None,
    field: Field = (128, 128),
) -> tuple[Mask, Line]:
    """( ✳ )   a disc with arms at the given angles (radians from +x towards +y).

    An arm ends round, `lengths_px` from the middle of the disc to its tip, along the arm. `taper`
    is its width at the tip over that at the base; with `bend` it is an arc, turning by that many
    radians over its length.

    Returns
    -------
    mask : (Y, X) bool array
    tips : (n, 2) float64 array
        Where the arms end, (y, x).
    """
    cy, cx = middle(field) if at is None else at
    y, x = np.mgrid[: field[0], : field[1]].astype(np.float64)
    mask = np.hypot(y - cy, x - cx) <= radius_px
    lengths = np.broadcast_to(lengths_px, len(angles))
    tips = []
    for angle, length in zip(angles, lengths, strict=True):
        s = np.linspace(0, float(length), int(6 * length))
        turned = angle + bend * s / length
        step = s[1] - s[0]
        line = np.column_stack(
            [
                cy + np.concatenate([[0], np.cumsum(np.sin(turned[:-1]))]) * step,
                cx + np.concatenate([[0], np.cumsum(np.cos(turned[:-1]))]) * step,
            ]
        )
        half = width_px / 2 * (1 + (taper - 1) * s / length)
        end = np.searchsorted(s, length - half[-1])  # the round end adds the rest
        for (py, px), w in zip(line[:end:2], half[:end:2], strict=True):
            mask |= (y - py) ** 2 + (x - px) ** 2 <= w**2
        tips.append(line[-1])
    return mask, np.array(tips)


def roughened(mask: Mask, share: float, seed: int = 0) -> Mask:
    """( ~ )   some of the pixels on either side of the outline change sides."""
    rng = np.random.default_rng(seed)
    padded = np.pad(mask, 1)
    neighbours = [np.roll(padded, shift, axis) for axis in (0, 1) for shift in (1, -1)]
    on_edge = padded & ~np.logical_and.reduce(neighbours)
    beyond = ~padded & np.logical_or.reduce(neighbours)
    drawn = rng.random(padded.shape) < share
    out: Mask = ((padded & ~(on_edge & drawn)) | (beyond & drawn))[1:-1, 1:-1]
    return out
