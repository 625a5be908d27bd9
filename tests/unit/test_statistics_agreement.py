"""Agreement of two analyses: against R, plain lines and simulated cells.

`tests/oracles/r/agreement.R` made the data sets and the numbers; R is not needed here.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.statistics import agreements
from lamella.statistics.agreement import agreement

FILE = Path(__file__).parents[1] / "oracles" / "r" / "agreement.json"
PAIRS = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("name", PAIRS)
class TestAgainstR:
    def test_bias_limits_slope_and_concordance(self, name):
        told = PAIRS[name]
        found = agreement(told["x"], told["y"])
        for part in ("bias", "limit_low", "limit_high", "slope", "concordance"):
            # R's noncentral t is right to 1e-9 or so.
            assert list(getattr(found, part)) == pytest.approx(told[part], rel=1e-7, abs=1e-9), part
        assert found.sd == pytest.approx(told["sd"][0], rel=1e-12)
        assert found.p_slope == pytest.approx(told["p_slope"][0], rel=1e-9)
        assert found.p_slope == pytest.approx(told["p_pitman"][0], rel=1e-9)

    def test_turned_about(self, name):
        told = PAIRS[name]
        one, other = agreement(told["x"], told["y"]), agreement(told["y"], told["x"])
        assert other.bias.value == pytest.approx(-one.bias.value)
        assert other.limit_low.low == pytest.approx(-one.limit_high.high)
        assert other.concordance == pytest.approx(one.concordance)

    def test_cells_that_are_all_their_own_movie_change_nothing(self, name):
        told = PAIRS[name]
        alone = agreement(told["x"], told["y"], cluster=np.arange(len(told["x"])))
        assert alone == agreement(told["x"], told["y"])


class TestDegenerate:
    def test_nothing(self):
        found = agreement([], [])
        assert (found.n, found.n_effective) == (0, 0)
        assert math.isnan(found.bias.value)

    def test_missing_values_are_left_out(self):
        found = agreement([1, np.nan, 3, 4, 5], [1.5, 2, np.inf, 4, 5.2])
        assert found.n == 3
        assert found.bias.value == pytest.approx(0.7 / 3)

    @pytest.mark.parametrize("n", [1, 2])
    def test_too_few_for_an_interval(self, n):
        found = agreement(np.arange(n), np.arange(n) + [0.5, 1.0][:n])
        assert found.bias.value == pytest.approx([0.5, 0.75][n - 1])
        for interval in (found.bias, found.limit_low, found.concordance):
            assert math.isnan(interval.low)
            assert math.isnan(interval.high)

    def test_the_same_numbers(self):
        found = agreement([1, 2, 5], [1, 2, 5])
        assert found.bias == found.limit_low == found.limit_high == (0, 0, 0)
        assert found.concordance == (1, 1, 1)

    def test_a_shift_is_a_bias_and_no_scatter(self):
        found = agreement([0.1, 0.2, 0.4], [1.1, 1.2, 1.4])
        assert found.sd == 0
        assert found.limit_high.value == pytest.approx(1)
        assert 0 < found.concordance.value < 0.1

    def test_constants_have_no_concordance_and_no_slope(self):
        found = agreement([2, 2, 2], [2, 2, 2])
        assert found.bias.value == 0
        assert math.isnan(found.concordance.value)
        assert math.isnan(found.slope.value)

    def test_one_constant(self):
        found = agreement([1, 1, 1], [1, 2, 3])
        assert found.concordance.value == 0
        assert found.slope.value == pytest.approx(2)


def _coverage(n_movies, n_cells, alike, *, seed, n_studies=400):
    """Share of intervals that hold the bias 0.3 and the upper limit of agreement."""
    rng = np.random.default_rng(seed)
    movie = np.repeat(np.arange(n_movies), n_cells)
    hits = np.zeros(2)
    for _ in range(n_studies):
        truth = rng.normal(size=len(movie))
        shared = math.sqrt(alike) * rng.normal(size=n_movies)[movie]
        difference = 0.3 + shared + math.sqrt(1 - alike) * rng.normal(size=len(movie))
        found = agreement(truth, truth + difference, cluster=movie)
        upper = 0.3 + 1.959964
        hits += [
            found.bias.low <= 0.3 <= found.bias.high,
            found.limit_high.low <= upper <= found.limit_high.high,
        ]
    return hits / n_studies


# With 400 studies the share itself has an SD of 1.1 points.
@pytest.mark.parametrize(("n_movies", "n_cells", "alike"), [(20, 1, 0), (12, 5, 0), (20, 10, 0.4)])
def test_intervals_hold_what_they_should(n_movies, n_cells, alike):
    bias, limit = _coverage(n_movies, n_cells, alike, seed=11)
    assert 0.91 <= bias <= 0.985
    assert 0.91 <= limit <= 1


def test_cells_of_a_movie_that_are_alike_count_less():
    rng = np.random.default_rng(5)
    movie = np.repeat(np.arange(10), 20)
    alike = rng.normal(size=10)[movie] + 0.1 * rng.normal(size=200)
    found = agreement(np.zeros(200), alike, cluster=movie)
    assert 9 < found.n_effective < 12
    assert found.n == 200


def test_the_table_has_a_row_per_pair_of_analyses_object_and_measure():
    rows = [
        {
            Col.ANALYSIS: "a", Col.OTHER_ANALYSIS: other, Col.OBJECT: "cell", Col.MOVIE: f"m{k}",
            Col.MEASURE: measure, Col.FIRST_VALUE: k, Col.SECOND_VALUE: k + shift,
        }
        for other, shift in (("b", 1.0), ("c", -2.0))
        for measure in ("area_um2", "persistence")
        for k in range(4)
    ]  # fmt: skip
    found = agreements(pd.DataFrame(rows))
    assert found[Col.BIAS].tolist() == [1, 1, -2, -2]
    assert found[Col.N_MATCHED].tolist() == [4] * 4
    assert {Col.LIMIT_LOW_HIGH, Col.CONCORDANCE_LOW, Col.PROPORTIONAL_BIAS_HIGH} <= {*found.columns}
    assert len(agreements(pd.DataFrame(rows)[:0])) == 0
