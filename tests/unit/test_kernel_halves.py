"""The split of an object against its definition, written out in plain numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.kernels.halves import Split, halves_of_objects, split_at_percentile, sum_parts
from lamella.kernels.regions import find_regions
from worlds.shapes import disc

compiled = settings(deadline=None)  # the first example may wait for the compiler


percentiles = st.sampled_from([50.0, 40.0, 70.0, 60.0, 1.0, 99.0]) | st.floats(0.1, 99.9)
DTYPES = [np.uint8, np.uint16, np.int32, np.float32, np.float64]


def pixel_values(dtype, seed, n, spread):
    draws = np.random.default_rng(seed)
    values = draws.integers(0, spread, n) * (1 if np.dtype(dtype).kind in "ui" else 0.37)
    return (values - (spread // 2 if dtype == np.int32 else 0)).astype(dtype)


def weights_by_rank(values, percentile):
    """Share of every pixel that is bright: ranks above the cut, ties sharing theirs equally."""
    n_dim = len(values) * percentile / 100
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    weight = np.clip(rank + 1 - n_dim, 0, 1)
    for value in np.unique(values):
        weight[values == value] = weight[values == value].mean()
    return weight


def weights_by_split(values, split):
    exact = values.astype(np.float64)
    return np.where(exact > split.threshold, 1.0, (exact == split.threshold) * split.tie_weight)


@pytest.mark.parametrize("dtype", DTYPES)
class TestSplit:
    def test_is_the_definition(self, dtype):
        @compiled
        @given(
            st.integers(0, 999), st.integers(1, 60), st.sampled_from([1, 3, 8, 200]), percentiles
        )
        def check(seed, n, spread, percentile):
            values = pixel_values(dtype, seed, n, spread)
            found = weights_by_split(values, split_at_percentile(values, percentile=percentile))
            np.testing.assert_allclose(found, weights_by_rank(values, percentile), atol=1e-8)
            np.testing.assert_allclose(found.sum(), n * (1 - percentile / 100), atol=1e-7)

        check()

    def test_the_median_of_distinct_values_is_numpy_s(self, dtype):
        values = np.array([1, 2, 4, 8, 16, 32]).astype(dtype)
        split = split_at_percentile(values, percentile=50)
        assert split == Split(6.0, 0.0)


def test_values_spread_too_far_to_be_counted():
    values = np.array([-2_000_000_000, 5, 5, 7, 2_000_000_000], np.int32)
    assert split_at_percentile(values, percentile=50) == Split(5.0, 0.25)
    found = weights_by_split(values, split_at_percentile(values, percentile=50))
    np.testing.assert_allclose(found, weights_by_rank(values, 50))


def expected_sums(image, weight):
    y, x = np.indices(image.shape)
    return [(weight * each).sum() for each in (1.0, image.astype(np.float64), y, x)]


@pytest.mark.parametrize("dtype", DTYPES)
class TestSums:
    def test_are_the_definition(self, dtype):
        @compiled
        @given(
            seed=st.integers(0, 999),
            shape=st.tuples(st.integers(1, 20), st.integers(1, 20)),
            percentile=percentiles,
            within=st.sampled_from([None, 0.0, 2.5, 100.0]),
        )
        def check(seed, shape, percentile, within):
            image = pixel_values(dtype, seed, shape, 6)
            mask = np.random.default_rng(seed).random(shape) < 0.6
            mask[0, 0] = True
            distance = np.random.default_rng(seed + 1).random(shape) * 5
            split = split_at_percentile(image[mask], percentile=percentile)
            limits = {} if within is None else {"distance": distance, "within": within}
            bright, dim = sum_parts(image, mask, split, **limits)
            weight = weights_by_split(image, split) * mask
            if within is not None:
                weight *= distance <= within
            np.testing.assert_allclose(bright, expected_sums(image, weight), atol=1e-6)
            np.testing.assert_allclose(dim, expected_sums(image, mask - weight), atol=1e-6)

        check()

    def test_of_every_object_of_a_frame(self, dtype):
        @compiled
        @given(st.integers(0, 999), percentiles)
        def check(seed, percentile):
            draws = np.random.default_rng(seed)
            labels = draws.choice([0, 0, 1, 2, 700], (12, 15)).astype(np.uint16)
            labels[3, 4] = 9  # an object of one pixel
            image = pixel_values(dtype, seed, labels.shape, 9)
            objects = find_regions(labels)
            found = halves_of_objects(
                image, labels, objects.label, objects.box, percentile=percentile, level=1.5
            )
            for i, label in enumerate(objects.label):
                mask = labels == label
                split = split_at_percentile(image[mask], percentile=percentile)
                bright, dim = sum_parts(image, mask, split)
                lam, cyto = (p.intensity / p.weight - 1.5 for p in (bright, dim))
                ratio = lam / cyto if cyto > 0 and mask.sum() > 1 else np.nan
                expected = [
                    split.threshold, split.tie_weight, lam, cyto, ratio,
                    bright.row / bright.weight, bright.column / bright.weight,
                    dim.row / dim.weight, dim.column / dim.weight,
                ]  # fmt: skip
                np.testing.assert_allclose([each[i] for each in found], expected, rtol=1e-9)

        check()


def test_ties_do_not_move_the_parts_of_a_flat_cell():
    mask = disc(20)
    labels = mask.astype(np.uint16)
    objects = find_regions(labels)
    halves = halves_of_objects(
        np.full(mask.shape, 7, np.uint16), labels, objects.label, objects.box, percentile=50
    )
    assert halves.ratio[0] == 1
    assert halves.bright_row[0] == pytest.approx(halves.dim_row[0])
    assert halves.bright_column[0] == pytest.approx(halves.dim_column[0])


def test_a_threshold_between_two_float32_values():
    """Their mean is not a float32: rounding it up must not make the pixel above it dim."""
    a = np.float32(1)
    b = np.nextafter(a, np.float32(2))
    image, mask = np.array([[a, b]]), np.ones((1, 2), bool)
    bright, dim = sum_parts(image, mask, split_at_percentile(image[0], percentile=50))
    assert (bright.weight, bright.intensity) == (1, float(b))
    assert (dim.weight, dim.intensity) == (1, float(a))
