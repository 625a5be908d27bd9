"""Persistent random walks of known speed, persistence and localisation error, many at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.kernels.persistence import Sampled, sampled
from lamella.phantom.walk import expected_msd

FloatArray = NDArray[np.float64]


def true_step(persistence: float, *, speed: float = 1.0, interval: float = 1.0) -> float:
    """Root mean square displacement over one interval."""
    return float(np.sqrt(expected_msd(interval, speed=speed, persistence=persistence)))


def walkers(
    n: int,
    n_frames: int,
    *,
    speed: float | FloatArray,
    persistence: float,
    error: float,
    rng: np.random.Generator,
    interval: float = 1.0,
) -> FloatArray:
    """Positions seen of `n` walkers, (n, n_frames, 2); the law of `persistent_walk`, exact."""
    a = np.exp(-interval / persistence)
    r = interval / persistence
    velocity_kick = np.sqrt(-np.expm1(-2 * r))
    along = (1 - a) ** 2 / velocity_kick
    across = np.sqrt(max(2 * r - 3 + 4 * a - a * a - along**2, 0.0))
    noise = rng.standard_normal((n_frames, 2, n, 2))
    velocity = noise[0, 0]
    places = [np.zeros((n, 2))]
    for kick in noise[1:]:
        step = (1 - a) * velocity + along * kick[0] + across * kick[1]
        places.append(places[-1] + persistence * step)
        velocity = a * velocity + velocity_kick * kick[0]
    scale = np.broadcast_to(np.asarray(speed, np.float64) / np.sqrt(2), (n,))
    true: FloatArray = np.stack(places, axis=1) * scale[:, None, None]
    return true + error * rng.standard_normal(true.shape)


def as_sampled(seen: FloatArray, *, interval: float = 1.0) -> Sampled:
    """Walks without gaps, as the likelihood reads them."""
    n, n_frames = seen.shape[:2]
    begins = np.zeros((n, n_frames), bool)
    begins[:, 0] = True
    time = np.tile(np.arange(n_frames) * interval, n)
    return sampled(seen.reshape(-1, 2), time, begins.ravel(), np.arange(n + 1) * n_frames)


def as_sightings(seen: FloatArray, *, interval: float = 1.0) -> pd.DataFrame:
    """Walks without gaps, as the table of what is known of every cell in every frame."""
    n, n_frames = seen.shape[:2]
    frame = np.tile(np.arange(n_frames), n)
    return pd.DataFrame(
        {
            Col.OBJECT: pd.Series(["cell"] * len(frame), dtype="str"),
            Col.CELL: np.repeat(np.arange(1, n + 1), n_frames),
            Col.FRAME: frame,
            Col.TIME_MIN: frame * interval,
            Col.INTERPOLATED: False,
            Col.Y_UM: seen[..., 0].ravel(),
            Col.X_UM: seen[..., 1].ravel(),
            Col.VALID: True,
            Col.PAIR_VALID: frame > 0,
        }
    )
