"""From values to places along an axis, and where the axis has ticks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lamella.report.words import decimals, number

MOST_DECIMALS = 6


_ROUNDING = 1e-9


@dataclass(frozen=True)
class Scale:
    """A linear axis from `low` (at `start`) to `high` (at `stop`)."""

    low: float
    high: float
    start: float
    stop: float

    @classmethod
    def over(
        cls, values: NDArray[np.float64], start: float, stop: float, *, margin: float = 0.05
    ) -> Scale:
        """Over all finite values; one, or some that only rounding parts, stand in the middle."""
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        largest = max(abs(low), abs(high))
        one = high - low <= _ROUNDING * largest
        pad = (largest or 1.0) / 2 if one else margin * (high - low)
        return cls(low - pad, high + pad, start, stop)

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.stop - self.start), 1)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Place and text of round values within the axis."""
        locator = MaxNLocator(most, steps=[1, 2, 5, 10])
        found = np.asarray(locator.tick_values(self.low, self.high), np.float64)
        step = float(found[1] - found[0])
        places = max(int(-np.floor(np.log10(step) + 1e-9)), 0)
        inside = [float(value) for value in found if self.low <= value <= self.high]
        if places > MOST_DECIMALS:
            return [(self(value), number(round(value, places))) for value in inside]
        return [(self(value), decimals(value, places)) for value in inside]
