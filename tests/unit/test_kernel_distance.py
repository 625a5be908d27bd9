"""Distances inside a mask, to the last bit."""

import numpy as np
from scipy.ndimage import distance_transform_edt

from lamella.kernels.distance import distance_inside
from worlds import disc, ring


def test_is_the_exact_distance():
    for mask in (disc(20), ring(9, 25), np.ones((7, 40), bool)):
        expected = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
        np.testing.assert_array_equal(distance_inside(mask), expected.astype(np.float32))


def test_gives_the_same_bits_wherever_the_mask_lies_in_memory():
    rng = np.random.default_rng(1)
    held = []
    for size in rng.integers(30, 60, 40):
        mask = disc(13.3, (15.2, 14.8), (30, int(size)))
        first = distance_inside(mask)
        for n in range(6):
            held.append(rng.random(37 * n + 1))  # moves what is allocated next
            np.testing.assert_array_equal(distance_inside(mask), first)
