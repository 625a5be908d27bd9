"""The likelihood of a persistent random walk against the dense Gaussian that it stands for."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from walk_truth import as_sampled, true_step, walkers

from lamella.kernels.displacements import lag_sums, relative_variance
from lamella.kernels.msd_fit import fit_msd
from lamella.kernels.persistence import log_likelihood, observed, sampled, unit_msd
from lamella.kernels.persistence_fit import DEVIANCE, fit_together, fit_walks
from lamella.kernels.persistence_groups import group_sums, likelihood_ends, refitted
from lamella.kernels.persistence_told import NO_MOVEMENT, TOO_FEW_STEPS, told
from lamella.phantom.walk import expected_msd


def dense(place, time, *, speed, persistence, error):
    """Log-likelihood of the steps of one run: their covariance follows from Fürth's formula."""
    square = expected_msd(np.abs(time[:, None] - time), speed=speed, persistence=persistence) / 2
    from_start = square[0]
    position = (from_start[:, None] + from_start - square) / 2 + error**2 * np.eye(len(time))
    steps = np.diff(np.eye(len(time)), axis=0)
    covariance = steps @ position @ steps.T
    _, size = np.linalg.slogdet(2 * np.pi * covariance)
    moved = steps @ place
    inner = np.einsum("ia,ij,ja->", moved, np.linalg.inv(covariance), moved)
    return -size - inner / 2  # both axes


def walk(n_frames, seed, *, speed=1.3, persistence=4.0, error=0.3):
    rng = np.random.default_rng(seed)
    return walkers(1, n_frames, speed=speed, persistence=persistence, error=error, rng=rng)[0]


PARAMETERS = [
    {"speed": 1.3, "persistence": 4.0, "error": 0.3},
    {"speed": 0.7, "persistence": 0.1, "error": 1.0},
    {"speed": 2.0, "persistence": 300.0, "error": 1e-3},
]


@pytest.mark.parametrize("at", PARAMETERS)
def test_equals_the_dense_gaussian(at):
    seen = walkers(3, 40, **at, rng=np.random.default_rng(1))
    found = log_likelihood(as_sampled(seen), **at)
    expected = [dense(place, np.arange(40.0), **at) for place in seen]
    assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("at", PARAMETERS[:2])
def test_uneven_times_and_runs(at):
    """Times that never repeat, times of two kinds, and a track in two runs."""
    rng = np.random.default_rng(2)
    place = walk(24, 3)
    uneven = rng.uniform(0.3, 2.5, 24).cumsum()
    mixed = np.cumsum(np.where(np.arange(24) % 7 == 3, 3.0, 1.0))
    for time in (uneven, mixed):
        begins = np.zeros(24, bool)
        begins[[0, 10]] = True
        seen = sampled(place, time, begins, np.array([0, 24]))
        expected = dense(place[:10], time[:10], **at) + dense(place[10:], time[10:], **at)
        assert_allclose(log_likelihood(seen, **at), expected, rtol=1e-5)
        assert seen.n_steps.tolist() == [22]


def test_a_missing_frame_is_not_observed():
    place, frame = walk(20, 4), np.arange(20)
    valid = np.ones(20, bool)
    valid[[6, 7, 12]] = False
    on = valid & np.roll(valid, 1) & (frame > 0)
    on[16] = False  # a step that is not trusted cuts
    track = np.zeros(20, np.int64)
    at = PARAMETERS[0]
    for bridged, cuts, n_bridged in ((2, [16], 2), (1, [8, 16], 1), (0, [8, 13, 16], 0)):
        there = np.where(valid[:, None], place, np.nan)
        seen, gaps = observed(track, frame, there, frame * 1.0, on, bridged_frames=bridged)
        runs = np.split(np.flatnonzero(valid), np.searchsorted(np.flatnonzero(valid), cuts))
        expected = sum(dense(place[rows], frame[rows] * 1.0, **at) for rows in runs)
        assert_allclose(log_likelihood(seen, **at), expected, rtol=1e-9)
        assert gaps.tolist() == [n_bridged]


def test_the_unit_of_length_and_time_does_not_matter():
    place = walk(60, 5)
    one = fit_walks(as_sampled(place[None]), deviance=DEVIANCE)
    other = fit_walks(as_sampled(place[None] * 1e3, interval=1 / 60), deviance=DEVIANCE)
    scale = np.array([6e4, 1 / 60, 1e3])
    for a, b in zip(one, other, strict=True):
        assert_allclose(a * scale, b, rtol=1e-3)


@pytest.mark.parametrize("ratio", [1e-4, 0.0199, 0.0201, 1.0, 30.0])
def test_fuerths_formula(ratio):
    expected = expected_msd(ratio * 2.0, speed=1.0, persistence=2.0)
    assert unit_msd(ratio * 2.0, 2.0) == pytest.approx(float(expected), rel=1e-6)


