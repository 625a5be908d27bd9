"""The statistics as they were done, in sentences for a paper."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.claims import ALL_SESSIONS, FEWEST_SESSIONS, THESE_SESSIONS
from lamella.core.table import Col
from lamella.report.methods.citations import Citations
from lamella.report.tables import distinct, flags, has, has_values, numbers, only, texts, unique
from lamella.report.words import CLAIMS, count, label, listed, number, unit

MODELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "fixed_session": (
        "least squares on unit means with condition and session as fixed effects and one residual"
        " variance (Student’s t with the residual degrees of freedom)",
        (),
    ),
    "fixed_session_unequal": (
        "least squares on unit means with condition and session as fixed effects and"
        " heteroscedasticity-consistent errors (HC3)",
        ("mackinnon",),
    ),
    "fixed_session_robust": (
        "Huber’s robust regression on unit means with condition and session as fixed effects",
        ("huber",),
    ),
    "random_session": (
        "a linear mixed model of unit means with session as a random effect (REML)",
        ("laird",),
    ),
    "nested_movies": (
        "a linear mixed model of cells with session, and movie within it, as random effects (REML)",
        ("laird",),
    ),
    "permuted": ("permutation of conditions among the units of a session", ()),
    "paired_sessions": (
        "a paired t test of session means (degrees of freedom: shared sessions − 1)",
        (),
    ),
    "random_effect": (
        "a linear mixed model of unit means with session and session × condition as random effects"
        " (REML, containment degrees of freedom)",
        ("laird",),
    ),
    "quasi_binomial": ("quasi-binomial regression of the fraction of every unit", ("wedderburn",)),
    "quasi_poisson": ("quasi-Poisson regression of the counts of every unit", ("wedderburn",)),
}
"""What each model of models.csv is, and what to cite for it."""

ADJUSTED = {
    "holm": ("Holm", "holm"),
    "bh": ("Benjamini–Hochberg", "benjamini"),
    "joint": ("their joint distribution", "hothorn"),
}


def statistics(effects: pd.DataFrame, models: pd.DataFrame, units: str, cite: Citations) -> str:
    """One paragraph; empty where nothing was compared."""
    if not has(effects, Col.MEASURE):
        return ""
    whole = only(effects, session=ALL_SESSIONS)
    parts = [
        f"The {units.removesuffix('s')} was the statistical unit, with the mean over its cells as "
        f"its value, since cells of one {units.removesuffix('s')} are not independent "
        f"{cite('lazic')}."
        if units != "cells"
        else "Each cell was taken for a statistical unit."
    ]
    for claim in CLAIMS:
        names = unique(texts(only(whole, claim=claim), Col.MODEL))
        if names:
            hows = [_model(name, cite) for name in names]
            of = "the sessions studied" if claim == THESE_SESSIONS else "new sessions"
            parts.append(f"Claims on {of} rest on {listed(hows)}.")
    parts += [
        *_few_sessions(whole),
        *_refused(models),
        *_adjusted(whole, cite),
        *_intervals(whole, cite),
    ]
    if has_values(whole, Col.P_INTERACTION):
        parts.append("The interaction of condition and session was tested by an F test.")
    parts += _margins(whole, cite)
    return " ".join(parts)


def _model(name: str, cite: Citations) -> str:
    text, works = MODELS.get(name, (f"the model “{name}”", ()))
    return f"{text} {cite(*works)}" if works else text


def _few_sessions(whole: pd.DataFrame) -> list[str]:
    """Why session was no random effect."""
    simple = np.isin(texts(whole, Col.MODEL), ["fixed_session", "paired_sessions"])
    sessions = numbers(whole[simple], Col.N_SESSIONS)
    if not len(sessions) or not 1 < np.nanmax(sessions, initial=0) < FEWEST_SESSIONS:
        return []
    return [
        f"With fewer than {FEWEST_SESSIONS} sessions the variance between them cannot be estimated,"
        " so that session was no random effect."
    ]


def _refused(models: pd.DataFrame) -> list[str]:
    """Models that were fitted and not believed."""
    if not has(models, Col.MODEL, Col.TRUSTED, Col.MEASURE):
        return []
    # A model that does not fit the table, such as one of cells where movies hold one, was not run.
    fitted = np.isfinite(numbers(models, Col.ESTIMATE))
    bad = models[fitted & ~flags(models, Col.TRUSTED, default=True)]
    told = []
    for name in distinct(bad, Col.MODEL):
        measures = unique(texts(only(bad, model=name), Col.MEASURE))
        what = MODELS.get(name, (f"the model “{name}”", ()))[0]
        told.append(f"{what}, for {listed([label(m) for m in measures], len(measures))}")
    if not told:
        return []
    return [
        "Fitted, but not used, since the fit had not converged, was not at the maximum, or had a"
        f" variance of zero: {'; '.join(told)}."
    ]


def _adjusted(whole: pd.DataFrame, cite: Citations) -> list[str]:
    names = distinct(whole, Col.ADJUSTED_BY)
    ways = [f"{ADJUSTED[n][0]} {cite(ADJUSTED[n][1])}" if n in ADJUSTED else n for n in names]
    if not ways:
        return []
    return [
        f"P values are two-sided and adjusted by {listed(ways)} over the contrasts of one measure "
        "and claim, not over measures."
    ]


def _intervals(whole: pd.DataFrame, cite: Citations) -> list[str]:
    by = distinct(whole, Col.INTERVAL_BY)
    text = "Intervals are 95 %"
    if "bootstrap" in by:
        text += (
            "; differences have theirs from a bootstrap that resamples whole sessions jointly for "
            f"all conditions {cite('hesterberg')}"
        )
    sizes = []
    if has_values(whole, Col.COHENS_D):
        sizes.append(
            "Cohen’s d (pooled SD with n − 1 over the units of both conditions, all sessions"
            f" together {cite('cohen', 'cumming')})"
        )
    if has_values(whole, Col.HEDGES_G):
        sizes.append(f"Hedges’ g {cite('hedges')}")
    if has_values(whole, Col.CLIFFS_DELTA):
        sizes.append(f"Cliff’s δ {cite('cliff')}")
    return [f"{text}.", *([f"Effect sizes: {listed(sizes)}."] if sizes else [])]


def _margins(whole: pd.DataFrame, cite: Citations) -> list[str]:
    given = whole[np.isfinite(numbers(whole, Col.MARGIN))]
    told = {
        f"{label(measure)} ±{number(float(margin))} {unit(measure)}".strip()
        for measure, margin in zip(
            texts(given, Col.MEASURE), numbers(given, Col.MARGIN), strict=True
        )
    }
    if not told:
        return []
    return [
        f"Equivalence was tested by two one-sided tests {cite('schuirmann')} with margins set "
        f"beforehand: {listed(sorted(told))} ({count(len(told), 'margin')})."
    ]
