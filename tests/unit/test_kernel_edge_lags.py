"""Correlation over lags: planted delays, missing values, honest intervals."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from lamella.kernels.edge_lags import lagged_correlation


def noise(seed, frames=120, n=30, along=0.0):
    values = np.random.default_rng(seed).normal(size=(frames, n))
    return gaussian_filter1d(values, along, axis=1, mode="wrap") if along else values


def one_run(frames):
    return np.ones(frames, int)


@pytest.mark.parametrize("delay", [-4, 0, 3])
def test_a_planted_delay_is_found(delay):
    first = noise(1)
    second = np.roll(first, delay, axis=0) + 0.5 * noise(2)
    found = lagged_correlation(first, second, one_run(120), most=8)
    best = np.argmax(found.correlation)
    assert found.lag[best] == delay
    assert found.correlation[best] == pytest.approx(1 / np.sqrt(1.25), abs=0.03)
    others = np.delete(found.correlation, best)
    assert np.abs(others).max() < 0.1


def test_each_position_is_pearsons_correlation():
    first, second = noise(3, n=1), noise(4, n=1)
    found = lagged_correlation(first, second, one_run(120), most=5)
    for lag, r in zip(found.lag, found.correlation, strict=True):
        a = first[max(0, -lag) : 120 - max(0, lag), 0]
        b = second[max(0, lag) : 120 + min(0, lag), 0]
        assert r == pytest.approx(np.corrcoef(a, b)[0, 1])


def test_missing_values_leave_their_pairs_out():
    first, second = noise(5, n=2), noise(6, n=2)
    first[10:20, 0] = np.nan
    second[[3, 50], 0] = np.nan
    found = lagged_correlation(first[:, :1], second[:, :1], one_run(120), most=0)
    both = np.isfinite(first[:, 0]) & np.isfinite(second[:, 0])
    assert found.correlation[0] == pytest.approx(np.corrcoef(first[both, 0], second[both, 0])[0, 1])
    assert found.pairs[0] == 108


def test_nothing_is_correlated_across_runs():
    first = noise(7)
    second = np.roll(first, 2, axis=0)
    run = np.repeat([1, 2], 60)
    second[60:62] = 50.0  # would spoil it, were frames of both runs paired
    first[58:60] = -50.0
    found = lagged_correlation(first, second, run, most=2)
    cut = lagged_correlation(first[:60], second[:60], one_run(60), most=2)
    rest = lagged_correlation(first[60:], second[60:], one_run(60), most=2)
    expected = (cut.correlation + rest.correlation) / 2
    assert found.correlation == pytest.approx(expected)
    assert found.positions.tolist() == [60] * 5


def test_too_few_pairs_and_constants_give_nothing():
    first, second = noise(8, frames=9), noise(9, frames=9)
    found = lagged_correlation(first, second, one_run(9), most=3)
    assert np.isfinite(found.correlation).tolist() == [False, False, True, True, True, False, False]
    found = lagged_correlation(0 * first + 0.1, second, one_run(9), most=0)
    assert np.isnan(found.correlation[0])
    empty = lagged_correlation(np.empty((0, 5)), np.empty((0, 5)), np.empty(0, int), most=2)
    assert np.isnan(empty.correlation).all()


@pytest.mark.parametrize("along", [0.0, 2.0])
def test_the_interval_holds_the_truth_as_often_as_it_says(along):
    """Independent noise has correlation 0, however alike neighbouring positions are."""
    held, plain = [], []
    for seed in range(300):
        a = noise([1, seed], frames=40, n=60, along=along)
        b = noise([2, seed], frames=40, n=60, along=along)
        found = lagged_correlation(a, b, one_run(40), most=0)
        held.append(found.low[0] < 0 < found.high[0])
        naive = (found.high[0] - found.low[0]) / 2 * np.sqrt(found.independent[0] / 60)
        plain.append(abs(found.correlation[0]) < naive)
    assert 0.90 < np.mean(held) < 0.985
    if along:
        assert np.mean(plain) < 0.8  # counting every position would not
