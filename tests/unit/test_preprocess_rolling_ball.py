"""The step that takes a rolling ball's background off movies, before anything is measured."""

import numpy as np
import pytest

from lamella.core.errors import FaultsError, InputError, LamellaWarning, SettingsError
from lamella.core.labels import Labels
from lamella.core.level import taken_off
from lamella.core.movie import Movie
from lamella.kernels.rolling_ball import pixel_type
from lamella.measure import Lamellipodium, Region, measure
from lamella.preprocess import CameraOffset, RollingBall, SimpleRatio, unbleached
from lamella.run.light import light_of
from lamella.run.measure import measures_from
from oracles.imagej.subtract_background import FILE, cells

KEPT = np.load(FILE)


def field(n=3, dtype=np.uint16, top=4000, **scale):
    frames = np.stack([cells((60, 64), dtype=dtype, seed=s, top=top) for s in range(n)])
    return Movie.from_array(frames, **scale)


def disc(n=3, radius=9.0):
    y, x = np.indices((60, 64))
    mask = np.hypot(y - 30, x - 30) < radius
    return Labels.from_array(np.stack([mask.astype(np.uint16)] * n))


def test_frames_are_those_of_imagej():
    movie = Movie.from_array(KEPT["image/field"][None])
    light, level = taken_off(movie, RollingBall(radius_px=25))
    np.testing.assert_array_equal(light.frame(0), KEPT["field/25/"])
    assert level(light.frame(0), light.frame(0), "ch0") == 0
    made = RollingBall(radius_px=50, light=True, sliding=True, smoothing=False)(
        movie.channel(), create=True
    )
    np.testing.assert_array_equal(made.frame(0), KEPT["field/50/create light sliding disable"])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.uint32, np.int16])
def test_every_type_and_channel(dtype):
    frames = np.stack([cells((30, 40), dtype=dtype, seed=s, top=100) for s in range(2)])
    movie = Movie.from_array(np.stack([frames, frames], axis=1), axes="TCYX")
    light = RollingBall(radius_px=8).subtracted(movie)
    for name in movie.channel_names:
        made = light.channel(name)
        assert made.dtype == made.frame(0).dtype == pixel_type(np.dtype(dtype))
        assert light.recorded[name] is movie.channel(name)


def test_a_radius_in_um_needs_the_scale():
    step = RollingBall(radius_um=5)
    with pytest.raises(InputError, match="radius_um needs its pixel size"):
        step.subtracted(field())
    known = field(pixel_size_um=0.5)
    np.testing.assert_array_equal(
        step.subtracted(known).frame(1), RollingBall(radius_px=10).subtracted(known).frame(1)
    )


def test_measuring_with_it_is_measuring_the_subtracted_movie():
    movie, labels = field(pixel_size_um=0.5, interval_min=1), disc()
    step = RollingBall(radius_px=20)
    group = Lamellipodium.published()
    ours = measure(movie, labels, [group], level=step).frames
    theirs = measure(step.subtracted(movie), labels, [group]).frames
    assert ours.equals(theirs)
    plain = measure(movie, labels, [group]).frames
    assert not plain["lam_threshold"].equals(ours["lam_threshold"])


def test_saturation_is_seen_through_any_correction():
    frames = field().channel().asarray().copy()
    frames[:, 26:34, 26:34] = 65535
    movie, labels = Movie.from_array(frames), disc()
    groups = [Region()]
    plain = measure(movie, labels, groups).frames["n_saturated_px"]
    assert (plain == 64).all()
    for level in (RollingBall(radius_px=20), CameraOffset(offset=3)):
        seen = measure(movie, labels, groups, level=level).frames["n_saturated_px"]
        assert seen.equals(plain)
    even = unbleached(movie, labels, SimpleRatio(), level=RollingBall(radius_px=20)).movie
    assert measure(even, labels, groups).frames["n_saturated_px"].equals(plain)


def test_bleaching_is_undone_after_the_background_went():
    base = cells((60, 64), dtype=np.float32, seed=1, top=1000)
    y, x = np.indices((60, 64))
    cell = np.hypot(y - 30, x - 30) < 9
    ground = 300 + 0 * base
    frames = np.stack([ground + 500 * 0.9**t * cell for t in range(5)]).astype(np.float32)
    settings = measures_from(
        ["background.method=rolling_ball", "background.radius_px=30", "bleaching.method=ratio"]
    )
    labels = disc(5)
    light = light_of(Movie.from_array(frames), labels, settings, settings.groups.values())
    inside = [light.movie.frame(t)[cell].mean() for t in range(5)]
    np.testing.assert_allclose(inside, inside[0], rtol=1e-4)
    assert inside[0] == pytest.approx(500, rel=0.02)
    assert light.level(frames[0], frames[0], "ch0") == 0


def test_an_offset_is_not_taken_off_twice():
    ball = ["background.method=rolling_ball", "background.radius_px=30", "bleaching.method=ratio"]
    with pytest.raises(FaultsError, match=r"every pixel is taken off first.*leave offset out"):
        measures_from([*ball, "bleaching.offset=100"])
    assert measures_from([*ball, "bleaching.offset=0"]).bleaching.offset == 0
    with pytest.raises(SettingsError, match=r"offset = 100: .*leave offset out"):
        unbleached(field(), disc(), SimpleRatio(offset=100), level=RollingBall(radius_px=20))


@pytest.mark.parametrize(("radius", "warned"), [(7, True), (12, False)])
def test_a_ball_that_fits_into_a_cell_is_warned_of(radius, warned, recwarn):
    settings = measures_from(["background.method=rolling_ball", f"background.radius_px={radius}"])
    light_of(field(), disc(radius=9.5), settings, settings.groups.values())
    told = [str(w.message) for w in recwarn if issubclass(w.category, LamellaWarning)]
    assert any("fit into some cell" in text for text in told) is warned


def test_a_movie_without_objects_warns_of_nothing(recwarn):
    settings = measures_from(["background.method=rolling_ball", "background.radius_px=5"])
    empty = Labels.from_array(np.zeros((3, 60, 64), np.uint16))
    light_of(field(), empty, settings, settings.groups.values())
    assert not [w for w in recwarn if issubclass(w.category, LamellaWarning)]
