import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from lamella.statistics.cliff import Dominance, delta_interval
from lamella.statistics.design import Design
from lamella.statistics.effect import hedges_correction, sizes, sizes_across
from lamella.statistics.fixed import fixed_session
from lamella.statistics.interval import Interval, over
from lamella.statistics.noncentral import noncentral_t_cdf, noncentrality_interval
from lamella.statistics.paired import paired_sessions
from lamella.statistics.unit_sd import unit_sd

few = settings(max_examples=60, deadline=None)
VALUES = st.lists(st.integers(-50, 50).map(lambda k: k / 4), min_size=2, max_size=30)
PAIR = ("new", "old")


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def design_of(*sessions):
    """Sessions of (values of the condition, values of the reference)."""
    columns = [
        (float(value), 1 - which, k)
        for k, groups in enumerate(sessions)
        for which, values in enumerate(groups)
        for value in values
    ]
    value, condition, session = (np.array(column) for column in zip(*columns, strict=True))
    names = tuple(map(str, range(len(sessions))))
    return Design(value, condition, session, np.ones(len(value), int), ("old", "new"), names)


def sizes_of(*sessions):
    design = design_of(*sessions)
    return sizes(design, PAIR, fixed_session(design, [PAIR]).estimates[PAIR])


def delta_of(*sessions):
    return Dominance.of(design_of(*sessions), PAIR).delta


def test_two_groups_worked_by_hand():
    size = sizes_of(([2, 4, 6, 8], [1, 2, 3]))
    # Variances 20/3 and 1, pooled (20 + 2) / 5.
    assert size.d_sd == pytest.approx(math.sqrt(4.4))
    assert size.cohens_d.value == pytest.approx(3 / math.sqrt(4.4))
    assert size.cohens_d_within == pytest.approx(size.cohens_d)
    # Of 12 pairs 10 lie above, 2 < 3 below, and 2 = 2 is a tie.
    assert size.cliffs_delta.value == pytest.approx((10 - 1) / 12)
    for ours, of_d in zip(size.hedges_g, size.cohens_d, strict=True):
        assert ours == pytest.approx(of_d * hedges_correction(5))


def test_two_sessions_worked_by_hand():
    # One condition 2 above the other in both sessions, the second session 10 above the first.
    design = design_of(([2, 4], [0, 2]), ([12, 14], [10, 12]))
    estimate = fixed_session(design, [PAIR]).estimates[PAIR]
    size = sizes(design, PAIR, estimate)
    assert estimate.estimate == pytest.approx(2)
    # Of each condition: 4 squares of within 1, and 4 of 5² between sessions.
    assert size.d_sd == pytest.approx(math.sqrt(2 * 104 / 6))
    assert size.cohens_d.value == pytest.approx(2 / size.d_sd)
    assert size.cohens_d_within.value == pytest.approx(2 / math.sqrt(8 / 5))
    # Between sessions nothing is compared: of 4 pairs in each, 3 above and one tie.
    assert size.cliffs_delta.value == pytest.approx(6 / 8)
    across = sizes_across(design, PAIR, estimate)
    assert across.cohens_d.value == size.cohens_d.value
    # Of session means: those of A 10 apart, those of g not at all; within, 2 squares of 2 units.
    assert unit_sd(design, PAIR).value == pytest.approx(math.sqrt(50 + 0 + 2 / 2))


def test_hedges_correction_against_its_table_and_its_approximation():
    # Hedges 1981, table 1.
    for df, factor in [(2, 0.5642), (5, 0.8408), (10, 0.9228), (20, 0.9619), (50, 0.9849)]:
        assert hedges_correction(df) == pytest.approx(factor, abs=6e-5)
    assert hedges_correction(1000) == pytest.approx(1 - 3 / (4 * 1000 - 1), rel=1e-6)
    assert math.isnan(hedges_correction(1))
    assert hedges_correction(10**6) == pytest.approx(1)


