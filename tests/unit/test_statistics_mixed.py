import json
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lamella.core.claims import ACROSS_SESSIONS, THESE_SESSIONS
from lamella.statistics import mixed
from lamella.statistics.design import Design
from lamella.statistics.fixed import fixed_session
from lamella.statistics.mixed import nested_movies, random_effect, random_session
from lamella.statistics.paired import paired_sessions

# Made by mixed.R beside it: data sets, and what lme4, lmerTest and pbkrtest say of them.
ORACLE = json.loads(
    (Path(__file__).parents[1] / "oracles" / "r" / "mixed.json").read_text(encoding="utf-8")
)
CASES = [(name, model) for name, one in ORACLE.items() for model in one["models"]]
MODELS = {"random_session": random_session, "random_effect": random_effect}
NAMES = ("a", "b", "c")
PAIRS = [("b", "a"), ("c", "a"), ("c", "b")]


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def of_oracle(name, model, **options):
    rows = pd.DataFrame(ORACLE[name]["rows"])
    truth = ORACLE[name]["models"][model]
    pairs = [(pair["condition"], pair["reference"]) for pair in truth["pairs"]]
    conditions = sorted(rows["condition"].unique())
    if model == "nested_movies":
        return nested_movies(rows, "value", conditions, pairs, **options), truth
    design = Design.of(rows.assign(n_cells=1), "value", conditions)
    return MODELS[model](design, pairs, **options), truth


def drawn(seed, *, sizes, session=1.0, interaction=0.5, names=NAMES):
    """A design of `sizes` (sessions, conditions) units, residual SD 1."""
    rng = np.random.default_rng(seed)
    sizes = np.asarray(sizes)
    day, condition = (np.repeat(one.ravel(), sizes.ravel()) for one in np.indices(sizes.shape))
    value = rng.normal(size=len(day)) + session * rng.normal(size=sizes.shape[0])[day]
    value += interaction * rng.normal(size=sizes.shape)[day, condition] + 0.4 * condition
    sessions = tuple(f"s{k}" for k in range(sizes.shape[0]))
    return Design(value, condition, day, np.ones(len(day), np.int64), tuple(names), sessions)


