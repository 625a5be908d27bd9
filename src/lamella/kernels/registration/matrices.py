"""Movements as matrices, (2, 3), of (y, x), and images moved by them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Plane = NDArray[Any]  # float32


def composed(second: FloatArray, first: FloatArray) -> FloatArray:
    """The movement `first`, then `second`."""
    linear = second[:, :2] @ first[:, :2]
    return np.column_stack([linear, second[:, :2] @ first[:, 2] + second[:, 2]])


def nearest_rotation(linear: FloatArray) -> FloatArray:
    """The rotation nearest to a 2 × 2 matrix."""
    left, _, right = np.linalg.svd(linear)
    flip = np.diag([1.0, np.sign(np.linalg.det(left @ right))])
    out: FloatArray = left @ flip @ right
    return out


def translation(dy: float, dx: float) -> FloatArray:
    """The matrix of a shift."""
    return np.array([[1.0, 0.0, dy], [0.0, 1.0, dx]])


def in_frame(matrix: FloatArray, factor: int) -> FloatArray:
    """A matrix between reduced images as one between frames."""
    corner = np.full(2, (factor - 1) / 2)
    shift = factor * matrix[:, 2] + corner - matrix[:, :2] @ corner
    return np.column_stack([matrix[:, :2], shift])


def pulled(image: Plane, matrix: FloatArray, *, whole: bool = False) -> Plane:
    """The image as it lies under the other frame; 0 where it shows nothing."""
    if np.array_equal(matrix, np.eye(2, 3)):
        return image
    for_cv = np.ascontiguousarray(matrix[::-1][:, [1, 0, 2]])  # from (y, x) to (x, y)
    if not whole and np.array_equal(matrix[:, :2], np.eye(2)):
        # OpenCV rounds places to 1/32 px, which for a shift is the same everywhere.
        first = np.floor(matrix[:, 2])
        for_cv[:, 2] = first[::-1]
        py, px = matrix[:, 2] - first
        image = cv2.sepFilter2D(
            image, -1, np.array([1 - px, px]), np.array([1 - py, py]), anchor=(0, 0)
        )
        whole = True
    # Its cubic kernel does not keep a slope, so would move the image by up to 0.05 px.
    how = (cv2.INTER_NEAREST if whole else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    out: Plane = cv2.warpAffine(image, for_cv, image.shape[::-1], flags=how)
    return out