@pytest.mark.parametrize("df", [1, 2, 9, 18, 78, 998, 5007, 4.6])
@pytest.mark.parametrize("t", [0, 1e-12, 0.7, -3.1, 11, 90, 2e3, 2e6, -2e9])
def test_interval_holds_t_is_mirrored_and_solves_its_equation_at_any_size(t, df):
    low, high = noncentrality_interval(t, df)
    assert low < t < high
    assert noncentrality_interval(-t, df) == pytest.approx((-high, -low))
    low, high = noncentrality_interval(abs(t), df)
    assert noncentral_t_cdf(abs(t), df, low) == pytest.approx(0.975, abs=1e-7)
    assert noncentral_t_cdf(abs(t), df, high) == pytest.approx(0.025, abs=1e-7)


def test_interval_without_end_of_freedom_is_the_normal_one():
    assert noncentrality_interval(1.0, math.inf) == pytest.approx((-0.959964, 2.959964))
    assert np.isnan(noncentrality_interval(math.nan, 5)).all()
    assert np.isnan(noncentrality_interval(1.0, 0)).all()


@pytest.mark.parametrize("df", [1, 2, 4, 18, 98, 400])
def test_quadrature_for_larger_t_meets_the_series_where_that_gives_a_number(df):
    for t in (3.1, 8.0, 30.5, 45.0, 90.0):
        for nc in np.linspace(-0.5 * t, 1.8 * t, 12):
            ours, series = noncentral_t_cdf(t, df, nc), special.nctdtr(df, nc, t)
            assert math.isfinite(ours)
            assert math.isnan(series) or ours == pytest.approx(series, abs=1e-7)


@pytest.mark.parametrize("df", [1, 2, 3, 4, 6, 8])
def test_there_is_an_interval_at_every_t(df):
    ends = np.array([noncentrality_interval(t, df) for t in np.linspace(4, 30, 53)])
    assert np.isfinite(ends).all()
    assert (np.diff(ends, axis=0) > 0).all()


def test_interval_of_d_covers_the_truth_95_times_in_100():
    rng = np.random.default_rng(20)
    truth, n, m, draws = 0.8, 8, 12, 2000
    scale, covered = math.sqrt(1 / n + 1 / m), 0
    for x, y in zip(rng.normal(truth, 1, (draws, n)), rng.normal(0, 1, (draws, m)), strict=True):
        low, high = noncentrality_interval(stats.ttest_ind(x, y).statistic, n + m - 2)
        covered += low * scale <= truth <= high * scale
    assert 0.93 < covered / draws < 0.97


@pytest.mark.parametrize("truth", [0.0, 0.8])
@pytest.mark.parametrize("n_sessions", [1, 2, 4])
def test_interval_of_cliffs_delta_covers_the_truth_at_five_units(n_sessions, truth):
    rng = np.random.default_rng(31)
    delta, covered, draws = 2 * special.ndtr(truth / math.sqrt(2)) - 1, 0, 1000
    for _ in range(draws):
        days = rng.normal(0, 2, n_sessions)
        sessions = [(rng.normal(truth + d, 1, 5), rng.normal(d, 1, 5)) for d in days]
        low, high = delta_interval(Dominance.of(design_of(*sessions), PAIR))
        covered += low <= delta <= high
    assert 0.92 < covered / draws < 0.98


