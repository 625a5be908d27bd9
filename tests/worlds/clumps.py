"""Clumps: cells that touch and were found as one object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from worlds.shapes import Field, Mask, Point, disc, middle, ring


def two_touching_discs(
    big_px: float = 14.0,
    small_px: float = 10.0,
    *,
    overlap_px: float = 3.0,
    field: Field = (64, 80),
) -> tuple[Mask, float]:
    """( ●• )   two discs of unequal size side by side, and the column at which they meet."""
    y, _ = middle(field)
    first = 6 + big_px
    apart = big_px + small_px - overlap_px
    along = (apart**2 + big_px**2 - small_px**2) / (2 * apart)  # of the chord where they cross
    return disc(big_px, (y, first), field) | disc(
        small_px, (y, first + apart), field
    ), first + along


def dumbbell(
    radius_px: float = 12.0, bar_px: int = 6, length_px: int = 40, field: Field = (64, 96)
) -> Mask:
    """( ●─● )   two discs and a bar between them, `bar_px` wide, centres `length_px` apart."""
    y, x = middle(field)
    mask = disc(radius_px, (y, x - length_px / 2), field)
    mask |= disc(radius_px, (y, x + length_px / 2), field)
    low, left = round(y - bar_px / 2 + 0.5), round(x - length_px / 2)
    mask[low : low + bar_px, left : left + length_px] = True
    return mask


def c_shape(inner_px: float = 12.0, outer_px: float = 24.0, field: Field = (64, 64)) -> Mask:
    """( ⊂ )   half a ring and a bit more: one bent cell of even width."""
    mask = ring(inner_px, outer_px, None, field)
    mask[:, round(field[1] * 0.62) :] = False
    return mask


def cell_with_protrusion(
    radius_px: float = 14.0, width_px: int = 4, length_px: int = 30, field: Field = (64, 80)
) -> Mask:
    """( ●── )   a disc with a thin arm."""
    y, _ = middle(field)
    at: Point = (y, 6 + radius_px)
    mask = disc(radius_px, at, field)
    low = round(y - width_px / 2 + 0.5)
    mask[low : low + width_px, round(at[1]) : round(at[1] + radius_px + length_px)] = True
    return mask


def colony(
    n_frames: int = 6, *, radius_px: float = 9.0, step_px: float = 1.0, field: Field = (72, 96)
) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]:
    """( ●●● ● )   a row of three touching cells and one that comes to touch them.

    Returns
    -------
    labels, image, nuclei : (T, Y, X) uint16 arrays
        One label a clump; bright cells on a dim field; a small nucleus in every cell.
    """
    cells = np.zeros((n_frames, *field), bool)
    nuclei = np.zeros((n_frames, *field), np.uint16)
    y, left, apart = 12 + 2 * radius_px, 5 + radius_px, 1.75 * radius_px
    for t in range(n_frames):
        places = [(y, left + k * apart) for k in range(3)]
        places.append((y + 1.9 * radius_px + max(0.0, 8 - step_px * 2 * t), left + 2 * apart))
        for k, at in enumerate(places, 1):
            cells[t] |= disc(radius_px, at, field)
            nuclei[t][disc(radius_px / 3, at, field)] = k
    labels = np.stack([ndimage.label(each, np.ones((3, 3)))[0] for each in cells])
    image = (100 + 300 * cells + 100 * (nuclei > 0)).astype(np.uint16)
    return labels.astype(np.uint16), image, nuclei
