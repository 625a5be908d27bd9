"""Why a pixel is cell: the flow, the stages, the words."""

import numpy as np
import pytest
from scipy.ndimage import fourier_shift, gaussian_filter

from lamella.core.frames import ArrayFrames
from lamella.phantom import CellPhantom
from lamella.segment import Motion
from lamella.segment.motion import words
from lamella.segment.motion.flow import displacement, flow_of
from lamella.segment.motion.objects import Fate

FIELD = (160, 176)


def textured_disc(shift=(0.0, 0.0), *, seed=0, noise=3.0):
    """A disc with texture of its own, moved by `shift`, under the camera's noise."""
    texture = gaussian_filter(np.random.default_rng(7).standard_normal(FIELD), 1.5)
    moved = np.real(np.fft.ifft2(fourier_shift(np.fft.fft2(texture / texture.std()), shift)))
    y, x = np.indices(FIELD)
    distance = np.hypot(y - 75 - shift[0], x - 85 - shift[1])
    cell = (100 + 40 * moved) / (1 + np.exp(distance - 45))
    return 100 + cell + np.random.default_rng(seed).normal(0, noise, FIELD), distance < 40


def endpoint_error(flow, shift, inside):
    return np.hypot(flow[0] - shift[0], flow[1] - shift[1])[inside]