def test_hedges_g_is_unbiased_where_d_is_not():
    rng = np.random.default_rng(21)
    x, y = rng.normal(1, 1, (4000, 4)), rng.normal(0, 1, (4000, 4))
    d = (x.mean(1) - y.mean(1)) / np.sqrt((x.var(1, ddof=1) + y.var(1, ddof=1)) / 2)
    assert d.mean() > 1.1
    assert d.mean() * hedges_correction(6) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("x", "reference"),
    [
        ([1], [1, 2, 3]),
        ([1, 2], [3]),
        ([1, 1, 1], [2, 2]),
        ([0.1] * 7, [0.1] * 3),  # whose mean is not 0.1 to the last bit
        ([1e9] * 3, [1e9] * 4),
    ],
)
def test_what_has_no_spread_has_no_d_but_has_an_estimate(x, reference):
    design = design_of((x, reference))
    estimate = fixed_session(design, [PAIR]).estimates[PAIR]
    size = sizes(design, PAIR, estimate)
    assert np.isnan([*size.cohens_d, *size.hedges_g, size.d_sd]).all()
    assert estimate.estimate == pytest.approx(np.mean(x) - np.mean(reference), abs=1e-6)
    assert math.isfinite(size.cliffs_delta.value)


def test_one_group_without_spread_is_enough_to_have_d():
    assert sizes_of(([1, 1], [2, 4])).cohens_d.value == pytest.approx(-2)


@few
@given(VALUES, VALUES)
def test_swapping_the_groups_mirrors_the_effect(x, y):
    there, back = sizes_of((x, y)), sizes_of((y, x))
    for name in ("cohens_d", "cohens_d_within", "hedges_g", "cliffs_delta"):
        ours, theirs = getattr(there, name), getattr(back, name)
        mirrored = (-theirs.value, -theirs.high, -theirs.low)
        np.testing.assert_allclose(ours, mirrored, rtol=1e-7, atol=1e-7)
    if not math.isnan(there.cohens_d.value):
        assert there.cohens_d.low < there.cohens_d.value < there.cohens_d.high
        assert abs(there.hedges_g.value) <= abs(there.cohens_d.value)


@few
@given(VALUES, VALUES)
def test_d_leaves_out_0_exactly_where_the_t_test_does(x, y):
    size = sizes_of((x, y))
    if math.isnan(size.cohens_d.value):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test = stats.ttest_ind(x, y)
    t = size.cohens_d.value / math.sqrt(1 / len(x) + 1 / len(y))
    assert t == pytest.approx(test.statistic, abs=1e-9)
    if abs(test.pvalue - 0.05) > 1e-9:
        assert (size.cohens_d.low > 0 or size.cohens_d.high < 0) == (test.pvalue < 0.05)


@few
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4))
def test_cliffs_delta_equals_all_pairs_of_each_session(sessions):
    signs = [np.sign(np.subtract.outer(x, y)).ravel() for x, y in sessions]
    delta = delta_of(*sessions)
    assert delta == pytest.approx(np.concatenate(signs).mean(), abs=1e-12)
    low, high = delta_interval(Dominance.of(design_of(*sessions), PAIR))
    assert -1 <= low <= delta <= high <= 1
    assert high - low > 0.05


def test_cliffs_delta_of_many_values_is_extreme_when_groups_are_apart():
    x = np.arange(100_000.0)  # all pairs would need 80 GB
    n = len(x)
    condition = np.repeat([1, 0], n)
    value = np.concatenate([x + 1e6, x])
    one = np.zeros(2 * n, int)
    design = Design(value, condition, one, one + 1, ("old", "new"), ("a",))
    assert Dominance.of(design, PAIR).delta == 1
    low, high = delta_interval(Dominance.of(design, PAIR))
    assert (0.999 < low < 1, high) == (True, 1)


def test_a_session_without_one_of_the_conditions_says_nothing_of_dominance():
    assert delta_of(([1, 2], [0]), ([5], [])) == 1
    assert math.isnan(delta_of(([1], []), ([], [2])))


def test_sessions_that_differ_do_not_hide_an_effect_from_the_across_claim():
    design = design_of(([2.1], [1]), ([12], [11]), ([21.8], [21]))
    estimate = paired_sessions(design, [PAIR]).estimates[PAIR]
    assert estimate.p == pytest.approx(stats.ttest_1samp([1.1, 1, 0.8], 0).pvalue)
    # Units are apart in every session, and yet three sessions do not tell that they always are.
    delta = sizes_across(design, PAIR, estimate).cliffs_delta
    assert (delta.value, delta.high) == (1, 1)
    assert -1 < delta.low < 0.5


