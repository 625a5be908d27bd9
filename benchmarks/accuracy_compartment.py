"""The section on nucleus and cytoplasm of docs/accuracy.md; run this file to print it."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import Compartment, measure
from lamella.preprocess import CameraOffset

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from worlds.nucleated import KINDS, NucleatedField, nucleated_field

SEEDS = range(701, 705)
_N, _UM, _OFFSET = 8, 0.5, 100
BLURS_PX = (0.0, 1.0, 2.0, 3.0)
GAPS_UM = (0.0, 0.5, 1.0, 2.0)
LIGHTS = (0.05, 0.2, 1.0)


def compartment_table() -> str:
    """Who belongs to whom, and ratios through blur and noise."""
    return "\n".join([*_matching(), "", *_blur(), "", *_noise()])


def _matching() -> list[str]:
    right = n = 0
    for seed in SEEDS:
        field = nucleated_field(_N, seed=seed, kinds=KINDS)
        cells, truth = _measured(field, field.image(offset=_OFFSET), Compartment()), field.truth
        kind = truth["kind"]
        ours = pd.DataFrame(
            {
                "none": cells[Col.NUCLEUS].isna(),
                "two": cells[Col.N_NUCLEI] > 1,
                "shared": cells[Col.NUCLEUS_SHARED] == 1,
            }
        )
        same = cells[Col.NUCLEUS].fillna(0) == truth["nucleus"]
        for name in ours:
            same &= ours[name] == (kind == name)
        right += int(same.sum())
        n += len(truth)
    return [
        "## Nucleus and cytoplasm",
        "",
        f"Still fields of {_N} × {_N} round cells of 22 to 27 px radius with nuclei of 9 to 11 px "
        f"anywhere inside, {_UM:g} µm/px, camera offset {_OFFSET} subtracted, default settings of "
        "`Compartment`, outlines as drawn. A quarter of the places each holds a cell with one "
        f"nucleus, with none, with two, and two cells over one nucleus: **{right} of {n}** cells "
        "have the nucleus and the flags that were planted.",
    ]


def _blur() -> list[str]:
    lines = [
        "Light of the nucleus that leaks into the cytoplasm pulls ratios towards 1. Mean error of "
        f"nucleus ÷ cytoplasm and of nucleus ÷ ring, {len(SEEDS) * _N**2} cells a row, nuclei 2 to "
        "4 times as bright as the cytoplasm, no noise; ring of 2 µm that begins at the gap:",
        "",
        "| blur (SD, px) | nucleus ÷ cytoplasm | "
        + " | ".join(f"ring, gap {gap:g} µm" for gap in GAPS_UM)
        + " |",
        "| --- | --- |" + " --- |" * len(GAPS_UM),
    ]
    for blur in BLURS_PX:
        errors: list[list[float]] = [[] for _ in range(1 + len(GAPS_UM))]
        for seed in SEEDS:
            field = _bright(seed)
            true = field.truth["nucleus_light"] / field.truth["cytoplasm_light"]
            image = field.image(blur_px=blur, offset=_OFFSET)
            for i, gap in enumerate(GAPS_UM):
                cells = _measured(field, image, Compartment(ring_gap_um=gap, membrane_um=None))
                errors[1 + i] += list(cells[Col.NUCLEUS_RING_RATIO] / true - 1)
            errors[0] += list(cells[Col.NUCLEUS_CYTOPLASM_RATIO] / true - 1)
        lines.append(f"| {blur:g} | " + " | ".join(f"{np.mean(e):+.1%}" for e in errors) + " |")
    return lines


def _noise() -> list[str]:
    lines = [
        "Photon noise alone, no blur; *one cell* is the SD of the error of one cell:",
        "",
        "| photons of the cytoplasm | nucleus ÷ cytoplasm, mean error | one cell "
        "| membrane ÷ cytoplasm, mean error | one cell |",
        "| --- | --- | --- | --- | --- |",
    ]
    for light in LIGHTS:
        errors: dict[str, list[float]] = {
            Col.NUCLEUS_CYTOPLASM_RATIO: [],
            Col.MEMBRANE_CYTOPLASM_RATIO: [],
        }
        for seed in SEEDS:
            field = _bright(seed, light)
            true = field.truth["nucleus_light"] / field.truth["cytoplasm_light"]
            image = field.image(offset=_OFFSET, noise=True, seed=seed)
            cells = _measured(field, image, Compartment())
            errors[Col.NUCLEUS_CYTOPLASM_RATIO] += list(
                cells[Col.NUCLEUS_CYTOPLASM_RATIO] / true - 1
            )
            errors[Col.MEMBRANE_CYTOPLASM_RATIO] += list(cells[Col.MEMBRANE_CYTOPLASM_RATIO] - 1)
        told = " | ".join(f"{np.mean(e):+.2%} | {np.std(e):.2%}" for e in errors.values())
        lines.append(f"| {200 * light:.0f} to {300 * light:.0f} | {told} |")
    return lines


def _bright(seed: int, light: float = 1.0) -> NucleatedField:
    return nucleated_field(
        _N, seed=seed, nucleus_light=(600 * light, 800 * light),
        cytoplasm_light=(200 * light, 300 * light),
    )  # fmt: skip


def _measured(field: NucleatedField, image: np.ndarray, step: Compartment) -> pd.DataFrame:
    movie = Movie.from_array(image[None], pixel_size_um=_UM)
    nuclei = Labels.from_array(field.nuclei[None], name="nucleus")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*one frame: speed.*")
        return measure(
            movie,
            Labels.from_array(field.cells[None]),
            [step],
            others={"nucleus": nuclei},
            level=CameraOffset(offset=_OFFSET),
        ).cells


if __name__ == "__main__":
    print(compartment_table())
