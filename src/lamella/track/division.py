"""Divisions: one object whose place two take, each of about half its size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lamella.track.chains import Joined, Limits
from lamella.track.gaps import Gaps
from lamella.track.movement import Movement
from lamella.track.objects import Indices, Objects

_SPREAD = 0.3  # SD of the logarithm of ratios of areas at a division
_TOLERANCE = 0.35  # of the mother's radius: SD of the middle of her daughters round her centre
_MISSED = 1.0  # what every frame costs in which neither mother nor daughters are seen
_DEAREST, _DEAREST_CUT = 4.0, 8.0  # what costs more is no division; where the border cuts her
_SMALLER, _BY = 0.8, 0.1  # share of the mother that a daughter has at most, and its SD
_ROUNDING = 6  # frames in which a mother may change her size before she divides
_LIFE = 3  # frames that a daughter lives at least, unless the movie ends


def division_cost(
    objects: Objects, joined: Joined, mother: int, a: int, b: int, movement: Movement
) -> float:
    """How unlike a division it is that a mother becomes two daughters.

    Half the squares, in SDs, of: the distance of the daughters' common centre of mass from the
    mother; the logarithms of the ratio of the daughters' areas, and of their sum to the mother's;
    and by how much the larger daughter is too like the mother: then somebody else came near. Cells
    round up and chromosomes condense, so that the mother may be as large as she was in any of
    her last frames.
    """
    area, place = objects.area, objects.place
    middle = (area[a] * place[a] + area[b] * place[b]) / (area[a] + area[b])
    missed = int(objects.frame[a] - objects.frame[mother]) - 1
    wandered = movement.step_px * np.sqrt(missed + 1)
    tolerance = np.hypot(wandered, _TOLERANCE * np.sqrt(area[mother] / np.pi))
    off = float(np.hypot(*(middle - place[mother])) / tolerance)
    unequal = float(np.log(area[a] / area[b]) / _SPREAD)
    was = area[list(islice(joined.back_from(mother), _ROUNDING))]
    both = area[a] + area[b]
    grown = max(np.log(both / was.max()), np.log(was.min() / both), 0.0) / _SPREAD
    alike = max(max(area[a], area[b]) / was.max() - _SMALLER, 0.0) / _BY
    return float(off**2 + unequal**2 + grown**2 + alike**2) / 2 + _MISSED * missed


def divide(
    objects: Objects,
    joined: Joined,
    movement: Movement,
    limits: Limits,
    *,
    merged: Sequence[tuple[int, int]],
    gaps: Gaps,
) -> None:
    """Find mothers for starts: the cheapest divisions first, each object in one of them at most.

    A start that would rather go on after a gap is no daughter. Pieces that one cell falls into for
    some frames are none either: of them the one vanishes at once, or merges into the other.

    Parameters
    ----------
    merged : sequence of (int, int)
        Ends that lie in an object, see `mergings`.
    gaps : Gaps
        Ends and starts that may be one cell, missed in between.
    """
    options: list[tuple[float, int, int, int]] = []
    starts = joined.starts(objects)
    lives_on = _lives_on(objects, joined, gaps)
    cheapest_gap = gaps.cheapest(len(objects.frame))
    starts = starts[lives_on[starts]]
    at = objects.frame[starts]
    ends = joined.ends(objects)
    head = joined.heads()
    # Sisters that touch for a while part again, and have been told apart by then.
    reunited = {
        frozenset((int(head[end]), int(head[into])))
        for end, into in merged
        if joined.after[end] < 0
    }
    for t in np.unique(at):
        here = starts[at == t]
        mothers = _mothers(objects, ends, int(t), limits.max_gap)
        if not len(mothers):
            continue
        near = cKDTree(objects.place[mothers]).query_ball_point(
            objects.place[here], limits.max_division_px
        )
        earlier: dict[int, list[int]] = {}  # daughters that a mother may have, up to this one
        for daughter, found in zip(here.tolist(), near, strict=True):
            for mother in mothers[found].tolist():
                follower = int(joined.after[mother])
                if follower >= 0:  # the one daughter has been linked to her
                    sisters = [follower] if lives_on[follower] else []
                else:  # of two that both start, the later in the list finds the other
                    sisters = list(earlier.setdefault(mother, []))
                    earlier[mother].append(daughter)
                for sister in sisters:
                    if frozenset((int(head[sister]), int(head[daughter]))) in reunited:
                        continue
                    apart = np.hypot(*(objects.place[sister] - objects.place[mother]))
                    cost = division_cost(objects, joined, mother, sister, daughter, movement)
                    dearest = _DEAREST_CUT if objects.at_border[mother] else _DEAREST
                    if apart <= limits.max_division_px and cost < min(
                        dearest, cheapest_gap[daughter]
                    ):
                        options.append((cost, mother, sister, daughter))
    used: set[int] = set()
    for _, mother, sister, daughter in sorted(options):
        if used & {mother, sister, daughter}:
            continue
        used |= {mother, sister, daughter}
        if joined.after[mother] >= 0:
            joined.cut(mother)
        joined.mothers[sister] = joined.mothers[daughter] = mother


def _mothers(objects: Objects, ends: Indices, t: int, max_gap: int) -> Indices:
    """Everyone of the frame before, and those that ended within the gap before that."""
    before = objects.of_frame(t - 1)
    at = objects.frame[ends]
    missed = ends[(at < t - 1) & (at >= t - 1 - max_gap)]
    return np.concatenate([np.arange(before.start, before.stop), missed])


def _lives_on(objects: Objects, joined: Joined, gaps: Gaps) -> NDArray[np.bool_]:
    """Whether the chain from an object on lasts, is only missed, or the movie ends before."""
    left = np.ones(len(objects.frame), np.int64)
    left[gaps.end] = _LIFE
    followers = joined.after.tolist()
    for k in range(len(left) - 1, -1, -1):  # the follower comes later
        if followers[k] >= 0:
            left[k] += left[followers[k]]
    lasts: NDArray[np.bool_] = left >= np.minimum(_LIFE, objects.span.stop - objects.frame)
    return lasts
