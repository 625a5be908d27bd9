import dataclasses
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from lamella.statistics.effect import cliffs_delta, cohens_d, hedges_correction
from lamella.statistics.noncentral import d_interval, noncentral_t_cdf

few = settings(max_examples=60, deadline=None)
VALUES = st.lists(st.integers(-50, 50).map(lambda k: k / 4), min_size=2, max_size=30)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_two_groups_worked_by_hand():
    effect = cohens_d([2, 4, 6, 8], [1, 2, 3])
    # Variances 20/3 and 1, pooled (20 + 2) / 5.
    assert effect.cohens_d == pytest.approx(3 / math.sqrt(4.4))
    assert (effect.n, effect.n_reference) == (4, 3)
    assert (effect.mean, effect.mean_reference, effect.difference) == (5, 2, 3)
    # Of 12 pairs 10 lie above, 2 < 3 below, and 2 = 2 is a tie.
    assert effect.cliffs_delta == pytest.approx((10 - 1) / 12)
    assert effect.hedges_g == pytest.approx(effect.cohens_d * hedges_correction(5))


def test_hedges_correction_against_its_table_and_its_approximation():
    # Hedges 1981, table 1.
    for df, factor in [(2, 0.5642), (5, 0.8408), (10, 0.9228), (20, 0.9619), (50, 0.9849)]:
        assert hedges_correction(df) == pytest.approx(factor, abs=6e-5)
    assert hedges_correction(1000) == pytest.approx(1 - 3 / (4 * 1000 - 1), rel=1e-6)
    assert math.isnan(hedges_correction(1))
    assert hedges_correction(10**6) == pytest.approx(1)


def test_interval_against_published_example():
    # Cumming and Finch 2001, d = 0.5 with 20 a group is not significant; nct gives the ends.
    low, high = d_interval(0.5, 20, 20)
    t, scale = 0.5 / math.sqrt(0.1), math.sqrt(0.1)
    assert stats.nct.cdf(t, 38, low / scale) == pytest.approx(0.975, abs=1e-9)
    assert stats.nct.cdf(t, 38, high / scale) == pytest.approx(0.025, abs=1e-9)
    assert low < 0 < 0.5 < high


@pytest.mark.parametrize("n", [(2, 2), (2, 9), (5, 5), (10, 10), (40, 7), (500, 500), (5000, 9)])
@pytest.mark.parametrize("d", [0, 1e-12, 0.3, -1.4, 5, 40, 1e3, 1e6, -1e9])
def test_interval_holds_d_is_mirrored_and_solves_its_equation_at_any_size(n, d):
    low, high = d_interval(d, *n)
    assert low < high
    assert low < d < high
    assert d_interval(-d, *n) == pytest.approx((-high, -low))
    scale = math.sqrt(1 / n[0] + 1 / n[1])
    t, df = abs(d) / scale, sum(n) - 2
    low, high = d_interval(abs(d), *n)
    assert noncentral_t_cdf(t, df, low / scale) == pytest.approx(0.975, abs=1e-7)
    assert noncentral_t_cdf(t, df, high / scale) == pytest.approx(0.025, abs=1e-7)


@pytest.mark.parametrize("df", [2, 4, 18, 98, 400])
def test_quadrature_for_large_t_meets_the_series(df):
    for t in (30.5, 45.0, 90.0):
        for nc in np.linspace(0.5 * t, 1.8 * t, 7):
            ours, series = noncentral_t_cdf(t, df, nc), special.nctdtr(df, nc, t)
            assert ours == pytest.approx(series, abs=1e-9)


def test_interval_covers_the_truth_95_times_in_100():
    rng = np.random.default_rng(20)
    truth, n, m, draws = 0.8, 8, 12, 2000
    covered = 0
    for x, y in zip(rng.normal(truth, 1, (draws, n)), rng.normal(0, 1, (draws, m)), strict=True):
        effect = cohens_d(x, y)
        covered += effect.cohens_d_low <= truth <= effect.cohens_d_high
    assert 0.93 < covered / draws < 0.97