@pytest.mark.parametrize(("name", "model"), CASES)
def test_as_lme4_has_it(name, model):
    fitted, truth = of_oracle(name, model, normal=True)
    for pair, said in zip(fitted.estimates, truth["pairs"], strict=True):
        ours = fitted.estimates[pair]
        assert ours.estimate == pytest.approx(said["estimate"], abs=1e-6 * said["se"])
        assert ours.se == pytest.approx(said["se"], rel=1e-6)
        assert ours.p == pytest.approx(said["p_normal"], rel=1e-4)
    assert fitted.variances["residual"] == pytest.approx(truth["residual"], rel=1e-6)
    random = [size for term, size in fitted.variances.items() if term != "residual"]
    assert random == pytest.approx(np.ravel(truth["variances"]), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(("name", "model"), CASES)
def test_the_guard_speaks_exactly_where_lme4_calls_the_fit_singular(name, model):
    fitted, truth = of_oracle(name, model)
    assert fitted.trusted != truth["singular"]
    assert ("came out as zero" in fitted.verdict) == truth["singular"]


@pytest.mark.parametrize("name", ["machines", "oats"])
def test_degrees_of_freedom_are_those_of_kenward_and_roger_in_balanced_designs(name):
    for model in MODELS:
        fitted, truth = of_oracle(name, model)
        for ours, said in zip(fitted.estimates.values(), truth["pairs"], strict=True):
            assert ours.df == pytest.approx(said["df_kr"], rel=1e-5)
            assert ours.p == pytest.approx(said["p_kr"], rel=1e-3)


@pytest.mark.parametrize("name", ["uneven", "gaps"])
def test_degrees_of_freedom_are_close_to_those_of_kenward_and_roger_elsewhere(name):
    for model in MODELS:
        fitted, truth = of_oracle(name, model)
        for ours, said in zip(fitted.estimates.values(), truth["pairs"], strict=True):
            assert ours.df == pytest.approx(said["df_kr"], rel=0.1)
            assert ours.p == pytest.approx(said["p_kr"], rel=0.15)


def test_published_variances_of_three_machines_and_six_workers():
    # Pinheiro and Bates 2000, 1.3: SD of workers 4.78, of machines within workers 3.73, rest 0.96.
    fitted, _ = of_oracle("machines", "random_effect")
    sds = {term: math.sqrt(size) for term, size in fitted.variances.items()}
    assert sds == {
        "session": pytest.approx(4.781, abs=5e-4),
        "interaction": pytest.approx(3.730, abs=5e-4),
        "residual": pytest.approx(0.9616, abs=5e-5),
    }


@pytest.mark.parametrize("seed", range(5))
def test_with_equal_numbers_random_sessions_say_what_fixed_sessions_say(seed):
    design = drawn(seed, sizes=np.full((6, 3), 5))
    ours, plain = random_session(design, PAIRS), fixed_session(design, PAIRS)
    assert ours.trusted
    assert ours.claim == THESE_SESSIONS
    for pair in PAIRS:
        assert ours.estimates[pair] == pytest.approx(plain.estimates[pair], rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_with_two_conditions_and_equal_numbers_the_random_effect_is_the_paired_test(seed):
    design = drawn(seed, sizes=np.full((6, 2), 9), session=4, interaction=1, names=("a", "b"))
    ours, paired = random_effect(design, PAIRS[:1]), paired_sessions(design, PAIRS[:1])
    assert ours.trusted
    assert ours.claim == ACROSS_SESSIONS
    assert ours.estimates["b", "a"] == pytest.approx(paired.estimates["b", "a"], rel=1e-5)


@pytest.mark.parametrize("model", MODELS.values())
@pytest.mark.parametrize(("factor", "offset"), [(1e-6, 0), (1e6, 0), (0.03, 0), (1, 1e5)])
def test_the_unit_of_the_measure_does_not_matter(model, factor, offset):
    sizes = [[5, 3, 4], [2, 6, 5], [5, 5, 1], [4, 3, 6], [5, 2, 4], [3, 5, 5]]
    design = drawn(3, sizes=sizes, interaction=1.5)
    plain = model(design, PAIRS)
    other = model(design._replace(value=design.value * factor + offset), PAIRS)
    assert plain.trusted
    assert other.trusted
    assert other.verdict == plain.verdict
    for pair in PAIRS:
        one, two = plain.estimates[pair], other.estimates[pair]
        assert two.estimate == pytest.approx(factor * one.estimate, rel=1e-6)
        assert two.se == pytest.approx(factor * one.se, rel=1e-6)
        assert two.p == pytest.approx(one.p, rel=1e-5)


def test_movies_of_one_size_give_what_their_means_give():
    rng = np.random.default_rng(4)
    day, condition, movie, _ = (one.ravel() for one in np.indices((5, 3, 4, 9)))
    value = rng.normal(size=len(day)) + rng.normal(size=5)[day]
    value += 0.7 * rng.normal(size=(5, 3, 4))[day, condition, movie]
    rows = pd.DataFrame(
        {
            "condition": np.array(NAMES, object)[condition],
            "session": day.astype(str),
            "unit": movie.astype(str),
            "value": value,
        }
    )
    ours = nested_movies(rows, "value", NAMES, PAIRS)
    means = rows.groupby(["condition", "session", "unit"], as_index=False)["value"].mean()
    plain = fixed_session(Design.of(means.assign(n_cells=9), "value", NAMES), PAIRS)
    assert ours.trusted
    for pair in PAIRS:
        assert ours.estimates[pair] == pytest.approx(plain.estimates[pair], rel=1e-6)
    # Cells without a value, and conditions that nobody asked for, do not enter.
    others = rows.iloc[:50].assign(value=math.nan)
    strange = rows.iloc[:50].assign(condition="d")
    again = nested_movies(pd.concat([rows, others, strange]), "value", NAMES, PAIRS)
    assert again.estimates == ours.estimates


def test_few_sessions_are_said_to_be_few():
    fitted, _ = of_oracle("speed", "random_session")
    assert fitted.trusted
    assert fitted.verdict == "2 sessions tell little of the variance between sessions"


def test_two_sessions_of_published_cells():
    # Value ~ condition + session of the published table: ki − wt −0.352, p ≈ 0.0065.
    fitted, _ = of_oracle("speed", "random_session")
    ours = fitted.estimates["wt", "ki"]
    assert ours.estimate == pytest.approx(0.352, abs=5e-4)
    assert ours.p == pytest.approx(0.0065, abs=5e-5)
    assert ours.df == 26
    fitted, _ = of_oracle("speed", "random_effect")
    assert not fitted.trusted
    assert fitted.verdict == (
        "the variance of the effect from session to session came out as zero, so that the model "
        "takes the effect to be the same in every session; the paired differences of session "
        "means are used instead"
    )


def nothing_told(fitted, reason):
    assert not fitted.trusted
    assert fitted.verdict.startswith(reason)
    assert all(math.isnan(number) for one in fitted.estimates.values() for number in one)


@pytest.mark.parametrize("model", MODELS.values())
def test_degenerate_designs_are_answered_with_the_reason(model):
    full = drawn(1, sizes=np.full((3, 3), 4))
    none = np.zeros(len(full.value), bool)
    nothing_told(model(full.only(none), PAIRS), "no unit has a value")
    one = model(full.only(full.session == 0), PAIRS)
    nothing_told(one, "the variance between sessions takes more than one session")
    # Rounding leaves something of the mean of 0.1.
    same = model(full._replace(value=np.full(len(full.value), 0.1)), PAIRS)
    nothing_told(same, "values do not scatter within sessions and conditions")
    stepped = full._replace(value=0.1 * full.session + 0.3 * full.condition)
    nothing_told(model(stepped, PAIRS), "values do not scatter within sessions and conditions")


def test_one_unit_of_each_condition_and_session():
    design = drawn(2, sizes=np.full((6, 3), 1), session=3, interaction=0)
    assert random_session(design, PAIRS).trusted
    nothing_told(random_effect(design, PAIRS), "every session has one unit of each condition")
    design = drawn(2, sizes=np.eye(3, dtype=int))
    nothing_told(random_session(design, PAIRS), "too few units")


def test_a_condition_without_units_and_conditions_that_never_meet():
    sizes = [[4, 4, 0, 0], [4, 4, 0, 0], [4, 4, 0, 0], [0, 0, 4, 0], [0, 0, 4, 0], [0, 0, 4, 0]]
    design = drawn(5, sizes=sizes, session=2, interaction=1, names="abcd")
    for model in MODELS.values():
        fitted = model(design, [("b", "a"), ("c", "a"), ("d", "a")])
        assert fitted.trusted
        assert fitted.estimates["b", "a"].p < 1
        assert math.isnan(fitted.estimates["c", "a"].estimate)
        assert fitted.verdict_of(("c", "a")) == (
            "c and a never share a session, and no third condition links them: what is due to the "
            "session cannot be told from what is due to the condition"
        )
        assert math.isnan(fitted.estimates["d", "a"].estimate)
        assert fitted.verdict_of(("d", "a")) == "no unit of d has a value"
    # Through a third condition: 0 with 1, and 1 with 2.
    linked = drawn(6, sizes=[[4, 4, 0], [4, 4, 0], [0, 4, 4], [0, 4, 4], [4, 4, 0], [0, 4, 4]])
    assert random_session(linked, PAIRS).estimates["c", "a"].p < 1


@pytest.mark.parametrize("apart", [1e3, 1e6, 1e9])
def test_sessions_worlds_apart(apart):
    design = drawn(7, sizes=np.full((6, 3), 4), session=apart, interaction=0)
    fitted, plain = random_session(design, PAIRS), fixed_session(design, PAIRS)
    assert fitted.trusted or "no clear maximum" in fitted.verdict
    for pair in PAIRS if fitted.trusted else ():
        assert fitted.estimates[pair].estimate == pytest.approx(plain.estimates[pair].estimate)
        assert fitted.estimates[pair].se == pytest.approx(plain.estimates[pair].se, rel=1e-4)


def test_single_cells_and_too_many_cells():
    single = pd.DataFrame(
        {
            "condition": list("aabb") * 5,
            "session": list("stst") * 5,
            "unit": [str(k) for k in range(20)],
            "value": np.arange(20.0),
        }
    )
    nothing_told(nested_movies(single, "value", NAMES, PAIRS[:1]), "every unit holds one cell")
    empty = nested_movies(single.iloc[:0], "value", NAMES, PAIRS)
    nothing_told(empty, "no unit has a value")
    n = 400_000
    many = pd.DataFrame(
        {
            "condition": np.array(["a", "b"], object)[np.arange(n) % 2],
            "session": np.array(["s", "t"], object)[np.arange(n) // 2 % 2],
            "unit": (np.arange(n) // 4 % 10).astype(str),
            "value": np.random.default_rng(0).normal(size=n),
        }
    )
    assert n * 20 > mixed.MOST_WORK
    nothing_told(nested_movies(many, "value", NAMES, PAIRS[:1]), "with so many values")
    units = Design.of(many.assign(n_cells=1), "value", ("a", "b"))
    assert n * 2 < mixed.MOST_WORK
    assert not math.isnan(random_session(units, PAIRS[:1]).estimates["b", "a"].p)
    units = units._replace(**{
        name: np.tile(getattr(units, name), 3) for name in units._fields[:4]
    })  # fmt: skip
    for model in MODELS.values():
        nothing_told(model(units, PAIRS[:1]), "with so many values")
