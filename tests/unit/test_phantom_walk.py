from __future__ import annotations

import numpy as np
import pytest

from lamella.phantom.walk import expected_msd, lagged_direction, persistent_walk, reflected


def many(n_walks: int, n_frames: int, **kwargs: float) -> np.ndarray:
    """Positions of independent walks, (walks, T, 2)."""
    rng = np.random.default_rng(7)
    return np.stack([persistent_walk(n_frames, rng=rng, **kwargs)[0] for _ in range(n_walks)])


@pytest.mark.parametrize("persistence", [0.3, 2.0, 8.0])
def test_msd_is_fuerths_formula(persistence: float) -> None:
    walks = many(3000, 21, speed=1.5, persistence=persistence, interval=1.0)
    lags = np.array([1, 2, 5, 10, 20])
    square = np.array([np.sum((walks[:, lag] - walks[:, 0]) ** 2, axis=1) for lag in lags])
    error = square.std(axis=1) / np.sqrt(square.shape[1])
    expected = expected_msd(lags, speed=1.5, persistence=persistence)
    assert np.all(np.abs(square.mean(axis=1) - expected) < 4 * error)


def test_the_law_does_not_depend_on_the_interval() -> None:
    fine = many(3000, 11, speed=1.0, persistence=3.0, interval=0.5)
    coarse = many(3000, 2, speed=1.0, persistence=3.0, interval=5.0)
    a, b = (np.sum((w[:, -1] - w[:, 0]) ** 2, axis=1) for w in (fine, coarse))
    assert abs(a.mean() - b.mean()) < 4 * np.hypot(a.std(), b.std()) / np.sqrt(3000)


def test_speed_is_the_root_mean_square() -> None:
    rng = np.random.default_rng(3)
    _, velocity = persistent_walk(60_000, speed=1.2, persistence=2.0, interval=1.0, rng=rng)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    assert np.sqrt(np.mean(speed**2)) == pytest.approx(1.2, rel=0.02)
    assert speed.mean() == pytest.approx(1.2 * np.sqrt(np.pi) / 2, rel=0.02)


def test_a_short_walk_begins_a_long_one() -> None:
    short, long = (
        persistent_walk(n, speed=1, persistence=5, interval=1, rng=np.random.default_rng(1))[0]
        for n in (10, 30)
    )
    np.testing.assert_array_equal(short, long[:10])


def test_one_frame_is_a_walk() -> None:
    place, velocity = persistent_walk(
        1, speed=1, persistence=5, interval=1, rng=np.random.default_rng(1)
    )
    assert place.tolist() == [[0, 0]]
    assert velocity.shape == (1, 2)


def test_mirrors_keep_the_walk_inside_and_turn_the_velocity() -> None:
    x = np.arange(12.0)
    free = np.stack([x, np.zeros(12)], axis=1)
    place, velocity = reflected(free, np.ones((12, 2)), low=(0, 0), high=(4, 4))
    assert place[:, 0].tolist() == [0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3]
    assert velocity[[1, 6, 9], 0].tolist() == [1, -1, 1]


def test_a_box_without_room_holds_the_cell_still() -> None:
    place, _ = reflected(
        np.random.default_rng(0).normal(size=(9, 2)), np.ones((9, 2)), low=3, high=3
    )
    np.testing.assert_allclose(place, 3, atol=1e-6)


def test_the_front_follows_with_a_delay() -> None:
    velocity = np.array([[0.0, 1.0]] * 2 + [[1.0, 0.0]] * 40)
    assert lagged_direction(velocity, lag=0, interval=1)[2] == pytest.approx(np.pi / 2)
    slow = lagged_direction(velocity, lag=3, interval=1)
    assert slow[2] == pytest.approx(np.pi / 2 * (1 - np.exp(-1 / 3)))
    assert slow[-1] == pytest.approx(np.pi / 2, abs=1e-3)


def test_the_front_turns_the_short_way() -> None:
    angles = np.deg2rad([170, -170])
    velocity = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    assert lagged_direction(velocity, lag=0, interval=1)[1] == pytest.approx(np.deg2rad(190))
