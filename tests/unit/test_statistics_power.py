"""Power against the noncentral t and against simulated studies; scatter against known worlds."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from null_studies import CONDITIONS, PAIR, World, design_of, drawn
from scipy.stats import nct, t

from lamella.core.claims import ACROSS_SESSIONS, THESE_SESSIONS
from lamella.core.table import Col
from lamella.statistics.fixed import fixed_session
from lamella.statistics.paired import paired_sessions
from lamella.statistics.power import (
    Plan,
    least,
    power_across_sessions,
    power_table,
    power_these_sessions,
)
from lamella.statistics.spread import Spread, spread_of, with_cells_of

N = 4000


def by_noncentral_t(effect, se, df):
    limit = t.ppf(0.975, df)
    return nct.sf(limit, df, effect / se) + nct.cdf(-limit, df, effect / se)


@pytest.mark.parametrize("plan", [Plan(1, 6), Plan(2, 5, 3), Plan(3, 4, 3), Plan(8, 2, 4)])
@pytest.mark.parametrize("effect", [0.0, 0.5, 0.8, 2.0])
def test_without_an_interaction_it_is_the_noncentral_t(plan, effect):
    n_sessions, n, n_conditions = plan
    df = n_conditions * n_sessions * n - n_conditions - n_sessions + 1
    exact = by_noncentral_t(effect / 0.7, math.sqrt(2 / (n_sessions * n)), df)
    assert power_these_sessions(plan, Spread(0.7, 0), effect) == pytest.approx(exact, abs=0.003)


@pytest.mark.parametrize("n_sessions", [2, 3, 4])
def test_few_sessions_are_the_noncentral_t_of_their_differences(n_sessions):
    plan, spread = Plan(n_sessions, 5, 3), Spread(1.0, 0.4, 2.0)
    se = math.sqrt(2 * (1 / 5 + 0.4**2) / n_sessions)
    exact = by_noncentral_t(1.0, se, n_sessions - 1)
    assert power_across_sessions(plan, spread, 1.0) == pytest.approx(exact, abs=0.006)


@pytest.mark.parametrize("interaction", [0.0, 0.5])
@pytest.mark.parametrize("n_sessions", [2, 3])
def test_simulated_studies_are_found_as_often_as_predicted(n_sessions, interaction):
    world = World(n_sessions, 1.0, interaction, effect=0.8)
    plan, spread = Plan(n_sessions, world.n_movies, len(CONDITIONS)), Spread(1, interaction, 1)
    for claim, model, predicted in (
        (THESE_SESSIONS, fixed_session, power_these_sessions),
        (ACROSS_SESSIONS, paired_sessions, power_across_sessions),
    ):
        found = np.mean(
            [
                model(design_of(study.units), [PAIR]).estimates[PAIR].p < 0.05
                for study in drawn(world, N, claim=claim, seed=77)
            ]
        )
        assert found == pytest.approx(predicted(plan, spread, 0.8), abs=0.03)


def test_more_sessions_help_the_claim_across_them_and_movies_do_not():
    spread = Spread(1.0, 0.5, 1.0)
    few, movies, sessions = Plan(3, 5), Plan(3, 50), Plan(12, 5)
    across = [power_across_sessions(plan, spread, 0.8) for plan in (few, movies, sessions)]
    these = [power_these_sessions(plan, spread, 0.8) for plan in (few, movies, sessions)]
    assert across[1] < 0.4 < 0.7 < across[2]
    assert these[1] > 0.99


def test_what_cannot_be_claimed_has_no_power():
    assert math.isnan(power_across_sessions(Plan(1, 5), Spread(1, 0, 0), 1))
    assert math.isnan(power_across_sessions(Plan(4, 5), Spread(1), 1))
    assert math.isnan(power_these_sessions(Plan(1, 1), Spread(1, 0), 1))
    assert 0 < power_these_sessions(Plan(3, 1), Spread(1, 0), 1) < 1


def test_the_scatter_of_a_balanced_study_is_that_of_its_mean_squares():
    study = next(drawn(World(6, 2.0, 1.0), 1, claim=ACROSS_SESSIONS, seed=4)).units
    k, s, n = study.shape
    mean = study.mean(axis=2)
    fit = mean.mean(1, keepdims=True) + mean.mean(0, keepdims=True) - mean.mean()
    of_units = study.var(axis=2, ddof=1).mean()
    of_both = n * ((mean - fit) ** 2).sum() / ((k - 1) * (s - 1))
    of_sessions = n * k * mean.mean(axis=0).var(ddof=1)
    spread = spread_of(design_of(study))
    assert spread.within**2 == pytest.approx(of_units)
    assert spread.interaction**2 == pytest.approx((of_both - of_units) / n)
    assert spread.session**2 == pytest.approx((of_sessions - of_both) / (n * k))


def test_the_scatter_of_unbalanced_studies_is_right_on_average():
    rng = np.random.default_rng(5)
    found = []
    for study in drawn(World(5, 1.0, 0.8), 400, claim=ACROSS_SESSIONS, seed=9):
        design = design_of(study.units)
        chosen = rng.random(len(design.value)) < 0.1 + 0.4 * (design.condition + 1) / 2
        found.append(np.square(spread_of(design.only(chosen))[:3]))
    # Of squares, which are cut off at 0 and so a little too large.
    within, interaction, session = np.nanmean(found, axis=0)
    assert within == pytest.approx(1, abs=0.05)
    assert interaction == pytest.approx(0.64, abs=0.12)
    assert session == pytest.approx(1, abs=0.2)


def test_the_interaction_lies_below_its_upper_end_in_9_of_10_studies():
    for world in (World(2, 1.0, 0.5), World(4, 0.0, 1.0)):
        spreads = [
            spread_of(design_of(study.units))
            for study in drawn(world, 600, claim=ACROSS_SESSIONS, seed=31)
        ]
        below = np.mean([world.interaction_sd <= one.interaction_high for one in spreads])
        assert below == pytest.approx(0.9, abs=0.04)
        assert all(one.interaction <= one.interaction_high for one in spreads)


def test_the_scatter_of_degenerate_designs_is_not_known_and_nothing_is_said_aloud():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one_session = spread_of(design_of(np.array([[[1.0, 2, 4]], [[2, 2, 3]]])))
        assert one_session.within > 0
        assert math.isnan(one_session.interaction)
        assert math.isnan(one_session.session)
        single_units = spread_of(design_of(np.array([[[1.0], [2]], [[2], [5]]])))
        assert single_units.within == pytest.approx(1)
        assert math.isnan(single_units.interaction)
        assert math.isnan(spread_of(design_of(np.array([[[1.0]], [[2]]]))).within)
        same = spread_of(design_of(np.full((2, 2, 3), 0.1)))
        assert same[:3] == (0, 0, 0)


def test_the_scatter_splits_into_movies_and_cells():
    rng = np.random.default_rng(2)
    rows = [
        {Col.CONDITION: c, Col.SESSION: "a", Col.UNIT: f"{c}{m}", "v": level + 2 * noise}
        for c in "AB"
        for m, level in enumerate(rng.standard_normal(150))
        for noise in rng.standard_normal(4 if m % 2 else 12)
    ]
    cells = pd.DataFrame(rows)
    means = cells.groupby([Col.CONDITION, Col.UNIT], sort=False)["v"].mean()
    spread = spread_of(design_of(means.to_numpy().reshape(2, 1, 150)))
    split = with_cells_of(spread, cells, "v")
    assert split.n_cells == pytest.approx(6)
    assert split.cell == pytest.approx(2, abs=0.1)
    assert split.movie == pytest.approx(1, abs=0.15)
    assert split.with_cells(6).within == pytest.approx(split.within)
    assert split.with_cells(10**9).within == pytest.approx(split.movie)
    single = cells.groupby(Col.UNIT, sort=False).head(1)
    assert with_cells_of(spread, single, "v") == pytest.approx(spread, nan_ok=True)


def test_the_table_has_every_size():
    spread = Spread(1.0, 0.3, 1.0, 1.5, 5.0)
    table = power_table(
        spread, 0.8, n_conditions=3, n_sessions=(1, 3, 6), n_per_session=(4, 8), n_cells=(1, 50)
    )
    assert len(table) == 2 * 3 * 2 * 3
    across = table[(table[Col.CLAIM] == ACROSS_SESSIONS) & (table[Col.N_SESSIONS] == 1)]
    assert across[Col.POWER].isna().all()
    six = table[(table[Col.N_SESSIONS] == 6) & (table[Col.N_PER_SESSION] == 8)]
    by_cells = six[six[Col.CLAIM] == THESE_SESSIONS].set_index(Col.N_CELLS_PER_UNIT)[Col.POWER]
    assert by_cells[1] < by_cells[5] < by_cells[50]


def test_the_least_size_is_the_first_that_is_enough():
    assert least(lambda n: n * n > 30, range(1, 10)) == 6
    assert least(lambda n: False, range(1, 10)) is None
