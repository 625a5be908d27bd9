"""Drift of a movie: what it finds, what it leaves alone, and what goes wrong with movies."""

import numpy as np
import planted_drift as plant
import pytest

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.registration import Registration
from lamella.preprocess import Drift, doubt
from lamella.preprocess.chain import chained

PATH = np.array([[0, 0], [1.4, -0.6], [2.5, -1.3], [9.2, 3.1], [9.9, 2.8], [9.1, 2.2]])


@pytest.fixture(scope="module")
def world():
    return plant.planted(plant.shifts(PATH), side=224, light=5000, seed=2)


def estimated(array, **settings):
    step = Drift(**settings)
    return step.estimate(step.prepare(ArrayFrames(array)))


def off_px(registration, path=PATH):
    """By how much the drift of every frame is wrong."""
    return np.hypot(*(registration.matrices[:, :, 2] + path).T)


def stack(world):
    return world.frames.asarray().copy()


def test_drift_and_a_jump(world):
    found = estimated(stack(world))
    assert found.estimable.all()
    assert off_px(found).max() < 0.15


def test_a_movie_that_stands_still_is_left_as_it_is(world):
    still = np.stack([stack(world)[0]] * 3)
    step = Drift()
    found = estimated(still)
    assert not found.moves
    np.testing.assert_array_equal(step(ArrayFrames(still), registration=found).asarray(), still)


class TestFaults:
    def test_flicker(self, world):
        gains = np.array([1, 0.5, 1.6, 0.8, 1.2, 0.6])[:, None, None]
        found = estimated(np.clip(stack(world) * gains, 0, 65535).astype(np.uint16))
        assert off_px(found).max() < 0.15

    @pytest.mark.parametrize("black", [1, 3, 5])
    def test_a_black_frame_is_flagged_and_stays_where_the_last_was(self, world, black):
        array = stack(world)
        array[black] = 0
        found = estimated(array)
        assert np.flatnonzero(~found.estimable).tolist() == [black]
        np.testing.assert_array_equal(found.matrices[black], found.matrices[black - 1])
        assert np.delete(off_px(found), black).max() < 0.15
        assert f"1 of 6 frames, such as frame {black}" in doubt(found, "movie")

    def test_a_black_first_frame_gives_its_place_to_the_next(self, world):
        array = stack(world)
        array[0] = 0
        found = estimated(array)
        assert found.estimable.tolist() == [False] + [True] * 5
        assert off_px(found, PATH - PATH[1])[1:].max() < 0.15

    def test_dead_column_and_hot_pixels_do_not_hold_the_field(self, world):
        array = stack(world)
        array[:, :, 100] = 0
        array.reshape(6, -1)[:, np.random.default_rng(1).integers(0, 224**2, 200)] = 65535
        assert off_px(estimated(array)).max() < 0.15

    def test_one_frame(self, world):
        found = estimated(stack(world)[:1])
        assert (len(found), found.moves, doubt(found, "m")) == (1, False, None)

    def test_frames_of_one_value(self):
        found = estimated(np.zeros((4, 40, 40), np.uint8))
        assert not found.estimable.any()
        assert not found.moves

    def test_cells_alone_are_not_the_stage(self):
        bare = plant.planted(plant.shifts(plant.ramp(12, (6, -8))), look="bare", side=256, seed=1)
        found = estimated(bare.frames.asarray())
        assert not found.estimable.any()
        assert not found.moves
        assert not found.support.any()
        told = doubt(found, "cells.tif")
        assert told.startswith("cells.tif: no still structure was found in any frame")
        assert "estimate it from a channel that shows the glass" in told