@pytest.fixture(scope="module")
def one():
    place = walk(60, 6)
    return place, fit_walks(as_sampled(place[None]), deviance=DEVIANCE)


class TestFit:
    @staticmethod
    def cost(logs, place):
        speed, persistence, error = np.exp(logs)
        return -2 * dense(
            place, np.arange(float(len(place))), speed=speed, persistence=persistence, error=error
        )

    def test_is_the_greatest_likelihood(self, one):
        place, fit = one
        other = minimize(self.cost, np.log([1, 2, 0.5]), args=(place,), method="Nelder-Mead",
                         options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000})  # fmt: skip
        assert self.cost(np.log(fit.best[0]), place) == pytest.approx(other.fun, abs=1e-4)
        assert_allclose(fit.best[0], np.exp(other.x), rtol=5e-3)

    @pytest.mark.parametrize("which", range(3))
    @pytest.mark.parametrize("side", ["low", "high"])
    def test_interval_ends_where_the_profile_has_fallen(self, one, which, side):
        place, fit = one
        end = getattr(fit, side)[0, which]
        others = [k for k in range(3) if k != which]

        def held(logs):
            whole = np.empty(3)
            whole[which], whole[others] = np.log(end), logs
            return self.cost(whole, place)

        start = np.log(fit.best[0][others])
        rise = minimize(held, start, method="Nelder-Mead", options={"fatol": 1e-8}).fun
        assert rise - self.cost(np.log(fit.best[0]), place) == pytest.approx(DEVIANCE, abs=0.01)

    def test_many_tracks_are_each_fitted_alone(self):
        seen = walkers(4, 50, **PARAMETERS[0], rng=np.random.default_rng(8))
        together = fit_walks(as_sampled(seen))
        for k in range(4):
            assert_allclose(together.best[k], fit_walks(as_sampled(seen[k : k + 1])).best[0])

    def test_walks_that_are_known(self):
        """120 tracks of 120 steps; far tighter than the walks of the accuracy page."""
        for persistence, share in ((2.0, 0.2), (10.0, 0.5)):
            error = share * true_step(persistence)
            rng = np.random.default_rng(9)
            seen = walkers(120, 121, speed=1, persistence=persistence, error=error, rng=rng)
            assert_allclose(fit_together(as_sampled(seen)), [1, persistence, error], rtol=0.06)

    def test_intervals_hold_the_truth(self):
        error = 0.2 * true_step(5)
        rng = np.random.default_rng(10)
        seen = walkers(300, 81, speed=1, persistence=5, error=error, rng=rng)
        fit = fit_walks(as_sampled(seen), deviance=DEVIANCE)
        truth = np.array([1, 5, error])
        assert np.all(((fit.low <= truth) & (truth <= fit.high)).mean(axis=0) > 0.91)
        assert np.all(((fit.low <= truth) & (truth <= fit.high)).mean(axis=0) < 0.985)


class TestWhatCannotBeTold:
    def test_diffusion_has_no_persistence(self):
        place = np.random.default_rng(12).normal(size=(1, 121, 2)).cumsum(axis=1)
        fit = fit_walks(as_sampled(place), deviance=DEVIANCE)
        values, (words,) = told(fit.best, fit.low, fit.high, np.array([120]), widest=30)
        assert np.isnan(values).all()
        assert words == "S: no upper bound; P: no lower bound; σ: no lower bound"

    def test_a_cell_that_jitters_in_place_has_an_error_alone(self):
        place = np.random.default_rng(13).normal(size=(1, 121, 2)) * 0.3
        fit = fit_walks(as_sampled(place), deviance=DEVIANCE)
        values, (words,) = told(fit.best, fit.low, fit.high, np.array([120]), widest=30)
        assert np.isnan(values[0, :2]).all()
        assert values[0, 2] == pytest.approx(0.3, rel=0.1)
        assert "P: " in words

    @pytest.mark.parametrize(
        "place",
        [
            np.arange(60.0)[:, None] * [3.0, 4.0],
            np.where(np.arange(60) < 30, 0.0, 1.0)[:, None] * [1.0, 0.0],
            np.where(np.arange(60) % 2, 0.0, 1.0)[:, None] * [1.0, 1.0],
            np.arange(5.0)[:, None] ** 3 * [1.0, -1e9],
            np.arange(60.0)[:, None] ** 2 * [1e-12, 0.0],
        ],
        ids=["straight", "one step", "to and fro", "huge", "tiny"],
    )
    def test_degenerate_tracks_have_an_answer(self, place):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit = fit_walks(as_sampled(place[None]), deviance=DEVIANCE)
            values, _ = told(fit.best, fit.low, fit.high, np.array([len(place) - 1]), widest=30)
        assert np.isfinite(fit.best).all()
        assert np.all(fit.low <= fit.best * (1 + 1e-9))
        assert np.all(fit.best <= fit.high * (1 + 1e-9))
        assert not np.isinf(values).any()

    def test_too_few_steps_and_no_movement(self):
        still, short = np.ones((1, 30, 2)), walk(4, 1)[None]
        for place, words in ((still, NO_MOVEMENT), (short, TOO_FEW_STEPS)):
            seen = as_sampled(place)
            fit = fit_walks(seen, deviance=DEVIANCE)
            values, reasons = told(fit.best, fit.low, fit.high, seen.n_steps, widest=30)
            assert np.isnan(values).all()
            assert reasons == [words]

    def test_no_track_at_all(self):
        none = sampled(np.empty((0, 2)), np.empty(0), np.empty(0, bool), np.array([0]))
        assert fit_walks(none, deviance=DEVIANCE).best.shape == (0, 3)
        assert np.isnan(fit_together(none)).all()


