"""Cells that were missed for a few frames: ends and starts of chains that belong together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from lamella.kernels.assignment import assign
from lamella.track.chains import Joined, Limits
from lamella.track.linking import Weights, unlikeness
from lamella.track.movement import Movement
from lamella.track.objects import Indices, Objects, Values

_MISSED = 1.0  # what every frame costs in which a cell is missed


class Gaps(NamedTuple):
    """Ends and the starts that they may go on as: what each pair costs, and to stay alone."""

    end: Indices
    start: Indices
    cost: Values
    alone: float

    def cheapest(self, n_objects: int) -> Values:
        """What every object's cheapest gap costs as a start; infinite where it has none."""
        cost = np.full(n_objects, np.inf)
        np.minimum.at(cost, self.start, self.cost)
        return cost


def possible_gaps(
    objects: Objects,
    joined: Joined,
    velocity: Values,
    movement: Movement,
    weights: Weights,
    limits: Limits,
) -> Gaps:
    """Every pair of an end and a start that is near enough to where the end may have got to.

    The place is foretold by the velocity at the end, which fades as the movement's persistence
    says; the uncertainty grows with the square root of the frames between.
    """
    ends, starts = joined.ends(objects), joined.starts(objects)
    at_end, at_start = objects.frame[ends], objects.frame[starts]
    end, start, cost = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for t in np.unique(at_start):
        here = starts[at_start == t]
        tree = cKDTree(objects.place[here])
        for missing in range(1, limits.max_gap + 1):
            there = ends[at_end == t - missing - 1]
            if not len(there):
                continue
            steps = sum(movement.persistence**k for k in range(1, missing + 2))
            expected = objects.place[there] + steps * velocity[there]
            reach = limits.max_step_px * np.sqrt(missing + 1)
            near = cKDTree(expected).sparse_distance_matrix(tree, reach, output_type="coo_matrix")
            i, j = there[near.row], here[near.col]
            end.append(i)
            start.append(j)
            cost.append(
                near.data**2 / (2 * (missing + 1) * movement.step_px**2)
                + unlikeness(objects, i, j, movement, weights, adjacent=False)
                + _MISSED * missing
            )
    farthest = 0.5 * (limits.max_step_px / movement.step_px) ** 2
    alone = farthest + weights.most(adjacent=False) + _MISSED * limits.max_gap + 1
    return Gaps(np.concatenate(end), np.concatenate(start), np.concatenate(cost), alone)


def bridge(objects: Objects, joined: Joined, gaps: Gaps) -> None:
    """Tie the ends and starts that are still free, at the least cost."""
    free = np.isin(gaps.end, joined.ends(objects)) & np.isin(gaps.start, joined.starts(objects))
    end, start = gaps.end[free], gaps.start[free]
    for k in assign(end, start, gaps.cost[free], alone=gaps.alone):
        joined.tie(int(end[k]), int(start[k]))