@pytest.mark.parametrize("shift", [(0.5, 0.0), (1.3, -0.7), (-3.0, 2.0), (8.0, 5.0)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_flow_finds_a_known_displacement(shift, kind):
    stretch = {np.uint8: 0.6, np.uint16: 90, np.float32: 1e-3}[kind]
    before, _ = textured_disc(seed=1)
    now, inside = textured_disc(shift, seed=2)
    flow = displacement((now * stretch).astype(kind), (before * stretch).astype(kind))
    assert flow.shape == (2, *FIELD)
    assert flow.dtype == np.float32
    error = endpoint_error(flow, shift, inside)
    assert np.isfinite(error).mean() > 0.95
    assert np.nanmedian(error) < 0.1
    assert np.nanmean(error) < 0.1


def test_a_bright_particle_does_not_take_the_contrast_of_a_cell():
    before, _ = textured_disc(seed=1)
    now, inside = textured_disc((1.3, -0.7), seed=2)
    for image in (before, now):
        image[4:14, 4:14] += 20_000
    error = endpoint_error(displacement(now, before), (1.3, -0.7), inside)
    assert np.isfinite(error).mean() > 0.9
    assert np.nanmedian(error) < 0.1


def test_nothing_is_said_of_bare_ground():
    before, _ = textured_disc(seed=1)
    now, _ = textured_disc((2.0, 0.0), seed=2)
    y, x = np.indices(FIELD)
    ground = np.hypot(y - 77, x - 85) > 60
    assert np.isnan(displacement(now, before)[:, ground]).mean() > 0.99


def test_equal_images_have_not_moved():
    image, _ = textured_disc()
    assert not displacement(image, image).any()
    flat = np.full(FIELD, 7, np.uint8)
    assert not displacement(flat, flat).any()


def test_what_comes_from_beyond_the_frame_is_unknown():
    texture = gaussian_filter(np.random.default_rng(3).standard_normal((120, 130)), 1.5) * 100
    flow = displacement(texture[10:90, 5:105], texture[20:100, 5:105])
    assert np.nanmedian(flow[0]) == pytest.approx(10, abs=0.1)
    assert np.isnan(flow[:, :8]).all()


def test_the_first_frames_are_compared_forwards():
    movie = ArrayFrames(np.stack([textured_disc((1.5 * t, 0), seed=t)[0] for t in range(5)]))
    _, inside = textured_disc()
    for t in (0, 2):
        assert np.nanmedian(flow_of(movie, t, lag=2)[0][inside]) == pytest.approx(3, abs=0.1)
    assert np.isnan(flow_of(movie, 2, lag=8)).all()


@pytest.fixture(scope="module", params=["fluorescence", "phase"])
def explained(request):
    movie = CellPhantom(look=request.param, n_frames=9, field_px=(160, 160), seed=2).make().movie
    frames, motion = movie.channel(), Motion()
    return motion.explain(frames, 4, motion.prepare(frames).plan)


def test_what_is_added_makes_the_sum(explained):
    for y, x in words.instructive(explained).values():
        looks = words.looks_at(explained, y, x)
        total = words.prior_log_odds(explained) + sum(look.added for look in looks)
        assert total == pytest.approx(explained.odds[y, x], abs=1e-3)


def test_stages_agree_with_the_result(explained):
    stages = words.stages(explained)
    cell = np.isin(stages, (words.CELL, words.FILLED))
    assert np.array_equal(cell, explained.cells > 0)
    assert np.array_equal(explained.fate == Fate.CELL, explained.cells > 0)
    assert np.array_equal(stages == words.DROPPED, explained.fate > Fate.CELL)


def test_instructive_pixels_are_what_they_are_called(explained):
    chosen = words.instructive(explained)
    assert list(chosen) == ["the surest cell", "the surest background", "the most doubtful"]
    cell, ground, doubtful = chosen.values()
    assert explained.cells[cell] > 0
    assert explained.cells[ground] == 0
    assert explained.odds[cell] > 0 > explained.odds[ground]
    assert abs(explained.odds[doubtful]) < min(explained.odds[cell], -explained.odds[ground])


def test_in_words(explained):
    cell, ground, _ = words.instructive(explained).values()
    told = words.in_words(explained, *cell)
    assert told.startswith(f"Pixel ({cell[0]}, {cell[1]}) is cell, of object 1. It changed ")
    assert "times as much as noise would" in told
    assert "of the frame is taken to be cell beforehand" in told
    assert told.endswith("to 1 for cell. Its odds say cell, and so do those around it.")
    told = words.in_words(explained, *ground)
    assert f"Pixel ({ground[0]}, {ground[1]}) is not cell." in told
    assert told.endswith("Its odds say background, and no cell is drawn over it.")


def test_later_stages_are_told(explained):
    y, x = np.argwhere(words.stages(explained) == words.DRAWN_IN)[0]
    assert "the outline was drawn in to the steepest edge" in words.verdict_at(explained, y, x)
    y, x = words.instructive(explained)["the surest cell"]
    for fate, said in (
        (Fate.DID_NOT_MOVE, "its odds say cell, but dropped: the object did not move"),
        (Fate.TOO_SMALL, "but dropped: the object is too small"),
        (Fate.UNLIKE_THE_OTHERS, "but dropped: the object looks less like cell than the others"),
        (Fate.AT_THE_BORDER, "but dropped: the object touches the border"),
    ):
        dropped = explained._replace(
            cells=explained.cells * 0, fate=np.where(explained.edged, fate, 0).astype(np.uint8)
        )
        assert said in words.verdict_at(dropped, y, x)
    hole = explained._replace(odds=-explained.odds, likely=explained.likely & False)
    assert "but it was filled as a hole" in words.verdict_at(hole, y, x)
    gap = explained._replace(odds=-explained.odds)
    assert "in a gap between likely pixels, which was closed" in words.verdict_at(gap, y, x)
    lone = explained._replace(
        cells=explained.cells * 0, region=explained.region & False, edged=explained.edged & False
    )
    assert "those around it do not" in words.verdict_at(lone, y, x)


def test_a_border_object_is_dropped_when_asked():
    movie = CellPhantom(
        n_frames=9, field_px=(160, 160), stray=0.5, keep_inside=False, seed=2
    ).make().movie  # fmt: skip
    frames, motion = movie.channel(), Motion(keep_border=False)
    explained = motion.explain(frames, 4, motion.prepare(frames).plan)
    assert not explained.cells.any()
    assert (explained.fate == Fate.AT_THE_BORDER).sum() > 500


def test_a_still_movie_says_so():
    noise = np.random.default_rng(0).poisson(100, (9, 96, 96)).astype(np.uint16)
    frames, motion = ArrayFrames(noise), Motion()
    explained = motion.explain(frames, 4, motion.prepare(frames).plan)
    assert list(words.instructive(explained)) == ["changed most"]
    told = words.in_words(explained, 10, 10)
    assert "Pixel (10, 10) is not cell." in told
    assert told.endswith("nothing is cell.")
    enough = explained._replace(
        labels=explained.labels._replace(moving=np.ones((96, 96), bool), still=explained.frame > 0)
    )
    assert "no motion above its noise" in words.verdict_at(enough, 10, 10)


def test_label_image(explained):
    image = words.label_image(explained.labels)
    assert image.dtype == np.uint8
    assert np.array_equal(image == words.MOVING, explained.labels.moving)
    assert np.array_equal(image == words.STILL, explained.labels.still & ~explained.labels.moving)
