import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import cdist

from lamella.kernels.contour import hausdorff_percentile, inner_boundary


def all_pairs(a, b, percentile=95.0):
    """The definition: every distance, the nearest both ways, the larger percentile."""
    distances = cdist(a, b)
    return max(
        np.percentile(distances.min(axis=0), percentile),
        np.percentile(distances.min(axis=1), percentile),
    )


def disc_outline(radius, centre=(0.0, 0.0)):
    n = int(radius) + 2
    y, x = np.mgrid[-n : n + 1, -n : n + 1]
    rim = np.argwhere(inner_boundary(y**2 + x**2 <= radius**2)) - n
    return rim + np.round(centre).astype(int)


def test_boundary_of_a_square_is_its_rim():
    mask = np.zeros((7, 8), bool)
    mask[1:6, 2:7] = True
    rim = mask.copy()
    rim[2:5, 3:6] = False
    np.testing.assert_array_equal(inner_boundary(mask), rim)


def test_a_diagonal_neighbour_outside_is_enough():
    mask = np.ones((5, 5), bool)
    mask[2, 2] = False
    assert inner_boundary(np.pad(mask, 1))[2, 2]  # touches the hole by a corner only


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (5, 4)])
def test_the_field_edge_counts_as_outside(shape):
    expected = np.ones(shape, bool)
    expected[1:-1, 1:-1] = False
    np.testing.assert_array_equal(inner_boundary(np.ones(shape)), expected)


def test_empty_masks_have_no_boundary():
    assert not inner_boundary(np.zeros((4, 4))).any()
    assert inner_boundary(np.zeros((0, 4))).shape == (0, 4)


def test_boundary_leaves_the_mask_as_it_was_and_reads_any_memory_order():
    mask = np.asfortranarray(np.random.default_rng(0).random((20, 30)) > 0.3)
    before = mask.copy()
    core = ndimage.binary_erosion(mask, np.ones((3, 3)))
    np.testing.assert_array_equal(inner_boundary(mask), mask & ~core)
    np.testing.assert_array_equal(mask, before)


def test_a_movie_is_not_one_mask():
    with pytest.raises(ValueError, match=r"Expected a mask \(Y, X\)"):
        inner_boundary(np.ones((2, 4, 4)))


def test_concentric_circles_lie_their_difference_in_radius_apart():
    assert hausdorff_percentile(disc_outline(30), disc_outline(42)) == pytest.approx(12, abs=1)


@pytest.mark.parametrize("percentile", [0, 50, 95, 99.5, 100])
@pytest.mark.parametrize("shift", [(0, 0), (3, 4), (0, 90), (700, 900)])
def test_distance_equals_all_pairs_on_outlines(shift, percentile):
    a, b = disc_outline(60), disc_outline(45, shift)
    ours = hausdorff_percentile(a, b, percentile=percentile)
    assert ours == pytest.approx(all_pairs(a, b, percentile), abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int32, np.uint16])
def test_distance_is_the_same_for_every_type_of_number(dtype):
    a, b = disc_outline(20, (200, 300)), disc_outline(30, (220, 290))
    assert hausdorff_percentile(a.astype(dtype), b) == pytest.approx(all_pairs(a, b), abs=1e-9)


@pytest.mark.parametrize("scale", [1e-250, 1e-12, 1.0, 1e12, 1e100])
def test_distance_scales(scale):
    rng = np.random.default_rng(1)
    a, b = rng.random((300, 2)), rng.random((200, 2)) + 2
    ours = hausdorff_percentile(a * scale, b * scale) / scale
    # Squares of the smallest vanish; no point may be looked for outside the tiles for that.
    expected = 0.0 if scale == 1e-250 else all_pairs(a, b)
    assert ours == pytest.approx(expected, rel=1e-9)


def test_whole_numbers_too_large_to_square_are_still_right():
    a, b = np.array([[2**40, 0]]), np.array([[2**40 + 3, 4]])
    assert hausdorff_percentile(a, b) == 5


def test_filled_sets_and_repeated_points():
    a = np.argwhere(np.ones((40, 40)))
    b = a + np.array([0, 20])
    assert hausdorff_percentile(a, b) == pytest.approx(all_pairs(a, b))
    assert hausdorff_percentile([[5, 5]] * 100, [[5, 8]] * 3) == 3


def test_no_points_have_no_distance():
    assert np.isnan(hausdorff_percentile([], [[1, 2]]))
    assert np.isnan(hausdorff_percentile([[1, 2]], np.empty((0, 2))))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
def test_points_that_cannot_be_measured_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        hausdorff_percentile([[0.0, bad]], [[1, 2]])


def test_shapes_and_percentiles_are_checked():
    with pytest.raises(ValueError, match=r"shape \(N, 2\)"):
        hausdorff_percentile([[1, 2, 3]], [[1, 2]])
    with pytest.raises(ValueError, match="between 0 and 100"):
        hausdorff_percentile([[1, 2]], [[1, 2]], percentile=101)
