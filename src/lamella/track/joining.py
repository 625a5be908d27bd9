"""Pieces of tracks joined over gaps, through touches, and at divisions and mergings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from lamella.kernels.assignment import assign
from lamella.track.linking import Pieces, Weights, unlikeness
from lamella.track.movement import Movement
from lamella.track.objects import Indices, Objects, Values

_MISSED = 1.0  # what every frame in which a cell is missed costs
_COVERED = 0.5  # share of an object that lies in another, for them to be merged
_SPREAD = 0.3  # SD of the logarithm of ratios of areas at a division
_TOLERANCE = 0.35  # of the mother's radius: SD of the middle of her daughters round her centre
_DIVISION = 8.0  # a division that costs more is none


@dataclass(frozen=True)
class Limits:
    """What may be joined.

    Parameters
    ----------
    max_gap : int
        Frames in which a cell may be missing.
    max_step_px : float
        Of one frame; over a gap of g frames a cell may go √(g + 1) times as far.
    max_division_px : float
        From the middle of a mother to that of her daughter.
    divisions, merges : bool
        Whether these are looked for.
    """

    max_gap: int
    max_step_px: float
    max_division_px: float
    divisions: bool
    merges: bool


@dataclass
class Joined:
    """Chains of objects with gaps, and who came from whom.

    Parameters
    ----------
    after, before : (n,) int64 arrays
        As in `Pieces`; gaps are bridged.
    mothers : dict
        First object of a daughter to the last object of its mother.
    merged : dict
        First object of a merged cell to the last objects of those that it came from.
    """

    after: Indices
    before: Indices
    mothers: dict[int, int] = field(default_factory=dict)
    merged: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def heads(self) -> Indices:
        """The first object of the chain of every object."""
        head = np.arange(len(self.before))
        for k, previous in enumerate(self.before.tolist()):  # objects are in order of time
            if previous >= 0:
                head[k] = head[previous]
        return head

    def cut(self, i: int) -> None:
        """Part an object from the one that follows it."""
        self.before[self.after[i]] = -1
        self.after[i] = -1

    def tie(self, i: int, j: int) -> None:
        """Let object `j` follow object `i`."""
        self.after[i], self.before[j] = j, i


def join(
    objects: Objects, pieces: Pieces, movement: Movement, weights: Weights, limits: Limits
) -> Joined:
    """Join pieces: touches first, as they would pass for divisions, then divisions, then gaps."""
    joined = Joined(pieces.after.copy(), pieces.before.copy())
    mergings = _mergings(objects, joined)
    _part_touching(objects, joined, mergings, movement, weights)
    gaps = _gaps(objects, pieces, joined, movement, weights, limits)
    if limits.divisions:
        cheapest = np.full(len(objects.frame), np.inf)
        np.minimum.at(cheapest, gaps.j, gaps.cost)
        _divide(objects, joined, movement, weights, limits, cheapest)
    _bridge(joined, gaps)
    if limits.merges:
        _merge(objects, joined, mergings)
    return joined


@dataclass(frozen=True)
class _Gaps:
    i: Indices
    j: Indices
    cost: Values
    alone: float


def _ends(objects: Objects, joined: Joined) -> Indices:
    return np.flatnonzero((joined.after < 0) & (objects.frame < objects.span.stop - 1))


def _starts(objects: Objects, joined: Joined) -> Indices:
    return np.flatnonzero((joined.before < 0) & (objects.frame > objects.span.start))


def _gaps(
    objects: Objects,
    pieces: Pieces,
    joined: Joined,
    movement: Movement,
    weights: Weights,
    limits: Limits,
) -> _Gaps:
    """Every end that a start may go on from, and what that costs."""
    reach = 0.5 * (limits.max_step_px / movement.step_px) ** 2
    alone = reach + _MISSED * limits.max_gap + 9
    ends, starts = _ends(objects, joined), _starts(objects, joined)
    found_i, found_j, found_cost = [np.empty(0, np.int64)] * 2, [np.empty(0, np.int64)], []
    found_i = [np.empty(0, np.int64)]
    found_cost = [np.empty(0)]
    frame_of_ends, frame_of_starts = objects.frame[ends], objects.frame[starts]
    for t in np.unique(frame_of_starts):
        here = starts[frame_of_starts == t]
        tree = cKDTree(objects.place[here])
        for missing in range(1, limits.max_gap + 1):
            there = ends[frame_of_ends == t - missing - 1]
            if not len(there):
                continue
            kept = _travelled(movement.persistence, missing + 1)
            expected = objects.place[there] + kept * pieces.velocity[there]
            # Where the velocity of old is worth little, the place where it was counts as well.
            far = limits.max_step_px * np.sqrt(missing + 1)
            near = cKDTree(expected).sparse_distance_matrix(tree, far, output_type="coo_matrix")
            i, j = there[near.row], here[near.col]
            cost = near.data**2 / (2 * movement.step_px**2 * (missing + 1))
            cost += unlikeness(objects, i, j, movement, weights, adjacent=False)
            found_i.append(i)
            found_j.append(j)
            found_cost.append(cost + _MISSED * missing)
    return _Gaps(
        np.concatenate(found_i), np.concatenate(found_j), np.concatenate(found_cost), alone
    )


def _travelled(persistence: float, n: int) -> float:
    """How many of its steps a velocity is worth that fades by `persistence` a frame."""
    return float(sum(persistence**k for k in range(1, n + 1)))


def _bridge(joined: Joined, gaps: _Gaps) -> None:
    free = (joined.after[gaps.i] < 0) & (joined.before[gaps.j] < 0)
    free &= ~np.isin(gaps.j, list(joined.mothers)) & ~np.isin(gaps.i, list(joined.mothers.values()))
    i, j, cost = gaps.i[free], gaps.j[free], gaps.cost[free]
    for k in assign(i, j, cost, alone=gaps.alone):
        joined.tie(int(i[k]), int(j[k]))


def _mergings(objects: Objects, joined: Joined) -> list[tuple[int, int]]:
    """Ends that lie within an object which goes on for another: (end, that object).

    The object must be nearer in area to both together than to the other alone.
    """
    overlaps = objects.overlaps
    end = (joined.after[overlaps.before] < 0) & (
        overlaps.n >= _COVERED * objects.area[overlaps.before]
    )
    other = joined.before[overlaps.after]
    end &= other >= 0
    i, j, o = overlaps.before[end], overlaps.after[end], other[end]
    both = objects.area[j] > objects.area[o] + 0.5 * objects.area[i]
    return [(int(a), int(b)) for a, b in zip(i[both], j[both], strict=True)]


def _partings(objects: Objects, joined: Joined) -> list[tuple[int, int]]:
    """Starts that lie within an object which goes on as another: (that object, start)."""
    overlaps = objects.overlaps
    start = (joined.before[overlaps.after] < 0) & (
        overlaps.n >= _COVERED * objects.area[overlaps.after]
    )
    other = joined.after[overlaps.before]
    start &= other >= 0
    i, j, o = overlaps.before[start], overlaps.after[start], other[start]
    both = objects.area[i] > objects.area[o] + 0.5 * objects.area[j]
    return [(int(a), int(b)) for a, b in zip(i[both], j[both], strict=True)]


def _part_touching(
    objects: Objects,
    joined: Joined,
    mergings: list[tuple[int, int]],
    movement: Movement,
    weights: Weights,
) -> None:
    """Cells that were one object for a while get their identity back where they part.

    Who is who is told by looks, and by which side of each other they were on. While they are one
    object it bears the number of the one; the other has a gap there.
    """
    # Each merging waits, with the chain that it went into, for a parting of that chain.
    waiting: dict[int, list[tuple[int, int]]] = {}
    chain = joined.heads()
    for end, into in mergings:
        waiting.setdefault(int(chain[into]), []).append((end, into))
    for whole, start in sorted(_partings(objects, joined), key=lambda p: objects.frame[p[1]]):
        before = [
            (end, into)
            for end, into in waiting.get(int(chain[whole]), [])
            if objects.frame[into] <= objects.frame[whole]
        ]
        rest = int(joined.after[whole])
        if not before or rest < 0:
            continue
        costs = []
        for end, into in before:
            other = int(joined.before[into])
            stays, changes = (
                _resemblance(objects, (other, end), pair, movement, weights)
                for pair in ((rest, start), (start, rest))
            )
            costs.append(min((stays, False), (changes, True)))
        best = int(np.argmin([cost for cost, _ in costs]))
        end, into = before[best]
        waiting[int(chain[whole])].remove((end, into))
        if costs[best][1]:  # the chain goes on as the one that started, and the end as the rest
            joined.cut(whole)
            joined.tie(whole, start)
            start = rest
        joined.tie(end, start)
        chain = joined.heads()


def _resemblance(
    objects: Objects,
    before: tuple[int, int],
    after: tuple[int, int],
    movement: Movement,
    weights: Weights,
) -> float:
    """What it costs that two cells before a touch are these two after it, in this order."""
    i, j = np.array(before), np.array(after)
    looks = float(unlikeness(objects, i, j, movement, weights, adjacent=False).sum())
    was, is_now = (
        objects.place[i[1]] - objects.place[i[0]],
        objects.place[j[1]] - objects.place[j[0]],
    )
    lengths = float(np.hypot(*was) * np.hypot(*is_now))
    turned = 1 - float(was @ is_now) / lengths if lengths > 0 else 1.0
    frames = max(int(objects.frame[j[0]] - objects.frame[i[0]]), 1)
    return looks + turned * 9 / np.sqrt(frames)


def _divide(
    objects: Objects,
    joined: Joined,
    movement: Movement,
    weights: Weights,
    limits: Limits,
    cheapest_gap: Values,
) -> None:
    """Find mothers for starts: the cheapest divisions first, each object in one of them at most."""
    options: list[tuple[float, int, int, int]] = []
    starts = _starts(objects, joined)
    for t in np.unique(objects.frame[starts]):
        here = starts[objects.frame[starts] == t]
        before = objects.of_frame(int(t) - 1)
        if before.start == before.stop:
            continue
        tree = cKDTree(objects.place[before])
        near = tree.query_ball_point(objects.place[here], limits.max_division_px)
        for daughter, mothers in zip(here, near, strict=True):
            for k in mothers:
                mother = before.start + k
                sisters = [int(joined.after[mother])] if joined.after[mother] >= 0 else [
                    int(s) for s in here if s != daughter
                ]  # fmt: skip
                for sister in sisters:
                    if objects.frame[sister] != t:
                        continue
                    cost = division_cost(objects, mother, sister, int(daughter), movement, limits)
                    if cost < min(_DIVISION, cheapest_gap[daughter]):
                        options.append((cost, mother, sister, int(daughter)))
    used: set[int] = set()
    for _, mother, sister, daughter in sorted(options):
        if used & {mother, sister, daughter}:
            continue
        used |= {mother, sister, daughter}
        if joined.after[mother] >= 0:
            joined.cut(mother)
        joined.mothers[sister] = joined.mothers[daughter] = mother


def division_cost(
    objects: Objects, mother: int, a: int, b: int, movement: Movement, limits: Limits
) -> float:
    """How unlike a division it is that a mother becomes two daughters in the next frame.

    Half the squares, in SDs, of: the distance of the daughters' common centre of mass from the
    mother; the logarithms of the ratio of the daughters' areas, and of their sum to the mother's.
    Infinite where a daughter is further away than allowed.
    """
    area, place = objects.area, objects.place
    far = max(float(np.hypot(*(place[k] - place[mother]))) for k in (a, b))
    if far > limits.max_division_px:
        return float("inf")
    middle = (area[a] * place[a] + area[b] * place[b]) / (area[a] + area[b])
    tolerance = np.hypot(movement.step_px, _TOLERANCE * np.sqrt(area[mother] / np.pi))
    off = float(np.hypot(*(middle - place[mother])) / tolerance)
    unequal = float(np.log(area[a] / area[b]) / _SPREAD)
    grown = float(np.log((area[a] + area[b]) / area[mother]) / _SPREAD)
    return (off**2 + unequal**2 + grown**2) / 2


def _merge(objects: Objects, joined: Joined, mergings: list[tuple[int, int]]) -> None:
    """Two that became one, and did not part again: the one is a cell of its own, theirs."""
    for end, into in mergings:
        other = int(joined.before[into])
        if joined.after[end] >= 0 or (other < 0 and into not in joined.merged):
            continue
        if other >= 0:
            joined.cut(other)
            joined.merged[into] = (other, end)
        else:
            joined.merged[into] = (*joined.merged[into], end)
