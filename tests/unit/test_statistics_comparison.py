"""What `Contrasts` says of studies small, odd and large enough."""

import warnings

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from lamella.core.errors import SettingsError
from lamella.core.table import Col
from lamella.statistics import Contrasts

THESE, ACROSS = "these_sessions", "across_sessions"


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def study(n_sessions=3, n=3, effect=1.0, seed=4, day=2.0, conditions=("wt", "ko")):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        [
            {"condition": c, "session": f"s{s}", "v": effect * k + day * s + rng.normal(0, 0.3)}
            for s in range(n_sessions)
            for k, c in enumerate(conditions)
            for _ in range(n)
        ]
    )


def told(cells, **settings):
    """Tables, and both claims over all sessions by claim and condition."""
    tables = Contrasts(**{"measures": ("v",), "reference": "wt"} | settings)(cells)
    whole = tables.effects[tables.effects[Col.SESSION] == "all"]
    return tables, whole.set_index([Col.CLAIM, Col.CONDITION])


def test_below_five_sessions_the_simple_models_are_quoted_and_the_reason_given():
    tables, whole = told(study(3))
    assert whole.loc[(THESE, "ko"), Col.MODEL] == "fixed_session"
    assert whole.loc[(ACROSS, "ko"), Col.MODEL] == "paired_sessions"
    assert whole.loc[(ACROSS, "ko"), Col.DF] == 2
    models = tables.models.set_index(Col.MODEL)
    assert models[Col.USED].sum() == 2
    assert not models.loc["random_session", Col.USED]
    assert models.loc["random_session", Col.VERDICT]


def test_from_five_sessions_mixed_models_are_quoted_unless_refused():
    tables, whole = told(study(6, day=3.0))
    by_claim = {
        THESE: ("random_session", "fixed_session"),
        ACROSS: ("random_effect", "paired_sessions"),
    }
    for claim, (mixed, simple) in by_claim.items():
        fits = tables.models.set_index(Col.MODEL)
        expected = mixed if fits.loc[mixed, Col.TRUSTED] else simple
        assert whole.loc[(claim, "ko"), Col.MODEL] == expected
        assert bool(whole.loc[(claim, "ko"), Col.VERDICT]) == (expected == simple)
    _, fixed = told(study(6, day=3.0), model="fixed")
    assert list(fixed[Col.MODEL]) == ["fixed_session", "paired_sessions"]


def test_six_sessions_are_drawn_again_for_the_across_claim_alone():
    _, whole = told(study(6))
    assert list(whole[Col.INTERVAL_BY]) == ["t", "bootstrap"]
    row = whole.loc[(ACROSS, "ko")]
    assert row[Col.ESTIMATE_LOW] < row[Col.ESTIMATE] < row[Col.ESTIMATE_HIGH]
    assert (
        -1 <= row[Col.CLIFFS_DELTA_LOW] <= row[Col.CLIFFS_DELTA] <= row[Col.CLIFFS_DELTA_HIGH] <= 1
    )
    pd.testing.assert_frame_equal(whole, told(study(6))[1])
    _, by_t = told(study(6), bootstrap_draws=0)
    assert set(by_t[Col.INTERVAL_BY]) == {"t"}
    _, five = told(study(5))
    assert set(five[Col.INTERVAL_BY]) == {"t"}


def test_one_session_says_nothing_across_sessions():
    _, whole = told(study(1, n=4))
    assert whole.loc[(THESE, "ko"), Col.P] < 0.05
    row = whole.loc[(ACROSS, "ko")]
    assert np.isnan(row[Col.ESTIMATE])
    assert row[Col.VERDICT] == "one session: nothing can be said of other sessions"
    _, untold = told(study(1, n=4).drop(columns="session"))
    assert "sessions are not told apart" in untold.loc[(ACROSS, "ko"), Col.VERDICT]
    assert np.isnan(untold.loc[(ACROSS, "ko"), Col.N_SESSIONS])


def test_a_condition_imaged_on_its_own_days_cannot_be_told_from_them():
    cells = study(2)
    cells = cells[(cells["condition"] == "ko") == (cells["session"] == "s1")]
    tables, whole = told(cells)
    for claim in (THESE, ACROSS):
        assert np.isnan(
            whole.loc[(claim, "ko"), [Col.ESTIMATE, Col.P, Col.COHENS_D]].to_list()
        ).all()
        assert "never share a session" in whole.loc[(claim, "ko"), Col.VERDICT]
        assert whole.loc[(claim, "ko"), Col.N_SESSIONS] == 0
    assert tables.replication[Col.SAME_DIRECTION].isna().all()


