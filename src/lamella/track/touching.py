"""Cells that touch and are one object for a while: their identities before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from lamella.track.chains import Joined
from lamella.track.linking import Weights, unlikeness
from lamella.track.movement import Movement
from lamella.track.objects import Indices, Objects, Values

_COVERED = 0.3  # share of the one that lies in the common object
_TURNED = 9.0  # what it costs when two cells have changed sides from one frame to the next

Pair = tuple[int, int]


def mergings(objects: Objects, joined: Joined) -> list[Pair]:
    """Ends that lie within an object which goes on for another: (end, that object).

    The object must be nearer in area to both together than to the other alone.
    """
    overlaps = objects.overlaps
    end, into = _covered(
        objects,
        overlaps.before,
        overlaps.after,
        overlaps.n,
        free=joined.after[overlaps.before] < 0,
        other=joined.before[overlaps.after],
    )
    return list(zip(end.tolist(), into.tolist(), strict=True))


def _partings(objects: Objects, joined: Joined) -> list[Pair]:
    """Starts that lie within an object which goes on as another: (start, that object)."""
    overlaps = objects.overlaps
    start, whole = _covered(
        objects,
        overlaps.after,
        overlaps.before,
        overlaps.n,
        free=joined.before[overlaps.after] < 0,
        other=joined.after[overlaps.before],
    )
    in_time = np.argsort(objects.frame[start], kind="stable")
    return list(zip(start[in_time].tolist(), whole[in_time].tolist(), strict=True))


def _covered(
    objects: Objects, one: Indices, whole: Indices, n: Values, *, free: Indices, other: Indices
) -> tuple[Indices, Indices]:
    """Pairs (one, whole) in which the whole covers the one, and is as large as it and the other."""
    area = objects.area
    fits = (other >= 0) & free & (n >= _COVERED * area[one])
    fits &= area[whole] > area[other] + 0.5 * area[one]
    return one[fits], whole[fits]


def part_touching(
    objects: Objects, joined: Joined, merged: list[Pair], movement: Movement, weights: Weights
) -> None:
    """Cells that were one object for a while get their identity back where they part.

    Who is who is told by looks, and by which side of each other they were on. While they are one
    object it bears the number of the one; the other has a gap there. Of three and more, those that
    leave together may part later; and what is hidden in an object that ends within another one is
    then hidden in that.
    """
    # Pieces as they were linked: they are what is entered and left, whoever turns out to be who.
    piece = joined.heads()
    hidden: defaultdict[int, set[Pair]] = defaultdict(set)
    frame = objects.frame
    # What parts in a frame cannot have met in it.
    events = [(int(frame[one]), 0, one, whole) for one, whole in _partings(objects, joined)]
    events += [(int(frame[into]), 1, end, into) for end, into in merged]
    for _, meet, one, whole in sorted(events):
        of_one, of_whole = hidden[int(piece[one])], hidden[int(piece[whole])]
        if meet:
            of_whole |= {(one, whole)} | of_one
            continue
        of_whole -= {(end, into) for end, into in of_whole if joined.after[end] >= 0}
        _part(objects, joined, one, whole, of_whole, movement, weights)
        of_one |= of_whole


def _part(
    objects: Objects,
    joined: Joined,
    start: int,
    whole: int,
    inside: Iterable[Pair],
    movement: Movement,
    weights: Weights,
) -> None:
    """Give a start that came out of an object, and what that goes on as, to the likeliest cells.

    The one is the cell whose number the object bears, the other one of those `inside`: ends, and
    the objects that they went into.
    """
    rest = int(joined.after[whole])
    if joined.before[start] >= 0:  # it came out of two objects, and one of them gave it its cell
        return
    options = []
    for end, into in inside:
        met = objects.frame[into]
        bearer = next((k for k in joined.back_from(whole) if objects.frame[k] < met), -1)
        if bearer < 0:
            continue
        for stays, parts in ((rest, start), (start, rest)):
            cost = _resemblance(objects, (bearer, end), (stays, parts), movement, weights)
            options.append((cost, stays, parts, end))
    if not options:
        return
    _, stays, parts, end = min(options)
    if stays != rest:
        joined.cut(whole)
        joined.tie(whole, stays)
    joined.tie(end, parts)


def _resemblance(
    objects: Objects, before: Pair, after: Pair, movement: Movement, weights: Weights
) -> float:
    """What it costs that two cells before a touch are these two after it, in this order."""
    i, j = np.array(before), np.array(after)
    looks = float(unlikeness(objects, i, j, movement, weights, adjacent=False).sum())
    side_before = objects.place[i[1]] - objects.place[i[0]]
    side_after = objects.place[j[1]] - objects.place[j[0]]
    lengths = float(np.hypot(*side_before) * np.hypot(*side_after))
    turned = 1 - float(side_before @ side_after) / lengths if lengths > 0 else 1.0
    frames = max(int(objects.frame[j[0]] - objects.frame[i[0]]), 1)
    return looks + _TURNED * turned / float(np.sqrt(frames))


def merge(joined: Joined, merged: list[Pair]) -> None:
    """Those that became one and neither parted again nor divided: the one is a new cell, theirs."""
    divided = set(joined.mothers.values())
    for end, into in merged:
        if joined.after[end] >= 0 or end in divided:
            continue
        other = int(joined.before[into])
        if other >= 0:
            joined.cut(other)
            joined.merged[into] = (other, end)
        elif into in joined.merged:
            joined.merged[into] = (*joined.merged[into], end)
