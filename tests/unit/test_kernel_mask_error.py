"""Labels with other outlines: discs whose change is known, neighbours, necks, borders."""

import numpy as np
import pytest
from scipy import ndimage

from lamella.kernels.mask_error import dilated, eroded, smoothed
from worlds.shapes import disc

CROSS = ndimage.generate_binary_structure(2, 1)


def discs(radius):
    """The same disc in some places between pixels, since one place is chance."""
    rng = np.random.default_rng(0)
    return [disc(radius, 55 + rng.uniform(size=2), (110, 110)).astype(np.uint8) for _ in range(12)]


def two_touching(field=(60, 60)):
    """Squares 1 and 2 that share a border, and 3 that is two pixels away from 2."""
    labels = np.zeros(field, np.uint16)
    labels[10:40, 5:25], labels[10:40, 25:40], labels[10:40, 42:55] = 1, 2, 3
    return labels


def plain_within(labels, reach):
    """Every pixel's nearest object within a distance, by distance transforms of each."""
    names = [n for n in np.unique(labels) if n]
    far = np.stack([ndimage.distance_transform_edt(labels != n) for n in names])
    nearest = np.array(names)[far.argmin(axis=0)]  # the first of equals has the smallest number
    return np.where(labels > 0, labels, np.where(far.min(axis=0) <= reach, nearest, 0))


class TestDilated:
    @pytest.mark.parametrize("radius", [8, 15, 40])
    def test_a_disc_grows_by_its_edge_and_nine_tenths_of_a_pixel(self, radius):
        grown = np.mean([(dilated(m, by_px=1).labels != m).sum() for m in discs(radius)])
        # 4/π · √½ = 0.900: the mean over directions of how far a cross reaches.
        assert grown == pytest.approx(2 * np.pi * radius * 0.9003 + np.pi * 0.9**2, rel=0.03)

    def test_one_pixel_is_the_cross_of_textbooks(self):
        mask = disc(12).astype(np.uint16)
        np.testing.assert_array_equal(
            dilated(mask, by_px=1).labels > 0, ndimage.binary_dilation(mask, CROSS)
        )

    @pytest.mark.parametrize("by_px", [0.5, 1, 1.5, 2, 4])
    def test_background_goes_to_the_nearest_and_no_pixel_changes_hands(self, by_px):
        rng = np.random.default_rng(1)
        labels = two_touching()
        labels[48:52, 10:50:7] = rng.integers(4, 9, size=(4, 6))
        found = dilated(labels, by_px=by_px)
        np.testing.assert_array_equal(found.labels, plain_within(labels, by_px + 0.3))
        assert not len(found.lost)
        assert not len(found.broken)


class TestEroded:
    @pytest.mark.parametrize("radius", [8, 15, 40])
    def test_a_disc_shrinks_by_its_edge_and_nine_tenths_of_a_pixel(self, radius):
        shrunk = np.mean([(eroded(m, by_px=1).labels != m).sum() for m in discs(radius)])
        assert shrunk == pytest.approx(2 * np.pi * radius * 0.9003 - np.pi * 0.9**2, rel=0.03)

    def test_neighbours_both_give_way_and_the_border_of_the_frame_is_no_outline(self):
        labels = two_touching()
        labels[:5, :20] = 4
        expected = np.zeros_like(labels)
        for name in (1, 2, 3, 4):
            expected[ndimage.binary_erosion(labels == name, CROSS, border_value=1)] = name
        found = eroded(labels, by_px=1)
        np.testing.assert_array_equal(found.labels, expected)
        assert (found.labels[:4, 0] == 4).all()

    def test_what_is_too_small_is_lost_and_told(self):
        labels = two_touching()
        labels[50:52, 5:9] = 9
        found = eroded(labels, by_px=1)
        assert found.lost.tolist() == [9]
        assert 9 not in found.labels

    def test_of_a_cell_that_breaks_the_largest_piece_is_kept_and_told(self):
        labels = np.zeros((40, 60), np.uint32)
        labels[10:30, 5:25], labels[19:21, 25:35], labels[14:26, 35:50] = 7, 7, 7
        found = eroded(labels, by_px=1)
        assert found.broken.tolist() == [7]
        assert ndimage.label(found.labels, np.ones((3, 3)))[1] == 1
        assert (
            found.labels > 0
        ).sum() == 18 * 18 + 2  # the larger square without its edge, but where the thread was

    def test_a_cell_that_was_in_pieces_keeps_them(self):
        labels = np.zeros((40, 60), np.uint32)
        labels[10:30, 5:25], labels[14:26, 35:50] = 7, 7
        found = eroded(labels, by_px=1)
        assert not len(found.broken)
        assert (found.labels > 0).sum() == 18 * 18 + 10 * 13