def test_a_quotient_has_the_errors_of_both_numbers():
    exact = Interval(2.0, 2.0, 2.0)
    assert over(Interval(3.0, 1.0, 5.0), exact) == pytest.approx((1.5, 0.5, 2.5))
    scale = Interval(2.0, 1.5, 3.0)
    value, low, high = over(Interval(3.0, 1.0, 5.0), scale)
    assert (3 - 2 * low) ** 2 == pytest.approx((3 - 1) ** 2 + (low * (3 - 2)) ** 2)
    assert (3 - 2 * high) ** 2 == pytest.approx((5 - 3) ** 2 + (high * (2 - 1.5)) ** 2)
    assert low < value < high
    assert over(Interval(-3.0, -5.0, -1.0), scale) == pytest.approx((-value, -high, -low))
    # 0 is inside exactly where it is inside the number's own.
    around = over(Interval(1.0, -2.0, 4.0), scale)
    assert (around.low < 0 < around.high, over(Interval(1.0, 0.0, 2.0), scale).low) == (True, 0)
    for untold in (Interval(1.0), Interval(1.0, -math.inf, 2.0)):
        assert np.isnan(over(untold, scale)[1:]).all()
    assert np.isnan(over(Interval(1.0, 0.5, 1.5), Interval(2.0))[1:]).all()


@pytest.mark.parametrize("effect", [0.8, 3.0])
@pytest.mark.parametrize("session_sd", [0.0, 2.0])
@pytest.mark.parametrize("n_sessions", [3, 5, 8])
def test_intervals_across_sessions_hold_the_truth(n_sessions, session_sd, effect):
    rng = np.random.default_rng([n_sessions, int(session_sd), int(effect)])
    draws, n, both = 400, 4, 0.5
    sd = math.sqrt(1 + session_sd**2 + both**2)
    truth = [effect / sd, effect, effect / sd, 2 * special.ndtr(effect / math.sqrt(2.5)) - 1]
    held = np.zeros(4)
    for _ in range(draws):
        shift = session_sd * rng.normal(size=n_sessions) + both * rng.normal(size=(2, n_sessions))
        values = rng.normal(size=(n, 2, n_sessions)) + shift
        values[:, 0] += effect
        design = design_of(*(values[:, :, k].T for k in range(n_sessions)))
        found = sizes_across(design, PAIR, paired_sessions(design, [PAIR]).estimates[PAIR])
        held += [one.low <= true <= one.high for one, true in zip(found[1:], truth, strict=True)]
    assert (held / draws >= 0.925).all()
    # A little wide with few sessions; Cliff's delta, which is bounded, more than a little.
    assert (held[:3] / draws <= 0.995).all()


def test_the_sd_of_units_over_sessions_lies_in_its_interval():
    rng = np.random.default_rng(8)
    held, values, draws, n = 0, [], 500, [(1, 3), (2, 4), (5, 1), (3, 3)]
    for _ in range(draws):
        groups = []
        for ours, theirs in n:
            day, own = rng.normal(0, 2), rng.normal(0, 0.5, 2)
            groups.append(
                (rng.normal(day + own[0], 1, ours), rng.normal(day + own[1], 1, theirs) - 3)
            )
        found = unit_sd(design_of(*groups), PAIR)
        held += found.low <= math.sqrt(1 + 4 + 0.25) <= found.high
        values.append(found.value**2)
    assert np.mean(values) == pytest.approx(5.25, rel=0.1)
    assert 0.93 <= held / draws <= 0.99


def test_one_shared_session_or_no_scatter_tells_no_sd_over_sessions():
    for sessions in ([([1, 2], [3, 5])], [([1], []), ([], [2])], [([0.1], [0.1])] * 3):
        assert np.isnan(unit_sd(design_of(*sessions), PAIR)).all()
