"""A single image as it was segmented: a tile per set of objects, in the channel it was found in.

Runs in the workers that have the images at hand: numpy and Pillow only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.report.colony_strip import nearest, resized
from lamella.report.filmstrip import (
    CAPTION_PX,
    CELL_COLOUR,
    GAP_PX,
    GROUND,
    OTHER_COLOUR,
    outline_owners,
    scale_bar,
    stretched,
    written,
)
from lamella.report.words import number

WIDEST_PX = 960
"""Of all tiles together; a tile is 480 px wide at most."""
_TILE_PX = 480


class FieldSet(NamedTuple):
    """One set of objects: its name, the image it was found in, and its labels."""

    name: str
    image: NDArray[Any]
    labels: NDArray[Any]


def field_picture(
    sets: Sequence[FieldSet], *, pixel_size_um: float | None = None
) -> NDArray[np.uint8]:
    """The whole field once per set of objects, with the outlines of all sets in every tile.

    Yellow: the objects that the tile is about; blue: those of other sets. Outlines are one pixel of
    the picture wide and lie just outside of their object. Each tile has a contrast of its own
    (percentiles 1 and 99.8), as channels differ.

    Parameters
    ----------
    sets : sequence of FieldSet
        One at least; all of one size.
    pixel_size_um : float, optional
        Adds a scale bar to the first tile.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB.
    """
    rows, columns = sets[0].labels.shape
    abreast = max(min(len(sets), WIDEST_PX // (_TILE_PX // 2)), 1)
    most = min(_TILE_PX, WIDEST_PX // abreast)
    scale = most / max(rows, columns)
    height, width = max(round(rows * scale), 1), max(round(columns * scale), 1)
    shown = [nearest(each.labels, height, width) for each in sets]
    lines = [outline_owners(labels, labels != 0) != 0 for labels in shown]
    lefts = [place * (width + GAP_PX) for place in range(len(sets))]
    picture = np.full((height + CAPTION_PX, lefts[-1] + width, 3), GROUND, np.uint8)
    stamps = []
    for place, (left, each) in enumerate(zip(lefts, sets, strict=True)):
        area = picture[CAPTION_PX:, left : left + width]
        area[:] = stretched([resized(each.image, height, width)])[0][:, :, None]
        for other, line in enumerate(lines):
            if other != place:
                area[line] = OTHER_COLOUR
        area[lines[place]] = CELL_COLOUR
        n = len(np.setdiff1d(np.unique(each.labels), [0]))
        stamps.append(f"{each.name}: {number(n)}")
    bar = scale_bar(max(rows, columns), most, pixel_size_um)
    return written(picture, CAPTION_PX, lefts, stamps, [], bar)
