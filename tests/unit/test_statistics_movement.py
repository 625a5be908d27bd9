"""Movement of conditions: means over cells, intervals over movies, and what is left out."""

import warnings

import numpy as np
import pandas as pd
import pytest
from accuracy_walks import Design, by_msd, covered
from numpy.testing import assert_allclose
from walk_truth import as_sightings, walkers

from lamella.core.errors import InputError, SettingsError
from lamella.core.table import Col
from lamella.statistics import Movement
from lamella.statistics.movement import MSD_COLUMNS, WALK_COLUMNS
from lamella.statistics.resampling import drawn_units, interval

TRUTH = {"wt": (1.0, 5.0, 0.3), "ko": (0.5, 3.0, 0.2)}


def a_study(*, n_movies=6, n_cells=5, n_frames=61, interval=1.0):
    """Tables of frames and cells; movies alternate between two sessions."""
    rng = np.random.default_rng(50)
    frames, cells = [], []
    for condition, (speed, persistence, error) in TRUTH.items():
        for k in range(n_movies):
            seen = walkers(
                n_cells, n_frames, speed=speed, persistence=persistence, error=error, rng=rng,
                interval=interval,
            )  # fmt: skip
            movie = {Col.MOVIE: f"{condition}_{k}"}
            frames.append(as_sightings(seen, interval=interval).assign(**movie))
            named = {**movie, Col.CONDITION: condition, Col.SESSION: "ab"[k % 2]}
            cells.append(frames[-1][[Col.OBJECT, Col.CELL]].drop_duplicates().assign(**named))
    return pd.concat(frames, ignore_index=True), pd.concat(cells, ignore_index=True)


