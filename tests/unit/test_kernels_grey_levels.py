"""Grey levels of a movie: what is not a number, and what 32 bits do not hold."""

import warnings

import numpy as np

from lamella.kernels.grey_levels import Levels, levelled


def test_what_is_no_number_is_black_and_infinity_is_clipped():
    image = np.array([[np.nan, -np.inf, np.inf, -100, 0, 100, 1e300]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = levelled(image, Levels(-100.0, 100.0))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, [[0, 0, 1, 0, 0.5, 1, 1]])
