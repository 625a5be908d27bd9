"""Movement of outlines whose normal velocity is known everywhere."""

import numpy as np
import pytest
from accuracy_edge import held_against_truth

from lamella.kernels.edge_swept import edge_step
from lamella.kernels.outline_smooth import enclosed_area
from worlds.edges import moving_edges

WORLDS = [
    (world, speed)
    for radius, speed in ((10, 0.5), (20, 1.0), (40, 4.0), (80, 2.0))
    for world in moving_edges(radius, speed, 0.3 * radius, (1.6 * radius + 9.3,) * 2)
]


@pytest.mark.parametrize(("world", "speed"), WORLDS, ids=[w.name for w, _ in WORLDS])
class TestAnalyticOutlines:
    def test_velocity_is_right_everywhere(self, world, speed):
        held = held_against_truth(world, 0, masks=False)
        rms = float(np.sqrt((held.error**2).mean()))
        assert rms < max(0.03 * held.fastest, 0.002)
        assert rms < 0.05

    def test_what_was_swept_is_the_change_of_area(self, world, speed):
        before, after = world.points(0), world.points(1)
        step = edge_step(before, after, positions=100)
        change = enclosed_area(after) - enclosed_area(before)
        assert step.swept_px2.sum() == pytest.approx(change, abs=1e-9 * world.area(0))
        exact = world.area(1) - world.area(0)
        assert change == pytest.approx(exact, rel=0.01, abs=1e-9 * world.area(0))

    def test_of_masks_it_is_known_to_a_tenth_of_a_pixel(self, world, speed):
        held = held_against_truth(world, 0, masks=True)
        assert np.sqrt((held.error**2).mean()) < 0.25
        assert abs(held.error.mean()) < 0.1
        assert held.flux < 1e-6


def test_time_turned_round_turns_the_movement_round():
    world = moving_edges(25, 1.5, 0.4, (50, 50))[4]
    there = edge_step(world.points(0), world.points(1), positions=60)
    back = edge_step(world.points(1), world.points(0), positions=60)
    assert back.swept_px2.sum() == pytest.approx(-there.swept_px2.sum())
    assert np.sort(-back.moved_px) == pytest.approx(np.sort(there.moved_px), abs=0.02)


def test_positions_begin_at_the_origin():
    world = moving_edges(25, 1.5, 0.4, (50, 50))[1]
    before, after = world.points(0), world.points(1)
    plain = edge_step(before, after, positions=50)
    turned = edge_step(before, after, positions=50, origins=(0.1, 0.2))
    assert turned.swept_px2 == pytest.approx(np.roll(plain.swept_px2, -10), abs=1e-9)
    moved = turned.came_from - (np.roll(plain.came_from, -10) - 5)
    assert (moved + 25) % 50 - 25 == pytest.approx(0, abs=1e-6)


def test_a_still_outline_sweeps_nothing():
    line = moving_edges(25, 1.5, 0.4, (50, 50))[5].points(0)
    step = edge_step(line, line.copy(), positions=40)
    assert step.moved_px == pytest.approx(0, abs=1e-9)
    assert (step.came_from - np.arange(40) + 20) % 40 - 20 == pytest.approx(0, abs=1e-4)
