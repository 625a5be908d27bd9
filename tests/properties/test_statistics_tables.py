"""Tables of statistics agree with themselves, whatever the study looks like."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.table import Col
from lamella.statistics import Contrasts

TRIPLES = [
    (Col.ESTIMATE, Col.ESTIMATE_LOW, Col.ESTIMATE_HIGH),
    (Col.COHENS_D, Col.COHENS_D_LOW, Col.COHENS_D_HIGH),
    (Col.COHENS_D_WITHIN, Col.COHENS_D_WITHIN_LOW, Col.COHENS_D_WITHIN_HIGH),
    (Col.HEDGES_G, Col.HEDGES_G_LOW, Col.HEDGES_G_HIGH),
    (Col.CLIFFS_DELTA, Col.CLIFFS_DELTA_LOW, Col.CLIFFS_DELTA_HIGH),
]
KEY = [Col.CLAIM, Col.CONDITION, Col.REFERENCE]


@st.composite
def studies(draw):
    """Cells and settings: conditions missing in sessions, ties, gaps, units in two sessions."""
    n_conditions, n_sessions = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    shape = (n_conditions, n_sessions)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["mean", "mean", "fraction", "count"]))
    most = draw(st.sampled_from([1, 2, 5]))
    n = rng.integers(0 if draw(st.booleans()) else 1, most + 1, shape)
    condition, session = (np.repeat(k.ravel(), n.ravel()) for k in np.indices(shape))
    sd_session, sd_both = draw(st.sampled_from([0, 1, 4])), draw(st.sampled_from([0, 0.5, 2]))
    value = draw(st.sampled_from([0, 1, 5])) * condition + rng.normal(size=len(condition))
    value += sd_session * rng.normal(size=n_sessions)[session]
    value += sd_both * rng.normal(size=shape)[condition, session]
    if kind == "fraction":
        value = rng.binomial(10, 1 / (1 + np.exp(-value))) / 10
    elif kind == "count":
        value = rng.poisson(np.exp(np.clip(value, -3, 3))).astype(float)
    elif draw(st.booleans()):
        value = np.round(value)
    value[rng.random(len(value)) < draw(st.sampled_from([0, 0.1, 0.6]))] = np.nan
    cells = pd.DataFrame(
        {
            "condition": np.array(list("abcde"), object)[condition],
            "session": [f"s{k}" for k in session],
            "v": value,
            "well": rng.integers(0, 40, len(value)),
        }
    )
    if draw(st.booleans()):
        cells["session"] = cells["session"].where(rng.random(len(cells)) > 0.1, None)
    if draw(st.sampled_from([False, False, True])):
        cells = cells.drop(columns="session")
    reference = "a" if (cells["condition"] == "a").any() and draw(st.booleans()) else None
    return cells, {
        "measures": ("v",),
        "kinds": {"v": kind},
        "reference": reference,
        "unit": draw(st.sampled_from([None, "well"])),
        "model": draw(st.sampled_from(["auto", "auto", "fixed", "mixed"])),
        "adjust": draw(st.sampled_from(["holm", "bh"])),
        "margins": {"v": 0.5},
        "bootstrap_draws": draw(st.sampled_from([0, 199])),
    }


def told(cells, asked):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Contrasts(**asked)(cells)


def ordered(table, value, low, high, *, between):
    """Both ends or none, in order, and the value between them."""
    known = table[low].notna()
    assert (known == table[high].notna()).all()
    some = table[known]
    assert np.isfinite(some[[value, low, high]].to_numpy(float)).all()
    assert (some[low] <= some[high]).all()
    if between:
        room = 1e-9 * some[[low, high]].abs().max(axis=1)
        assert ((some[low] <= some[value] + room) & (some[value] <= some[high] + room)).all()


def leaves_out_0(table, low, high):
    return (table[low] > 0) | (table[high] < 0)


@settings(max_examples=60, deadline=None)
@given(studies())
def test_effects_and_models_agree_with_themselves_and_each_other(study):
    cells, asked = study
    tables = told(cells, asked)
    models, effects = tables.models, tables.effects
    whole = effects[effects[Col.SESSION] == "all"]
    for table in (models, effects):
        assert not np.isinf(table.select_dtypes("float").to_numpy()).any()
        p = table[Col.P].dropna()
        assert ((p >= 0) & (p <= 1)).all()
        assert (table[Col.SE].dropna() > 0).all()
        # A p belongs to an estimate, and where there is none a sentence says why.
        assert table.loc[table[Col.P].notna(), Col.ESTIMATE].notna().all()
        assert table.loc[table[Col.P].isna(), Col.VERDICT].ne("").all()

    ordered(models, Col.ESTIMATE, Col.ESTIMATE_LOW, Col.ESTIMATE_HIGH, between=True)
    for value, low, high in TRIPLES:
        ordered(effects, value, low, high, between=True)
    # Wherever t tells the interval, it says what p says; so do d and g, in their own units.
    t = models[models[Col.SE].notna() & models[Col.P].notna()]
    assert (leaves_out_0(t, Col.ESTIMATE_LOW, Col.ESTIMATE_HIGH) == (t[Col.P] < 0.05)).all()
    by_t = effects[(effects[Col.INTERVAL_BY] == "t") & effects[Col.P].notna()]
    assert (leaves_out_0(by_t, *TRIPLES[0][1:]) == (by_t[Col.P] < 0.05)).all()
    for _, low, high in TRIPLES[1:-1]:
        some = effects[effects[low].notna()]
        assert (leaves_out_0(some, low, high) == leaves_out_0(some, *TRIPLES[0][1:])).all()
    delta = effects[[*map(str, TRIPLES[-1])]].to_numpy(float)
    assert (np.abs(delta[np.isfinite(delta)]) <= 1).all()

    # What is quoted is believed, is one model, and stands in both tables with the same numbers.
    used = models[models[Col.USED].astype(bool)]
    assert used[Col.TRUSTED].all()
    assert not used.duplicated(KEY).any()
    answered = whole[whole[Col.P].notna()]
    both = answered.merge(used, on=[*KEY, Col.MODEL], suffixes=("", "_model"))
    assert len(both) == len(answered) == len(used)
    for name in (Col.ESTIMATE, Col.SE, Col.DF, Col.P):
        assert (both[name] == both[f"{name}_model"]).all()

    # Every pair has both claims once; adjusting raises p and counts the family.
    assert not whole.duplicated(KEY).any()
    for _, family in whole.groupby(Col.CLAIM):
        n = int(family[Col.P].notna().sum())
        assert (family[Col.N_TESTS] == n).all()
        some = family[family[Col.P].notna()]
        assert (some[Col.P_ADJUSTED] >= some[Col.P]).all()
        assert (some[Col.P_ADJUSTED] <= np.minimum(n * some[Col.P], 1) + 1e-12).all()
    told_apart = whole[whole[Col.N_SESSIONS].notna()]
    assert (told_apart[Col.N_SESSIONS_AGREEING] <= told_apart[Col.N_SESSIONS]).all()
    # Equivalence: both one-sided tests at 5 % are the 90 % interval, which the 95 % one holds.
    same = whole[whole[Col.EQUIVALENT].fillna(False).astype(bool)]
    assert (same[Col.ESTIMATE].abs() < 0.5).all()
    inside = by_t[(by_t[Col.ESTIMATE_LOW] > -0.5) & (by_t[Col.ESTIMATE_HIGH] < 0.5)]
    assert inside.loc[inside[Col.SESSION] == "all", Col.EQUIVALENT].all()


@settings(max_examples=25, deadline=None)
@given(studies(), st.sampled_from([(1e-9, 0.0), (1e9, 0.0), (1.0, 1e6)]))
def test_the_unit_of_a_measure_and_its_zero_change_no_conclusion(study, scale):
    cells, asked = study
    asked |= {"kinds": {}, "margins": {}}
    factor, shift = scale
    first, second = (
        told(one, asked).effects for one in (cells, cells.assign(v=factor * cells["v"] + shift))
    )
    same = [Col.MODEL, Col.INTERVAL_BY, Col.N, Col.N_REFERENCE]
    assert first[same].equals(second[same])
    for name in (Col.P, *(column for triple in TRIPLES[1:] for column in triple)):
        assert second[name].to_numpy(float) == pytest.approx(
            first[name].to_numpy(float), rel=1e-4, abs=1e-6, nan_ok=True
        )
    assert second[Col.ESTIMATE].to_numpy(float) / factor == pytest.approx(
        first[Col.ESTIMATE].to_numpy(float), rel=1e-4, abs=1e-6, nan_ok=True
    )
