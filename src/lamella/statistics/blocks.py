"""Units gathered by condition and session: all that models of these two need to know."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lamella.statistics.design import Design, FloatArray, Pair

_EPS = float(np.finfo(np.float64).eps)


class Blocks(NamedTuple):
    """Number, mean and scatter of the units of every condition in every session."""

    n: FloatArray
    """(conditions, sessions) units, or the sum of their weights."""
    mean: FloatArray
    """(conditions, sessions) of the values less `centre`; 0 where there is no unit."""
    squares: FloatArray
    """(conditions, sessions) sum of squared deviations from the mean."""
    centre: float
    """Mean of all units: taken off, so that large values lose no digits."""
    noise: float
    """Below this a sum of squares is what rounding leaves of values that are all the same."""

    @classmethod
    def of(cls, design: Design, weight: FloatArray | None = None) -> Blocks:
        """The blocks of a design; `weight`, (n,), tells how much each unit counts."""
        shape = (len(design.conditions), len(design.sessions))
        place = design.condition * shape[1] + design.session
        ones = np.ones(len(design.value), np.float64) if weight is None else weight
        centre = float(design.value.mean()) if len(design.value) else 0.0
        value = design.value - centre
        n: FloatArray = np.bincount(place, ones, shape[0] * shape[1]).astype(np.float64)
        mean = np.bincount(place, ones * value, len(n)) / np.where(n > 0, n, 1)
        off = np.bincount(place, ones * (value - mean[place]) ** 2, len(n))
        largest = float(np.abs(design.value).max(initial=0.0))
        noise = len(value) * (8 * _EPS * largest) ** 2
        squares: FloatArray = np.where(off > noise, off, 0.0)
        return cls(n.reshape(shape), mean.reshape(shape), squares.reshape(shape), centre, noise)

    def pooled_sd(self, pair: tuple[int, int]) -> float:
        """SD (n−1) within two conditions, sessions together.

        NaN where one has fewer than 2 units, or where neither varies.
        """
        chosen = list(pair)
        n, mean = self.n[chosen], self.mean[chosen]
        of_condition = n.sum(axis=1)
        if of_condition.min() < 2:
            return float("nan")
        middle = (n * mean).sum(axis=1, keepdims=True) / of_condition[:, None]
        squares = float((self.squares[chosen] + n * (mean - middle) ** 2).sum())
        if squares <= self.noise:
            return float("nan")
        return float(np.sqrt(squares / (of_condition.sum() - 2)))


def places(design: Design, pair: Pair) -> tuple[int, int]:
    """Places of a condition and its reference in the design's conditions."""
    condition, reference = pair
    return design.conditions.index(condition), design.conditions.index(reference)
