"""Tables of objects on plates: what a study of fields measured, drawn from a known model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

DIM, BRIGHT = (3.0, 0.35), (5.0, 0.4)
"""Mean and SD of the logarithm of the signal: of negatives, and of positives."""
PLATE = {"no_edu": 0.0, "vehicle": 0.3, "drug": 0.5}


def plate(
    fractions: Mapping[str, float] = PLATE,
    *,
    wells: int = 3,
    fields: int = 4,
    per_field: int = 60,
    session: str = "p1",
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells and samples of one plate; the column `truth` tells who is positive."""
    rng = np.random.default_rng(seed)
    cells, samples = [], []
    for row, (condition, fraction) in zip("ABCDEFGH", fractions.items(), strict=False):
        for column in range(1, wells + 1):
            for field in range(1, fields + 1):
                place = {
                    "movie": f"{session}_{row}{column:02d}_{field}",
                    "condition": condition,
                    "session": session,
                    "well": f"{row}{column:02d}",
                    "field": str(field),
                }
                samples.append({**place, "included": True})
                truth = rng.random(per_field) < fraction
                light = np.where(truth, rng.normal(*BRIGHT, per_field), rng.normal(*DIM, per_field))
                number = np.arange(1, per_field + 1)
                told = {"object": "nucleus", "cell": number, "EdU": np.exp(light), "truth": truth}
                cells.append(pd.DataFrame({**place, **told}))
    return pd.concat(cells, ignore_index=True), pd.DataFrame(samples)
