"""What holds for any two masks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from scipy.spatial.distance import cdist
from skimage.segmentation import find_boundaries

from lamella.core.table import Col
from lamella.evaluate import compare_masks
from lamella.kernels.contour import hausdorff_percentile, inner_boundary

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24)
MASKS = hnp.arrays(bool, SHAPES)
POINTS = st.integers(1, 60).flatmap(
    lambda n: hnp.arrays(np.int64, (n, 2), elements=st.integers(-200, 200))
)
PAIRS = SHAPES.flatmap(lambda shape: st.tuples(hnp.arrays(bool, shape), hnp.arrays(bool, shape)))
few = settings(max_examples=60, deadline=None)


@few
@given(MASKS)
def test_inner_boundary_is_the_mask_less_its_erosion(mask):
    eroded = ndimage.binary_erosion(mask, np.ones((3, 3)))
    np.testing.assert_array_equal(inner_boundary(mask), mask & ~eroded)


@few
@given(MASKS)
def test_inner_boundary_equals_that_of_scikit_image_away_from_the_field_edge(mask):
    padded = np.pad(mask, 1)
    theirs = find_boundaries(padded, connectivity=2, mode="inner", background=0)
    np.testing.assert_array_equal(inner_boundary(padded), theirs)


@few
@given(POINTS, POINTS, st.floats(0, 100))
def test_hausdorff_equals_all_pairs_and_is_symmetric(a, b, percentile):
    distances = cdist(a, b)
    expected = max(np.percentile(distances.min(axis=k), percentile) for k in (0, 1))
    ours = hausdorff_percentile(a, b, percentile=percentile)
    assert abs(ours - expected) <= 1e-9
    assert ours == hausdorff_percentile(b, a, percentile=percentile)


@few
@given(POINTS, POINTS, st.floats(-1e3, 1e3))
def test_hausdorff_of_points_between_pixels(a, b, shift):
    a = a * 0.37 + shift
    distances = cdist(a, b)
    expected = max(np.percentile(distances.min(axis=k), 95) for k in (0, 1))
    assert abs(hausdorff_percentile(a, b) - expected) <= 1e-9


@few
@given(PAIRS)
def test_swapping_the_masks_swaps_what_has_a_side_and_keeps_the_rest(pair):
    a, b = pair
    there, back = compare_masks(a, b), compare_masks(b, a)
    same = [Col.IOU, Col.DICE, Col.CENTROID_DISTANCE_PX, Col.BOUNDARY_IOU, Col.HD95_PX]
    for measure in same:
        np.testing.assert_equal(there[measure], back[measure])
    np.testing.assert_equal(there[Col.AREA_A_PX], back[Col.AREA_B_PX])
    np.testing.assert_allclose(there[Col.AREA_DIFFERENCE_PX], -back[Col.AREA_DIFFERENCE_PX])
    np.testing.assert_allclose(there[Col.AREA_RATIO], 1 / back[Col.AREA_RATIO])


@few
@given(PAIRS)
def test_bounds(pair):
    a, b = pair
    found = compare_masks(a, b)
    diagonal = np.hypot(*a.shape)
    if not (a.any() or b.any()):
        defined = {name for name, value in found.items() if not np.isnan(value)}
        assert defined == {Col.AREA_A_PX, Col.AREA_B_PX}
        return
    for measure in (Col.IOU, Col.DICE, Col.BOUNDARY_IOU):
        assert 0 <= found[measure] <= 1
    assert np.isclose(found[Col.DICE], 2 * found[Col.IOU] / (1 + found[Col.IOU]))
    if a.any() and b.any():
        assert 0 <= found[Col.HD95_PX] < diagonal
        assert 0 <= found[Col.CENTROID_DISTANCE_PX] < diagonal
    else:
        assert np.isnan(found[Col.HD95_PX])
        assert np.isnan(found[Col.CENTROID_DISTANCE_PX])


@few
@given(MASKS.filter(np.any), st.integers(0, 5), st.integers(0, 5))
def test_a_mask_agrees_with_itself_and_the_field_around_does_not_matter(mask, before, after):
    around = np.pad(mask, (before, after))
    found = compare_masks(around, around)
    assert found[Col.IOU] == found[Col.DICE] == found[Col.BOUNDARY_IOU] == 1
    assert found[Col.AREA_RATIO] == 1
    assert found[Col.HD95_PX] == found[Col.CENTROID_DISTANCE_PX] == 0
