"""The noise estimate on noise that is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.kernels.noise import halves_ratio_of_noise, noise_of_objects, noise_sd
from lamella.kernels.regions import find_regions
from worlds.shapes import disc

FIELD = (160, 160)


def noisy(sd, seed=0, dtype=np.float64):
    y, x = np.indices(FIELD)
    smooth = 500 + 2 * y + 3 * x  # a slope must not count as noise
    return (smooth + np.random.default_rng(seed).normal(0, sd, FIELD)).astype(dtype)


class TestKnownNoise:
    @pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32, np.float64])
    @pytest.mark.parametrize("sd", [8.0, 40.0])
    def test_within_a_few_per_cent(self, dtype, sd):
        found = [noise_sd(noisy(sd, seed, dtype), disc(60, field=FIELD)) for seed in range(8)]
        assert np.mean(found) == pytest.approx(sd, rel=0.02)
        assert found == pytest.approx([sd] * 8, rel=0.08)

    def test_no_noise_is_0(self):
        assert noise_sd(noisy(0), disc(60, field=FIELD)) == pytest.approx(0, abs=1e-9)

    def test_values_spread_too_far_to_be_counted(self):
        image = noisy(1.0).astype(np.int32) + (noisy(3e7) - noisy(0)).astype(np.int32)
        assert noise_sd(image, disc(60, field=FIELD)) == pytest.approx(3e7, rel=0.08)

    @pytest.mark.parametrize("turned", [np.flipud, np.fliplr, np.transpose])
    def test_orientation_changes_it_little(self, turned):
        image, mask = noisy(20.0), disc(60, field=FIELD)
        assert noise_sd(turned(image), turned(mask)) == pytest.approx(
            noise_sd(image, mask), rel=0.05
        )


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 999),
    shape=st.tuples(st.integers(1, 25), st.integers(1, 25)),
    dtype=st.sampled_from([np.uint8, np.uint16, np.int32, np.float64]),
)
def test_is_the_median_of_second_differences(seed, shape, dtype):
    draws = np.random.default_rng(seed)
    image = draws.integers(0, 200, shape).astype(dtype)
    mask = draws.random(shape) < 0.95
    kernel = np.outer([1, -2, 1], [1, -2, 1])
    residual = [
        abs((kernel * image[y - 1 : y + 2, x - 1 : x + 2].astype(float)).sum())
        for y in range(1, shape[0] - 1)
        for x in range(1, shape[1] - 1)
        if mask[y - 1 : y + 2, x - 1 : x + 2].all()
    ]
    expected = np.median(residual) / (6 * 0.6744897501960817) if residual else np.nan
    np.testing.assert_allclose(noise_sd(image, mask), expected, rtol=1e-12)


def test_every_object_as_if_it_were_alone():
    labels = np.zeros(FIELD, np.uint16)
    labels[disc(30, (40, 40), FIELD)] = 3
    labels[disc(35, (110, 110), FIELD)] = 8
    labels[2, 150] = 5
    image = noisy(12.0, dtype=np.uint16)
    objects = find_regions(labels)
    found = noise_of_objects(image, labels, objects.label, objects.box)
    # Rows are sampled from the top of an object's box.
    expected = []
    for label, (top, left, bottom, right) in zip(objects.label, objects.box, strict=True):
        crop = slice(top, bottom), slice(left, right)
        expected.append(noise_sd(image[crop], labels[crop] == label))
    np.testing.assert_array_equal(found, expected)
    assert np.isnan(found[1])


class TestRatioOfNoise:
    def test_at_100_photo_electrons(self):
        assert halves_ratio_of_noise(100, 10, percentile=50) == pytest.approx(1.173, abs=5e-4)

    @pytest.mark.parametrize("percentile", [30, 50, 70])
    def test_is_what_a_uniform_object_gives(self, percentile):
        values = np.sort(np.random.default_rng(0).normal(100, 10, 400_000))
        cut = int(len(values) * percentile / 100)
        measured = values[cut:].mean() / values[:cut].mean()
        expected = halves_ratio_of_noise(100, 10, percentile=percentile)
        assert measured == pytest.approx(float(expected), rel=1e-3)

    def test_arrays_and_a_dim_mean_that_is_not_positive(self):
        found = halves_ratio_of_noise([100, 5, np.nan], [10, 10, 1], percentile=50)
        assert found[0] == pytest.approx(1.173, abs=5e-4)
        assert np.isnan(found[1:]).all()
