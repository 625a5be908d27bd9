"""Which cell a ROI is: the numbers that its name or, with other people's ROIs, its fellows tell.

Lamella names a ROI ``cell12_t0005``: cell 12 in frame 5. ImageJ may append ``-1`` where it meets a
name twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lamella.io.outlines import LARGEST_CELL, unused_numbers

_OWN = re.compile(r"cell(\d{1,10})_t\d+(?:-\d+)?", re.ASCII)


def roi_name(cell: int, frame: int) -> str:
    """The name of a cell in a frame."""
    return f"cell{cell}_t{frame:04d}"


def cells_of_names(names: Sequence[str], frames: Sequence[int], notes: list[str]) -> list[int]:
    """Cell of every ROI, from 1; never the same twice in a frame.

    Where all names are Lamella's, the number in the name; where a name stands in several frames,
    the same cell for the same name; otherwise every ROI is a cell of its own.
    """
    own = [_OWN.fullmatch(name) for name in names]
    if all(own) and all(0 < int(match[1]) <= LARGEST_CELL for match in own if match):
        wanted = [int(match[1]) for match in own if match]
    else:
        in_frames: dict[str, set[int]] = {}
        for name, frame in zip(names, frames, strict=True):
            in_frames.setdefault(name, set()).add(frame)
        if all(len(each) == 1 for each in in_frames.values()):
            return list(range(1, len(names) + 1))
        order = {name: k for k, name in enumerate(in_frames, start=1)}
        wanted = [order[name] for name in names]
    free, taken, cells = unused_numbers(set(wanted)), set[tuple[int, int]](), []
    n_again = 0
    for cell, frame in zip(wanted, frames, strict=True):
        known = cell
        if (cell, frame) in taken:
            n_again += 1
            known = next(free)
        taken.add((known, frame))
        cells.append(known)
    if n_again:
        notes.append(f"{n_again} ROIs have a name again in one frame and become cells of their own")
    return cells
