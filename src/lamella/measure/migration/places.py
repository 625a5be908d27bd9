"""Where the cells of a movie were, frame by frame, and which steps between are trusted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.kernels.steps import moves
from lamella.measure.sightings import place_px
from lamella.measure.summaries import CellRows

Floats = NDArray[np.float64]


class Places(NamedTuple):
    """The columns of sightings that movement is made of; rows of a cell lie side by side."""

    rows: CellRows
    place: Floats
    """(n, 2): (y, x), drift taken off, in px or in the unit that the constructor tells."""
    moved: Floats
    """(n, 2): the trusted step that ends in the row, NaN where there is none."""
    pair: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    minutes: Floats
    took: Floats
    """Minutes that the trusted step took."""
    um: float
    """µm in the unit of `place`; NaN where not known."""

    @classmethod
    def in_px(cls, sightings: pd.DataFrame, um: float) -> Places:
        """In px; `um` is the pixel size, NaN where not known."""
        return cls._of(sightings, place_px(sightings), um)

    @classmethod
    def in_um(cls, sightings: pd.DataFrame) -> Places:
        """In µm or, where no pixel size is known, in px: enough for ratios and angles."""
        place = sightings[[Col.Y_UM, Col.X_UM]].to_numpy(np.float64)
        if np.isfinite(place).any():
            return cls._of(sightings, place, 1.0)
        return cls._of(sightings, place_px(sightings), np.nan)

    @classmethod
    def _of(cls, sightings: pd.DataFrame, place: Floats, um: float) -> Places:
        pair = sightings[Col.PAIR_VALID].to_numpy(bool)
        minutes = sightings[Col.TIME_MIN].to_numpy(np.float64)
        return cls(
            CellRows.of(sightings),
            place,
            moves(place, pair),
            pair,
            sightings[Col.VALID].to_numpy(bool),
            minutes,
            np.where(pair, np.diff(minutes, prepend=np.nan), np.nan),
            um,
        )

    @property
    def turning_time(self) -> Floats:
        """Minutes from the middle of the step that ends in a row to the middle of the next, (n,).

        NaN unless both steps are trusted.
        """
        after = np.full(self.took.shape, np.nan)
        after[:-1] = self.took[1:]
        between: Floats = (self.took + after) / 2
        return between


def over(a: Floats, b: Floats) -> Floats:
    """Ratio; NaN where b is 0 or not known: a track of zero length has no ratio."""
    out = np.full(np.shape(a), np.nan)
    return np.divide(a, b, out=out, where=np.asarray(b) > 0)


class Whither(NamedTuple):
    """Where cells may be expected to go; either may be None."""

    towards: float | None
    """Direction in degrees, 0 = +x, 90 = +y."""
    point_um: tuple[float, float] | None
    """(y, x), drift taken off."""

    @property
    def direction(self) -> Floats:
        """Unit vector (y, x) of the direction; NaN without one."""
        angle = np.radians(np.nan if self.towards is None else self.towards)
        return np.array([np.sin(angle), np.cos(angle)])

    def way(self, place_um: Floats) -> Floats:
        """Vectors (y, x) from places in µm to the point; NaN without one."""
        return np.array([np.nan, np.nan] if self.point_um is None else self.point_um) - place_um
