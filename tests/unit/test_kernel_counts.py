"""Percentiles of counted values against numpy's of the pixels."""

import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lamella.kernels.counts import count_values, merge_counts, percentile_of_counts

compiled = settings(deadline=None)  # the first example may wait for the compiler


DTYPES = [np.uint8, np.uint16, np.int16, np.int32]


def images(dtype):
    return arrays(dtype, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_counts_are_numpy_s(dtype):
    @compiled
    @given(images(dtype))
    def check(image):
        values, counts = np.unique(image, return_counts=True)
        found = count_values(image)
        np.testing.assert_array_equal(found.values, values)
        np.testing.assert_array_equal(found.counts, counts)
        assert found.total == image.size

    check()


@pytest.mark.parametrize("dtype", DTYPES)
def test_percentiles_of_merged_counts_are_those_of_all_pixels(dtype):
    @compiled
    @given(st.lists(images(dtype), min_size=1, max_size=4), st.floats(0, 100))
    def check(parts, percentile):
        pixels = np.concatenate([part.ravel() for part in parts]).astype(np.float64)
        merged = merge_counts([count_values(part) for part in parts])
        found = percentile_of_counts(merged, percentile=percentile)
        assert found == pytest.approx(np.percentile(pixels, percentile), rel=1e-12, abs=1e-6)

    check()


@compiled
@given(st.lists(images(np.uint16), min_size=2, max_size=4))
def test_the_order_of_the_parts_does_not_matter(parts):
    counted = [count_values(part) for part in parts]
    there, back = merge_counts(counted), merge_counts(counted[::-1])
    np.testing.assert_array_equal(there.values, back.values)
    np.testing.assert_array_equal(there.counts, back.counts)


def test_many_images_are_counted_a_few_at_a_time():
    frames = np.random.default_rng(0).integers(0, 500, (53, 9, 7)).astype(np.uint16)
    made: list[weakref.ref] = []
    most = 0

    def counted():
        nonlocal most
        for frame in frames:
            part = count_values(frame)
            made.append(weakref.ref(part.counts))
            most = max(most, sum(each() is not None for each in made))
            yield part

    merged = merge_counts(counted())
    np.testing.assert_array_equal(merged.values, count_values(frames).values)
    np.testing.assert_array_equal(merged.counts, count_values(frames).counts)
    assert most < 20
    with pytest.raises(ValueError, match="need at least one array"):
        merge_counts([])
