"""Effects of several analyses side by side: which conclusions survive."""

import warnings

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.statistics import side_by_side


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def effects(d, low, high, *, condition="KI", reference="WT", measure="area_um2"):
    whole = {
        Col.MEASURE: measure, Col.CLAIM: "these_sessions", Col.SESSION: "all",
        Col.CONDITION: condition, Col.REFERENCE: reference, Col.N: 5, Col.N_REFERENCE: 7,
        Col.MEAN: 10.0, Col.MEAN_REFERENCE: 8.0, Col.COHENS_D: d, Col.COHENS_D_LOW: low,
        Col.COHENS_D_HIGH: high,
    }  # fmt: skip
    return pd.DataFrame([whole, {**whole, Col.SESSION: "monday"}])


def told(**analyses):
    found = side_by_side(analyses)
    assert found[Col.SURVIVES].nunique() == found[Col.CONCLUSION].nunique() == 1
    return bool(found[Col.SURVIVES].iloc[0]), found[Col.CONCLUSION].iloc[0]


def test_the_same_direction_decided_everywhere_survives():
    assert told(a=effects(1, 0.2, 1.8), b=effects(2, 1, 3)) == (
        True,
        "KI above WT in all 2 analyses; the 95 % interval leaves out 0 in all 2 analyses",
    )


def test_an_open_interval_does_not():
    assert told(a=effects(-1, -1.8, -0.2), b=effects(-0.4, -1, 0.2), c=effects(-1, -2, -0.1)) == (
        False,
        "KI below WT in all 3 analyses; the 95 % interval leaves out 0 in 2 of 3",
    )


def test_a_direction_that_hangs_on_the_analysis():
    survives, conclusion = told(a=effects(1, 0.2, 1.8), b=effects(-1, -2, -0.1))
    assert not survives
    assert conclusion.startswith(
        "the direction hangs on the analysis: KI above WT in a, below in b;"
    )


@pytest.mark.parametrize("other", [effects(np.nan, np.nan, np.nan), effects(1, 0, 2)[:0]])
def test_an_analysis_that_cannot_tell_is_named(other):
    survives, conclusion = told(a=effects(1, 0.2, 1.8), b=other)
    assert not survives
    assert conclusion.endswith("in 1 of 2; the 95 % interval leaves out 0 in 1 of 1; not told by b")


def test_no_difference_at_all_and_nothing_known():
    assert told(a=effects(0, -1, 1), b=effects(0, -1, 1)) == (
        False,
        "no analysis finds a difference in either direction; "
        "the 95 % interval leaves out 0 in none of 2",
    )
    unknown = effects(np.nan, np.nan, np.nan)
    assert told(a=unknown, b=unknown) == (False, "no analysis can tell")


def test_a_contrast_the_other_way_round_is_turned():
    other = effects(-1.5, -2, -1, condition="WT", reference="KI")
    found = side_by_side({"a": effects(1, 0.2, 1.8), "b": other})
    assert found[Col.CONDITION].tolist() == ["KI", "KI"]
    assert found[Col.COHENS_D].tolist() == [1, 1.5]
    assert found[Col.COHENS_D_LOW].tolist() == [0.2, 1]
    assert found[Col.COHENS_D_HIGH].tolist() == [1.8, 2]
    assert found[[Col.N, Col.N_REFERENCE]].to_numpy().tolist() == [[5, 7], [7, 5]]
    assert found[[Col.MEAN, Col.MEAN_REFERENCE]].to_numpy().tolist() == [[10, 8], [8, 10]]
    assert found[Col.SURVIVES].all()


def test_all_pairs_in_one_table_are_left_as_they_are():
    both = pd.concat([effects(1, 0, 2), effects(-1, -2, 0, condition="WT", reference="KI")])
    found = side_by_side({"a": both, "b": both})
    assert sorted(found[Col.CONDITION]) == ["KI", "KI", "WT", "WT"]


def test_no_effects():
    found = side_by_side({"a": effects(1, 0, 2)[:0], "b": effects(1, 0, 2)[:0]})
    assert not len(found)
    assert Col.SURVIVES in found
