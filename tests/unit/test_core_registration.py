"""Matrices of frames, applied to points."""

import json

import numpy as np
import pytest

from lamella.core.registration import Registration


@pytest.fixture
def turning():
    """Frame 1 is the reference turned by 90° about (0, 0) and moved."""
    matrices = np.stack([np.eye(2, 3), [[0.0, 1.0, 3.0], [-1.0, 0.0, 5.0]]])
    return Registration(matrices, np.array([1.0, 0.5]), np.array([True, True]))


def test_there_and_back(turning):
    points = np.array([[1.0, 2.0], [7.5, -3.0]])
    there = turning.from_reference(points, 1)
    np.testing.assert_allclose(turning.to_reference(there, 1), points)
    np.testing.assert_allclose(turning.inverse().to_reference(points, 1), there)


def test_drift_is_where_a_point_is_now_minus_where_it_was(turning):
    assert turning.drift_at([[2.0, 1.0]], 1).tolist() == [[-2.0, -2.0]]


def test_between_two_frames_is_by_way_of_the_reference():
    stage = Registration.from_drift([[0, 0], [2, -1], [5, 4]])
    assert stage.between(1, 2).tolist() == [[1, 0, 3], [0, 1, 5]]
    assert stage.moves
    assert not Registration.from_drift(np.zeros((3, 2))).moves


def test_json_keeps_everything(turning):
    told = json.loads(json.dumps(turning.as_json()))
    again = Registration.from_json(told)
    np.testing.assert_array_equal(again.matrices, turning.matrices)
    np.testing.assert_array_equal(again.support, turning.support)
    np.testing.assert_array_equal(again.estimable, turning.estimable)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"expected shapes \(T, 2, 3\)"):
        Registration(np.eye(2, 3), np.ones(1), np.ones(1, bool))
