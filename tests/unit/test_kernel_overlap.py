import numpy as np
import pytest

from lamella.kernels.overlap import dice, intersection_over_union, overlap


def test_counts_of_two_squares():
    a, b = np.zeros((8, 8), bool), np.zeros((8, 8), bool)
    a[1:5, 1:5], b[3:7, 3:7] = True, True
    assert overlap(a, b) == (4, 16, 16)
    assert intersection_over_union(a, b) == pytest.approx(4 / 28)
    assert dice(a, b) == pytest.approx(8 / 32)


def test_labels_count_as_inside_whatever_their_number():
    assert intersection_over_union([[0, 3, 7]], [[0, 1, 1]]) == 1


def test_nothing_against_something_is_0_and_nothing_against_nothing_is_missing():
    something, nothing = np.ones((3, 3)), np.zeros((3, 3))
    assert intersection_over_union(something, nothing) == 0
    assert dice(nothing, something) == 0
    assert np.isnan(intersection_over_union(nothing, nothing))
    assert np.isnan(dice(nothing, nothing))


def test_different_shapes_are_not_broadcast():
    with pytest.raises(ValueError, match="one shape"):
        intersection_over_union(np.ones((3, 3)), np.ones((1, 3)))
