"""Bleaching undone where it is known how much there was."""

import json
import warnings

import numpy as np
import pytest
from pydantic import TypeAdapter

from lamella.core.errors import SettingsError
from lamella.core.frames import ArrayFrames, chunked
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.kernels.decay import fit_decay
from lamella.measure import Lamellipodium, measure
from lamella.phantom import CellPhantom
from lamella.phantom.camera import Camera
from lamella.preprocess import (
    Bleaching,
    CameraOffset,
    ExponentialFit,
    HistogramMatching,
    PercentileOutside,
    SimpleRatio,
    unbleached,
)
from worlds import disc

STEPS = [ExponentialFit(), ExponentialFit(plateau=True), SimpleRatio(), HistogramMatching()]
by_name = pytest.mark.parametrize(
    "step", STEPS, ids=lambda s: f"{s.method}{getattr(s, 'plateau', '')}"
)


def phantom(*, rate=0.03, offset=100, background=0.0, n=40, seed=5, **settings):
    made = CellPhantom(
        field_px=(140, 140), n_frames=n, bleaching_per_frame=rate, photoelectrons=800,
        background_photoelectrons=background, camera=Camera(offset=offset), seed=seed, **settings,
    ).make()  # fmt: skip
    return made, Labels("cell", ArrayFrames(made.truth.frames.asarray()))


def level_of(offset):
    return CameraOffset(offset=offset)


def slope(values):
    """Change over the movie, over the mean."""
    values = np.asarray(values, float)
    return np.polyfit(np.linspace(0, 1, len(values)), values, 1)[0] / values.mean()


@by_name
@pytest.mark.parametrize("offset", [0, 100, 1000])
def test_intensities_are_flat_and_the_ratio_is_unharmed(step, offset):
    made, labels = phantom(offset=offset)
    done = unbleached(made.movie, labels, step, level=level_of(offset))
    raw, corrected = (
        measure(movie, labels, [Lamellipodium.published()], level=level_of(offset)).frames
        for movie in (made.movie, done.movie)
    )
    assert slope(raw[Col.LAM_MEAN]) < -0.9
    assert abs(slope(corrected[Col.LAM_MEAN])) < 0.06
    assert abs(slope(corrected[Col.CYTO_MEAN])) < 0.06
    if step.method != "histogram":
        np.testing.assert_allclose(
            corrected[Col.LAM_CYTO_RATIO], raw[Col.LAM_CYTO_RATIO], rtol=1e-4
        )
    first = made.movie.channel().frame(0).astype(np.float32)
    np.testing.assert_allclose(done.movie.channel().frame(0), first, rtol=0.04, atol=2)
    assert done.movie.channel().dtype == np.float32


@pytest.mark.parametrize("rate", [0.005, 0.02, 0.06])
def test_the_constant_is_recovered(rate):
    for seed in (11, 12, 13):
        made, labels = phantom(rate=rate, seed=seed)
        step = ExponentialFit()
        told = unbleached(made.movie, labels, step, level=level_of(100)).told["fluorescence"]
        true = -np.log(1 - rate)
        assert told["rate_per_frame"] == pytest.approx(true, rel=0.03, abs=4e-4)
        assert told["half_life_frames"] == pytest.approx(np.log(2) / told["rate_per_frame"])
        assert told["r_squared"] > 0.8


def test_an_offset_that_is_forgotten_hides_bleaching_and_is_doubted():
    made, labels = phantom(offset=400, n=30)
    told = unbleached(made.movie, labels, ExponentialFit()).told["fluorescence"]
    assert told["rate_per_frame"] < 0.8 * -np.log(0.97)
    assert any("offset" in doubt for doubt in told["doubts"])
    known = unbleached(made.movie, labels, ExponentialFit(offset=400.0)).told["fluorescence"]
    assert known["rate_per_frame"] == pytest.approx(-np.log(0.97), rel=0.02)
    assert not known["doubts"]


def test_the_level_of_every_frame_may_be_found_outside():
    """Light without a cell does not bleach in the phantom: it belongs to the level."""
    made, labels = phantom(background=60.0)
    told = unbleached(made.movie, labels, ExponentialFit(), level=PercentileOutside())
    assert told.told["fluorescence"]["rate_per_frame"] == pytest.approx(-np.log(0.97), rel=0.03)


@by_name
def test_the_field_without_a_cell_stays(step):
    """Its noise grows with the rest, about the level, which is the median."""
    made, labels = phantom(background=60.0, n=20)
    done = unbleached(made.movie, labels, step, level=PercentileOutside())
    for t in (0, 19):
        outside = labels.frames.frame(t) == 0
        outside[20:-20, 20:-20] = False
        raw, corrected = (m.channel().frame(t)[outside] for m in (made.movie, done.movie))
        assert np.median(corrected) == pytest.approx(np.median(raw), abs=1e-3)
        assert 0.9 < corrected.std() / raw.std() < 2.5


def test_a_plateau_is_found():
    x = np.arange(60.0)
    y = 300 * np.exp(-0.07 * x) + 120 + np.random.default_rng(1).normal(0, 1, 60)
    found = fit_decay(x, y, plateau=True)
    assert found.rate == pytest.approx(0.07, rel=0.03)
    assert found.plateau == pytest.approx(120, rel=0.02)
    assert found.amplitude == pytest.approx(300, rel=0.02)
    assert found.r_squared > 0.999


@pytest.mark.parametrize("shift", [0.0, 50.0, 1e4])
def test_a_fit_does_not_depend_on_where_x_begins_or_how_large_y_is(shift):
    x = np.arange(30.0)
    y = 5 * np.exp(-0.1 * x)
    found = fit_decay(x + shift, 1e4 * y)
    assert found.rate == pytest.approx(0.1)
    assert found.at(x + shift) == pytest.approx(1e4 * y)


