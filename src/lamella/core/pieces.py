"""Tracks cut into pieces without gaps and with one parent at most, as some formats want them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lamella.core.table import Col
from lamella.core.tracks import Tracks


class Pieces(NamedTuple):
    """Tracks in which every cell is found in every frame of its life, and what that cost."""

    tracks: Tracks
    """Rows of `links` in the order and with the index of those before; `cell` is the piece."""
    cell_of: dict[int, int]
    """Piece to the cell that it is part of."""
    n_gaps: int
    """Gaps at which a cell was cut."""
    n_merged: int
    """Cells that came from several others and now come from none."""
    n_orphans: int
    """Cells whose parent is not there, or lives on when they begin; they now come from none."""


def in_pieces(tracks: Tracks) -> Pieces:
    """Cut every cell where it was not found, each piece the child of the one before.

    The first piece keeps the cell's number, the others get new ones above the largest (where 32
    bits do not hold these, the smallest that are free), in order of cell and time. Daughters come
    from the last piece of their parent. A cell that came from several (a merging), whose parent is
    unknown, or whose parent is still there when it begins, starts without a parent. Frames of a
    life before the cell was first found, or after it was last, are no part of a piece.
    """
    links = tracks.links.copy()
    cell, frame = (links[name].to_numpy(np.int64) for name in (Col.CELL, Col.FRAME))
    in_time = np.lexsort((frame, cell))
    cell, frame = cell[in_time], frame[in_time]
    starts = np.ones(len(cell), bool)
    # Several objects of one cell in one frame follow each other at a distance of 0: no gap.
    starts[1:] = (cell[1:] != cell[:-1]) | (frame[1:] - frame[:-1] > 1)
    cut = starts.copy()
    cut[1:] &= cell[1:] == cell[:-1]
    cut[:1] = False
    n_gaps = int(cut.sum())
    name_of_start = cell[starts].copy()
    first_new = int(cell.max(initial=0)) + 1
    new = np.arange(first_new, first_new + n_gaps)
    if first_new + n_gaps > 2**32:  # label images hold no more: the smallest that nobody has
        free = np.setdiff1d(np.arange(1, len(name_of_start) + n_gaps + 1), cell)
        new = free[:n_gaps]
    name_of_start[cut[starts]] = new
    piece = np.empty(len(cell), np.int64)
    piece[in_time] = name_of_start[np.cumsum(starts) - 1]
    links[Col.CELL] = piece
    cell_of = dict(zip(name_of_start.tolist(), cell[starts].tolist(), strict=True))

    parents: dict[int, tuple[int, ...]] = {}
    last_piece: dict[int, int] = {}
    for name, of in cell_of.items():  # in order of cell and time
        if of in last_piece:
            parents[name] = (last_piece[of],)
        last_piece[of] = name
    pieces = Tracks.from_links(links, parents)
    n_merged = n_orphans = 0
    for child, known in tracks.parents.items():
        if not known or child not in last_piece:
            continue
        if len(known) > 1:
            n_merged += 1
            continue
        mother = last_piece.get(known[0])
        if mother is None or pieces.first_last[mother][1] >= pieces.first_last[child][0]:
            n_orphans += 1
            continue
        parents[child] = (mother,)
    return Pieces(Tracks(links, pieces.first_last, parents), cell_of, n_gaps, n_merged, n_orphans)
