"""Cells of one frame that were found from a person's marks, as edits of a movie."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.frames import Image
from lamella.kernels.contingency import contingency
from lamella.run.editing import Paint

_SAME = 0.1
"""IoU from which on a cell that was found is one that is there, if no other fits either better."""


def paints(now: Image, found: Image, *, frame: int, new_cell: Callable[[], int]) -> list[Paint]:
    """Edits that lay found cells over those of a frame.

    A found cell takes the number of the cell that it overlaps best, and its place; without one it
    is a new cell. Cells that nothing was found of stay, less the pixels that others take.

    Parameters
    ----------
    now, found : (Y, X) integer arrays, 0 = background
    new_cell : callable
        Gives a number that no cell ever had.

    Returns
    -------
    list of Paint
        What is erased first; empty where nothing changes.

    Raises
    ------
    InputError
        Nothing was found, or images of different sizes.
    """
    if now.shape != found.shape:
        raise InputError(
            "the proposed cells", f"they are {found.shape}, the frame is {now.shape}",
            "make them of this frame",
        )  # fmt: skip
    if not found.any():
        raise InputError("the proposed cells", "there is none", "mark cells first")
    after = now.copy()
    named = _same(now, found)
    after[np.isin(now, list(named.values()))] = 0
    for name in np.unique(found[found > 0]).tolist():
        after[found == name] = named.get(name) or new_cell()
    changed: NDArray[np.bool_] = after != now
    return [
        Paint.of(changed & (after == cell), frame=frame, cell=int(cell))
        for cell in np.unique(after[changed])
    ]


def _same(now: Image, found: Image) -> dict[int, int]:
    """Number of the cell that is there, for those found that are one of them."""
    pairs = contingency(found, now)
    iou = pairs.iou
    best_found, best_now = np.zeros(len(pairs.label_a)), np.zeros(len(pairs.label_b))
    np.maximum.at(best_found, pairs.a, iou)
    np.maximum.at(best_now, pairs.b, iou)
    same = (iou == best_found[pairs.a]) & (iou == best_now[pairs.b]) & (iou >= _SAME)
    names, cells = pairs.label_a[pairs.a[same]], pairs.label_b[pairs.b[same]]
    made: dict[int, int] = {}
    for name, cell in zip(names.tolist(), cells.tolist(), strict=True):
        if cell not in made.values():  # of equal ones the first
            made.setdefault(name, cell)
    return made
