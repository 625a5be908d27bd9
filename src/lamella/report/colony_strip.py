"""Sample frames of a movie of many cells: the whole field, every cell in a colour of its own.

Runs in the workers that have the frames at hand: numpy and Pillow only.
"""

from __future__ import annotations

from collections.abc import Sequence
from colorsys import hsv_to_rgb
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lamella.kernels.regions import find_regions
from lamella.report.filmstrip import (
    CAPTION_PX,
    GAP_PX,
    GROUND,
    WHITE,
    font_of,
    outline_owners,
    scale_bar,
    stretched,
    written,
)

SMALLEST_NAMED_PX = 11
"""Cells narrower than this in the strip have no number: it would hide them."""

MARGIN = 0.08
"""Of the field that is shown, beyond the outermost cells, on every side."""

_TURN = 0.61803398875  # golden ratio: the hues of following numbers lie far apart
Pixels = NDArray[Any]


def colony_strip(
    images: Sequence[Pixels],
    masks: Sequence[Pixels],
    *,
    width_px: int = 330,
    captions: Sequence[str] = (),
    pixel_size_um: float | None = None,
) -> NDArray[np.uint8]:
    """The part of the field with cells, frames side by side, cells outlined and numbered.

    All frames have one scale and one contrast. A cell has the same colour in every frame, by its
    track id, so that a change of colour is a change of identity. Outlines are one pixel of the
    strip wide and lie just outside of the cell.

    Parameters
    ----------
    images : sequence of (Y, X) arrays
        Frames, any type; NaN is shown black.
    masks : sequence of (Y, X) label arrays
        Track ids of the same frames; 0 = background.
    width_px : int
        Width of a tile; a tall field is made as high as it is wide, and narrower.
    captions : sequence of str
        Frame number or time, one per frame, written above the tiles.
    pixel_size_um : float, optional
        Adds a scale bar to the first tile.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB.

    Raises
    ------
    ValueError
        When there are no frames, or not as many masks as frames.
    """
    if not len(images) or len(images) != len(masks):
        raise ValueError(f"Expected as many masks as frames, got {len(images)} and {len(masks)}")
    window = _window(masks)
    images, masks = ([each[window] for each in stack] for stack in (images, masks))
    rows, columns = images[0].shape
    scale = width_px / max(rows, columns)
    height, width = max(round(rows * scale), 1), max(round(columns * scale), 1)
    tiles = stretched([resized(image, height, width) for image in images])
    top = CAPTION_PX if any(captions) else 0
    lefts = [place * (width + GAP_PX) for place in range(len(tiles))]
    strip = np.full((height + top, lefts[-1] + width, 3), GROUND, np.uint8)
    for left, tile, mask in zip(lefts, tiles, masks, strict=True):
        area = strip[top:, left : left + width]
        area[:] = tile[:, :, None]
        labels = nearest(mask, height, width)
        owners = outline_owners(labels, labels != 0)
        cells, which = np.unique(owners, return_inverse=True)
        colours = np.array([colour_of(int(cell)) for cell in cells], np.uint8)
        line = owners != 0
        area[line] = colours[which.reshape(owners.shape)[line]]
        _number(area, labels)
    stamps = [*captions, *[""] * len(tiles)][: len(tiles)]
    bar = scale_bar(max(rows, columns), width_px, pixel_size_um)
    return written(strip, top, lefts, stamps, [], bar)


def _window(masks: Sequence[Pixels]) -> tuple[slice, slice]:
    """The part of the field in which there are cells in any of the frames, and some margin."""
    there = np.logical_or.reduce([mask != 0 for mask in masks])
    window = []
    for axis, length in enumerate(there.shape):
        seen = np.flatnonzero(there.any(axis=1 - axis))
        first, last = (seen[0], seen[-1] + 1) if len(seen) else (0, length)
        margin = max(round(MARGIN * (last - first)), 2)
        window.append(slice(max(first - margin, 0), min(last + margin, length)))
    return window[0], window[1]


def colour_of(cell: int) -> tuple[int, int, int]:
    """Bright colour of a track id, the same wherever it is drawn."""
    hue, paler = (cell * _TURN) % 1.0, 0.25 * (cell % 3)
    red, green, blue = hsv_to_rgb(hue, 0.85 - paler, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def resized(image: Pixels, height: int, width: int) -> NDArray[np.float32]:
    """The image at the size of the tile; NaN is 0."""
    plain = Image.fromarray(np.nan_to_num(np.asarray(image, np.float32)))
    shown = plain.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(shown, np.float32)


def nearest(mask: Pixels, height: int, width: int) -> NDArray[np.int64]:
    """The labels at the size of the tile."""
    rows = ((np.arange(height) + 0.5) * mask.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * mask.shape[1] / width).astype(int)
    labels: NDArray[np.int64] = mask[np.ix_(rows, columns)].astype(np.int64)
    return labels


def _number(area: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    """Write the number of every cell that is large enough into its middle."""
    regions = find_regions(labels)
    picture = Image.fromarray(area)
    pen, font = ImageDraw.Draw(picture), font_of(12)
    for cell, (y, x), box in zip(regions.label, regions.centroid, regions.box, strict=True):
        if min(box[2] - box[0], box[3] - box[1]) >= SMALLEST_NAMED_PX:
            pen.text((x, y), str(cell), fill=WHITE, font=font, anchor="mm",
                     stroke_width=1, stroke_fill=GROUND)  # fmt: skip
    area[:] = np.asarray(picture)
