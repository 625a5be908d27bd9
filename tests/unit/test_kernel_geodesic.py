"""Fronts from seeds, against Dijkstra written plainly; holes within one object."""

import heapq

import numpy as np
import pytest

from lamella.kernels.geodesic import cheapest_seed, nearest_seed_within
from lamella.kernels.holes import without_holes


def plainly(seeds, cost, light, least, reach_px):
    """(cost, seed, way) of every pixel by a heap, in the units of the kernel."""
    height, width = seeds.shape
    best = {}
    heap = [(0, int(seeds[y, x]), 0, y, x) for y, x in np.argwhere(seeds > 0).tolist()]
    heapq.heapify(heap)
    while heap:
        paid, name, gone, y, x = heapq.heappop(heap)
        if (y, x) in best:
            continue
        best[y, x] = name
        for a in range(max(0, y - 1), min(height, y + 2)):
            for b in range(max(0, x - 1), min(width, x + 2)):
                step = 99 if a != y and b != x else 70
                if (a, b) in best or light[a, b] <= least[name] or gone + step > 70 * reach_px:
                    continue
                dear = max(int(cost[y, x]), int(cost[a, b]))
                heapq.heappush(heap, (paid + step * dear, name, gone + step, a, b))
    out = np.zeros(seeds.shape, np.int32)
    for (y, x), name in best.items():
        out[y, x] = name
    return out


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("reach_px", [np.inf, 6])
def test_the_cheapest_seed_is_that_of_dijkstra(seed, reach_px):
    rng = np.random.default_rng(seed)
    cost = rng.integers(1, 256 if seed % 2 else 4, (26, 31)).astype(np.uint8)
    light = rng.random(cost.shape).astype(np.float32)
    seeds = np.zeros(cost.shape, np.int32)
    seeds[rng.integers(0, 26, 6), rng.integers(0, 31, 6)] = np.arange(1, 7)
    least = np.array([9, 0.1, 0.2, 0.5, 0.0, np.inf, 0.3], np.float32)
    found = cheapest_seed(seeds, cost, light, least, reach_px=reach_px)
    np.testing.assert_array_equal(found, plainly(seeds, cost, light, least, reach_px))


def test_all_seeds_and_none():
    cost, light = np.ones((5, 6), np.uint8), np.ones((5, 6), np.float32)
    least = np.zeros(2, np.float32)
    none = np.zeros((5, 6), np.int32)
    assert not cheapest_seed(none, cost, light, least).any()
    assert (cheapest_seed(none + 1, cost, light, least) == 1).all()


def test_nearest_within_reach():
    seeds = np.zeros((1, 12), np.int32)
    seeds[0, 3], seeds[0, 8] = 2, 1
    owner, distance = nearest_seed_within(np.ones((1, 12), int), seeds, reach_px=2)
    assert owner.tolist() == [[0, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 0]]
    assert (distance[0, 1:11] <= 140).all()


def test_a_tie_goes_to_the_smaller_number():
    seeds = np.zeros((1, 5), np.int32)
    seeds[0, 0], seeds[0, 4] = 2, 1
    assert nearest_seed_within(np.ones((1, 5), int), seeds)[0].tolist() == [[2, 2, 1, 1, 1]]


def test_holes_of_one_object_alone():
    labels = np.zeros((9, 16), np.int32)
    labels[1:8, 1:6], labels[3:5, 3] = 1, 0  # a hole within 1
    labels[1:8, 7:11], labels[1:8, 11:15], labels[3:5, 10:12] = 2, 3, 0  # a gap between 2 and 3
    found = without_holes(labels)
    assert (found[3:5, 3] == 1).all()
    assert (found[3:5, 10:12] == 0).all()
    open_to_edge = np.ones((3, 3), np.int32)
    open_to_edge[0, 1] = 0
    np.testing.assert_array_equal(without_holes(open_to_edge), open_to_edge)
    np.testing.assert_array_equal(without_holes(np.zeros((3, 3), np.int32)), 0)
