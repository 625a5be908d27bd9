"""Ordinary models against R: lm, emmeans, sandwich, MASS::rlm, t.test, p.adjust.

`tests/oracles/r/ordinary.R` made the data sets and the numbers; R is not needed here.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from lamella.statistics.adjust import adjusted
from lamella.statistics.design import Design
from lamella.statistics.equivalence import p_of_equivalence
from lamella.statistics.fixed import fixed_session, fixed_session_robust, fixed_session_unequal
from lamella.statistics.interaction import interaction
from lamella.statistics.paired import paired_sessions

FILE = Path(__file__).parents[1] / "oracles" / "r" / "ordinary.json"
STUDIES = json.loads(FILE.read_text(encoding="utf-8"))
MODELS = (fixed_session, fixed_session_unequal, fixed_session_robust)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(params=STUDIES)
def study(request):
    return STUDIES[request.param]


def design_of(rows):
    conditions, sessions = (list(dict.fromkeys(rows[name])) for name in ("condition", "session"))
    return Design(
        np.array(rows["value"], float),
        np.array([conditions.index(name) for name in rows["condition"]]),
        np.array([sessions.index(name) for name in rows["session"]]),
        np.ones(len(rows["value"]), int),
        tuple(conditions),
        tuple(sessions),
    )


def pairs_of(study):
    return [tuple(pair.split(" - ")) for pair in study["fixed_session"]["pair"]]


def same(ours, theirs, rel=1e-9):
    """R says NA where we say NaN."""
    theirs = math.nan if theirs in (None, "NaN", "NA") else theirs
    assert ours == pytest.approx(theirs, rel=rel, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("model", MODELS)
def test_models_give_what_r_gives(study, model):
    expected = study[model.__name__]
    pairs = pairs_of(study)
    fitted = model(design_of(study["rows"]), pairs)
    assert fitted.model == model.__name__
    # The robust fits both go on until they have settled.
    rel = 1e-7 if model is fixed_session_robust else 1e-9
    for k, pair in enumerate(pairs):
        for name in set(expected) - {"pair"}:
            same(getattr(fitted.estimates[pair], name), expected[name][k], rel)


def test_session_differences_give_the_t_test_of_r(study):
    pairs = pairs_of(study)
    fitted = paired_sessions(design_of(study["rows"]), pairs)
    for pair, expected in zip(pairs, study["paired_sessions"], strict=True):
        if expected:
            for name, value in expected.items():
                same(getattr(fitted.estimates[pair], name), value)
        else:
            assert math.isnan(fitted.estimates[pair].estimate)
            assert "session" in fitted.verdict_of(pair)


def test_adjusted_p_are_those_of_r(study):
    p = study["fixed_session"]["p"]
    for method in ("holm", "bh"):
        np.testing.assert_allclose(adjusted(p, method), study[method], rtol=1e-12)


def test_equivalence_is_the_larger_of_two_one_sided_tests_of_r(study):
    pairs = pairs_of(study)
    fitted = fixed_session(design_of(study["rows"]), pairs)
    for pair, p in zip(pairs, study["tost"]["p"], strict=True):
        same(p_of_equivalence(fitted.estimates[pair], study["tost"]["margin"]), p, 1e-7)


def test_interaction_is_the_f_test_of_r(study):
    design = design_of(study["rows"])
    ours, theirs = interaction(design, design.conditions), study["interaction"]
    if theirs is None:
        assert math.isnan(ours.p)
        return
    for name, value in theirs.items():
        same(getattr(ours, name), value)
