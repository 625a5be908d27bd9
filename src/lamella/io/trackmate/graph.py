"""Cells of a graph of spots: cut where it divides and where it merges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lamella.io.outlines import unused_numbers
from lamella.io.trackmate.names import Mark


class Cells(NamedTuple):
    """Spots by cell, and the lineage of the cells."""

    spots: dict[int, list[int]]
    """Cell to its spots, in order of time."""
    parents: dict[int, tuple[int, ...]]


def cells_of_graph(
    frame_of: Mapping[int, int], edges: Iterable[tuple[int, int]], marks: Mapping[int, Mark]
) -> Cells:
    """Cut a graph of spots into cells.

    Parameters
    ----------
    frame_of : mapping of int to int
        Spot to its frame: all spots that become part of a cell, those without any edge among them.
    edges : iterable of (int, int)
        Pairs of spots, the earlier one first; never two of one frame.
    marks : mapping of int to Mark
        What the names of the spots tell.

    Returns
    -------
    Cells
        A spot with one successor and this with no other predecessor are one cell, however many
        frames lie between them; a division ends the mother and begins its daughters, a merging ends
        the cells that merge. Cells keep the number that their first named spot carries, where no
        earlier cell has it; others get numbers that nobody has, in order of their first frame.
    """
    following: dict[int, list[int]] = defaultdict(list)
    before: dict[int, list[int]] = defaultdict(list)
    for source, target in edges:
        following[source].append(target)
        before[target].append(source)

    def goes_on(source: int, target: int) -> bool:
        mark, parent = marks[target], marks[source].cell
        own_cell = mark.parent != 0 and mark.parent == parent and mark.cell != parent
        return len(following[source]) == len(before[target]) == 1 and not own_cell

    heads = [spot for spot in frame_of if not (before[spot] and goes_on(before[spot][0], spot))]
    heads.sort(key=lambda spot: (frame_of[spot], spot))
    chains = []
    for head in heads:
        chain = [head]
        while following[chain[-1]] and goes_on(chain[-1], following[chain[-1]][0]):
            chain.append(following[chain[-1]][0])
        chains.append(chain)

    numbers = _numbers([[marks[spot].cell for spot in chain] for chain in chains])
    cell_of = {spot: n for n, chain in zip(numbers, chains, strict=True) for spot in chain}
    parents = {
        cell_of[chain[0]]: tuple(sorted(cell_of[spot] for spot in before[chain[0]]))
        for chain in chains
        if before[chain[0]]
    }
    return Cells(dict(zip(numbers, chains, strict=True)), parents)


def _numbers(told: list[list[int]]) -> list[int]:
    wanted = [next((cell for cell in cells if cell), 0) for cells in told]
    free = unused_numbers(set(wanted))
    numbers: list[int] = []
    used: set[int] = set()
    for cell in wanted:
        if cell == 0 or cell in used:
            numbers.append(next(free))
        else:
            numbers.append(cell)
            used.add(cell)
    return numbers
