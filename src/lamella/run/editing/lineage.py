"""Lineage when numbers of cells change from a frame on."""

from __future__ import annotations

from collections.abc import Mapping

from lamella.core.tracks import Parents
from lamella.run.editing.change import Cells


def renamed_after(cells: Cells, names: Mapping[int, int], t: int) -> Parents:
    """Parents after cells have other numbers in frame `t` and all later ones.

    A birth in frame `t` or later is told with the new number of the child. Its mother is last seen
    in the frame before it, and has her new number if that is `t` or later. Who continues a cell
    that was there before is not born, and loses its mother.

    Parameters
    ----------
    names : mapping of int to int
        Numbers until `t` to those from `t` on.
    """
    before_t = {name for name in {*names, *names.values()} if _begins(cells, name) < t}
    parents: dict[int, tuple[int, ...]] = {}
    for child, named in cells.parents.items():
        birth = _begins(cells, child)
        if birth < t:
            parents[child] = tuple(named)
            continue
        child = names.get(child, child)
        mothers = tuple(names.get(p, p) if birth > t else p for p in named)
        if child in before_t:
            continue
        parents[child] = tuple(p for p in mothers if p != child)
    return {child: named for child, named in parents.items() if named}


def _begins(cells: Cells, cell: int) -> int:
    frames = cells.frames_of(cell)
    return frames[0] if frames else cells.n_frames
