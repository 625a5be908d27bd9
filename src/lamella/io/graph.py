"""A graph of objects over time as cells: the unbranched stretches of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lamella.core.errors import InputError
from lamella.io.link_rows import LARGEST_ID


def oriented(
    nodes: NDArray[Any],
    edges: NDArray[Any],
    frames: NDArray[np.int64],
    directed: bool,
    source: str,
    notes: list[str],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the earlier and the later node of every edge, each edge once.

    Parameters
    ----------
    nodes : (N,) integer array
        Numbers of the nodes.
    edges : (E, 2) integer array
        Numbers of the nodes that they join.
    frames : (N,) int64 array
    directed : bool
        Whether the order of an edge's ends means something; frames decide otherwise.
    notes : list of str
        Is added to.

    Raises
    ------
    InputError
        Two nodes of one number; edges to nowhere, within a frame, or some forward in time and
        some backward. So there are no circles.
    """
    order = np.argsort(nodes, kind="stable")
    ordered = nodes[order]
    if np.any(ordered[1:] == ordered[:-1]):
        raise InputError(source, "two of its nodes have one number", "number its nodes anew")
    if not len(edges):
        none = np.zeros(0, np.int64)
        return none, none
    place = np.minimum(np.searchsorted(ordered, edges), max(len(nodes) - 1, 0))
    known = ordered[place] == edges if len(nodes) else np.zeros(edges.shape, bool)
    if not known.all():
        a, b = edges[np.flatnonzero(~known.all(axis=1))[0]]
        raise InputError(source, f"its edge {a} → {b} has an end at no node", "write it again")
    rows = np.unique(order[place], axis=0)
    start, end = rows[:, 0], rows[:, 1]
    step = frames[end] - frames[start]
    if np.any(step == 0):
        at = int(np.flatnonzero(step == 0)[0])
        raise InputError(
            source,
            f"an edge joins two nodes of frame {frames[start[at]]}",
            "join objects of different frames only",
        )
    if directed and np.any(step < 0) and np.any(step > 0):
        raise InputError(
            source, "some of its edges run forward in time and some backward",
            "let all run from the earlier to the later",
        )  # fmt: skip
    if directed and np.any(step < 0):
        notes.append("its edges run backward in time: turned round")
    back = step < 0
    rows = np.unique(
        np.stack([np.where(back, end, start), np.where(back, start, end)], axis=1), axis=0
    )
    return rows[:, 0], rows[:, 1]


class Stretches(NamedTuple):
    """A graph cut where it branches or joins."""

    of: NDArray[np.int64]
    """(N,) the stretch of every node, from 0 in order of their first frames, then of the nodes."""
    between: NDArray[np.bool_]
    """(E,) whether an edge leads from one stretch to another."""


def stretches(
    frames: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    *,
    apart: NDArray[np.bool_] | None = None,
) -> Stretches:
    """The unbranched stretches of a graph, however many frames lie between their nodes.

    Parameters
    ----------
    frames : (N,) int64 array
    start, end : (E,) int64 arrays
        Rows of the earlier and the later node of every edge.
    apart : (E,) bool array, optional
        Edges at which a stretch ends though nothing branches there.
    """
    n = len(frames)
    within = (np.bincount(start, minlength=n)[start] == 1) & (
        np.bincount(end, minlength=n)[end] == 1
    )
    if apart is not None:
        within &= ~apart
    part = components(n, np.stack([start[within], end[within]], axis=1))
    # The first node of every part tells its place in the order.
    in_time = np.lexsort((np.arange(n), frames))
    _, first = np.unique(part[in_time], return_index=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return Stretches(rank[part] if n else part, ~within)


def parents_of(
    cell: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64], cut: Stretches
) -> dict[int, tuple[int, ...]]:
    """Cell to the cells that it came from, of the cell of every node."""
    found: dict[int, set[int]] = {}
    for a, b in zip(
        cell[start[cut.between]].tolist(), cell[end[cut.between]].tolist(), strict=True
    ):
        found.setdefault(b, set()).add(a)
    return {child: tuple(sorted(named)) for child, named in sorted(found.items())}


def cells_of(
    frames: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    name: NDArray[Any] | None,
    notes: list[str],
) -> tuple[NDArray[np.int64], dict[int, tuple[int, ...]]]:
    """The cell of every node, and its parents, where nodes may name the track that they are in.

    Parameters
    ----------
    frames, start, end
        As for `stretches`.
    name : (N,) integer array or None
        The number of the track that a node is said to be in: cells end where it changes, and have
        these numbers where each has one of its own from 1 on. Otherwise they are numbered in the
        order in which they begin.
    """
    apart = None if name is None else name[start] != name[end]
    cut = stretches(frames, start, end, apart=apart)
    cell = cut.of + 1
    if name is not None and len(frames):
        own = np.zeros(int(cut.of.max()) + 1, name.dtype)
        own[cut.of] = name
        if len(np.unique(own)) == len(own) and own.min() >= 1 and own.max() <= LARGEST_ID:
            cell = name.astype(np.int64)
        else:
            notes.append("its tracks have no numbers of their own: numbered anew")
    return cell, parents_of(cell, start, end, cut)


def components(n: int, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the connected part that each of n nodes belongs to, in the order of the nodes."""
    if n == 0:
        return np.zeros(0, np.int64)
    graph = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    part: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return part