def test_a_third_condition_links_two_that_never_meet():
    cells = study(2, conditions=("wt", "ko", "ki"))
    cells = cells[~((cells["condition"] == "wt") & (cells["session"] == "s1"))]
    cells = cells[~((cells["condition"] == "ki") & (cells["session"] == "s0"))]
    _, whole = told(cells)
    assert whole.loc[(THESE, "ki"), Col.ESTIMATE] == pytest.approx(2, abs=0.8)
    assert np.isfinite(whole.loc[(THESE, "ki"), Col.P])
    assert "never share a session" in whole.loc[(ACROSS, "ki"), Col.VERDICT]


@pytest.mark.parametrize("value", [0.1, 0.0, 1e9])
def test_values_that_are_all_the_same_have_no_error(value):
    _, whole = told(study(2).assign(v=value))
    assert whole[[Col.P, Col.COHENS_D, Col.SE]].isna().all(axis=None)
    assert (whole[Col.ESTIMATE].abs() < 1e-6).all()
    assert whole[Col.VERDICT].ne("").all()


def test_one_unit_per_condition_has_a_difference_and_no_more():
    _, whole = told(study(1, n=1))
    row = whole.loc[(THESE, "ko")]
    assert np.isfinite(row[Col.ESTIMATE])
    assert np.isnan(row[Col.P])
    assert "too few units" in row[Col.VERDICT]


def test_no_value_at_all_is_told():
    cells = study(2)
    cells.loc[cells["condition"] == "ko", "v"] = np.nan
    _, whole = told(cells)
    assert whole.loc[(THESE, "ko"), Col.VERDICT] == "no unit of ko has a value"
    _, nothing = told(study(2).assign(v=np.nan))
    assert nothing[Col.P].isna().all()


def test_p_is_adjusted_over_the_contrasts_of_a_claim():
    tables, whole = told(study(3, conditions=("wt", "ko", "ki"), effect=0.2), reference=None)
    for claim in (THESE, ACROSS):
        p, adjusted = (whole.loc[claim][name].to_numpy() for name in (Col.P, Col.P_ADJUSTED))
        order = np.argsort(p)
        holm = np.maximum.accumulate(p[order] * [3, 2, 1])
        np.testing.assert_allclose(adjusted[order], np.minimum(holm, 1))
    assert set(whole[Col.N_TESTS]) == {3}
    single = tables.effects[tables.effects[Col.SESSION] != "all"]
    assert single[Col.P_ADJUSTED].isna().all()


def test_equivalence_is_tested_where_a_margin_is_given():
    _, whole = told(study(3, effect=0.0), margins={"v": 5.0})
    assert whole[Col.EQUIVALENT].all()
    _, narrow = told(study(3, effect=0.0), margins={"v": 1e-6})
    assert not narrow[Col.EQUIVALENT].any()
    _, untold = told(study(3))
    assert untold[[Col.MARGIN, Col.P_EQUIVALENCE, Col.EQUIVALENT]].isna().all(axis=None)
    with pytest.raises(ValidationError, match="greater than 0"):
        Contrasts(margins={"v": 0})
    with pytest.raises(SettingsError, match="margins: 'w' is not compared"):
        told(study(3), margins={"w": 1.0})


def test_yes_and_no_are_fractions_and_counts_are_counts():
    cells = pd.concat([study(2, n=6, effect=0.5)] * 10, ignore_index=True)
    cells["movie"] = cells.groupby("condition").cumcount() % 12
    cells["movie"] = cells["condition"] + cells["session"] + cells["movie"].astype(str)
    rng = np.random.default_rng(1)
    cells["yes"] = rng.random(len(cells)) < np.where(cells["condition"] == "ko", 0.7, 0.3)
    cells["tips"] = rng.poisson(3, len(cells))
    tables, _ = told(cells, measures=("yes", "tips"), kinds={"tips": "count"})
    models = tables.models.groupby(Col.MEASURE)[Col.MODEL].agg(set)
    assert "quasi_binomial" in models["yes"]
    assert "quasi_poisson" in models["tips"]
    means = tables.conditions.set_index([Col.MEASURE, Col.SESSION, Col.CONDITION])[Col.MEAN]
    assert 0 < means["yes", "all", "wt"] < means["yes", "all", "ko"] < 1
    with pytest.raises(SettingsError, match="'v' is called a fraction and holds"):
        told(cells, kinds={"v": "fraction"})


