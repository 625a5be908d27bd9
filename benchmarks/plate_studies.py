"""Plates as tables of cells, drawn from the model of `lamella.phantom.PlatePhantom` without images.

For questions that take a thousand plates: how often a difference is found that is not there, and
how often one that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import chi2_contingency

from lamella.core.table import Col
from lamella.phantom import PlatePhantom
from lamella.statistics import Contrasts
from lamella.statistics.adjust import adjusted
from lamella.statistics.design import Design, FloatArray, Pair
from lamella.statistics.fixed import OneFit, fixed_session
from lamella.statistics.joint import correlation_of, joint
from lamella.statistics.paired import paired_sessions
from lamella.statistics.positives import ByControls, Positives, Threshold, fields_of, with_positives

REFERENCE, CONTROL = "vehicle", "no_edu"
DRUGS = ("drug_a", "drug_b", "drug_c", "drug_d", "drug_e")
PAIRS: tuple[Pair, ...] = tuple((drug, REFERENCE) for drug in DRUGS)
NULL = {REFERENCE: 0.35, **dict.fromkeys(DRUGS, 0.35)}
MEASURE = "intensity_mean__EdU"
POSITIVE = "positive__edu"


def drawn(settings: PlatePhantom, seed: int) -> pd.DataFrame:
    """The nuclei of one study: its keys, `intensity_mean__EdU`, `truth`."""
    s, rng = settings, np.random.default_rng([seed, 77])
    conditions = list(s.conditions)
    shape = (s.replicates, len(conditions), s.fields)
    number = rng.poisson(s.nuclei_per_field, shape)
    at = np.repeat(np.arange(number.size), number.ravel())
    replicate, condition, field = np.unravel_index(at, shape)
    by_plate = s.replicate_is == "plate"
    plates = s.replicates if by_plate else 1
    bright = np.exp(s.brightness_sd * rng.standard_normal(plates))
    shift = s.plate_sd * rng.standard_normal(plates) if by_plate else np.zeros(1)
    plate = replicate if by_plate else np.zeros(len(at), np.int64)
    planted = np.array(list(s.conditions.values()))
    with np.errstate(divide="ignore"):
        odds = logit(planted)[None, :] + s.well_sd * rng.standard_normal(shape[:2])
    odds = odds + np.resize(shift, s.replicates)[:, None]
    truth = rng.random(len(at)) < expit(odds)[replicate, condition]
    scatter = rng.standard_normal(len(at))
    dim = s.negative_e * np.exp(s.negative_sd * scatter)
    light = bright[plate] * np.where(truth, s.positive_e * np.exp(s.positive_sd * scatter), dim)
    well = replicate * len(conditions) + condition
    return pd.DataFrame(
        {
            Col.MOVIE: at.astype(str),
            Col.OBJECT: "nucleus",
            Col.CONDITION: np.array(conditions)[condition],
            Col.SESSION: np.char.add("plate", (plate + 1).astype(str)),
            Col.WELL: np.char.add("w", well.astype(str)),
            Col.FIELD: field,
            MEASURE: light,
            "truth": truth,
        }
    )


def judged(cells: pd.DataFrame, threshold: Threshold) -> pd.DataFrame:
    """The cells with `positive__edu`, without those of the controls."""
    step = {"edu": Positives(measure=MEASURE, threshold=threshold, draws=0)}
    found = {name: each(cells, name=name) for name, each in step.items()}
    samples = cells.drop_duplicates(Col.MOVIE).assign(**{Col.INCLUDED: True})
    table = with_positives(cells, fields_of(cells, samples, found, step), found, step)
    return table[table[Col.CONDITION] != CONTROL]


def with_control(fractions: Mapping[str, float]) -> dict[str, float]:
    """The conditions of a plate that has wells without EdU, too."""
    return {CONTROL: 0.0, **fractions}


def studies(
    settings: PlatePhantom, n: int, *, seed: int, threshold: Threshold | None = None
) -> Iterator[pd.DataFrame]:
    """Judged cells of n studies."""
    step = threshold or ByControls(condition=CONTROL)
    for k in range(n):
        yield judged(drawn(settings, seed * 1_000_003 + k), step)


def design_of(cells: pd.DataFrame, *, unit: str = Col.WELL) -> Design:
    """Units of a study as its statistics count them."""
    told = Contrasts(unit=unit, measures=(POSITIVE,)).units(cells)
    units = told.rename(columns={Col.MEAN: POSITIVE})
    return Design.of(units, POSITIVE, [REFERENCE, *DRUGS])


class Ps(NamedTuple):
    """(pairs,) p of every drug against the vehicle, as they come and adjusted."""

    p: FloatArray
    holm: FloatArray
    joint: FloatArray | None = None


def p_these(design: Design, pairs: Sequence[Pair] = PAIRS) -> Ps:
    """Of `these_sessions`, as effects.csv quotes it with fewer than five sessions."""
    fit = fixed_session(design, pairs)
    found = [fit.estimates[pair] for pair in pairs]
    p = np.array([each.p for each in found])
    t, one = np.array([each.estimate / each.se for each in found]), OneFit.of(design)
    together = joint(t, correlation_of(design, list(pairs), one), one.df)
    return Ps(p, adjusted(p, "holm"), together)


def p_across(design: Design, pairs: Sequence[Pair] = PAIRS) -> Ps:
    """Of `across_sessions`, likewise."""
    fit = paired_sessions(design, pairs)
    p = np.array([fit.estimates[pair].p for pair in pairs])
    return Ps(p, adjusted(p, "holm"))


def p_pooled(cells: pd.DataFrame) -> Ps:
    """Of cells thrown together: χ² of each drug against the vehicle."""
    table = cells.groupby(Col.CONDITION)[POSITIVE].agg(["sum", "count"]).astype(float)
    own = np.column_stack([table["sum"], table["count"] - table["sum"]])
    place = {name: k for k, name in enumerate(table.index)}
    p = np.array(
        [chi2_contingency(own[[place[a], place[b]]], correction=False).pvalue for a, b in PAIRS]
    )
    return Ps(p, adjusted(p, "holm"))