def test_histograms_are_matched_value_for_value():
    """Against the definition: sorted pixels of the frame become those of the first."""
    rng = np.random.default_rng(2)
    first = rng.gamma(4, 100, (90, 90))
    other = 0.4 * rng.permutation(first.ravel()).reshape(first.shape) ** 1.1
    stack = np.stack([first, other]).astype(np.float32)
    step = HistogramMatching(over="frame")
    frames = ArrayFrames(stack)
    matched = step(frames, state=step.prepare(frames)).frame(1)
    order = np.argsort(other.ravel())
    expected = np.empty(first.size)
    expected[order] = np.sort(first.ravel())
    error = np.abs(matched.ravel() - expected) / expected.std()
    assert np.quantile(error, 0.99) < 0.03
    assert (np.diff(matched.ravel()[order]) >= 0).all()


class TestDoubts:
    def movie(self, values, inside=True):
        mask = disc(10, (16, 16), (32, 32))
        images = np.stack([np.where(mask, v, 0.0) for v in values]).astype(np.float32)
        labels = np.stack([mask & inside] * len(values)).astype(np.uint8)
        return Movie.from_array(images), Labels.from_array(labels)

    def told(self, values, step, inside=True, level=lambda frame, labels, channel: 0.0):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            done = unbleached(*self.movie(values, inside), step, level=level)
            frames = done.movie.channel().asarray()
        told = done.told["ch0"]
        assert json.loads(json.dumps(told, allow_nan=False)) == told
        return told, frames, done.words[0]

    def test_a_cell_that_brightens(self):
        told, frames, words = self.told([100, 110, 120, 130], ExponentialFit())
        assert "does not decay" in " ".join(told["doubts"])
        assert "does not decay" in words
        assert frames.max() == 130

    def test_a_flat_cell(self):
        _, frames, _ = self.told([100] * 5, ExponentialFit())
        assert frames.max() == pytest.approx(100)

    @by_name
    def test_a_large_factor(self, step):
        values = 1000 * np.exp(-0.3 * np.arange(8))
        told, *_ = self.told(values, step)
        assert told["largest_factor"] == pytest.approx(1000 / values[-1], rel=1e-3)
        assert any("multiplied by up to" in doubt for doubt in told["doubts"])

    @by_name
    def test_a_first_frame_below_the_level(self, step):
        told, frames, _ = self.told([100, 90, 80, 70, 60], step, level=lambda *_: 100.0)
        assert any("first frame is not above" in doubt for doubt in told["doubts"])
        assert frames.max() == 100

    @by_name
    def test_no_cell_in_any_frame(self, step):
        told, frames, _ = self.told([100, 90, 80, 70], step, inside=False)
        assert told["n_frames_measured"] == 0
        assert any("nothing to measure" in d or "anything to measure" in d for d in told["doubts"])
        assert frames.max() == 100

    @by_name
    def test_one_frame(self, step):
        _, frames, _ = self.told([100], step)
        assert frames.max() == 100

    def test_frames_without_a_cell_lie_between_their_neighbours(self):
        movie, labels = self.movie([100, 50, 50, 25])
        masks = labels.frames.asarray().copy()
        masks[1] = 0
        done = unbleached(movie, Labels.from_array(masks), SimpleRatio(offset=0.0))
        np.testing.assert_allclose(
            done.movie.channel().asarray().max(axis=(1, 2)), [100, 75, 100, 100]
        )
        assert done.told["ch0"]["n_frames_measured"] == 3

    def test_cells_need_labels(self):
        movie, _ = self.movie([100, 90])
        with pytest.raises(SettingsError, match='give labels, or set over = "frame"'):
            unbleached(movie, None, SimpleRatio())
        assert unbleached(movie, None, SimpleRatio(over="frame")).told["ch0"]["largest_factor"] > 1


@by_name
def test_state_does_not_depend_on_where_the_movie_is_cut(step):
    made, labels = phantom(n=6)
    frames = ArrayFrames(made.movie.channel().asarray())
    whole = step.prepare(frames, labels.frames, level=level_of(100))
    for edges in ([1], [2, 4], [1, 2, 3, 4, 5]):
        parts = [
            step.prepare(part, labels.frames, level=level_of(100))
            for part in chunked(frames, edges)
        ]
        merged = step.merge(parts)
        for name in ("frame", "level", "mean", "quantiles"):
            np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name))
        np.testing.assert_array_equal(
            step(frames, state=merged).frame(5), step(frames, state=whole).frame(5)
        )


def test_methods_are_told_apart_by_name():
    read = TypeAdapter(Bleaching).validate_python
    assert [type(read({"method": m})) for m in ("exponential", "ratio", "histogram")] == [
        ExponentialFit, SimpleRatio, HistogramMatching,
    ]  # fmt: skip


def test_channels_fade_each_by_their_own_decay():
    mask = disc(10, (16, 16), (32, 32))
    t = np.arange(12)
    stack = np.stack([1000 * np.exp(-0.02 * t), 500 * np.exp(-0.1 * t)], axis=1)
    images = (stack[:, :, None, None] * mask).astype(np.float32)
    movie = Movie.from_array(images, axes="TCYX", channel_names=["a", "b"])
    labels = Labels.from_array(np.stack([mask] * 12).astype(np.uint8))
    done = unbleached(movie, labels, ExponentialFit(offset=0.0))
    assert done.told["a"]["rate_per_frame"] == pytest.approx(0.02)
    assert done.told["b"]["rate_per_frame"] == pytest.approx(0.1)
    only = unbleached(movie, labels, ExponentialFit(offset=0.0), channels=["b"])
    assert only.movie.channel("a") is movie.channel("a")