def test_replication_shows_each_session_and_the_rest_without_it():
    cells = study(3)
    cells.loc[(cells["session"] == "s2") & (cells["condition"] == "ko"), "v"] -= 2.5
    tables, whole = told(cells)
    row = tables.replication.set_index(Col.SESSION)
    assert row[Col.SAME_DIRECTION].tolist() == [True, True, False]
    assert whole.loc[(THESE, "ko"), Col.N_SESSIONS_AGREEING] == 2
    assert whole.loc[(THESE, "ko"), Col.P_INTERACTION] < 0.01
    without = told(cells[cells["session"] != "s2"])[1].loc[(THESE, "ko")]
    assert row.loc["s2", Col.ESTIMATE_WITHOUT] == pytest.approx(without[Col.ESTIMATE])
    assert row.loc["s2", Col.P_WITHOUT] == pytest.approx(without[Col.P])


def test_units_without_a_session_stay_in_the_claim_on_these_sessions():
    cells = study(2)
    cells.loc[:1, "session"] = None
    _, whole = told(cells)
    assert whole.loc[(THESE, "ko"), Col.N_REFERENCE] == 6
    assert whole.loc[(ACROSS, "ko"), Col.N_REFERENCE] == 4


def test_a_model_without_an_answer_is_not_called_used():
    tables, whole = told(study(1, n=4))
    assert np.isnan(whole.loc[(ACROSS, "ko"), Col.P])
    used = tables.models[tables.models[Col.USED]]
    assert list(used[Col.CLAIM]) == [THESE]
    assert used[Col.TRUSTED].all()


def test_each_claim_counts_the_sessions_that_point_its_own_way():
    # Many movies up in one session, few down in two: the claims point opposite ways.
    movies = {"s0": (9, 2.0), "s1": (2, -1.5), "s2": (2, -1.6)}
    cells = pd.DataFrame(
        [
            {"condition": c, "session": s, "v": up * (c == "ko") + 0.1 * k}
            for s, (n, up) in movies.items()
            for c in ("wt", "ko")
            for k in range(n)
        ]
    )
    _, whole = told(cells)
    assert whole.loc[(THESE, "ko"), Col.ESTIMATE] > 0 > whole.loc[(ACROSS, "ko"), Col.ESTIMATE]
    assert whole[Col.N_SESSIONS_AGREEING].tolist() == [1, 2]


@pytest.mark.parametrize("kind", ["mean", "count"])
def test_a_condition_without_a_value_is_named_by_every_model_of_units(kind):
    cells = study(2, conditions=("wt", "ko", "ki")).assign(v=lambda c: c["v"].abs())
    cells.loc[cells["condition"] == "ki", "v"] = np.nan
    models = told(cells, kinds={"v": kind})[0].models
    rows = models[(models[Col.CONDITION] == "ki") & (models[Col.CLAIM] == THESE)]
    assert (rows[Col.VERDICT] != "").all()
    for name in ("fixed_session", "permuted", *(["quasi_poisson"] if kind == "count" else [])):
        assert rows.set_index(Col.MODEL).loc[name, Col.VERDICT] == "no unit of ki has a value"


def test_a_margin_without_end_is_refused():
    with pytest.raises(ValidationError, match="finite"):
        Contrasts(margins={"v": float("inf")})


def test_a_difference_that_is_the_same_in_every_session_has_no_error_by_draws_either():
    cells = pd.DataFrame(
        [
            {"condition": c, "session": f"s{s}", "v": 0.1 * s + 0.3 * (c == "ko") + 0.7 * k}
            for s in range(7)
            for c in ("wt", "ko")
            for k in range(3)
        ]
    )
    models = told(cells)[0].models.set_index(Col.MODEL)
    for name in ("paired_sessions", "session_bootstrap"):
        assert np.isnan(models.loc[name, Col.P])
        assert "same in every session" in models.loc[name, Col.VERDICT]
    assert models.loc["session_bootstrap", Col.ESTIMATE] == pytest.approx(0.3)


@pytest.mark.parametrize("factor", [1.0, 1e-9])
def test_draws_without_scatter_within_do_not_stretch_d(factor):
    # Draws of the last sessions alone leave no residual but rounding.
    cells = study(8, n=1, seed=1, day=0)
    one = cells["session"].isin(["s0", "s1"])
    cells["v"] = factor * cells["v"].where(one, (cells["condition"] == "ko") * 0.7 + 0.1)
    _, whole = told(cells)
    row = whole.loc[(ACROSS, "ko")]
    assert row[Col.INTERVAL_BY] == "bootstrap"
    assert row[Col.COHENS_D_WITHIN_HIGH] < 30 * abs(row[Col.COHENS_D_WITHIN])


def test_one_draw_of_sessions_is_refused():
    with pytest.raises(ValidationError, match="give 99 or more, or 0"):
        Contrasts(bootstrap_draws=1)
