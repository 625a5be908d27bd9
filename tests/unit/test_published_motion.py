"""The comparators of `Motion`, and the rules by which all of them are scored."""

import numpy as np
import pytest
from accuracy_motion import f1, motion_table, without_border_objects
from published_motion import COMPARATORS, flow_mask, literal_port, release
from scipy import ndimage

from worlds import disc

FIELD = (160, 160)


def textured_disc(at, *, seed=0):
    """A disc with a texture of its own at `at`, on plain ground, 8 bit."""
    grain = ndimage.gaussian_filter(np.random.default_rng(seed).normal(0, 1, FIELD), 1.2)
    texture = np.roll(120 + 60 * grain / grain.std(), at, axis=(0, 1))
    image = np.where(disc(30, at, FIELD), texture, 90.0)
    return np.clip(image, 0, 255).astype(np.uint8)


BEFORE, NOW, TRUTH = textured_disc((78, 76)), textured_disc((80, 80)), disc(30, (80, 80), FIELD)


@pytest.mark.parametrize("name", COMPARATORS)
class TestComparator:
    def test_finds_a_moving_textured_disc_on_plain_ground(self, name):
        mask = COMPARATORS[name](BEFORE, NOW)
        assert mask.dtype == bool
        assert f1(mask, TRUTH) > 0.85

    def test_sees_16_bit_as_it_sees_8_bit(self, name):
        segment = COMPARATORS[name]
        deep = segment(BEFORE.astype(np.uint16) * 200, NOW.astype(np.uint16) * 200)
        assert f1(deep, segment(BEFORE, NOW)) > 0.95

    def test_plain_frames_give_nothing(self, name):
        plain = np.full(FIELD, 90, np.uint8)
        assert not COMPARATORS[name](plain, plain).any()


def test_release_ignores_the_frame_before():
    noise = np.random.default_rng(1).integers(0, 256, FIELD).astype(np.uint8)
    np.testing.assert_array_equal(release(BEFORE, NOW), release(noise, NOW))
    assert (literal_port(BEFORE, NOW) != literal_port(noise, NOW)).any()


def test_release_ignores_the_frame_before_in_16_bit_too():
    now = NOW.astype(np.uint16) * 7
    before = np.full(FIELD, 60_000, np.uint16)
    np.testing.assert_array_equal(release(before, now), release(now, now))


def test_a_flow_mask_is_closed_filled_and_without_specks():
    magnitude = np.zeros((64, 64), np.float32)
    magnitude[10:40, 10:40] = 1
    magnitude[20:25, 20:25] = 0  # a hole
    magnitude[50:52, 50:52] = 1  # a speck
    expected = np.zeros((64, 64), bool)
    expected[10:40, 10:40] = True
    assert (flow_mask(magnitude, 0.5) == expected).mean() > 0.99
    assert not flow_mask(magnitude, 0.5)[48:, 48:].any()


class TestF1:
    def test_known_overlap(self):
        a, b = np.zeros((4, 4)), np.zeros((4, 4))
        a[0], b[0, :2] = 5, 1
        assert f1(a, b) == pytest.approx(2 * 2 / (4 + 2))

    def test_two_empty_masks_have_none(self):
        assert np.isnan(f1(np.zeros((3, 3)), np.zeros((3, 3))))


class TestChallengeRule:
    def test_only_what_lies_wholly_within_the_border_is_left_out(self):
        mask = np.zeros((100, 120), bool)
        mask[2:20, 50:60] = True  # wholly within
        mask[40:50, 10:26] = True  # reaches column 25, the first beyond the border
        mask[60:70, 96:110] = True  # 25 px from the right begins at column 95
        mask[74:80, 90:96] = True  # reaches row 74, the last before the border, at column 90
        kept = without_border_objects(mask, border_px=25)
        assert not kept[:30].any()
        assert kept[40:50, 10:26].all()
        assert not kept[60:70].any()
        assert kept[74:80, 90:96].all()
        assert np.count_nonzero(kept) == 160 + 36

    def test_nothing_stays_nothing(self):
        empty = np.zeros((80, 80), bool)
        assert not without_border_objects(empty, border_px=25).any()


def test_without_the_real_movies_the_section_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("motion_movies.DATA", tmp_path)
    monkeypatch.setattr("motion_movies.phantoms", lambda split: iter(()))
    section = motion_table("tuning")
    assert "Not there, so not measured: ptk1_phase, ctc_PhC-C2DL-PSC, usiigaci." in section
