"""Where the field of view has moved to: one matrix a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Registration:
    """How every frame of a movie lies over the reference, which is frame 0.

    Parameters
    ----------
    matrices : (T, 2, 3) float64 array
        ``matrices[t] @ (y, x, 1)`` is the place in the reference of what is at (y, x) in frame t.
    support : (T,) float64 array
        Share of the field, 0 to 1, in which still structure agrees on the movement of this frame.
    estimable : (T,) bool array
        False where nothing still was found: such a frame has the matrix of the last that had one,
        the identity before the first.

    Examples
    --------
    >>> stage = Registration.from_drift([[0, 0], [2, -1]])
    >>> stage.to_reference([[12, 9]], 1)
    array([[10., 10.]])
    >>> stage.drift_at([[12, 9]], 1)
    array([[ 2., -1.]])
    """

    matrices: FloatArray
    support: FloatArray
    estimable: NDArray[np.bool_]

    def __post_init__(self) -> None:
        n = len(self.matrices)
        shapes = (self.matrices.shape, self.support.shape, self.estimable.shape)
        if shapes != ((n, 2, 3), (n,), (n,)):
            raise ValueError(f"expected shapes (T, 2, 3), (T,), (T,), got {shapes}")

    @classmethod
    def from_drift(cls, drift_px: ArrayLike) -> Self:
        """From the way (T, 2) that the field has moved since frame 0, (y, x) in px."""
        drift = np.asarray(drift_px, np.float64)
        matrices = np.tile(np.eye(2, 3), (len(drift), 1, 1))
        matrices[:, :, 2] = -drift
        return cls(matrices, np.ones(len(drift)), np.ones(len(drift), bool))

    def __len__(self) -> int:
        return len(self.matrices)

    @property
    def moves(self) -> bool:
        """Whether any frame lies elsewhere than the reference."""
        return not np.array_equal(self.matrices, np.broadcast_to(np.eye(2, 3), (len(self), 2, 3)))

    def to_reference(self, points: ArrayLike, t: int) -> FloatArray:
        """Points (n, 2) of frame `t`, as (y, x) in px, in the reference."""
        return _applied(self.matrices[t], points)

    def from_reference(self, points: ArrayLike, t: int) -> FloatArray:
        """Points (n, 2) of the reference, as (y, x) in px, in frame `t`."""
        return _applied(inverse_of(self.matrices[t]), points)

    def drift_at(self, points: ArrayLike, t: int) -> FloatArray:
        """How far the field at points (n, 2) of frame `t` has moved since frame 0, (y, x) in px."""
        return np.asarray(points, np.float64) - self.to_reference(points, t)

    def between(self, s: int, t: int) -> FloatArray:
        """The matrix, (2, 3), that takes points of frame `s` to those of frame `t`."""
        back, there = inverse_of(self.matrices[t]), self.matrices[s]
        return np.column_stack([back[:, :2] @ there[:, :2], back[:, :2] @ there[:, 2] + back[:, 2]])

    def inverse(self) -> Registration:
        """From the reference to the frames: what is still becomes what drifts."""
        matrices = np.stack([inverse_of(matrix) for matrix in self.matrices])
        return Registration(matrices, self.support, self.estimable)

    def as_json(self) -> dict[str, Any]:
        """What the manifest of a movie keeps, a list entry per frame."""
        return {
            "to_reference": self.matrices.tolist(),
            "support": self.support.tolist(),
            "not_estimable": np.flatnonzero(~self.estimable).tolist(),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """The registration that :meth:`as_json` told."""
        matrices = np.array(told["to_reference"], np.float64).reshape(-1, 2, 3)
        estimable = np.ones(len(matrices), bool)
        estimable[told["not_estimable"]] = False
        return cls(matrices, np.array(told["support"], np.float64), estimable)


def inverse_of(matrix: FloatArray) -> FloatArray:
    """The (2, 3) matrix that undoes another."""
    back = np.linalg.inv(matrix[:, :2])
    return np.column_stack([back, -back @ matrix[:, 2]])


def _applied(matrix: FloatArray, points: ArrayLike) -> FloatArray:
    moved: FloatArray = np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return moved
