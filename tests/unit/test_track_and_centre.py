"""The largest object as the cell, and the view from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamella.centre import Centre, shifted
from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.track import Largest
from worlds import disc, translating_disc


def tracked(labels):
    frames = ArrayFrames(labels)
    step = Largest()
    return frames, step(frames, state=step.prepare(frames))


def test_the_largest_object_is_the_cell_whatever_its_number():
    small, large = disc(5, (12, 12)), disc(9, (40, 40))
    labels = np.stack([small * 1 + large * 2, small * 9 + large * 4]).astype(np.uint16)
    frames, tracks = tracked(labels)
    painted = tracks.relabel(frames).asarray()
    np.testing.assert_array_equal(painted, np.stack([large, large]))
    assert painted.dtype == np.uint16
    assert tracks.links[Col.LABEL].tolist() == [2, 4]


def test_the_cell_lives_as_long_as_the_movie():
    labels = translating_disc((0, 2), 5).astype(np.uint16)
    labels[[0, 2]] = 0
    frames, tracks = tracked(labels)
    assert tracks.first_last == {1: (0, 4)}
    assert tracks.links[Col.FRAME].tolist() == [1, 3, 4]
    places = tracks.centroids(1, n_frames=5)
    assert np.isnan(places[[0, 2]]).all()
    assert not tracks.relabel(frames).frame(2).any()


def test_no_object_no_cell():
    frames, tracks = tracked(np.zeros((3, 8, 8), np.uint8))
    assert tracks.first_last == {}
    assert not tracks.relabel(frames).asarray().any()


class TestCentre:
    def test_puts_the_cell_in_the_middle_of_image_and_mask(self):
        labels = translating_disc((1, 2), 6, radius_px=7).astype(np.uint16)
        frames, tracks = tracked(labels)
        offsets = Centre().offsets(tracks.centroids(1, n_frames=6), frame_shape=(64, 64))
        centred = Centre()(frames, offsets=offsets).asarray()
        for frame in centred:
            assert np.argwhere(frame).mean(axis=0).tolist() == [32, 32]

    def test_frames_without_a_cell_use_the_last_offset(self):
        places = np.array([[np.nan] * 2, [10, 10], [np.nan] * 2, [12, 10]])
        offsets = Centre().offsets(places, frame_shape=(20, 20))
        assert offsets.tolist() == [[0, 0], [0, 0], [0, 0], [-2, 0]]

    def test_a_movie_without_a_cell_stays_where_it_is(self):
        assert not Centre().offsets(np.full((3, 2), np.nan), frame_shape=(9, 9)).any()

    @given(
        st.tuples(st.integers(-12, 12), st.integers(-12, 12)),
        st.integers(1, 10),
        st.integers(1, 10),
    )
    def test_a_shift_is_undone_except_for_what_left_the_field(self, offset, height, width):
        frame = np.arange(1, height * width + 1, dtype=np.uint16).reshape(height, width)
        there = shifted(frame, np.array(offset))
        back = shifted(there, -np.array(offset))
        assert np.array_equal(back[back > 0], frame[back > 0])
        kept = max(height - abs(offset[0]), 0) * max(width - abs(offset[1]), 0)
        assert np.count_nonzero(back) == np.count_nonzero(there) == kept

    def test_inverse(self):
        labels = translating_disc((1, 2), 4, radius_px=7).astype(np.uint16)
        frames = ArrayFrames(labels)
        offsets = np.array([[3, -4], [0, 2], [-5, 1], [2, 2]])
        step = Centre()
        back = step.inverse(step(frames, offsets=offsets), offsets=offsets)
        np.testing.assert_array_equal(back.asarray(), labels)


def test_huge_numbers_are_no_trouble():
    labels = disc(5)[None] * np.uint32(4_000_000_000)
    frames, tracks = tracked(labels.astype(np.uint32))
    np.testing.assert_array_equal(tracks.relabel(frames).frame(0), disc(5))


def test_negative_labels_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        Labels.from_array(np.array([[[-1, 3]]]))
