import numpy as np
import pytest

from lamella.evaluate import agreement, mean_iou


def masks(*rows):
    """Masks of frames of one row of pixels: 1 = cell."""
    return np.array([[[pixel == "1" for pixel in row]] for row in rows])


def test_two_known_masks():
    a, b = masks("1100", "0000", "1111"), masks("0110", "0000", "0011")
    agreed = agreement([a, b])
    # 1/3 and 1/2; the frame in which neither found anything says nothing.
    assert agreed.pairwise == pytest.approx(np.array([[1, 5 / 12], [5 / 12, 1]]))
    assert agreed.with_others == pytest.approx([5 / 12, 5 / 12])
    np.testing.assert_array_equal(agreed.consensus, masks("1110", "0000", "1111"))
    assert agreed.with_consensus == pytest.approx([(2 / 3 + 1) / 2, (2 / 3 + 1 / 2) / 2])
    assert agreed.disputed == pytest.approx([2 / 3, np.nan, 1 / 2], nan_ok=True)
    np.testing.assert_array_equal(agreed.votes[0], [[1, 2, 1, 0]])


def test_the_odd_one_out_agrees_least_and_has_no_vote_in_the_consensus():
    same, other = masks("111000"), masks("000111")
    agreed = agreement([same, same, same, other])
    assert agreed.with_others == pytest.approx([2 / 3, 2 / 3, 2 / 3, 0])
    np.testing.assert_array_equal(agreed.consensus, same)
    assert agreed.with_consensus == pytest.approx([1, 1, 1, 0])


def test_a_single_method_agrees_with_nobody():
    agreed = agreement([masks("110")])
    assert np.isnan([*agreed.with_others, *agreed.with_consensus, *agreed.disputed]).all()
    assert not agreed.consensus.any()


def test_nothing_on_both_sides_is_no_agreement():
    assert np.isnan(mean_iou(masks("00"), masks("00")))
    assert mean_iou(masks("00", "11"), masks("00", "01")) == 0.5
