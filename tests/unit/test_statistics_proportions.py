"""Fractions and counts in units, against R's glm with quasi families."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.statistics.design import Design
from lamella.statistics.proportions import quasi_binomial, quasi_poisson

R = json.loads((Path(__file__).parents[1] / "oracles" / "r" / "proportions.json").read_text())
MODELS = {"binomial": quasi_binomial, "poisson": quasi_poisson}
PAIR = ("KO", "WT")


def places(names):
    order = list(dict.fromkeys(names))
    return np.array([order.index(name) for name in names], np.int64), tuple(order)


def design(value, condition, session, n_cells):
    (condition, conditions), (session, sessions) = places(condition), places(session)
    value, n_cells = np.asarray(value, float), np.asarray(n_cells, np.int64)
    return Design(value, condition, session, n_cells, conditions, sessions)


def fractions(positives, *, n_cells=20, n_sessions=2, n=3):
    """`positives` (condition, session) of each unit, plus one in the first, minus one in last."""
    names = ("WT", "KO", "KI")[: len(positives)]
    rows = [
        (p + k, name, f"s{s}", n_cells)
        for name, of_condition in zip(names, positives, strict=True)
        for s, p in enumerate(of_condition[:n_sessions])
        for k in (range(-1, n - 1) if 0 < p < n_cells else [0] * n)
    ]
    count, condition, session, cells = zip(*rows, strict=True)
    return design(np.array(count) / n_cells, condition, session, cells)


@pytest.mark.parametrize("name", list(R))
def test_differences_errors_and_p_are_those_of_r(name):
    study = R[name]
    one = design(study["value"], study["condition"], study["session"], study["n_cells"])
    pairs = [(pair["condition"], pair["reference"]) for pair in study["pairs"]]
    fitted = MODELS[study["kind"]](one, pairs)
    for pair, theirs in zip(pairs, study["pairs"], strict=True):
        ours = fitted.estimates[pair]
        assert ours.estimate == pytest.approx(theirs["estimate"], rel=1e-8)
        assert ours.se == pytest.approx(theirs["se"], rel=1e-6)
        assert (ours.df, ours.p) == pytest.approx((theirs["df"], theirs["p"]), rel=1e-5)
    if study["dispersion"] > 1.5:
        assert f"vary {study['dispersion']:.1f} times as much" in fitted.verdict


@pytest.mark.parametrize("kind", list(MODELS))
def test_it_keeps_its_level_where_movies_differ(kind):
    rng = np.random.default_rng(21)
    found = []
    for _ in range(400):
        n_cells = rng.integers(5, 40, 30)
        condition = ["WT"] * 5 + ["KO"] * 5 + ["KI"] * 5
        session = np.repeat(["a", "b"], 15)
        level = np.exp(-0.7 + 0.4 * (session == "b") + 0.5 * rng.standard_normal(30))
        count = (
            rng.binomial(n_cells, level / (1 + level))
            if kind == "binomial"
            else rng.poisson(2 * level * n_cells)
        )
        one = design(count / n_cells, condition * 2, session, n_cells)
        found.append(MODELS[kind](one, [PAIR]).estimates[PAIR].p < 0.05)
    assert 0.03 <= np.mean(found) <= 0.08


def test_a_condition_without_positives_is_left_out_and_the_others_are_not():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = quasi_binomial(fractions([(0, 0), (6, 8), (12, 11)]), [PAIR, ("KI", "KO")])
    assert math.isnan(fitted.estimates[PAIR].p)
    assert fitted.estimates["KI", "KO"].estimate == pytest.approx(4.5 / 20, abs=0.01)
    assert fitted.verdict.startswith("WT left out, where no cell or every cell is positive")
    assert fitted.trusted


def test_a_session_where_every_cell_is_positive_is_left_out():
    whole, part = fractions([(20, 6), (20, 9)]), fractions([(6,), (9,)], n_sessions=1)
    one, other = (quasi_binomial(d, [PAIR]) for d in (whole, part))
    assert one.estimates[PAIR] == pytest.approx(other.estimates[PAIR])
    assert "s0 left out" in one.verdict


@pytest.mark.parametrize(
    ("positives", "said"),
    [
        ([(0, 0), (0, 0)], "nothing is left"),
        ([(0, 0), (20, 20)], "nothing is left"),
        ([(5, 0), (10, 5)], ""),
        ([(5, 0), (20, 5)], "predict some units without any error"),
        ([(5, 0), (20, 0)], "KO, s1 left out"),
    ],
)
def test_separation_leaks_no_warning(positives, said):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = quasi_binomial(fractions(positives), [PAIR])
    assert said in fitted.verdict
    assert math.isfinite(fitted.estimates[PAIR].p) == (said == "")


def test_conditions_and_sessions_that_predict_without_error_are_told():
    # Within s0 WT is all negative and KO positive; s1 holds WT alone: no bound on the odds ratio.
    one = design(
        [0, 0, 1, 1, 0.4, 0.5], ["WT", "WT", "KO", "KO", "WT", "WT"], list("aaaabb"), [20] * 6
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = quasi_binomial(one, [PAIR])
    assert not fitted.trusted
    assert fitted.verdict


def test_units_without_spread_have_no_error():
    one = design([0.2, 0.2, 0.4, 0.4], ["WT", "WT", "KO", "KO"], list("aaaa"), [10] * 4)
    fitted = quasi_binomial(one, [PAIR])
    assert fitted.estimates[PAIR].estimate == pytest.approx(0.2)
    assert math.isnan(fitted.estimates[PAIR].p)
    assert "do not vary" in fitted.verdict


def test_one_unit_a_condition_has_no_error():
    one = design([0.2, 0.4], ["WT", "KO"], list("aa"), [10] * 2)
    fitted = quasi_binomial(one, [PAIR])
    assert not fitted.trusted
    assert "nothing is left for an error" in fitted.verdict


def test_conditions_that_share_no_session_are_not_compared():
    one = design([0.2, 0.3, 0.4, 0.6], ["WT", "WT", "KO", "KO"], list("aabb"), [10] * 4)
    fitted = quasi_binomial(one, [PAIR])
    assert math.isnan(fitted.estimates[PAIR].estimate)
    assert "never share a session" in fitted.verdict_of(PAIR)


def test_what_is_no_fraction_or_count_is_refused():
    one = design([0.2, 1.3], ["WT", "KO"], list("aa"), [10] * 2)
    with pytest.raises(InputError, match=r"a fraction lies between 0 and 1, and there is 1\.3"):
        quasi_binomial(one, [PAIR])
    with pytest.raises(InputError, match="a count is not negative, and there is -1"):
        quasi_poisson(one._replace(value=np.array([-1.0, 2])), [PAIR])
