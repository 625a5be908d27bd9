"""Cells with nuclei and three channels, in wells of a plate, as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

SCALING = 0.85
"""The power of the cell's area that its nucleus grows with."""


def cells_and_nuclei(
    conditions=("DMSO", "low", "high"), *, wells=4, cells_per_well=60, seed=0, plate="plate 1"
) -> pd.DataFrame:
    """One row per cell; wells differ; every 20th cell or so lacks its nucleus.

    The share of EdU-positive cells falls from condition to condition; round cells have less actin.
    """
    chance = np.random.default_rng([seed, 77])
    parts = []
    for c, condition in enumerate(conditions):
        for w in range(wells):
            shared = chance.normal(0, 0.1, 2)
            n = max(int(chance.poisson(cells_per_well)), 1)
            cell = np.exp(chance.normal(6 + shared[0], 0.35, n))
            nucleus = 0.54 * cell**SCALING * np.exp(chance.normal(0, 0.12, n))
            positive = chance.random(n) < 0.4 - 0.12 * (c % 4)
            edu = np.exp(np.where(positive, 7, 4.5) + chance.normal(0, 0.3, n))
            dna = np.exp(chance.normal(6, 0.2, n))
            round_ = np.clip(chance.normal(0.75, 0.1, n), 0.2, 0.98)
            actin = 300 * (1 + shared[1]) * (1.5 - round_) * np.exp(chance.normal(0, 0.2, n))
            well = f"{'ABCDEFGH'[c % 8]}{w + 1:02d}"
            part = pd.DataFrame(
                {
                    "movie": f"{well}__f1",
                    "object": "cell",
                    "cell": np.arange(1, n + 1),
                    "condition": condition,
                    "session": plate,
                    "unit": well,
                    "well": well,
                    "cell_area_px": cell / 0.25,
                    "cell_area_um2": cell,
                    "nucleus_area_px": nucleus / 0.25,
                    "nucleus_area_um2": nucleus,
                    "cell_nucleus_area_ratio": cell / nucleus,
                    "cytoplasm_nucleus_area_ratio": cell / nucleus - 1,
                    "nucleus_cell_area_ratio": nucleus / cell,
                    "cell_circularity": round_,
                    "nucleus_intensity_mean__DNA": 2 * dna,
                    "nucleus_intensity_mean__actin": 0.8 * actin,
                    "nucleus_intensity_mean__EdU": edu,
                    "cell_intensity_mean__DNA": dna,
                    "cell_intensity_mean__actin": actin,
                    "cell_intensity_mean__EdU": 0.6 * edu,
                    "positive__edu": positive,
                }
            )
            lost = chance.random(n) < 0.05
            of_nucleus = [name for name in part.columns if "nucleus" in name]
            part.loc[lost, of_nucleus] = np.nan
            parts.append(part)
    return pd.concat(parts, ignore_index=True)
