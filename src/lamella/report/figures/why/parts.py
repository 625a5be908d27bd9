"""What the figure is made from: plain arrays and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class LookPlanes:
    """What one scale shows and adds; planes are (Y, X)."""

    scale_px: float
    brightness: Plane
    """Above the bare field, in SDs of noise."""
    texture: Plane
    """Over that of noise alone."""
    log_odds: Plane


@dataclass(frozen=True)
class Planes:
    """One frame with everything that led to its cells; planes are (Y, X)."""

    frame: Plane
    evidence: Plane
    """Squared change over noise."""
    self_labels: NDArray[np.uint8]
    """0 = undecided, 1 = still, 2 = moving."""
    looks: tuple[LookPlanes, ...]
    """None where nothing was learnt."""
    log_odds: Plane
    stages: NDArray[np.uint8]
    """0 = background, 1 = cell, 2 = filled, 3 = outside the edge, 4 = dropped."""
    cells: NDArray[np.int32]
    flow: Plane | None = None
    """(2, Y, X): displacement in px along y and x, NaN where unknown."""
    lag: int = 1


@dataclass(frozen=True)
class Pixel:
    """A pixel to explain."""

    y: int
    x: int
    why_this: str
    """Such as ``the surest cell``."""
    evidence: float
    self_label: str
    prior: float
    """Log odds beforehand."""
    looks: tuple[tuple[float, float, float, float], ...]
    """Scale in px, brightness and texture over noise, log odds added."""
    log_odds: float
    verdict: str
