"""The rule that tells dim movies from bright ones, and the stretch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Movie
from lamella.preprocess import Normalise, refuse_nan


def decided(stack, **settings):
    step, frames = Normalise(**settings), ArrayFrames(stack)
    return step.decide(frames.dtype, step.prepare(frames))


def movie_with_p99(value, dtype=np.uint16):
    stack = np.full((2, 10, 50), 10, dtype)
    stack[:, :, -2:] = value  # the brightest 4 %
    return stack


@pytest.mark.parametrize(("value", "stretch"), [(999, True), (1000, False), (5000, False)])
def test_the_adaptive_rule_flips_at_1000(value, stretch):
    decision = decided(movie_with_p99(value))
    assert decision.stretch == stretch
    assert decision.deciding_value == value
    assert f"{value}" in decision.reason


@given(hnp.arrays(np.uint16, (3, 7, 9), elements=st.integers(0, 3000)))
def test_the_deciding_value_is_the_percentile_of_the_whole_movie(stack):
    assert decided(stack).deciding_value == pytest.approx(np.percentile(stack, 99), abs=1e-9)


def test_other_types_have_a_defined_answer():
    assert not decided(movie_with_p99(200, np.uint8)).stretch
    assert decided(movie_with_p99(0.5, np.float32)).stretch
    assert decided(movie_with_p99(999, np.int32)).stretch
    assert not decided(movie_with_p99(70000, np.uint32)).stretch


@pytest.mark.parametrize(("rule", "stretch"), [("never", False), ("always", True)])
def test_the_other_published_variants(rule, stretch):
    for value in (100, 5000):
        decision = decided(movie_with_p99(value), rule=rule)
        assert decision.stretch == stretch
        assert decision.deciding_value is None


def test_the_stretch_fills_the_16_bit_range():
    rng = np.random.default_rng(0)
    frame = rng.integers(100, 400, (64, 64)).astype(np.uint16)
    out = Normalise().stretch(frame)
    low, high = np.percentile(frame, [1, 99])
    assert out.dtype == np.uint16
    assert out[frame <= low].max() == 0
    assert out[frame >= high].min() == 65535
    inside = (frame > low) & (frame < high)
    expected = (frame[inside] - low) / (high - low) * 65535
    np.testing.assert_allclose(out[inside], expected, atol=1)


def test_a_flat_frame_becomes_0():
    assert not Normalise().stretch(np.full((8, 8), 77, np.uint16)).any()


def test_frames_that_are_not_stretched_are_the_very_same():
    frames = ArrayFrames(movie_with_p99(5000))
    step = Normalise()
    assert step(frames, state=step.prepare(frames)) is frames


class TestNotANumber:
    def test_is_refused_when_read_with_its_frame(self):
        stack = np.ones((3, 8, 8), np.float32)
        stack[1, :2, :2] = np.nan
        stack[1, 5, 5] = np.inf
        frames = refuse_nan(Movie.from_array(stack, source="a.tif")).channel()
        frames.frame(0)
        with pytest.raises(InputError, match=r"a.tif: frame 1 holds 5 pixels"):
            frames.frame(1)

    def test_whole_numbers_are_not_looked_at(self):
        movie = Movie.from_array(np.ones((2, 4, 4), np.uint16))
        assert refuse_nan(movie).channel() is movie.channel()
