"""Displacement and memory by lag against plain lines, and what gaps leave out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lamella.kernels.displacements import (
    goes_on,
    lag_sums,
    log_slope,
    longest_runs,
    relative_variance,
)


def some_tracks(seed=0):
    """Three tracks with gaps, rejected steps and uneven times."""
    rng = np.random.default_rng(seed)
    lengths = (17, 1, 30)
    track = np.repeat(np.arange(3), lengths)
    frame = np.concatenate([np.arange(n) for n in lengths])
    place = rng.normal(size=(len(track), 2)).cumsum(axis=0)
    place[[5, 25, 26]] = np.nan
    time = np.concatenate([rng.uniform(0.5, 2, n).cumsum() for n in lengths])
    pair = rng.uniform(size=len(track)) > 0.1
    return track, frame, place, time, pair


def plain(track, frame, place, time, pair, n_lags, min_step):
    """Means by lag of every track: pairs of frames joined by valid steps alone, one by one."""
    out = {}
    for k in np.unique(track):
        rows = np.flatnonzero(track == k)
        joined = {
            (i, j): all(
                pair[m] and np.isfinite(place[[m - 1, m]]).all() and frame[m] == frame[m - 1] + 1
                for m in range(i + 1, j + 1)
            )
            for i in rows
            for j in rows
            if i <= j and np.isfinite(place[[i, j]]).all()
        }
        for lag in range(n_lags + 1):
            square = [
                ((place[j] - place[i]) ** 2).sum()
                for (i, j), whole in joined.items()
                if whole and j - i == lag
            ]
            cosine, product = [], []
            for (i, j), whole in joined.items():
                # Steps into i + 1 and into j, with nothing but valid steps from i to j.
                if whole and j - i == lag + 1:
                    u, v = place[i + 1] - place[i], place[j] - place[j - 1]
                    product.append(u @ v / ((time[i + 1] - time[i]) * (time[j] - time[j - 1])))
                    if min(np.hypot(*u), np.hypot(*v)) >= min_step:
                        cosine.append(u @ v / (np.hypot(*u) * np.hypot(*v)))
            out[k, lag] = (square, cosine, product)
    return out


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("min_step", [0.0, 1.0])
def test_equals_plain_lines(seed, min_step):
    track, frame, place, time, pair = some_tracks(seed)
    on = goes_on(track, frame, place, pair)
    first = np.searchsorted(track, np.arange(4))
    found = lag_sums(place, time, on, first, n_lags=9, min_step=min_step)
    expected = plain(track, frame, place, time, pair, 9, min_step)
    for (k, lag), (square, cosine, product) in expected.items():
        for name, number, values in (
            ("square", "n_pairs", square),
            ("direction", "n_directions", cosine),
            ("velocity", "n_velocities", product),
        ):
            assert getattr(found, number)[k, lag] == len(values)
            mean = np.mean(values) if values else np.nan
            assert_allclose(found.mean(name)[k, lag], mean, rtol=1e-9, atol=1e-12)


def test_sums_of_groups_are_those_of_their_tracks():
    track, frame, place, time, pair = some_tracks()
    on = goes_on(track, frame, place, pair)
    found = lag_sums(place, time, on, np.searchsorted(track, np.arange(4)), n_lags=5, min_step=0)
    grouped = found.of_groups(np.array([1, 0, 1]), 2)
    assert_allclose(grouped.square[1], found.square[0] + found.square[2])
    assert_allclose(grouped.n_pairs[0], found.n_pairs[1])


def test_a_straight_line_goes_on_for_ever():
    place = np.arange(6)[:, None] * np.array([3.0, 4.0])
    sums = lag_sums(
        place, np.arange(6) * 2.0, np.arange(6) > 0, np.array([0, 6]), n_lags=5, min_step=0
    )
    assert_allclose(sums.mean("square")[0], 25.0 * np.arange(6) ** 2)
    assert_allclose(sums.mean("direction")[0, :5], 1)
    assert_allclose(sums.mean("velocity")[0, :5], 25 / 4)
    assert_allclose(sums.mean("duration")[0], 2 * np.arange(6))
    assert np.isnan(sums.mean("direction")[0, 5])  # five steps have no pair five apart


def test_a_track_may_stand_for_several_lags_a_frame():
    place = np.arange(5)[:, None] * np.array([0.0, 1.0])
    sums = lag_sums(
        place, np.arange(5.0), np.arange(5) > 0, np.array([0, 5]), np.array([2]), n_lags=5,
        min_step=0,
    )  # fmt: skip
    assert sums.n_pairs[0].tolist() == [5, 0, 4, 0, 3, 0]
    assert_allclose(sums.mean("square")[0, [2, 4]], [1, 4])


def test_a_step_needs_its_neighbour_frame():
    place = np.zeros((5, 2))
    track = np.array([0, 0, 0, 1, 1])
    frame = np.array([0, 1, 3, 4, 5])
    assert goes_on(track, frame, place, np.ones(5, bool)).tolist() == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_longest_runs():
    on = np.array([0, 1, 1, 0, 1, 0, 0, 0], bool)
    assert longest_runs(on, np.array([0, 6, 6, 8])).tolist() == [2, 0, 0]


def test_variance_is_that_of_diffusion():
    """The relative variance of many simulated diffusions, and the formula for one track."""
    n_steps, lag = 60, 6
    rng = np.random.default_rng(5)
    steps = rng.normal(size=(4000, n_steps, 2)) / np.sqrt(2)
    place = np.concatenate([np.zeros((4000, 1, 2)), steps.cumsum(axis=1)], axis=1)
    msd = ((place[:, lag:] - place[:, :-lag]) ** 2).sum(axis=2).mean(axis=1)
    told = relative_variance(np.array([6.0]), np.array([n_steps - lag + 1.0]))[0]
    assert told == (2 * 36 + 1) / (3 * 6 * 55)
    assert msd.var() / msd.mean() ** 2 == pytest.approx(told, rel=0.08)


def test_slope_of_a_power_law():
    lag = np.array([1.0, 2, 4, 8])
    assert_allclose(log_slope(lag, 3 * lag**1.4, np.ones(4)), 1.4)
    weights = np.array([1.0, 1, np.inf, 1])
    assert_allclose(log_slope(lag, np.array([3, 3 * 2**1.4, 1e9, 3 * 8**1.4]), weights), 1.4)
    assert np.isnan(log_slope(lag, np.array([1, 2, np.nan, 0]), np.ones(4)))
