"""Cells with nuclei and three channels, in wells of a plate, as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.statistics import Contrasts, Questions

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


def told_plate(
    conditions=("DMSO", "low", "high", "drug A", "drug B", "drug C"),
    plates=("plate 1", "plate 2"),
    *,
    wells=4,
    cells_per_well=60,
) -> ReportInput:
    """A report of still images: one field a well, positives by one threshold a plate, questions."""
    matched = pd.concat(
        [
            cells_and_nuclei(
                conditions, wells=wells, cells_per_well=cells_per_well, seed=n, plate=plate
            ).assign(movie=lambda t, plate=plate: plate.replace(" ", "_") + "__" + t["movie"])
            for n, plate in enumerate(plates)
        ],
        ignore_index=True,
    )
    cells = matched.rename(columns=lambda name: name.removeprefix("cell_"))
    cells = cells[[name for name in cells.columns if not name.startswith("nucle")]]
    cells = cells.assign(n_frames=1, n_empty_frames=0, n_valid_frames=1, y_px=1.0, x_px=1.0)
    cells[Col.AREA_UM2] = matched["cell_area_um2"]
    statistics = Contrasts(reference=conditions[0], unit="well", measures=("positive__edu",))
    keys = ["movie", "condition", "session", "well"]
    fields = cells.groupby(keys, sort=False)["positive__edu"].agg(["size", "sum"]).reset_index()
    fields = fields.rename(columns={"size": "n_total__edu", "sum": "n_positive__edu"})
    fields["n_objects__edu"] = fields["n_total__edu"]
    fields["positive_fraction__edu"] = fields["n_positive__edu"] / fields["n_total__edu"]
    samples = fields[keys].assign(path="a.tif", exclude="", included=True)
    left_out = {"movie": "out", "condition": "DMSO", "session": plates[0], "well": "H12"}
    samples.loc[len(samples)] = {**left_out, "path": "b.tif", "exclude": "dry", "included": False}
    told = Questions()(matched, unit="well")
    thresholds = pd.DataFrame(
        {
            "positives": "edu", "plate": plates, "object": "cell",
            "measure": "intensity_mean__EdU", "method": "controls", "side": "above",
            "threshold": 150.0, "threshold_low": 135.0, "threshold_high": 170.0,
            "n_objects": 240, "n_measured": 240, "n_controls": 60, "positive_fraction": 0.27,
            "positive_fraction_low": 0.26, "positive_fraction_high": 0.28, "verdict": "",
        }
    )  # fmt: skip
    check = fields[["movie"]].assign(
        n_cell_outlines=60, n_nucleus_outlines=57, n_cells_without_nucleus=3,
        n_nuclei_without_cell=0, n_nuclei_shared=0, n_cells_sharing_nucleus=0,
        n_cells_with_several_nuclei=0, doubtful_nuclei_share=0.05,
    )  # fmt: skip
    settings = {
        "statistics": {"reference": conditions[0], "unit": "well"},
        "positives": {
            "edu": {
                "measure": "intensity_mean__EdU",
                "threshold": {"method": "controls", "condition": conditions[0], "wells": []},
            }
        },
    }
    return ReportInput(
        title="Told plate",
        cells=cells,
        units=statistics.units(cells),
        **statistics(cells)._asdict(),
        samples=samples,
        status=samples[["movie"]].assign(stage="tables", state="done", seconds=1.0, message=""),
        thresholds=thresholds,
        fields=fields,
        wells=fields.drop(columns="movie").assign(n_fields=1, n_fields_empty=0),
        cells_and_nuclei=matched,
        **told._asdict(),
        nuclei_check=check,
        provenance={"versions": {"lamella": "0.1.0"}, "settings": settings},
    )