class TestSmoothed:
    def test_a_disc_keeps_its_area_and_place(self):
        mask = disc(14.3, at=(32.2, 31.7)).astype(np.uint16)
        found = smoothed(mask, sigma_px=2).labels
        assert int(found.sum()) == pytest.approx(int(mask.sum()), abs=2)
        moved = np.subtract(ndimage.center_of_mass(found), ndimage.center_of_mass(mask))
        assert np.abs(moved).max() < 0.05

    def test_a_spike_and_a_notch_go(self):
        mask = np.zeros((60, 60), np.uint16)
        mask[15:45, 15:45] = 1
        mask[29:31, 45:55], mask[29:31, 15:20] = 1, 0
        found = smoothed(mask, sigma_px=2).labels
        assert not found[29:31, 49:].any()
        assert found[29:31, 17:20].all()
        assert int(found.sum()) == pytest.approx(int(mask.sum()), abs=4)

    def test_a_straight_edge_stays_and_so_does_the_cut_at_the_border(self):
        labels = np.zeros((40, 50), np.uint16)
        labels[:, :21] = 5
        np.testing.assert_array_equal(smoothed(labels, sigma_px=3).labels, labels)

    def test_a_symmetric_shape_stays_so(self):
        mask = np.zeros((41, 41), np.uint16)
        mask[10:31, 14:27] = 1
        found = smoothed(mask, sigma_px=2).labels
        np.testing.assert_array_equal(found, found[::-1])
        np.testing.assert_array_equal(found, found[:, ::-1])

    def test_neighbours_take_no_pixel_of_each_other(self):
        labels = two_touching()
        found = smoothed(labels, sigma_px=2).labels
        inside = labels > 0
        assert np.isin(found[inside], [0, *np.unique(labels)]).all()
        assert (found[inside & (found > 0)] == labels[inside & (found > 0)]).all()

    def test_a_thread_breaks_and_the_largest_piece_is_kept(self):
        labels = np.zeros((50, 90), np.uint16)
        labels[10:40, 5:35], labels[24, 35:65], labels[12:38, 65:85] = 3, 3, 3
        found = smoothed(labels, sigma_px=2)
        assert found.broken.tolist() == [3]
        assert ndimage.label(found.labels, np.ones((3, 3)))[1] == 1


@pytest.mark.parametrize("change", [
    lambda labels: dilated(labels, by_px=1),
    lambda labels: eroded(labels, by_px=1),
    lambda labels: smoothed(labels, sigma_px=2),
])  # fmt: skip
class TestAll:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.int64])
    def test_type_stays_and_the_frame_that_came_in_is_not_written_into(self, change, dtype):
        labels = two_touching().astype(dtype)
        before = labels.copy()
        assert change(labels).labels.dtype == dtype
        np.testing.assert_array_equal(labels, before)

    def test_numbers_do_not_matter(self, change):
        labels = two_touching().astype(np.uint32)
        large = np.where(labels > 0, labels + 4_000_000, 0).astype(np.uint32)
        found = change(large).labels
        np.testing.assert_array_equal(
            np.where(found > 0, found - 4_000_000, 0), change(labels).labels
        )

    def test_an_empty_and_a_full_frame(self, change):
        empty, full = np.zeros((9, 11), np.uint16), np.full((9, 11), 3, np.uint16)
        np.testing.assert_array_equal(change(empty).labels, empty)
        np.testing.assert_array_equal(change(full).labels, full)
