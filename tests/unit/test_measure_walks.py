"""Lags and the persistent random walk of every cell, from sightings and from a movie."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from walk_truth import as_sightings, walkers

from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale
from lamella.core.table import Col
from lamella.measure import Measured, Walks, measure
from lamella.measure.view import KEYS
from worlds import translating_disc

ENDS = [
    (Col.WALK_SPEED, Col.WALK_SPEED_LOW, Col.WALK_SPEED_HIGH),
    (Col.PERSISTENCE_TIME, Col.PERSISTENCE_TIME_LOW, Col.PERSISTENCE_TIME_HIGH),
    (Col.LOCALISATION_ERROR, Col.LOCALISATION_ERROR_LOW, Col.LOCALISATION_ERROR_HIGH),
]


def made_of(sightings, **settings):
    group = Walks(**settings)
    keys = [name for name in KEYS if name in sightings]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = group.complete(Measured(sightings[keys]), sightings, Scale())
        return found.finer["lags"], group.summarise(found, sightings)


@pytest.fixture(scope="module")
def sightings():
    rng = np.random.default_rng(40)
    return as_sightings(
        walkers(6, 91, speed=0.8, persistence=10.0, error=0.4, rng=rng, interval=2.0), interval=2.0
    )


def test_finds_the_walk_in_its_units(sightings):
    _, cells = made_of(sightings)
    truth = (0.8, 10.0, 0.4)
    for (value, low, high), true in zip(ENDS, truth, strict=True):
        assert ((cells[low] < cells[value]) & (cells[value] < cells[high])).all()
        assert cells[value].median() == pytest.approx(true, rel=0.25)
        assert (cells[low] < true).sum() >= 5
        assert (true < cells[high]).sum() >= 5
    assert cells[Col.WALK_NOT_TOLD].tolist() == [""] * 6
    assert cells[Col.N_WALK_STEPS].tolist() == [90] * 6
    assert cells[Col.N_ALPHA_LAGS].tolist() == [30] * 6
    assert cells[Col.MSD_ALPHA].between(1.2, 2).all()


def test_lags_are_those_of_the_longest_run(sightings):
    lags, _ = made_of(sightings, lag_share=0.5)
    one = lags[lags[Col.CELL] == 3]
    assert one[Col.LAG_FRAMES].tolist() == list(range(46))
    assert_allclose(one[Col.LAG_MIN], 2.0 * np.arange(46))
    place = sightings.loc[sightings[Col.CELL] == 3, [Col.Y_UM, Col.X_UM]].to_numpy()
    for lag in (1, 7, 45):
        row = one.iloc[lag]
        square = ((place[lag:] - place[:-lag]) ** 2).sum(axis=1)
        assert row[Col.MSD] == pytest.approx(square.mean(), rel=1e-9)
        assert row[Col.N_LAG_PAIRS] == 91 - lag
    first = one.iloc[0]
    assert first[Col.MSD] == 0
    assert first[Col.DIRECTION_AUTOCORRELATION] == pytest.approx(1)
    assert first[Col.VELOCITY_AUTOCORRELATION_NORMALISED] == 1


def test_what_is_not_valid_enters_nowhere(sightings):
    """A rejected step with a wild jump, and a frame without a trusted place."""
    wild = sightings.copy()
    later = (wild[Col.CELL] == 2) & (wild[Col.FRAME] >= 50)
    wild.loc[later, [Col.Y_UM, Col.X_UM]] += 1e4
    wild.loc[(wild[Col.CELL] == 2) & (wild[Col.FRAME] == 50), Col.PAIR_VALID] = False
    lost = (wild[Col.CELL] == 4) & (wild[Col.FRAME] == 60)
    wild.loc[lost, [Col.Y_UM, Col.X_UM]] = -1e4
    wild.loc[lost, Col.VALID] = False
    wild.loc[(wild[Col.CELL] == 4) & wild[Col.FRAME].isin([60, 61]), Col.PAIR_VALID] = False
    lags, cells = made_of(wild)
    _, clean = made_of(sightings)
    assert lags[Col.MSD].max() < 1e3
    assert cells[Col.N_WALK_STEPS].tolist() == [90, 89, 90, 89, 90, 90]
    assert cells[Col.N_BRIDGED].tolist() == [0, 0, 0, 1, 0, 0]
    for value, _, _ in ENDS:
        assert_allclose(cells[value], clean[value], rtol=0.2)
        assert_allclose(cells[value].drop([1, 3]), clean[value].drop([1, 3]))
    _, unbridged = made_of(wild, bridged_frames=0)
    assert unbridged[Col.N_WALK_STEPS].tolist() == [90, 89, 90, 88, 90, 90]
    assert unbridged[Col.N_BRIDGED].sum() == 0
    two = lags[lags[Col.CELL] == 2]
    assert two[Col.LAG_FRAMES].max() == 16  # 49 steps, then 40
    assert two[Col.N_LAG_PAIRS].iloc[1] == 89


def test_slow_steps_have_no_direction(sightings):
    all_steps, _ = made_of(sightings)
    lags, cells = made_of(sightings, min_step_um=1.0)
    steps = np.hypot(
        *np.diff(sightings[[Col.Y_UM, Col.X_UM]].to_numpy().reshape(6, 91, 2), axis=1).T
    )
    assert cells[Col.N_SHORT_STEPS].tolist() == (steps < 1).sum(axis=0).tolist()
    assert (lags[Col.N_DIRECTION_PAIRS] <= all_steps[Col.N_DIRECTION_PAIRS]).all()
    assert (lags[Col.N_VELOCITY_PAIRS] == all_steps[Col.N_VELOCITY_PAIRS]).all()
    at_1 = lags[Col.LAG_FRAMES] == 1
    # Noise turns short steps round: without them, cells are seen to keep their direction.
    with_noise = all_steps.loc[at_1, Col.DIRECTION_AUTOCORRELATION].mean()
    assert lags.loc[at_1, Col.DIRECTION_AUTOCORRELATION].mean() > with_noise


def test_uneven_times_are_used_as_they_are():
    rng = np.random.default_rng(41)
    fine = walkers(30, 361, speed=1.0, persistence=15.0, error=0.5, rng=rng)
    kept = np.sort(rng.choice(361, 120, replace=False))
    table = as_sightings(fine[:, kept])
    table[Col.TIME_MIN] = np.tile(kept.astype(float), 30)
    _, cells = made_of(table)
    for (value, _, _), true in zip(ENDS, (1.0, 15.0, 0.5), strict=True):
        assert cells[value].median() == pytest.approx(true, rel=0.12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({Col.Y_UM: np.nan, Col.X_UM: np.nan}, "pixel size or interval not known"),
        ({Col.TIME_MIN: np.nan}, "pixel size or interval not known"),
        ({Col.Y_UM: 3.0, Col.X_UM: 4.0}, "no movement"),
        ({Col.PAIR_VALID: False}, "too few steps"),
        ({Col.VALID: False, Col.PAIR_VALID: False}, "too few steps"),
    ],
    ids=["no pixel size", "no interval", "still", "no step", "nothing valid"],
)
def test_what_cannot_be_told_says_why(sightings, change, words):
    lags, cells = made_of(sightings.assign(**change))
    assert cells[Col.WALK_NOT_TOLD].tolist() == [words] * 6
    assert cells[[name for names in ENDS for name in names]].isna().all(axis=None)
    if Col.TIME_MIN in change:  # displacements need no time
        assert lags[Col.MSD].notna().all()
        assert lags[[Col.LAG_MIN, Col.VELOCITY_AUTOCORRELATION]].isna().all(axis=None)
        assert cells[Col.MSD_ALPHA].notna().all()


def test_no_cell_and_cells_of_a_few_frames(sightings):
    lags, cells = made_of(sightings.iloc[:0])
    assert len(lags) == len(cells) == 0
    few = pd.concat(
        [sightings[sightings[Col.CELL] == k].iloc[:n] for k, n in ((1, 1), (2, 2), (3, 5))]
    )
    lags, cells = made_of(few.reset_index(drop=True))
    assert lags[Col.CELL].tolist() == [2, 2, 3, 3]
    assert cells[Col.WALK_NOT_TOLD].tolist()[:2] == ["too few steps"] * 2
    assert cells[Col.MSD_ALPHA].isna().all()


def test_a_disc_that_glides_is_ballistic():
    labels = translating_disc(step_px=(0, 2), n_frames=24, radius_px=6, field=(24, 80))
    movie = Movie.from_array(labels, pixel_size_um=0.5, interval_min=2.0)
    found = measure(movie, Labels.from_array(labels), [Walks()])
    (cell,) = found.cells.to_dict("records")
    assert cell[Col.MSD_ALPHA] == pytest.approx(2)
    assert cell[Col.WALK_NOT_TOLD].startswith("P: no upper bound")
    lags = found.finer["lags"]
    assert_allclose(lags[Col.MSD], lags[Col.LAG_FRAMES].astype(float) ** 2)
    assert_allclose(lags[Col.VELOCITY_AUTOCORRELATION], 0.25)
