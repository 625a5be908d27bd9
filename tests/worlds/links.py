"""Links of tracks, without pixels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.table import Col

WANDERERS_FIELD = (400, 400)


def wanderers(seed: int = 0, n_frames: int = 20, *, step_px: float = 1.0) -> pd.DataFrame:
    """∿ ∿ ∿   twelve cells that wander about places 80 px apart, far from the edge of the field.

    Steps are normal with an SD of `step_px` along each axis; areas (of discs with a radius of 8 px)
    and intensities vary by 3 per cent. Nothing is the matter with them.
    """
    rng = np.random.default_rng(seed)
    home = np.array([(60 + 90 * i, 60 + 80 * j) for i in range(3) for j in range(4)], float)
    n = len(home)
    place = home[:, None] + np.cumsum(rng.normal(0, step_px, (n, n_frames, 2)), axis=1)
    cell = np.repeat(np.arange(1, n + 1), n_frames)
    return pd.DataFrame(
        {
            Col.CELL: cell,
            Col.FRAME: np.tile(np.arange(n_frames), n),
            Col.LABEL: cell,
            Col.Y_PX: place[..., 0].ravel(),
            Col.X_PX: place[..., 1].ravel(),
            Col.AREA_PX: np.pi * 8.0**2 * np.exp(rng.normal(0, 0.03, len(cell))),
            Col.INTENSITY: 50.0 * np.exp(rng.normal(0, 0.03, len(cell))),
            Col.TOUCHES_BORDER: False,
            Col.LOOSE_FRACTION: 0.0,
        }
    )
