"""Cells of one frame from strokes: a few in every cell, and one on the background."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.kernels.distance import distance_outside
from lamella.kernels.filters import blurred, enlarged, reduced
from lamella.kernels.holes import without_holes
from lamella.segment.by_hand.likeness import likeness
from lamella.segment.by_hand.walk import walked

_LARGEST_PX = 2**18
"""Pixels above which strokes are followed on a reduced image: what the walk costs grows with them
and with the number of cells."""
_MARGIN = 0.5
"""Of the strokes' own extent, by which the part that is looked at reaches beyond them."""
_BETA, _TRUST = 1.0, 0.01
_NEAR_PX = 10.0
"""Difference in distance over which the nearer of two cells is likelier by a factor of e."""


def labels_from_scribbles(
    image: NDArray[Any],
    scribbles: NDArray[Any],
    *,
    background: int = 1,
    beta: float = _BETA,
) -> NDArray[np.uint32]:
    """Give every pixel to the stroke that a random walk from it would reach first.

    The walk crosses edges unwillingly, and may end anywhere in favour of what a pixel looks like
    (see `likeness`), in fluorescence as in phase contrast. What lies beyond half the strokes'
    extent around them is background.

    Parameters
    ----------
    image : (Y, X) array
    scribbles : (Y, X) integer array
        0 where nothing was drawn, else the number of the cell whose stroke it is.
    background : int
        The number of the stroke on the background.
    beta : float
        The higher, the less willingly an edge is crossed.

    Returns
    -------
    (Y, X) uint32 array
        0 = background, else the number of the cell. A cell is one piece with each of its strokes,
        without holes.

    Raises
    ------
    InputError
        No stroke in a cell, none on the background, or images of different sizes.

    References
    ----------
    Grady, CVPR (2005), doi:10.1109/CVPR.2005.239.
    """
    image, strokes = np.asarray(image), np.asarray(scribbles)
    cells = _cells_in(image, strokes, background)
    window = _window(strokes != 0)
    part, marks = image[window], strokes[window]
    names = np.concatenate([[background], cells])
    numbered = np.zeros(marks.shape, np.int32)  # 1 = background, 2 … = cells
    for number, name in enumerate(names, start=1):
        numbered[marks == name] = number
    found = _walked(part, numbered, beta) - 1
    out = np.zeros(image.shape, np.uint32)
    out[window] = np.concatenate([[0], cells])[_held_together(found, numbered - 1)]
    return out


def _cells_in(image: NDArray[Any], strokes: NDArray[Any], background: int) -> NDArray[Any]:
    if strokes.shape != image.shape:
        raise InputError(
            "scribbles", f"they are {strokes.shape}, the image is {image.shape}",
            "draw on the image itself",
        )  # fmt: skip
    present = np.unique(strokes)
    cells: NDArray[Any] = present[(present != 0) & (present != background)]
    if not len(cells):
        raise InputError(
            "scribbles",
            "there is no stroke in a cell",
            f"draw a stroke in every cell, with a number of its own other than {background}",
        )
    if background not in present:
        raise InputError(
            "scribbles",
            "there is no stroke on the background",
            f"draw one beside the cells with the number {background}",
        )
    return cells


def _window(drawn: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The part of the image that is looked at."""
    spans = []
    for axis in (0, 1):
        where = np.flatnonzero(drawn.any(axis=1 - axis))
        more = int(np.ceil(_MARGIN * (where[-1] + 1 - where[0]))) + 1
        spans.append(slice(max(0, where[0] - more), where[-1] + 1 + more))
    return spans[0], spans[1]


def _walked(part: NDArray[Any], marks: NDArray[np.int32], beta: float) -> NDArray[np.int32]:
    """Number of the stroke of every pixel."""
    shape = (part.shape[0], part.shape[1])
    factor = int(np.ceil(np.sqrt(part.size / _LARGEST_PX)))
    small = part if factor == 1 else reduced(part, factor)
    seen = marks if factor == 1 else _thinned(marks, factor, (small.shape[0], small.shape[1]))
    cell = likeness(small, seen > 1, seen == 1)
    light = _stretched(blurred(np.asarray(small, np.float32), 1.0))
    planes: list[NDArray[Any]] = [light, cell]
    chances: list[NDArray[Any]] = [1 - cell, *(cell * share for share in _shares(seen))]
    found: list[NDArray[Any]] = list(walked(planes, seen, chances, beta=beta, trust=_TRUST))
    if factor > 1:
        found = [enlarged(np.asarray(each, np.float32), shape) for each in found]
    out: NDArray[np.int32] = np.argmax(found, axis=0).astype(np.int32) + 1
    drawn = marks > 0
    out[drawn] = marks[drawn]
    return out


def _shares(seen: NDArray[np.int32]) -> NDArray[np.float64]:
    """Which of the cells a pixel that looks like one may be: rather a near one."""
    far = np.stack(
        [distance_outside(seen == number) for number in range(2, int(seen.max()) + 1)]
    ).astype(np.float64)
    near = np.exp(-(far - far.min(axis=0)) / _NEAR_PX)
    out: NDArray[np.float64] = near / near.sum(axis=0)
    return out


def _thinned(marks: NDArray[np.int32], factor: int, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Strokes on the reduced image: a pixel of it is drawn on where any of its own is."""
    rows, columns = np.nonzero(marks)
    small = np.zeros(shape, np.int32)
    at = np.minimum(rows // factor, shape[0] - 1), np.minimum(columns // factor, shape[1] - 1)
    small[at] = marks[rows, columns]
    return small


def _stretched(plane: NDArray[np.float32]) -> NDArray[np.float64]:
    low, high = np.percentile(plane, (1, 99))
    out: NDArray[np.float64] = np.clip((plane - low) / max(high - low, 1e-9), 0, 1).astype(float)
    return out


def _held_together(found: NDArray[np.int32], strokes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Parts of a cell that none of its strokes lies in become background; holes are filled."""
    out = np.zeros_like(found)
    for number in range(1, int(found.max(initial=0)) + 1):
        _, parts = cv2.connectedComponents((found == number).view(np.uint8), connectivity=4)
        mine = np.unique(parts[strokes == number])
        out[np.isin(parts, mine[mine > 0])] = number
    return without_holes(out)
