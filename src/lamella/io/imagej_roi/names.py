"""Which cell a ROI is: the numbers that its name or, with other people's ROIs, its fellows tell.

Lamella names a ROI ``cell12_t0005``: cell 12 in frame 5; or ``nucleus3_t0000``, by the set of
objects. ImageJ may append ``-1`` where it meets a name twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from lamella.io.link_rows import LARGEST_ID
from lamella.io.outlines import unused_numbers

_OWN = re.compile(r"(.*\D)(\d{1,10})_t(\d{1,9})(?:-\d+)?", re.ASCII)


class OwnName(NamedTuple):
    """What a name of ours tells."""

    prefix: str
    cell: int
    frame: int


def prefix_of(name: str) -> str:
    """What the names of a set of objects begin with; after a digit an ``_`` sets numbers apart."""
    return f"{name}_" if name[-1:].isdigit() else name


def roi_name(name: str, cell: int, frame: int) -> str:
    """The name of a cell of a set of objects in a frame."""
    return f"{prefix_of(name)}{cell}_t{frame:04d}"


def own_name(text: str) -> OwnName | None:
    """What a name of ours tells; None of other names."""
    match = _OWN.fullmatch(text)
    if match is None or not 0 < int(match[2]) <= LARGEST_ID:
        return None
    return OwnName(match[1], int(match[2]), int(match[3]))


def cells_of_names(
    names: Sequence[str],
    frames: Sequence[int],
    notes: list[str],
    *,
    prefix: str | None = None,
    known: Mapping[str, int] | None = None,
    reserved: Container[int] = (),
) -> list[int]:
    """Cell of every ROI, from 1; never the same twice in a frame.

    Where the name is Lamella's, the number in it; else the same cell for the same name, with a
    number that no other has and that is not reserved. So ROIs that were drawn by hand beside
    Lamella's leave these as they were. Names count as Lamella's that begin with `prefix`; where
    that is not given, those of the most frequent set of objects. Names that are `known` have their
    number.
    """
    known = known or {}
    own = [own_name(name) for name in names]
    if prefix is None:
        sets = Counter(each.prefix for each in own if each)
        prefix = max(sets, key=lambda each: sets[each], default="")
    told = [
        each.cell if each and each.prefix == prefix else known.get(name, 0)
        for name, each in zip(names, own, strict=True)
    ]
    free = (n for n in unused_numbers(set(told)) if n not in reserved)
    of_name: dict[str, int] = {}
    for name, cell in zip(names, told, strict=True):
        if not cell and name not in of_name:
            of_name[name] = next(free)
    taken, cells, n_again = set[tuple[int, int]](), [], 0
    for name, frame, cell in zip(names, frames, told, strict=True):
        number = cell or of_name[name]
        if (number, frame) in taken:
            n_again += 1
            number = next(free)
        taken.add((number, frame))
        cells.append(number)
    if n_again:
        notes.append(f"{n_again} ROIs have a name again in one frame and become cells of their own")
    if of_name and any(told):
        notes.append(f"{told.count(0)} ROIs have names of others: cells by their names")
    if len(of_name) > 1 and len(of_name) == told.count(0) and len(set(frames)) > 1:
        notes.append("no name of others comes twice: each of these ROIs is a cell of its own")
    return cells