@pytest.fixture(scope="module")
def eight():
    """Walks of eight groups, their fit, and what resampling needs."""
    seen = walkers(40, 61, speed=1, persistence=4, error=0.3, rng=np.random.default_rng(20))
    group = np.repeat(np.arange(8), 5)
    best = fit_together(as_sampled(seen))
    return seen, group, best, group_sums(as_sampled(seen), group, 8, best)


class TestGroups:
    def test_every_group_once_is_the_fit(self, eight):
        _, _, best, sums = eight
        assert_allclose(refitted(sums, np.ones((1, 8)))[0], best, rtol=2e-3)

    def test_a_draw_is_the_fit_to_its_groups(self, eight):
        seen, group, best, sums = eight
        rng = np.random.default_rng(21)
        for times in rng.multinomial(8, np.full(8, 1 / 8), size=8):
            tracks = np.repeat(np.arange(40), times[group])
            expected = fit_together(as_sampled(seen[tracks]))
            found = refitted(sums, times[None].astype(float))[0]
            # What is left of the grid is small against what the draws scatter by.
            assert np.all(np.abs(found - expected) < 0.03 * best)

    def test_an_empty_draw_is_missing(self, eight):
        assert np.isnan(refitted(eight[3], np.zeros((1, 8)))).all()

    def test_ends_are_those_of_the_profile(self, eight):
        seen, _, best, sums = eight
        tracks = as_sampled(seen)
        together = tracks._replace(first=np.array([0, len(tracks.place)]))
        fit = fit_walks(together, deviance=DEVIANCE)
        low, high = likelihood_ends(sums, deviance=DEVIANCE)
        for ours, exact in ((low, fit.low[0]), (high, fit.high[0])):
            assert_allclose(np.log(ours / best), np.log(exact / best), rtol=0.1)

    def test_what_has_no_end(self):
        place = np.random.default_rng(12).normal(size=(8, 60, 2)).cumsum(axis=1)
        seen = as_sampled(place)
        sums = group_sums(seen, np.arange(8), 8, fit_together(seen))
        low, high = likelihood_ends(sums, deviance=DEVIANCE)
        assert low[1] == low[2] == 0
        assert high[0] == np.inf
        assert low[0] > 0


class TestLeastSquares:
    LAG = np.arange(1.0, 41)
    WEIGHT = relative_variance(LAG, 121 - LAG)

    @pytest.mark.parametrize("truth", [(1.2, 5.0, 0.4), (0.5, 2.0, 0.2), (2.0, 12.0, 0.0)])
    def test_an_exact_curve(self, truth):
        speed, persistence, error = truth
        msd = expected_msd(self.LAG, speed=speed, persistence=persistence) + 4 * error**2
        found = fit_msd(self.LAG, msd[None], self.WEIGHT)[0]
        assert_allclose(found[:2], truth[:2], rtol=1e-3 if error else 4e-3)
        assert found[2] == pytest.approx(error, abs=0.05)

    def test_weights_that_are_not_squared_again(self):
        """With many walks the fit is near the truth; lags that lack pairs count nothing."""
        seen = walkers(300, 121, speed=1, persistence=5, error=0.3, rng=np.random.default_rng(30))
        n = len(seen)
        sums = lag_sums(
            seen.reshape(-1, 2), np.tile(np.arange(121.0), n), np.tile(np.arange(121) > 0, n),
            np.arange(n + 1) * 121, n_lags=40, min_step=0,
        ).of_groups(np.zeros(n, np.int64), 1)  # fmt: skip
        variance = relative_variance(self.LAG, sums.n_pairs[0, 1:])
        found = fit_msd(self.LAG, sums.mean("square")[:, 1:], variance)[0]
        assert_allclose(found, [1, 5, 0.3], rtol=0.1)
        msd = np.where(self.LAG > 30, np.nan, sums.mean("square")[:, 1:])
        assert np.isfinite(fit_msd(self.LAG, msd, variance)).all()

    def test_too_few_lags(self):
        assert np.isnan(fit_msd(np.array([1.0, 2]), np.array([[1.0, 2]]), np.ones(2))).all()
