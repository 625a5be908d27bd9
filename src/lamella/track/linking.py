"""Objects of consecutive frames linked to pieces of tracks, frame after frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lamella.kernels.assignment import assign
from lamella.track.movement import Movement
from lamella.track.objects import Indices, Objects, Values

_CAP = 4.5  # what three SDs cost: a segmentation that fails once must not cut a track
_KEPT = 0.5  # of the velocity before, when the latest step is taken in


class Weights(NamedTuple):
    """How much each clue counts beside the distance; 0 = not at all."""

    area: float = 1.0
    light: float = 1.0
    overlap: float = 1.0

    def most(self, *, adjacent: bool) -> float:
        """The most that being unlike can cost, in adjacent frames or over a gap."""
        return _CAP * (self.area + self.light + (self.overlap if adjacent else 0.0))


class Pieces(NamedTuple):
    """Who follows whom: chains of objects, without gaps as long as they are only linked."""

    after: Indices
    """(n,): the object that follows; −1 = none."""
    before: Indices
    """(n,): the object that it follows; −1 = none."""
    velocity: Values
    """(n, 2): recent velocity (y, x) in px per frame; 0 at the start of a chain."""

    @property
    def pairs(self) -> tuple[Indices, Indices]:
        """Every link as (object, its follower)."""
        linked = np.flatnonzero(self.after >= 0)
        return linked, self.after[linked]


def link(objects: Objects, movement: Movement, weights: Weights) -> Pieces:
    """Link the objects of every frame to those of the next at the least cost.

    The cost of a pair is the negative logarithm of its likelihood, as far as it differs between
    pairs: half the squared distance from the predicted place over the typical step, and the same
    of the change of area, of intensity and of 1 − intersection over union, each cut at three SDs.
    Pairs further apart than the longest step are out of the question, unless the one object covers
    half of the other. Within that, looks decide between candidates; alone they never part a pair.
    """
    n = len(objects.frame)
    after, before = np.full(n, -1), np.full(n, -1)
    velocity = np.zeros((n, 2))
    alone = _farthest(movement, np.array([True, False])).max() + weights.most(adjacent=True) + 1
    for t in objects.span[:-1]:
        here, there = objects.of_frame(t), objects.of_frame(t + 1)
        if here.start == here.stop or there.start == there.stop:
            continue
        expected = objects.place[here] + movement.persistence * velocity[here]
        fresh = before[here] < 0  # nothing is known of their velocity
        reach = np.where(fresh, movement.max_first_step_px, movement.max_step_px)
        i, j = _candidates(objects, expected, here, there, reach)
        if not len(i):
            continue
        left = objects.place[j] - expected[i - here.start]
        new = fresh[i - here.start]
        sd = np.where(new, movement.first_step_px, movement.step_px)
        cost = np.einsum("ij,ij->i", left, left) / (2 * sd**2) + _vague(movement, new)
        cost = np.minimum(cost, _farthest(movement, new))
        cost += unlikeness(objects, i, j, movement, weights)
        taken = assign(i - here.start, j - there.start, cost, alone=alone)
        i, j = i[taken], j[taken]
        after[i], before[j] = j, i
        velocity[j] = _recent(objects, i, j, before, velocity)
    return Pieces(after, before, velocity)


def _vague(movement: Movement, new: NDArray[np.bool_]) -> Values:
    """What a wider likelihood is lower by everywhere."""
    return np.where(new, 2 * np.log(movement.first_step_px / movement.step_px), 0.0)


def _farthest(movement: Movement, new: NDArray[np.bool_]) -> Values:
    """What the longest step costs."""
    first = 0.5 * (movement.max_first_step_px / movement.first_step_px) ** 2
    later = 0.5 * (movement.max_step_px / movement.step_px) ** 2
    return np.where(new, first, later) + _vague(movement, new)


def with_velocity(objects: Objects, after: Indices, before: Indices) -> Pieces:
    """Pieces from links, the velocities worked out."""
    velocity = np.zeros((len(after), 2))
    for t in objects.span[:-1]:
        here = objects.of_frame(t)
        i = here.start + np.flatnonzero(after[here] >= 0)
        velocity[after[i]] = _recent(objects, i, after[i], before, velocity)
    return Pieces(after, before, velocity)


def _recent(objects: Objects, i: Indices, j: Indices, before: Indices, velocity: Values) -> Values:
    """Velocity at objects j that follow objects i: a running mean of the steps up to there."""
    step = objects.place[j] - objects.place[i]
    blend: Values = _KEPT * velocity[i] + (1 - _KEPT) * step
    return np.where((before[i] < 0)[:, None], step, blend)


def unlikeness(
    objects: Objects,
    i: Indices,
    j: Indices,
    movement: Movement,
    weights: Weights,
    *,
    adjacent: bool = True,
) -> Values:
    """What the pairs cost for being unlike in area, intensity and, in adjacent frames, place."""
    cost = weights.area * _penalty(np.log(objects.area[j] / objects.area[i]), movement.area_sd)
    if weights.light and np.isfinite(movement.light_sd):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(objects.light[j] / objects.light[i])
        cost += weights.light * _penalty(np.nan_to_num(ratio, posinf=9, neginf=-9),
                                         movement.light_sd)  # fmt: skip
    if adjacent and weights.overlap:
        shared = objects.overlaps.between(i, j)
        iou: Values = shared / (objects.area[i] + objects.area[j] - shared)
        cost += weights.overlap * _penalty(1 - iou, movement.mismatch)
    return cost


def _penalty(change: Values, sd: float) -> Values:
    return np.minimum((change / sd) ** 2 / 2, _CAP)


def _candidates(
    objects: Objects, expected: Values, here: slice, there: slice, reach: Values
) -> tuple[Indices, Indices]:
    """Pairs that may be the same cell: within reach of the expected place, or half covered."""
    found = cKDTree(expected).sparse_distance_matrix(
        cKDTree(objects.place[there]), float(reach.max()), output_type="coo_matrix"
    )
    near = found.data <= reach[found.row]
    overlaps = objects.overlaps
    rows = overlaps.of(here.start, here.stop)
    i, j, n = overlaps.before[rows], overlaps.after[rows], overlaps.n[rows]
    much = 2 * n > np.minimum(objects.area[i], objects.area[j])
    pairs = np.concatenate(
        [
            np.column_stack([found.row[near] + here.start, found.col[near] + there.start]),
            np.column_stack([i[much], j[much]]),
        ]
    )
    pairs = np.unique(pairs.astype(np.int64), axis=0)
    return pairs[:, 0], pairs[:, 1]
