"""Otsu's thresholds against scikit-image's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.filters import threshold_multiotsu

from lamella.kernels.thresholds import multi_otsu


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_within_a_bin_of_scikit_image(classes, dtype):
    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 9999))
    def check(seed):
        draws = np.random.default_rng(seed)
        means = np.sort(draws.choice(np.arange(20, 240, 25), classes, replace=False))
        values = np.concatenate([draws.normal(mean, 5, 600) for mean in means])
        values = np.clip(values, 0, 255).astype(dtype)
        expected = threshold_multiotsu(values.astype(np.float64), classes=classes, nbins=256)
        bin_width = float(values.max() - values.min()) / 256
        found = multi_otsu(values, classes=classes)
        # Anywhere in a gap between two classes is the same cut.
        same = [
            abs(a - b) <= 1.01 * bin_width
            or np.count_nonzero((values > min(a, b) + bin_width) & (values < max(a, b) - bin_width))
            == 0
            for a, b in zip(found, expected, strict=True)
        ]
        assert all(same), (found, expected)

    check()


def test_thresholds_rise_and_separate_the_classes():
    values = np.repeat([10, 100, 200], 50)
    low, high = multi_otsu(values, classes=3)
    assert 10 < low < 100 < high < 200


@pytest.mark.parametrize("values", [[7, 7, 7], [3, 9]])
def test_fewer_values_than_classes_have_none(values):
    assert multi_otsu(np.array(values), classes=3) is None
