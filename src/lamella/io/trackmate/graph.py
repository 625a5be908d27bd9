"""Cells of a graph of spots, by the numbers that their names carry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lamella.io.graph import parents_of, stretches
from lamella.io.outlines import unused_numbers
from lamella.io.trackmate.names import Mark


def cells_of_spots(
    frames: NDArray[np.int64], edges: NDArray[np.int64], marks: Sequence[Mark]
) -> tuple[NDArray[np.int64], dict[int, tuple[int, ...]]]:
    """Cut a graph of spots into cells.

    Parameters
    ----------
    frames : (N,) int64 array
        Of all spots that become part of a cell, those without any edge among them.
    edges : (E, 2) int64 array
        Rows of spots, the earlier one first; never two of one frame.
    marks : sequence of Mark
        What the names of the N spots tell.

    Returns
    -------
    cell : (N,) int64 array
        A spot with one successor and this with no other predecessor are one cell, however many
        frames lie between them; a division ends the mother and begins its daughters, a merging ends
        the cells that merge. So does a name that tells of another parent than the cell itself.
        Cells keep the number that their first named spot carries, where no earlier cell has it;
        others get numbers that nobody has, in order of their first frame. Unlike the numbers of
        tracks in other formats, names may be left from before a track was joined or cut by hand, so
        that a change of number alone ends no cell.
    parents : dict
        Cell to the cells that it came from.
    """
    start, end = edges[:, 0], edges[:, 1]
    number, parent = np.array([(m.cell, m.parent) for m in marks], np.int64).reshape(-1, 2).T
    apart = (parent[end] != 0) & (parent[end] == number[start]) & (number[end] != number[start])
    cut = stretches(frames, start, end, apart=apart)
    named = np.lexsort((np.arange(len(frames)), frames))
    named = named[number[named] > 0]
    wanted = np.zeros(int(cut.of.max(initial=-1)) + 1, np.int64)
    of, first = np.unique(cut.of[named], return_index=True)
    wanted[of] = number[named[first]]
    free = unused_numbers(set(wanted.tolist()))
    numbers: list[int] = []
    used = {0}
    for each in wanted.tolist():
        numbers.append(next(free) if each in used else each)
        used.add(each)
    cell = np.array(numbers, np.int64)[cut.of]
    return cell, parents_of(cell, start, end, cut)
