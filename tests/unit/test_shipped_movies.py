"""The movies that the shipped network learns from: drawn at random, and their truth is right."""

import numpy as np
import pytest
from crowds import branched, sheet
from glass import Glass
from light import lit
from movies import movie
from optics import Optics
from stain import pixels

SMALL = {"seed": 3, "n_frames": 1, "field_px": (96, 96)}


@pytest.fixture(scope="module")
def some():
    return [movie(number, **SMALL) for number in range(40)]


def test_a_number_is_always_the_same_movie(some):
    again = movie(7, **SMALL)
    assert np.array_equal(again.frames, some[7].frames)
    assert np.array_equal(again.labels, some[7].labels)
    assert not np.array_equal(movie(8, **SMALL).frames, again.frames)


def test_every_kind_look_and_type_of_pixel_is_among_them(some):
    assert {each.kind for each in some} == {"phantom", "crawling", "branched", "sheet"}
    assert {each.look for each in some} == {"phase", "bright", "fluorescence"}
    assert {str(each.frames.dtype) for each in some} == {"uint8", "uint16", "float32"}


def test_frames_are_finite_and_neither_black_nor_overexposed(some):
    for each in some:
        assert np.isfinite(each.frames).all()
        low, high = np.percentile(each.frames, [0.1, 99])
        assert low < high


def test_cells_are_found_where_the_truth_says(some):
    """In fluorescence with many photons a cell is brighter than the glass beside it."""
    brighter = [
        np.median(each.frames[each.labels > 0]) > np.median(each.frames[each.labels == 0])
        for each in some
        if each.look == "fluorescence" and each.photons > 500 and 0 < (each.labels > 0).mean() < 1
    ]
    assert len(brighter) >= 3
    assert np.mean(brighter) > 0.7  # every tenth movie is inverted


@pytest.mark.parametrize("make", [sheet, branched])
def test_cells_lie_where_their_centres_are(make):
    crowd = make(np.random.default_rng(5), n_frames=3, field_px=(128, 128))
    n = 0
    for t, labels in enumerate(crowd.labels):
        for cell in np.unique(labels)[1:]:
            y, x = np.nonzero(labels == cell)
            away = np.hypot(
                y.mean() - crowd.centre_px[t, cell, 0], x.mean() - crowd.centre_px[t, cell, 1]
            )
            n += 1
            assert away < 4 * crowd.radius_px[cell]
    assert n > 3


def test_depth_counts_from_the_border_with_a_neighbour_too():
    crowd = sheet(np.random.default_rng(5), n_frames=1, field_px=(128, 128))
    seen, labels = pixels(crowd, 0), crowd.labels[0]
    side = labels[:, :-1] != labels[:, 1:]
    assert side.any()
    assert (seen.depth[:, :-1][side] == 0).all()
    assert (seen.depth[labels == 0] == 0).all()


class TestPhaseContrast:
    """What the optics make of a smooth bump on even glass."""

    far = np.hypot(*(np.indices((128, 128)) - 63.5))
    bump = np.exp(-((far / 12) ** 2)).astype(np.float32)

    def light(self, *, phase, ring):
        optics = Optics(
            mode="phase", phase=phase, ring=ring, caught=1.0, reach_px=12, absorbs=0, textured=0,
            background=0,
        )  # fmt: skip
        return optics.light(self.bump, np.zeros_like(self.bump))

    def test_the_bare_field_is_one(self):
        assert self.light(phase=0.3, ring=-0.5j)[0, 0] == pytest.approx(1, abs=1e-3)

    def test_positive_contrast_is_dark_with_a_bright_halo(self):
        light = self.light(phase=0.3, ring=-0.5j)
        assert light[64, 64] < 0.9
        assert light[self.far > 20].max() > 1.02

    def test_negative_contrast_is_bright(self):
        assert self.light(phase=0.3, ring=0.5j)[64, 64] > 1.1

    def test_a_dimmed_ring_gives_more_contrast(self):
        weak, strong = (self.light(phase=0.2, ring=-a * 1j)[64, 64] for a in (0.9, 0.4))
        assert strong < weak < 1


def test_dirt_drifts_with_the_glass():
    rng = np.random.default_rng(1)
    glass = Glass(rng, (64, 64), typical_px=20, contrast=0.5, mode="phase")
    while not glass.added.any():
        glass = Glass(rng, (64, 64), typical_px=20, contrast=0.5, mode="phase")
    moved = glass.moved(1, np.array([[0, 0], [3, 2]]))
    assert np.allclose(moved[3:, 2:], glass.added[:-3, :-2], atol=1e-5)


def test_light_has_a_frame_for_every_one_of_the_crowd():
    crowd = branched(np.random.default_rng(2), n_frames=2, field_px=(64, 80))
    light, contrast = lit(crowd, np.random.default_rng(2), mode="phase")
    assert light.shape == (2, 64, 80)
    assert light.min() >= 0
    assert contrast > 0
