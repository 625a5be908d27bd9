"""The section on plates of docs/accuracy.md; run this file to print it."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from plate_studies import (
    CONTROL,
    DRUGS,
    MEASURE,
    NULL,
    PAIRS,
    REFERENCE,
    design_of,
    p_across,
    p_pooled,
    p_these,
    studies,
    with_control,
)

from lamella.core.table import Col
from lamella.io.tables import read_table
from lamella.phantom import PlatePhantom
from lamella.run.demo import make_plate_demo
from lamella.run.execute import run_study
from lamella.run.study import open_study
from lamella.statistics.positives import (
    ByControls,
    ByMixture,
    ByOtsu,
    Positives,
    Threshold,
    fields_of,
    wells_of,
)
from lamella.statistics.power import Plan, power_these_sessions
from lamella.statistics.spread import spread_of

STUDIES, SEED = 1000, 21
METHODS: tuple[Threshold, ...] = (ByControls(condition=CONTROL), ByOtsu(), ByMixture())
LAYOUTS = {
    "3 wells of one plate": PlatePhantom(conditions=with_control(NULL)),
    "3 plates, a well each": PlatePhantom(conditions=with_control(NULL), replicate_is="plate"),
}
EFFECTS = (0.45, 0.5, 0.6)
_LEVEL = 0.05


def plates_table(n: int = STUDIES) -> str:
    """Fractions on a phantom plate, and what the statistics make of a thousand plates."""
    return "\n".join(
        [
            "## Plates",
            "",
            *fractions(),
            "",
            *family_wise(n),
            "",
            *power(n),
        ]
    )


def fractions(phantom: PlatePhantom | None = None) -> list[str]:
    """A plate of images from the files to the fractions."""
    plate = phantom or PlatePhantom(seed=8)
    cells, samples, truth = analysed(plate)
    lines = [
        "### Positives on a phantom plate",
        "",
        f"`lamella demo --plate` with another seed: {len(plate)} fields, {len(truth)} nuclei, "
        f"{len(cells)} found. Per cent positive, planted in the very nuclei that were drawn, and "
        "found by each method.",
        "",
        "| condition | planted | " + " | ".join(m.method for m in METHODS) + " |",
        "| --- | --- | " + " | ".join("---" for _ in METHODS) + " |",
    ]
    errors = {m.method: errors_of(cells, samples, truth, m) for m in METHODS}
    for name in plate.conditions:
        own = 100 * truth.loc[truth[Col.CONDITION] == name, Col.POSITIVE].mean()
        found = " | ".join(f"{own + 100 * e.conditions[name]:.1f}" for e in errors.values())
        lines.append(f"| {name} | {own:.1f} | {found} |")
    worst = "; ".join(
        f"{name} {100 * e.conditions.abs().max():.1f} and {100 * e.wells.abs().max():.1f}"
        for name, e in errors.items()
    )
    return [*lines, "", f"Worst condition and worst well, in percentage points: {worst}."]


class Errors(NamedTuple):
    """Found minus planted share."""

    conditions: pd.Series
    wells: pd.Series


def analysed(plate: PlatePhantom) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Cells and samples of a run over the images of a plate, and its truth."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        make_plate_demo(place, phantom=plate)
        run_study(open_study(place), place / "results", workers=2)
        tables = place / "results" / "tables"
        return (
            read_table(tables / "cells.csv"),
            read_table(tables / "samples.csv"),
            read_table(place / "truth.csv"),
        )


def errors_of(
    cells: pd.DataFrame, samples: pd.DataFrame, truth: pd.DataFrame, threshold: Threshold
) -> Errors:
    """Of the shares that a method finds, by condition and by well."""
    step = Positives(measure=MEASURE, threshold=threshold, object="nucleus", draws=0)
    wells = wells_of(fields_of(cells, samples, {"edu": step(cells, name="edu")}, {"edu": step}))
    by_condition = wells.groupby(Col.CONDITION)[["n_positive__edu", "n_total__edu"]].sum()
    found = by_condition["n_positive__edu"] / by_condition["n_total__edu"]
    keys = [Col.CONDITION, Col.SESSION, Col.WELL]
    of_wells = wells.set_index(keys)["positive_fraction__edu"]
    return Errors(
        found.astype(float) - truth.groupby(Col.CONDITION)[Col.POSITIVE].mean(),
        of_wells - truth.groupby(keys)[Col.POSITIVE].mean(),
    )


class Wrong(NamedTuple):
    """Share of null studies with any false difference, in per cent."""

    holm: float
    joint: float
    across: float
    fields: float
    pooled: float


def false_families(settings: PlatePhantom, n: int, *, seed: int = SEED) -> Wrong:
    """Of `n` studies without any difference: how many claim one, by what counts as a unit."""
    wrong = []
    for cells in studies(settings, n, seed=seed):
        wells, fields = (p_these(design_of(cells, unit=u)) for u in (Col.WELL, Col.MOVIE))
        across = p_across(design_of(cells)).holm if settings.replicate_is == "plate" else None
        every = (wells.holm, wells.joint, across, fields.holm, p_pooled(cells).holm)
        wrong.append([math.nan if p is None else bool((p < _LEVEL).any()) for p in every])
    return Wrong(*(100 * np.array(wrong, float).mean(axis=0)))


def family_wise(n: int) -> list[str]:
    error = 200 * math.sqrt(_LEVEL * (1 - _LEVEL) / n)
    lines = [
        "### False differences among five",
        "",
        f"{n} plates as tables, drawn from the same model: vehicle and five drugs, 35 % positive "
        "in all, log odds of wells with an SD of 0.15, 4 fields of 45 nuclei a well, threshold by "
        "wells without EdU. Per cent of plates on which any drug differs from vehicle (adjusted p "
        f"< 0.05): 5 is right, and chance moves it by {error:.1f} (two standard errors). *holm* "
        "and *joint*: wells as units; *across*: `across_sessions`, by holm; *fields* counts each "
        "field as a unit; *cells* pools them (χ²). With five correlated comparisons and 12 degrees "
        "of freedom, holm is expected at 3.8.",
        "",
        "| replicates | holm | joint | across | fields | cells pooled |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, settings in LAYOUTS.items():
        shown = [f"{v:.1f}" if math.isfinite(v) else "–" for v in false_families(settings, n)]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    noisy = LAYOUTS["3 wells of one plate"].model_copy(update={"well_sd": 0.3})
    wrong = false_families(noisy, max(n // 2, 1))
    lines += [
        "",
        f"Where the log odds of wells have an SD of 0.3: holm {wrong.holm:.1f}, joint "
        f"{wrong.joint:.1f}, fields {wrong.fields:.1f}, cells pooled {wrong.pooled:.1f}.",
    ]
    return lines


class Found(NamedTuple):
    """Per cent."""

    found: float
    predicted: float


def found_and_predicted(
    settings: PlatePhantom, fraction: float, n: int, *, seed: int = SEED + 1
) -> Found:
    """How often a drug with this share is found, and what the power tool says beforehand.

    It is told the scatter of wells that as many other plates have, and the true difference.
    """
    drug = DRUGS[0]
    planted = settings.model_copy(update={"conditions": {**settings.conditions, drug: fraction}})
    hits, variances, effects = [], [], []
    for k, cells in enumerate(studies(planted, 2 * n, seed=seed)):
        design = design_of(cells)
        if k < n:
            hits.append(p_these(design, PAIRS[:1]).p[0] < _LEVEL)
            continue
        variances.append(spread_of(design).within ** 2)
        means = cells.groupby(Col.CONDITION)["truth"].mean()
        effects.append(means[drug] - means[REFERENCE])
    spread = spread_of(design)._replace(within=math.sqrt(np.mean(variances)))
    plates = settings.replicates if settings.replicate_is == "plate" else 1
    plan = Plan(plates, settings.replicates // plates, len(NULL))
    predicted = power_these_sessions(plan, spread, float(np.mean(effects)))
    return Found(100 * float(np.mean(hits)), 100 * predicted)


def power(n: int) -> list[str]:
    each = max(n // 2, 1)
    lines = [
        "### Power",
        "",
        f"One drug with more positives than the 35 % of the others: per cent of {each} plates on "
        "which it is found (p < 0.05, not adjusted), and what `lamella power` predicts from the "
        "wells of other plates.",
        "",
        "| replicates | planted | found | predicted |",
        "| --- | --- | --- | --- |",
    ]
    worst = 0.0
    for name, settings in LAYOUTS.items():
        for fraction in EFFECTS:
            got = found_and_predicted(settings, fraction, each)
            worst = max(worst, abs(got.found - got.predicted))
            lines.append(
                f"| {name} | {100 * fraction:.0f} | {got.found:.1f} | {got.predicted:.1f} |"
            )
    return [*lines, "", f"Largest difference: {worst:.1f} points."]


if __name__ == "__main__":
    print(plates_table())
