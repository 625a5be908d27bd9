"""Light, compartments, positives and questions, in sentences for a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lamella.core.table import Col
from lamella.report.methods.citations import Citations
from lamella.report.methods.images import parameters
from lamella.report.tables import distinct
from lamella.report.words import label, listed

Settings = Mapping[str, Any]


def illumination(settings: Settings, cite: Citations) -> str:
    """What was done about light that does not fall evenly on the field."""
    how = settings.get("illumination")
    if not how:
        return ""
    shown = {k: v for k, v in how.items() if v is not None and k not in ("files", "statistic")}
    if how.get("files"):
        text = "Images were divided by measured flat fields"
    else:
        # Unset, each session and channel has that which its fields agree on best.
        by = how.get("statistic") or "median or mean, whichever the fields agreed on best,"
        text = (
            f"Images were divided by their illumination, estimated from the {by} of many fields "
            f"{cite('singh')}"
        )
    extent = how.get("per")
    text += f", one per {extent}" if extent else ""
    rest = {k: v for k, v in shown.items() if k in ("degree", "dark")}
    return text + (f" ({parameters(rest)})." if rest else ".")


def compartments(measure: Settings, cells: pd.DataFrame) -> str:
    """Which nucleus is whose, and what compartments are."""
    how = measure.get("compartment")
    if not how or Col.NUCLEUS not in cells:
        return ""
    text = (
        "Each cell was given the nucleus that shares most pixels with it; its cytoplasm is the "
        "cell without any nucleus"
    )
    if least := how.get("least_inside"):
        share = f"{100 * float(least):g} %"
        text += f"; a nucleus of which less than {share} lies in a cell is not that cell’s"
    bands = []
    if how.get("ring_um") or how.get("ring_px"):
        bands.append(
            f"a ring of {_length(how, 'ring')} round the nucleus, {_length(how, 'ring_gap')} off it"
        )
    if how.get("membrane_um") or how.get("membrane_px"):
        bands.append(f"a band of {_length(how, 'membrane')} inside the edge of the cell")
    text += f"; further compartments are {listed(bands)}" if bands else ""
    return f"{text}. Cells without a nucleus have missing values there."


def _length(how: Settings, name: str) -> str:
    """In µm where that was set, else in pixels."""
    micron = how.get(f"{name}_um")
    return f"{micron:g} µm" if micron is not None else f"{float(how[f'{name}_px']):g} px"


def positives(
    settings: Settings, thresholds: pd.DataFrame, cite: Citations, *, session: str = Col.SESSION
) -> str:
    """How positives were told from the others; `session` is what to call one."""
    told = []
    there = distinct(thresholds, Col.POSITIVES)
    for name, step in (settings.get("positives") or {}).items():
        if name not in there:
            continue
        how = step.get("threshold") or {}
        side = step.get("side", "above")
        by = step.get("by", Col.SESSION)
        text = f"Objects are “{name}”-positive where their {label(str(step['measure']))} lies "
        text += f"{side} a threshold that is {_threshold(how, side, cite)}"
        text += f", one for each {session if by == Col.SESSION else by}" if by else ", one for all"
        if step.get("of"):
            text += f"; their share is their number over that of all objects “{step['of']}”"
        told.append(f"{text}.")
    return " ".join(told)


def _threshold(how: Settings, side: str, cite: Citations) -> str:
    method = how.get("method")
    if method == "controls":
        where = how.get("condition") or listed(list(map(str, how.get("wells") or ())))
        if how.get("sds") is not None:
            sign = "+" if side == "above" else "−"
            return f"the mean {sign} {how['sds']:g} SD of the negative controls ({where})"
        high = float(how.get("percentile", 99))
        at = high if side == "above" else 100 - high
        return f"percentile {at:g} of the negative controls ({where})"
    if method == "otsu":
        return f"Otsu’s {cite('otsu')}" + _scale(how)
    if method == "mixture":
        return (
            "where two normal distributions, fitted to all objects by expectation–maximisation "
            f"{cite('dempster')}, are equally likely{_scale(how)}"
        )
    if method == "value":
        return f"a value set by the user ({how['value']:g})"
    return f"found by the method “{method}”"


def _scale(how: Settings) -> str:
    return " of logarithms" if how.get("scale") == "log" else ""


def questions(asked: pd.DataFrame, cite: Citations) -> str:
    """How correlations and lines were made."""
    by = distinct(asked, Col.R_INTERVAL_BY)
    if not by:
        return ""
    text = (
        "Correlations of two measures are Pearson’s r over cells, and within units with the mean of"
        " the unit taken off; lines are least squares"
    )
    if "units" in by:
        text += (
            "; their intervals come from the jackknife that leaves out one unit at a time (Student’"
            f"s t with units − 1 degrees of freedom, artanh r for correlations) {cite('jackknife')}"
        )
    if "cells" in by:
        text += (
            "; where there are fewer than three units, intervals are those of independent cells "
            "(Fisher’s z)"
        )
    return f"{text}."
