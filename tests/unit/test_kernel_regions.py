"""Regions of a label frame against scikit-image, overlaps against plain numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.measure import regionprops_table

from lamella.kernels.regions import find_regions, inside_of, iou_with_namesake

compiled = settings(deadline=None)  # the first example may wait for the compiler


shapes = array_shapes(min_dims=2, max_dims=2, max_side=80)


def frames(dtype, largest):
    few = st.sampled_from([0, 1, 2, 3, largest])
    return arrays(dtype, shapes, elements=few | st.just(0), fill=st.just(0) | st.just(1))


def assert_as_scikit_image(labels):
    expected = regionprops_table(
        labels.astype(np.int64), properties=("label", "area", "centroid", "bbox")
    )
    found = find_regions(labels)
    np.testing.assert_array_equal(found.label, expected["label"])
    np.testing.assert_array_equal(found.area, expected["area"])
    for axis in range(2):
        np.testing.assert_allclose(found.centroid[:, axis], expected[f"centroid-{axis}"])
    for side in range(4):
        np.testing.assert_array_equal(found.box[:, side], expected[f"bbox-{side}"])


class TestAgainstScikitImage:
    @pytest.mark.parametrize(
        ("dtype", "largest"),
        [
            (np.uint8, 255),
            (np.uint16, 256),
            (np.uint16, 65_535),
            (np.int32, 131_072),
            (np.int32, 131_073),
            (np.uint32, 200_000),
        ],
    )
    def test_any_frame(self, dtype, largest):
        @compiled
        @given(frames(dtype, largest))
        def check(labels):
            assert_as_scikit_image(labels)

        check()

    def test_a_bool_mask_is_label_1(self):
        mask = np.zeros((70, 200), bool)
        mask[3:40, 50:180] = True
        assert_as_scikit_image(mask)

    @pytest.mark.parametrize("order", [np.ascontiguousarray, np.asfortranarray])
    def test_any_memory_layout(self, order):
        labels = np.zeros((5, 90), np.uint16)
        labels[1:4, 60:70] = 7
        assert_as_scikit_image(order(labels))
        assert_as_scikit_image(order(labels)[::2, ::3])

    def test_a_frame_without_background(self):
        assert_as_scikit_image(np.full((4, 5), 200_000, np.uint32))

    def test_labels_far_beyond_any_table(self):
        labels = np.zeros((6, 7), np.int64)
        labels[1:3, 2:5], labels[4, 4] = 2**40, 2
        found = find_regions(labels)
        renamed = find_regions(np.where(labels == 2**40, 3, labels))
        assert found.label.tolist() == [2, 2**40]
        for a, b in zip(found[1:], renamed[1:], strict=True):
            np.testing.assert_array_equal(a, b)

    def test_an_empty_frame(self):
        found = find_regions(np.zeros((4, 5), np.uint16))
        assert [len(each) for each in found] == [0, 0, 0, 0]
        assert found.centroid.shape == (0, 2)
        assert found.box.shape == (0, 4)


@compiled
@given(frames(np.uint16, 300))
def test_the_mask_of_an_object_is_where_its_label_is(labels):
    found = find_regions(labels)
    for label, box in zip(found.label, found.box, strict=True):
        top, left, bottom, right = box
        expected = labels[top:bottom, left:right] == label
        np.testing.assert_array_equal(inside_of(labels, label, box), expected)


@compiled
@given(
    shape=shapes,
    seed=st.integers(0, 1000),
    dtype=st.sampled_from([np.uint8, np.uint16, np.int32]),
)
def test_overlap_with_the_object_of_the_same_label(shape, seed, dtype):
    draws = np.random.default_rng(seed)
    labels, other = (draws.choice([0, 0, 1, 2, 9], shape).astype(dtype) for _ in range(2))
    a, b = find_regions(labels), find_regions(other)
    found = iou_with_namesake(labels, a.label, a.area, a.box, other, b.label, b.area)
    for label, iou in zip(a.label, found, strict=True):
        both, either = (labels == label) & (other == label), (labels == label) | (other == label)
        if (other == label).any():
            assert iou == both.sum() / either.sum()
        else:
            assert np.isnan(iou)
