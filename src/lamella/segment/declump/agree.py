"""Agreement over time: a clump has as many pieces as in most of the frames around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.distance import distance_inside
from lamella.kernels.regions import find_regions
from lamella.segment.declump.pieces import Flood, Pieces

_LARGEST_TABLE = 1 << 23
_CORE = 0.5  # of a piece's depth, beyond which its pixels are markers


class Cut(NamedTuple):
    """One frame, cut for itself."""

    labels: Pieces
    """The labels that were given, numbered from 1, (Y, X)."""
    pieces: Pieces
    """Their pieces, numbered from 1; no piece has pixels of two labels."""
    flood: Flood
    """How this frame grows pieces from markers."""


def agreed(own: Cut, others: Sequence[Cut], *, smallest_px: float) -> Pieces:
    """The pieces of a frame, re-cut where the frames around agree on another number of them.

    Parameters
    ----------
    own : Cut
    others : sequence of Cut
        The frames around, the nearest in time first.
    smallest_px : float
        Smaller pieces of the others are not counted.

    Returns
    -------
    (Y, X) int32 array

    Notes
    -----
    A piece of another frame belongs to the clump in which more than half of its pixels lie. A frame
    whose pieces cover less than half of a clump has no vote on it: the clump has moved away, or was
    not there. A clump keeps the number that it has unless the median of all votes is another; of
    the two medians of an even number of votes the one nearer to its own counts.
    """
    regions = find_regions(own.labels)
    found = [_pieces_within(own.labels, other.pieces, smallest_px) for other in others]
    pieces = own.pieces.copy()
    count = _count_within(own.labels, own.pieces)
    newest = int(pieces.max(initial=0))
    for label, area, box in zip(regions.label, regions.area, regions.box, strict=True):
        here = count[int(label)]
        seen = [(f.get(int(label), _NONE), other) for f, other in zip(found, others, strict=True)]
        votes = [(part, other) for part, other in seen if 2 * part.shared >= area]
        wanted = _median(here, [len(part.names) for part, _ in votes])
        if wanted == here:
            continue
        part, other = next(vote for vote in votes if len(vote[0].names) == wanted)
        window = np.s_[box[0] : box[2], box[1] : box[3]]
        inside = own.labels[window] == label
        recut = _recut(inside, other.pieces[window], part.names, own.flood, window)
        pieces[window][inside] = newest + recut[inside]
        newest += int(recut.max())
    return pieces


class _Part(NamedTuple):
    """The pieces of another frame that belong to one clump, and the pixels they share with it."""

    names: tuple[int, ...]
    shared: int


_NONE = _Part((), 0)


def _pieces_within(labels: Pieces, pieces: Pieces, smallest_px: float) -> dict[int, _Part]:
    area = np.bincount(pieces.ravel())
    found: dict[int, _Part] = {}
    for label, piece, shared in _shared(labels, pieces):
        if 2 * shared > area[piece] >= smallest_px:
            names, total = found.get(label, _NONE)
            found[label] = _Part((*names, piece), total + shared)
    return found


def _count_within(labels: Pieces, pieces: Pieces) -> dict[int, int]:
    count: dict[int, int] = {}
    for label, _, _ in _shared(labels, pieces):
        count[label] = count.get(label, 0) + 1
    return count


def _shared(labels: Pieces, pieces: Pieces) -> list[tuple[int, int, int]]:
    """(label, piece, number of pixels that both have) of all that share any."""
    both = (labels > 0) & (pieces > 0)
    n = int(pieces.max(initial=0)) + 1
    size = n * (int(labels.max(initial=0)) + 1)
    pair = labels[both].astype(np.int64) * n + pieces[both]
    if size <= _LARGEST_TABLE:
        table = np.bincount(pair, minlength=size)
        pairs = np.flatnonzero(table)
        counts = table[pairs]
    else:
        pairs, counts = np.unique(pair, return_counts=True)
    return [(k // n, k % n, m) for k, m in zip(pairs.tolist(), counts.tolist(), strict=True)]


def _median(own: int, others: list[int]) -> int:
    votes = sorted([own, *others])
    low, high = votes[(len(votes) - 1) // 2], votes[len(votes) // 2]
    return min(max(own, low), high)


def _recut(
    inside: NDArray[np.bool_],
    pieces: Pieces,
    names: tuple[int, ...],
    flood: Flood,
    window: tuple[slice, slice],
) -> Pieces:
    """The object, cut from the cores of the pieces of another frame."""
    markers = np.zeros(inside.shape, np.int32)
    for number, name in enumerate(names, 1):
        depth = distance_inside((pieces == name) & inside)
        markers[depth > _CORE * depth.max()] = number
    recut = flood(inside, markers, window)
    # What no marker reaches, an unconnected part, is a piece of its own.
    return np.where(inside & (recut == 0), len(names) + 1, recut)