class TestRegistered:
    def test_the_glass_stands_still(self, world):
        step = Drift(interpolation="lanczos")
        found = estimated(stack(world))
        moved = step(world.frames, registration=found)
        assert moved.shape == world.frames.shape
        assert moved.dtype == np.uint16
        grains = np.s_[20:-20, 20:-20]
        first, last = moved.frame(0)[grains].astype(float), moved.frame(5)[grains].astype(float)
        raw = world.frames.frame(5)[grains].astype(float)
        assert (
            np.corrcoef(first.ravel(), last.ravel())[0, 1]
            > np.corrcoef(first.ravel(), raw.ravel())[0, 1]
        )

    def test_what_left_the_view_is_masked(self):
        frames = ArrayFrames(np.full((2, 30, 40), 9, np.uint8))
        stage = Registration.from_drift([[0, 0], [3.5, -2]])
        step = Drift(fill=1)
        moved = step(frames, registration=stage).frame(1)
        valid = step.valid(frames, registration=stage)
        assert valid.dtype == bool
        assert valid.frame(0).all()
        assert valid.frame(1)[:26, 2:].all()
        assert valid.frame(1).sum() == 26 * 38
        np.testing.assert_array_equal(moved, np.where(valid.frame(1), 9, 1))

    def test_cropped_to_what_all_frames_show(self):
        array = np.arange(2 * 30 * 40, dtype=np.uint16).reshape(2, 30, 40)
        stage = Registration.from_drift([[0, 0], [3, -2]])
        step = Drift(edges="crop")
        moved = step(ArrayFrames(array), registration=stage)
        assert moved.shape == (2, 27, 38)
        np.testing.assert_array_equal(moved.frame(0), array[0, :27, 2:])
        np.testing.assert_array_equal(moved.frame(1), array[1, 3:, :38])
        assert step.valid(ArrayFrames(array), registration=stage).asarray().all()

    @pytest.mark.parametrize("fill", [300, -1, 0.5, float("nan")])
    def test_a_fill_that_pixels_cannot_hold_is_refused(self, fill):
        frames = ArrayFrames(np.ones((1, 30, 40), np.uint8))
        stage = Registration.from_drift([[2, 0]])
        with pytest.raises(SettingsError, match=r"uint8 cannot hold it; .* from 0 to 255"):
            Drift(fill=fill)(frames, registration=stage)
        as_float = ArrayFrames(np.ones((1, 30, 40), np.float16))
        moved = Drift(fill=fill)(as_float, registration=Registration.from_drift([[2.5, 0]]))
        np.testing.assert_array_equal(moved.frame(0)[-1], np.float16(fill))

    def test_nothing_shared_is_said(self):
        stage = Registration.from_drift([[0, 0], [50, 0]])
        with pytest.raises(
            InputError, match=r'no pixel is shown by all frames; use edges = "mask"'
        ):
            Drift(edges="crop")(ArrayFrames(np.zeros((2, 30, 40))), registration=stage)


class TestChain:
    """Places from pairs."""

    @staticmethod
    def link(drift, *, sigma=0.05, supported=True):
        from lamella.kernels.registration import Alignment

        matrix = np.column_stack([np.eye(2), drift])
        return Alignment(matrix, 0.5, supported, sigma)

    def places(self, links, n):
        found = chained(links, n_frames=n, frame_shape=(100, 100), model="translation")
        return -found.matrices[:, :, 2], found.estimable

    def test_a_pair_that_contradicts_the_others_is_left_out(self):
        links = {(s, t): self.link((t - s, 0)) for s in range(5) for t in range(s + 1, 5)}
        links[1, 3] = self.link((20, 20))
        drift, estimable = self.places(links, 5)
        np.testing.assert_allclose(drift, [(t, 0) for t in range(5)], atol=0.01)
        assert estimable.all()

    def test_what_nothing_joins_to_the_first_frame_is_not_estimable(self):
        links = {(0, 1): self.link((1, 1)), (2, 3): self.link((5, 5))}
        links[1, 2] = self.link((0, 0), supported=False)
        drift, estimable = self.places(links, 4)
        assert estimable.tolist() == [True, True, False, False]
        np.testing.assert_allclose(drift, [(0, 0), (1, 1), (1, 1), (1, 1)], atol=1e-9)
