"""The permutation test within sessions, and the interval that inverts it."""

from __future__ import annotations

import math
import warnings
from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import permutation_test

from lamella.statistics.design import Design
from lamella.statistics.permutation import permuted

PAIR = ("KO", "WT")


def design(value, condition, session, conditions=("WT", "KO", "KI")):
    condition, session = np.asarray(condition, np.int64), np.asarray(session, np.int64)
    return Design(
        np.asarray(value, float),
        condition,
        session,
        np.ones(len(condition), np.int64),
        conditions,
        tuple(f"s{k}" for k in range(session.max() + 1)),
    )


def crossed(seed, *, n=4, n_sessions=2, shift=0.0, n_conditions=2):
    rng = np.random.default_rng(seed)
    condition = np.tile(np.repeat(np.arange(n_conditions), n), n_sessions)
    session = np.repeat(np.arange(n_sessions), n * n_conditions)
    value = rng.standard_normal(len(condition)) + 3 * session + shift * (condition == 1)
    return design(value, condition, session)


def by_hand(value, treated, session):
    """p of every way to hand out labels, one by one, by the additive model of least squares."""

    def coefficient(labels):
        x = np.column_stack([labels, *(session == s for s in np.unique(session))]).astype(float)
        return np.linalg.lstsq(x, value, rcond=None)[0][0]

    observed = coefficient(treated)
    ways = []
    for s in np.unique(session):
        here = np.flatnonzero(session == s)
        ways.append(list(combinations(here, int(treated[here].sum()))))
    found = []
    for chosen in product(*ways):
        labels = np.zeros(len(value), bool)
        labels[np.concatenate([np.array(c, int) for c in chosen])] = True
        found.append(abs(coefficient(labels)) >= abs(observed) - 1e-9)
    return observed, float(np.mean(found)), len(found)


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_it_counts_every_way_to_hand_out_labels_in_an_unbalanced_design(shift):
    one = crossed(3, shift=shift)
    kept = np.ones(len(one.value), bool)
    kept[[1, 9, 10]] = False
    one = one.only(kept)
    observed, p, n = by_hand(one.value, one.condition == 1, one.session)
    assert n == math.comb(7, 3) * math.comb(6, 2)
    told = permuted(one, [PAIR]).estimates[PAIR]
    assert told.estimate == pytest.approx(observed)
    assert told.p == pytest.approx(p)


def test_one_session_is_the_permutation_test_of_scipy():
    one = crossed(5, n=5, n_sessions=1, shift=1.2)
    first, second = one.value[one.condition == 1], one.value[one.condition == 0]
    theirs = permutation_test((first, second), lambda x, y: x.mean() - y.mean(), n_resamples=np.inf)
    assert permuted(one, [PAIR]).estimates[PAIR].p == pytest.approx(theirs.pvalue)


def test_the_interval_holds_the_shifts_that_are_not_refused():
    one = crossed(8, shift=1.0)
    told = permuted(one, [PAIR]).estimates[PAIR]
    for end, inwards in ((told.low, 1), (told.high, -1)):
        for step, refused in ((1e-6, False), (-1e-6, True)):
            shifted = one._replace(value=one.value - (end + inwards * step) * (one.condition == 1))
            assert (permuted(shifted, [PAIR]).estimates[PAIR].p < 0.05) == refused


def test_random_draws_meet_all_the_ways(monkeypatch):
    one = crossed(11, n=4, n_sessions=3, shift=0.8)  # 70 ** 3 ways
    drawn = permuted(one, [PAIR], draws=20_000).estimates[PAIR]
    monkeypatch.setattr("lamella.statistics.permutation.MOST_ENUMERATED", 10**6)
    every = permuted(one, [PAIR]).estimates[PAIR]
    assert drawn.p == pytest.approx(every.p, abs=0.01)
    assert (drawn.low, drawn.high) == pytest.approx((every.low, every.high), abs=0.05)


def test_draws_repeat_with_their_seed_and_never_give_0():
    one = crossed(13, n=8, n_sessions=3, shift=9.0)
    first, again = (permuted(one, [PAIR], seed=4, draws=999) for _ in range(2))
    assert first == again
    assert first.estimates[PAIR].p == 1 / 1000


def test_a_shift_between_sessions_does_not_enter():
    one = crossed(2, shift=0.7)
    moved = one._replace(value=one.value + 100 * one.session)
    first, second = (permuted(d, [PAIR]).estimates[PAIR] for d in (one, moved))
    assert tuple(first) == pytest.approx(tuple(second), nan_ok=True)


def test_it_keeps_its_level():
    p = [permuted(crossed(k, n=5, n_conditions=3), [PAIR], draws=999) for k in range(400)]
    share = np.mean([fitted.estimates[PAIR].p < 0.05 for fitted in p])
    assert 0.03 <= share <= 0.08


def test_few_units_are_told():
    one = crossed(1, n=1)
    fitted = permuted(one, [PAIR])
    assert "4 ways" in fitted.verdict_of(PAIR)
    assert "smallest p that there can be is 0.5" in fitted.verdict_of(PAIR)
    assert np.isnan([fitted.estimates[PAIR].low, fitted.estimates[PAIR].high]).all()


def test_p_of_exactly_5_per_cent_refuses_nothing():
    alone = design(np.r_[30.0, np.arange(19)], np.r_[1, np.zeros(19)], np.zeros(20))
    told = permuted(alone, [PAIR]).estimates[PAIR]
    assert told.p == 0.05
    assert np.isnan([told.low, told.high]).all()
    least = permuted(
        design(np.r_[30.0, np.arange(20)], np.r_[1, np.zeros(20)], np.zeros(21)), [PAIR]
    )
    assert least.estimates[PAIR].p < 0.05
    assert 0 < least.estimates[PAIR].low < least.estimates[PAIR].high


def test_degenerate_designs_say_what_is_wrong():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        apart = design([1.0, 2, 3, 4], [0, 0, 1, 1], [0, 0, 1, 1])
        assert permuted(apart, [PAIR]).verdict_of(PAIR) == "KO and WT never share a session"
        assert not permuted(apart, [PAIR]).trusted
        same = design([0.1] * 8, [0, 0, 1, 1] * 2, [0] * 4 + [1] * 4)
        told = permuted(same, [PAIR])
        assert "have the same value" in told.verdict_of(PAIR)
        assert (told.estimates[PAIR].estimate, math.isnan(told.estimates[PAIR].p)) == (0, True)
        missing = permuted(crossed(1), [("KI", "WT")])
        assert math.isnan(missing.estimates["KI", "WT"].estimate)


@pytest.mark.slow
def test_very_many_units_are_not_permuted():
    rng = np.random.default_rng(0)
    condition = rng.integers(0, 2, 10**6)
    one = design(rng.standard_normal(10**6), condition, np.zeros(10**6, int))
    fitted = permuted(one, [PAIR])
    assert "too many to permute" in fitted.verdict_of(PAIR)
    assert math.isfinite(fitted.estimates[PAIR].estimate)
