"""How a movie fades, and by what its frames are to be scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Fading:
    """How bright every frame of one part of a movie is; arrays as long as the part.

    Attributes
    ----------
    frame : (n,) int64 array
    level : (n,) float64 array
        Grey value that does not bleach.
    mean : (n,) float64 array
        Mean above that level; NaN where there is nothing to measure.
    quantiles : (n, q) float64 array
        Evenly spaced quantiles above that level; q = 0 where they are not wanted.
    """

    frame: NDArray[np.int64]
    level: FloatArray
    mean: FloatArray
    quantiles: FloatArray


class Curve(NamedTuple):
    """How every frame is scaled, and why."""

    factor: FloatArray
    """(n,), 1 where nothing is changed."""
    told: dict[str, Any]
    doubts: list[str]


def no_start(state: Fading) -> str | None:
    """Why nothing can be scaled to the first frame, if so."""
    known = state.mean[np.isfinite(state.mean)]
    if not len(known):
        return "no frame has anything to measure: nothing was changed"
    if known[0] <= 0:
        return (
            f"the mean of the first frame is not above the level ({known[0]:.4g}): nothing was "
            "changed"
        )
    return None