def strictly(frames, cells, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Movement(draws=200, **settings)(frames, cells)


@pytest.fixture(scope="module")
def study():
    return a_study()


@pytest.fixture(scope="module")
def tables(study):
    return strictly(*study)


def one(table, condition="wt", session="all"):
    return table[(table[Col.CONDITION] == condition) & (table[Col.SESSION] == session)]


def test_rows_and_columns(tables):
    msd, walks = tables
    assert list(msd.columns) == [Col.OBJECT, *MSD_COLUMNS]
    assert list(walks.columns) == [Col.OBJECT, *WALK_COLUMNS]
    assert walks[[Col.SESSION, Col.CONDITION]].to_numpy().tolist() == [
        [session, condition] for session in ("all", "a", "b") for condition in ("wt", "ko")
    ]
    assert one(msd)[Col.LAG_FRAMES].tolist() == list(range(21))
    assert walks[Col.N].tolist() == [6, 6, 3, 3, 3, 3]
    assert walks[Col.N_CELLS].tolist() == [30, 30, 15, 15, 15, 15]


def test_displacement_is_the_mean_over_cells(study, tables):
    frames, _ = study
    wt = frames[frames[Col.MOVIE].str.startswith("wt")]
    place = wt[[Col.Y_UM, Col.X_UM]].to_numpy().reshape(30, 61, 2)
    curve = one(tables[0])
    for lag in (1, 5, 20):
        square = ((place[:, lag:] - place[:, :-lag]) ** 2).sum(axis=2)
        row = curve.iloc[lag]
        assert row[Col.MSD] == pytest.approx(square.mean(), rel=1e-9)
        assert row[Col.N_LAG_PAIRS] == square.size
        assert row[Col.MSD_LOW] < row[Col.MSD] < row[Col.MSD_HIGH]
        # The walk that was fitted runs through what was seen.
        assert row[Col.MSD_OF_WALK] == pytest.approx(row[Col.MSD], rel=0.15)
    step = np.diff(place, axis=1)
    unit = step / np.hypot(step[..., 0], step[..., 1])[..., None]
    cosine = (unit[:, 3:] * unit[:, :-3]).sum(axis=2).mean()
    assert curve.iloc[3][Col.DIRECTION_AUTOCORRELATION] == pytest.approx(cosine, rel=1e-9)
    velocity = (step[:, 3:] * step[:, :-3]).sum(axis=2).mean()
    assert curve.iloc[3][Col.VELOCITY_AUTOCORRELATION] == pytest.approx(velocity, rel=1e-9)


def test_a_cell_that_stays_for_long_has_no_more_say(study):
    """The cells of one movie are lost at different times; every cell counts as one."""
    frames, cells = study
    last = 10 + 9 * frames[Col.CELL]
    cut = frames[frames[Col.FRAME] <= last]
    curve = one(strictly(cut, cells)[0])
    wt = [rows for movie, rows in cut.groupby([Col.MOVIE, Col.CELL]) if movie[0].startswith("wt")]
    for lag in (1, 12):
        squares, cosines = [], []
        for rows in wt:
            place = rows[[Col.Y_UM, Col.X_UM]].to_numpy()
            squares.append(((place[lag:] - place[:-lag]) ** 2).sum(axis=1))
            step = np.diff(place, axis=0)
            unit = step / np.hypot(*step.T)[:, None]
            cosines.append((unit[lag:] * unit[:-lag]).sum(axis=1).mean())
        row = curve.iloc[lag]
        mean = np.mean([square.mean() for square in squares])
        assert row[Col.MSD] == pytest.approx(mean, rel=1e-9)
        assert row[Col.MSD] != pytest.approx(np.concatenate(squares).mean(), rel=1e-3)
        assert row[Col.DIRECTION_AUTOCORRELATION] == pytest.approx(np.mean(cosines), rel=1e-9)
        assert row[Col.N_LAG_PAIRS] == sum(map(len, squares))
        assert row[Col.N_CELLS] == len(squares)


def test_short_cells_are_left_out_and_counted(study):
    frames, cells = study
    short = cells[Col.CELL] == 3
    counted = cells.assign(**{Col.N_VALID_PAIRS: np.where(short, 4, 60)})
    msd, walks = strictly(frames, counted)
    assert walks[Col.N_CELLS].tolist() == [24, 24, 12, 12, 12, 12]
    assert walks[Col.N_CELLS_SHORT].tolist() == [6, 6, 3, 3, 3, 3]
    assert walks[Col.N_CELLS_LEFT_OUT].tolist() == [0] * 6
    pd.testing.assert_frame_equal(msd, strictly(frames, cells[~short])[0])
    assert strictly(frames, counted, min_steps=0)[1][Col.N_CELLS_SHORT].sum() == 0


@pytest.mark.parametrize("estimator", ["likelihood", "msd"])
def test_finds_the_walks(study, estimator):
    _, walks = strictly(*study, estimator=estimator)
    for condition, truth in TRUTH.items():
        (row,) = one(walks, condition).to_dict("records")
        assert row[Col.WALK_NOT_TOLD] == ""
        found = [row[c] for c in (Col.WALK_SPEED, Col.PERSISTENCE_TIME, Col.LOCALISATION_ERROR)]
        assert_allclose(found, truth, rtol=0.3)  # 30 tracks of 60 steps
        assert row[Col.WALK_SPEED_LOW] < row[Col.WALK_SPEED] < row[Col.WALK_SPEED_HIGH]
        assert row[Col.MSD_ALPHA_LOW] < row[Col.MSD_ALPHA] < row[Col.MSD_ALPHA_HIGH]
    if estimator == "msd":
        frames, _ = study
        wt = frames[frames[Col.MOVIE].str.startswith("wt")]
        expected = by_msd(wt[[Col.Y_UM, Col.X_UM]].to_numpy().reshape(30, 61, 2))
        (row,) = one(walks).to_dict("records")
        assert row[Col.PERSISTENCE_TIME] == pytest.approx(expected[1], rel=1e-9)


def test_order_of_rows_and_names_do_not_matter(study, tables):
    frames, cells = study
    mixed = strictly(frames.sample(frac=1, random_state=1), cells)
    for a, b in zip(tables, mixed, strict=True):
        pd.testing.assert_frame_equal(a, b)


def test_movies_of_different_intervals_meet_at_equal_times(study):
    """The movies of every other session keep every second frame: same law, same lag times."""
    frames, cells = study
    second = cells[cells[Col.SESSION] == "b"][Col.MOVIE].unique()
    slow = frames[Col.MOVIE].isin(second)
    thinned = frames[~slow | (frames[Col.FRAME] % 2 == 0)].copy()
    thinned.loc[slow, Col.FRAME] //= 2
    msd, walks = strictly(thinned, cells)
    curve = one(msd)
    assert_allclose(curve[Col.LAG_MIN], curve[Col.LAG_FRAMES])
    assert curve[Col.N].tolist()[1:5] == [3, 6, 3, 6]
    (row,) = one(walks).to_dict("records")
    assert_allclose(row[Col.WALK_SPEED], 1.0, rtol=0.15)
    assert_allclose(row[Col.PERSISTENCE_TIME], 5.0, rtol=0.2)


def test_units_are_drawn_and_not_cells(study):
    """Cells of a movie that share their speed make the interval wider than their number tells."""
    frames, cells = study
    factor = dict(
        zip(cells[Col.MOVIE].unique(), np.tile([0.5, 0.8, 1, 1.2, 1.5, 2], 2), strict=True)
    )
    scaled = frames.copy()
    for name in (Col.Y_UM, Col.X_UM):
        scaled[name] *= scaled[Col.MOVIE].map(factor)
    alone = cells.assign(each=cells[Col.MOVIE] + cells[Col.CELL].astype(str))
    (by_movie,) = one(strictly(scaled, cells)[1]).to_dict("records")
    (by_cell,) = one(strictly(scaled, alone, unit="each")[1]).to_dict("records")
    assert by_movie[Col.WALK_SPEED] == pytest.approx(by_cell[Col.WALK_SPEED])
    ratio = [r[Col.WALK_SPEED_HIGH] / r[Col.WALK_SPEED_LOW] for r in (by_movie, by_cell)]
    assert ratio[0] > 1.3 * ratio[1]
    assert (by_movie[Col.N], by_cell[Col.N]) == (6, 30)


def test_two_movies_have_values_and_no_interval(study):
    frames, cells = study
    few = cells[cells[Col.MOVIE].str.endswith(("0", "2"))]
    msd, walks = strictly(frames, few)
    (row,) = one(walks).to_dict("records")
    assert row[Col.WALK_SPEED] == pytest.approx(1, rel=0.2)
    assert np.isnan([row[Col.WALK_SPEED_LOW], row[Col.MSD_ALPHA_HIGH]]).all()
    assert msd[[Col.MSD_LOW, Col.DIRECTION_AUTOCORRELATION_HIGH]].isna().all(axis=None)


def test_one_short_track_tells_no_persistence(study):
    """A single movie has no interval over movies; what its likelihood hardly bounds is not told."""
    frames, cells = study
    n_told, widest = 0, Movement().widest
    for movie, rows in frames.groupby(Col.MOVIE):
        one_cell = rows[(rows[Col.CELL] == 1) & (rows[Col.FRAME] < 13)]
        own = cells[(cells[Col.MOVIE] == movie) & (cells[Col.CELL] == 1)]
        for settings in ({}, {"widest": 3.0}):
            told = one(strictly(one_cell, own, **settings)[1], own[Col.CONDITION].iloc[0])
            (row,) = told.to_dict("records")
            assert np.isnan(row[Col.PERSISTENCE_TIME]) == ("P:" in row[Col.WALK_NOT_TOLD])
            if settings:
                assert np.isnan(row[Col.PERSISTENCE_TIME])
            n_told += np.isfinite(row[Col.PERSISTENCE_TIME])
    assert widest > 3
    assert n_told < len(frames[Col.MOVIE].unique())


def test_movies_that_tell_nothing_do_not_make_the_interval_narrower(study):
    """Of six movies four have no scale: two are too few for an interval."""
    frames, cells = study
    unknown = ~frames[Col.MOVIE].str.endswith(("0", "2"))
    some = frames.copy()
    some.loc[unknown, [Col.Y_UM, Col.X_UM, Col.TIME_MIN]] = np.nan
    (row,) = one(strictly(some, cells)[1]).to_dict("records")
    assert row[Col.N] == 6
    assert np.isfinite([row[Col.WALK_SPEED], row[Col.MSD_ALPHA]]).all()
    assert np.isnan([row[Col.WALK_SPEED_LOW], row[Col.MSD_ALPHA_LOW]]).all()


def test_an_error_of_nothing_has_an_upper_end_that_the_tracks_can_tell():
    """Without localisation error every draw says 0; the likelihood knows how large it may be."""
    rng = np.random.default_rng(52)
    tables = []
    for k in range(4):
        seen = walkers(3, 31, speed=1, persistence=5, error=0, rng=rng)
        tables.append(as_sightings(seen).assign(**{Col.MOVIE: str(k), Col.CONDITION: "wt"}))
    frames = pd.concat(tables, ignore_index=True)
    cells = frames[[Col.MOVIE, Col.OBJECT, Col.CELL, Col.CONDITION]].drop_duplicates()
    (row,) = strictly(frames, cells)[1].to_dict("records")
    assert row[Col.WALK_NOT_TOLD] == "σ: no lower bound"
    assert row[Col.LOCALISATION_ERROR_LOW] == 0
    assert 0.01 < row[Col.LOCALISATION_ERROR_HIGH] < 0.3  # of a step of 0.93


def test_diffusion_tells_neither_speed_nor_persistence(study):
    frames, cells = study
    drifting = frames.copy()
    steps = np.random.default_rng(51).normal(size=(len(frames), 2))
    drifting[[Col.Y_UM, Col.X_UM]] = steps.cumsum(axis=0)
    msd, walks = strictly(drifting, cells)
    (row,) = one(walks, "ko").to_dict("records")
    assert np.isnan([row[Col.WALK_SPEED], row[Col.PERSISTENCE_TIME]]).all()
    assert row[Col.WALK_NOT_TOLD].startswith("S: no upper bound; P: no lower bound")
    assert row[Col.MSD_ALPHA] == pytest.approx(1, abs=0.1)
    assert one(msd, "ko")[Col.MSD_OF_WALK].notna().all()  # what they give together is told


def test_without_scale_or_movement(study):
    frames, cells = study
    _, walks = strictly(frames.assign(**{Col.TIME_MIN: np.nan}), cells)
    assert set(walks[Col.WALK_NOT_TOLD]) == {"pixel size or interval not known"}
    assert walks[Col.MSD_ALPHA].notna().all()
    msd, walks = strictly(frames.assign(**{Col.Y_UM: 0.0, Col.X_UM: 0.0}), cells)
    assert set(walks[Col.WALK_NOT_TOLD]) == {"no movement"}
    assert (msd[Col.MSD] == 0).all()
    assert walks[Col.MSD_ALPHA].isna().all()


def test_nothing_to_tell(study):
    frames, cells = study
    msd, walks = strictly(frames.iloc[:0], cells.iloc[:0])
    assert list(msd.columns) == MSD_COLUMNS
    assert list(walks.columns) == WALK_COLUMNS
    msd, walks = strictly(frames[frames[Col.FRAME] == 0], cells)
    assert msd[Col.LAG_FRAMES].tolist() == [0] * 6
    assert set(walks[Col.WALK_NOT_TOLD]) == {"too few steps"}


def test_cells_without_a_condition_are_counted(study):
    frames, cells = study
    some = cells.assign(**{Col.CONDITION: cells[Col.CONDITION].where(cells[Col.CELL] > 1)})
    _, walks = strictly(frames, some.drop(columns=Col.SESSION))
    assert walks[Col.N_CELLS].tolist() == [24, 24]
    assert walks[Col.N_CELLS_LEFT_OUT].tolist() == [12, 12]
    assert walks[Col.SESSION].tolist() == ["all", "all"]


def test_refuses_other_tables(study):
    frames, cells = study
    with pytest.raises(InputError, match=r"frames: the table has no column pair_valid; give"):
        Movement()(frames.drop(columns=Col.PAIR_VALID), cells)
    with pytest.raises(SettingsError, match="no column 'drug'"):
        Movement(condition="drug")(frames, cells)


class TestInterval:
    def test_of_a_mean_it_is_students(self):
        values = np.random.default_rng(60).normal(size=12)
        times = drawn_units(12, draws=20_000, seed=1)
        drawn = (times @ values / 12)[:, None]
        low, high = interval(values[:1] * 0 + values.mean(), drawn, 12)
        half = values.std(ddof=1) / np.sqrt(12) * 2.2009852
        assert_allclose([low[0], high[0]], values.mean() + np.array([-half, half]), rtol=0.02)

    def test_of_what_is_positive_it_stays_so(self):
        drawn = np.exp(np.random.default_rng(61).normal(size=(500, 1)))
        low, high = interval(np.ones(1), drawn, 5, logarithmic=True)
        assert 0 < low[0] < 1 < high[0]
        drawn[:50] = 0
        assert interval(np.ones(1), drawn, 5, logarithmic=True)[0][0] == 0

    def test_of_too_few_there_is_none(self):
        drawn = np.random.default_rng(62).normal(size=(100, 2))
        low, high = interval(np.zeros(2), drawn, np.array([2, 3]))
        assert np.isnan([low[0], high[0]]).all()
        assert low[1] < 0 < high[1]

    def test_holds_the_truth_as_often_as_it_says(self):
        """Few movies, few repetitions; the accuracy page has a thousand of each."""
        shares = covered(Design(4, 4, 40), persistence=4, share=0.3, repeats=120)
        assert np.all(shares >= 0.89)
