"""Which cell a ROI is: the numbers that its name or, with other people's ROIs, its fellows tell.

Lamella names a ROI ``cell12_t0005``: cell 12 in frame 5. ImageJ may append ``-1`` where it meets a
name twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lamella.io.link_rows import LARGEST_ID
from lamella.io.outlines import unused_numbers

_OWN = re.compile(r"cell(\d{1,10})_t\d+(?:-\d+)?", re.ASCII)


def roi_name(cell: int, frame: int) -> str:
    """The name of a cell in a frame."""
    return f"cell{cell}_t{frame:04d}"


def cells_of_names(names: Sequence[str], frames: Sequence[int], notes: list[str]) -> list[int]:
    """Cell of every ROI, from 1; never the same twice in a frame.

    Where the name is Lamella's, the number in it; else the same cell for the same name, with a
    number that no other has. So ROIs that were drawn by hand beside Lamella's leave these as they
    were.
    """
    own = [_OWN.fullmatch(name) for name in names]
    told = [int(match[1]) if match else 0 for match in own]
    told = [cell if cell <= LARGEST_ID else 0 for cell in told]
    free = unused_numbers(set(told))
    of_name: dict[str, int] = {}
    for name, cell in zip(names, told, strict=True):
        if not cell and name not in of_name:
            of_name[name] = next(free)
    taken, cells, n_again = set[tuple[int, int]](), [], 0
    for name, frame, cell in zip(names, frames, told, strict=True):
        known = cell or of_name[name]
        if (known, frame) in taken:
            n_again += 1
            known = next(free)
        taken.add((known, frame))
        cells.append(known)
    if n_again:
        notes.append(f"{n_again} ROIs have a name again in one frame and become cells of their own")
    if of_name and any(told):
        notes.append(f"{told.count(0)} ROIs have names of others: cells by their names")
    if len(of_name) > 1 and len(of_name) == told.count(0) and len(set(frames)) > 1:
        notes.append("no name of others comes twice: each of these ROIs is a cell of its own")
    return cells
