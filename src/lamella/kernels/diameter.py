"""The typical diameter of the objects of a field."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_DEBRIS = 0.5  # of the diameter that half of all area has: what is smaller is no whole object


class Diameter(NamedTuple):
    """Equivalent diameters of objects: of the discs of the same areas."""

    px: float
    """Median; NaN without objects."""
    low: float
    high: float
    """Quartiles: half of the objects lie between."""
    n: int
    """Objects that count."""


def typical_diameter(areas_px: NDArray[Any]) -> Diameter:
    """Median equivalent diameter of objects, whatever debris lies between them.

    Half of all area belongs to objects wider than some diameter; objects less than half as wide as
    that are debris, however many there are. Clumps count as one object each: split them first. The
    half width that splitting goes by is another measure, of the narrow side.

    Parameters
    ----------
    areas_px : (n,) array
        Areas of objects that are whole: not those cut by the border of the frame.
    """
    areas = np.sort(np.asarray(areas_px, np.float64))
    if not len(areas):
        return Diameter(np.nan, np.nan, np.nan, 0)
    wide = np.sqrt(4 * areas / np.pi)
    share = np.cumsum(areas)
    middle = wide[np.searchsorted(share, share[-1] / 2)]
    whole = wide[wide >= _DEBRIS * middle]
    low, median, high = (float(v) for v in np.percentile(whole, [25, 50, 75]))
    return Diameter(median, low, high, len(whole))
