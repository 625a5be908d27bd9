"""The split of an object against its definition, written out in plain numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.kernels.halves import halves_of_objects
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


def weights_by_threshold(values, halves, i=0):
    exact = values.astype(np.float64)
    tied = (exact == halves.threshold[i]) * halves.tie_weight[i]
    return np.where(exact > halves.threshold[i], 1.0, tied)


def halved(values, percentile):
    """The split of a row of pixels that are one object."""
    labels = np.ones((1, len(values)), np.uint8)
    found = find_regions(labels)
    return halves_of_objects(values[None], labels, found.label, found.box, percentile=percentile)


@pytest.mark.parametrize("dtype", DTYPES)
class TestSplit:
    def test_is_the_definition(self, dtype):
        @compiled
        @given(
            st.integers(0, 999), st.integers(1, 60), st.sampled_from([1, 3, 8, 200]), percentiles
        )
        def check(seed, n, spread, percentile):
            values = pixel_values(dtype, seed, n, spread)
            found = weights_by_threshold(values, halved(values, percentile))
            np.testing.assert_allclose(found, weights_by_rank(values, percentile), atol=1e-8)
            np.testing.assert_allclose(found.sum(), n * (1 - percentile / 100), atol=1e-7)

        check()

    def test_the_median_of_distinct_values_is_numpy_s(self, dtype):
        halves = halved(np.array([1, 2, 4, 8, 16, 32]).astype(dtype), 50)
        assert (halves.threshold[0], halves.tie_weight[0]) == (6.0, 0.0)


def test_values_spread_too_far_to_be_counted():
    values = np.array([-2_000_000_000, 5, 5, 7, 2_000_000_000], np.int32)
    halves = halved(values, 50)
    assert (halves.threshold[0], halves.tie_weight[0]) == (5.0, 0.25)
    found = weights_by_threshold(values, halves)
    np.testing.assert_allclose(found, weights_by_rank(values, 50))


@pytest.mark.parametrize("dtype", DTYPES)
def test_parts_of_every_object_of_a_frame(dtype):
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
            y, x = np.nonzero(labels == label)
            values = image[y, x]
            bright = weights_by_rank(values, percentile)
            exact = values.astype(np.float64)
            lam, cyto = (np.average(exact, weights=w) - 1.5 for w in (bright, 1 - bright))
            expected = [
                lam, cyto, lam / cyto if cyto > 0 and len(values) > 1 else np.nan,
                *(np.average(at, weights=w) for w in (bright, 1 - bright) for at in (y, x)),
            ]  # fmt: skip
            np.testing.assert_allclose(
                [each[i] for each in found[2:]], expected, rtol=1e-6, atol=1e-9
            )

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
    halves = halved(np.array([a, b]), 50)
    assert (halves.bright_mean[0], halves.dim_mean[0]) == (float(b), float(a))
    assert (halves.bright_column[0], halves.dim_column[0]) == (1, 0)
