"""Segmentation by motion on real movies: the tuning split only, see benchmarks/motion_movies.py."""

import pytest
from accuracy_motion import FOREGROUNDS, MOTION, OTSU, scores
from motion_movies import psc, ptk1
from published_motion import COMPARATORS

from real_data import needs_real_data

pytestmark = needs_real_data


@pytest.fixture(scope="module")
def on_ptk1():
    return scores(ptk1("tuning"))["PtK1, phase contrast"]


@pytest.fixture(scope="module")
def on_psc():
    return scores(psc("tuning"))


class TestPtK1:
    """Wide lamellipodia, seconds apart, sensor noise: 0.974 when this was written."""

    def test_the_cells_are_found(self, on_ptk1):
        assert on_ptk1[MOTION] >= 0.95

    def test_better_than_every_alternative(self, on_ptk1):
        others = [on_ptk1[name] for name in (*COMPARATORS, "everything")]
        assert on_ptk1[MOTION] > max([*others, *(on_ptk1[f"{OTSU}, {k}"] for k in FOREGROUNDS)])

    def test_a_literal_port_is_no_better_than_calling_every_pixel_cell(self, on_ptk1):
        assert 0.55 < on_ptk1["literal port"] < 0.70
        assert on_ptk1["everything"] == pytest.approx(0.65, abs=0.01)


class TestPSC:
    """Small bright cells, 10 min apart: 0.783 over the whole frame when this was written."""

    def test_the_cells_are_found(self, on_psc):
        assert on_psc["PSC, phase contrast"][MOTION] >= 0.75

    def test_better_than_multi_otsu_and_the_published_ways(self, on_psc):
        found = on_psc["PSC, phase contrast"]
        for name in (*(f"{OTSU}, {kind}" for kind in FOREGROUNDS), *COMPARATORS):
            assert found[MOTION] > found[name]

    def test_unlabelled_cells_at_the_border_are_not_held_against_it(self, on_psc):
        by_rule = on_psc["PSC, phase contrast, by the Challenge's rule"][MOTION]
        assert by_rule > on_psc["PSC, phase contrast"][MOTION]
