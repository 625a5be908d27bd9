"""How bands along the edge are cut into windows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.table import Col

STATISTICS = (
    Col.EDGE_WINDOW_MEAN,
    Col.EDGE_WINDOW_SD,
    Col.EDGE_WINDOW_MIN,
    Col.EDGE_WINDOW_MEDIAN,
    Col.EDGE_WINDOW_MAX,
)
STEP_STATISTICS = (
    Col.EDGE_STEP_MEAN,
    Col.EDGE_STEP_SD,
    Col.EDGE_STEP_MIN,
    Col.EDGE_STEP_MEDIAN,
    Col.EDGE_STEP_MAX,
)


class Sectors(NamedTuple):
    """Windows by number, or by width where that is given and the pixel size is known."""

    number: int
    width_px: float | None

    def most_sizes(self, n: int) -> int:
        """Sizes, in positions, that the windows of one frame have, at most."""
        return 1 if self.width_px is None and n % self.number == 0 else 2

    def numbers(self, perimeter_px: NDArray[np.float64], n: int) -> NDArray[np.int64]:
        """Windows of outlines of these lengths: at least 1, at most one a position."""
        if self.width_px is None or not np.isfinite(self.width_px):
            return np.full(len(perimeter_px), self.number, np.int64)
        number = np.clip(np.rint(perimeter_px / self.width_px), 1, n)
        return np.asarray(number, np.int64)

    def sizes(self, perimeter_px: float, n: int) -> NDArray[np.int64]:
        """Positions in a window: one size, or two that differ by one."""
        number = int(self.numbers(np.array([perimeter_px]), n)[0])
        return np.unique([n // number, -(-n // number)]).astype(np.int64)


def first_positions(number: int, n: int) -> NDArray[np.int64]:
    """First position of every window, and n, (number + 1,): sizes differ by at most one."""
    return np.arange(number + 1) * n // number