def test_hedges_g_is_unbiased_where_d_is_not():
    rng = np.random.default_rng(21)
    pairs = zip(rng.normal(1, 1, (2000, 4)), rng.normal(0, 1, (2000, 4)), strict=True)
    effects = [cohens_d(x, y) for x, y in pairs]
    assert np.mean([effect.hedges_g for effect in effects]) == pytest.approx(1, abs=0.06)
    assert np.mean([effect.cohens_d for effect in effects]) > 1.1


UNDEFINED = ("cohens_d", "cohens_d_low", "cohens_d_high", "hedges_g")


@pytest.mark.parametrize(
    ("x", "reference"),
    [
        ([1], [1, 2, 3]),
        ([1, 2], [3]),
        ([1, 1, 1], [2, 2]),
        ([0.1] * 7, [0.1] * 3),  # whose mean is not 0.1 to the last bit
        ([1, np.nan], [1, 2, 3]),
    ],
)
def test_what_has_no_spread_has_no_d_but_has_means(x, reference):
    effect = cohens_d(x, reference)
    assert all(math.isnan(getattr(effect, name)) for name in UNDEFINED)
    assert math.isfinite(effect.difference)
    assert math.isfinite(effect.cliffs_delta)


@pytest.mark.parametrize("x", [[], [np.nan, np.nan], [np.inf]])
def test_no_values_no_effect(x):
    effect = cohens_d(x, [1, 2])
    assert effect.n == 0
    assert effect.n_missing == len(x)
    assert all(math.isnan(getattr(effect, name)) for name in (*UNDEFINED, "mean", "cliffs_delta"))


def test_missing_values_are_left_out_and_counted():
    full, holed = cohens_d([1, 2, 4], [3, 4, 6]), cohens_d([1, np.nan, 2, 4], [3, 4, np.inf, 6])
    assert (holed.n_missing, holed.n_missing_reference) == (1, 1)
    assert dataclasses.replace(holed, n_missing=0, n_missing_reference=0) == full


def test_one_group_without_spread_is_enough_to_have_d():
    assert cohens_d([1, 1], [2, 4]).cohens_d == pytest.approx(-2)


@few
@given(VALUES, VALUES)
def test_swapping_the_groups_mirrors_the_effect(x, y):
    there, back = cohens_d(x, y), cohens_d(y, x)
    np.testing.assert_allclose(there.cohens_d, -back.cohens_d)
    np.testing.assert_allclose(there.cohens_d_low, -back.cohens_d_high)
    np.testing.assert_allclose(there.hedges_g, -back.hedges_g)
    assert there.cliffs_delta == -back.cliffs_delta
    if not math.isnan(there.cohens_d):
        assert there.cohens_d_low < there.cohens_d < there.cohens_d_high
        assert abs(there.hedges_g) <= abs(there.cohens_d)


@few
@given(VALUES, VALUES)
def test_d_squares_to_the_t_of_the_equal_variance_test(x, y):
    effect = cohens_d(x, y)
    if not math.isnan(effect.cohens_d):
        t = effect.cohens_d / math.sqrt(1 / len(x) + 1 / len(y))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert t == pytest.approx(stats.ttest_ind(x, y).statistic, abs=1e-9)


@few
@given(VALUES, VALUES)
def test_cliffs_delta_equals_all_pairs(x, y):
    signs = np.sign(np.subtract.outer(x, y))
    assert cliffs_delta(x, y) == pytest.approx(signs.mean(), abs=1e-12)
    assert -1 <= cliffs_delta(x, y) <= 1


def test_cliffs_delta_of_many_values_is_extreme_when_groups_are_apart():
    x = np.arange(200_000.0)  # all pairs would need 320 GB
    assert cliffs_delta(x + 1e6, x) == 1
    assert cliffs_delta(x, x) == 0
