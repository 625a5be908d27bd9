"""What the statistics answer, contrast by contrast, in words that keep the two claims apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lamella.core.claims import ALL_SESSIONS
from lamella.core.table import Col
from lamella.report.tables import distinct, flags, has, numbers, only, texts
from lamella.report.words import CLAIMS, count, decimals, label, number, probability, raised, unit

LEVEL = 0.05
FEWEST = 3
"""Units on each side below which nothing is called shown, whatever its p."""

MOST_DECIMALS = 6

SHOWN, EQUIVALENT, OPEN, UNTOLD = "shown", "equivalent", "open", "untold"


@dataclass(frozen=True)
class Told:
    """What one claim says of one contrast.

    `state` is ``shown`` (adjusted p below 0.05), ``equivalent`` (within the margin that the user
    gave), ``open`` (neither) or ``untold`` (no p). `d` holds Cohen's d and its interval.
    """

    claim: str
    title: str
    state: str
    word: str
    size: str
    by: str
    """How far apart, without sign; empty where unknown."""
    certainty: str
    remarks: tuple[str, ...]
    d: tuple[float, float, float]


@dataclass(frozen=True)
class Answer:
    """One contrast of one measure."""

    kind: str
    measure: str
    condition: str
    reference: str
    means: str
    counts: str
    told: tuple[Told, ...]
    sessions: tuple[int, int] | None
    """How many of the sessions point as the whole does, and how many there are."""
    outlines: str
    keeps_sign: bool | None
    """With outlines a pixel off; None where this was not measured."""
    d_outlines: tuple[float, float]

    @property
    def title(self) -> str:
        return f"{label(self.measure)} of {self.kind}" if self.kind else label(self.measure)

    @property
    def pair(self) -> str:
        return f"{self.condition} − {self.reference}"

    @property
    def replicated(self) -> str:
        if self.sessions is None:
            return ""
        agreeing, every = self.sessions
        return f"{agreeing} of {count(every, 'session')}"

    def of(self, claim: str) -> Told | None:
        """What a claim says; None where the table does not have it."""
        return next((told for told in self.told if told.claim == claim), None)


def answers(
    effects: pd.DataFrame, *, units: str = "movies", kinds: Iterable[str] = ()
) -> list[Answer]:
    """Every contrast over all sessions, in the order of the table.

    `units` is what n counts, in the plural, `kinds` are the kinds of objects of the study, also
    those of which nothing was compared. They are named where there are several.
    """
    if not has(effects, Col.MEASURE, Col.CONDITION):
        return []
    named = len({*kinds, *distinct(effects, Col.OBJECT)}) > 1
    whole = effects[np.isin(texts(effects, Col.SESSION), [ALL_SESSIONS, ""])]
    names = (Col.OBJECT, Col.MEASURE, Col.CONDITION, Col.REFERENCE)
    keys = list(zip(*(texts(whole, name) for name in names), strict=True))
    places: dict[tuple[str, ...], list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return [
        _answer((key[0] if named else "", *key[1:]), whole.iloc[found], units)
        for key, found in places.items()
    ]


def _answer(key: tuple[str, ...], rows: pd.DataFrame, units: str) -> Answer:
    kind, measure, condition, reference = key
    by_claim = {claim: only(rows, claim=claim) for claim in CLAIMS}
    first = next((found for found in by_claim.values() if len(found)), rows)
    places = _decimals(first)
    told = tuple(
        _told(claim, found, measure, units, places)
        for claim, found in by_claim.items()
        if len(found)
    )
    band = _pair(first, Col.COHENS_D_OUTLINES_LOW, Col.COHENS_D_OUTLINES_HIGH)
    outlines, keeps = _outlines(band, _value(first, Col.COHENS_D))
    n, n_reference = (_value(first, name) for name in (Col.N, Col.N_REFERENCE))
    return Answer(
        kind=kind,
        measure=measure,
        condition=condition,
        reference=reference or "the reference",
        means=_means(first, measure),
        counts=f"{_whole(n)} vs {_whole(n_reference)} {units}",
        told=told,
        sessions=_sessions(first),
        outlines=outlines,
        keeps_sign=keeps,
        d_outlines=band,
    )


def _told(claim: str, row: pd.DataFrame, measure: str, units: str, places: int | None) -> Told:
    p, adjusted, estimate, n, n_reference = (
        _value(row, name) for name in (Col.P, Col.P_ADJUSTED, Col.ESTIMATE, Col.N, Col.N_REFERENCE)
    )
    sure = adjusted if np.isfinite(adjusted) else p
    few = min(n, n_reference) < FEWEST
    within = bool(flags(row, Col.EQUIVALENT, default=False)[0])
    verdict = texts(row, Col.VERDICT)[0]
    remarks = [raised(verdict)] if verdict else []
    certainty = ""
    if np.isfinite(sure):
        certainty = probability(sure)
    if not np.isfinite(sure):
        state, word = UNTOLD, "cannot be told"
    elif few:
        state, word = OPEN, "too few to go by"
        remarks.append(f"Fewer than {FEWEST} {units} on a side.")
    elif sure < LEVEL:
        state, word = SHOWN, "higher" if estimate > 0 else "lower"
    elif within:
        state, word = EQUIVALENT, "equivalent"
    else:
        state, word = OPEN, "no difference shown"
    if within and not few:
        remarks.insert(0, _within(row, measure))
    interval = _pair(row, Col.COHENS_D_LOW, Col.COHENS_D_HIGH)
    return Told(
        claim=claim,
        title=raised(CLAIMS[claim]),
        state=state,
        word=word,
        size=_size(row, measure, places),
        by=_by(estimate, measure, places),
        certainty=certainty,
        remarks=tuple(remarks),
        d=(_value(row, Col.COHENS_D), *interval),
    )


def _within(row: pd.DataFrame, measure: str) -> str:
    margin, p = _value(row, Col.MARGIN), _value(row, Col.P_EQUIVALENCE)
    of = f" {unit(measure)}" if unit(measure) else ""
    return f"The difference lies within the margin of ±{number(margin)}{of} ({probability(p)})."


def _decimals(row: pd.DataFrame) -> int | None:
    """So many that the difference and its interval have two digits, and no end is told as 0.

    An end within a hundredth of the largest may be told as 0. None where it takes more than six.
    """
    ends = [_value(row, name) for name in (Col.ESTIMATE, Col.ESTIMATE_LOW, Col.ESTIMATE_HIGH)]
    sizes = [abs(value) for value in ends if np.isfinite(value) and value]
    if not sizes:
        return 0
    places = max(int(1 - np.floor(np.log10(max(sizes)))), 0)
    near = min((size for size in map(abs, ends[1:]) if size > max(sizes) / 100), default=1.0)
    places = max(places, int(-np.floor(np.log10(near)))) if round(near, places) == 0 else places
    return places if places <= MOST_DECIMALS else None


def _size(row: pd.DataFrame, measure: str, places: int | None) -> str:
    """The difference with its interval."""
    estimate = _value(row, Col.ESTIMATE)
    low, high = _pair(row, Col.ESTIMATE_LOW, Col.ESTIMATE_HIGH)
    if not np.isfinite(estimate):
        return ""
    text = signed(estimate, places)
    if np.isfinite(low) and np.isfinite(high):
        text += f" ({signed(low, places)} to {signed(high, places)})"
    return text + (f" {unit(measure)}" if unit(measure) else "")


def _by(estimate: float, measure: str, places: int | None) -> str:
    if not np.isfinite(estimate):
        return ""
    text = signed(abs(estimate), places).removeprefix("+")
    return text + (f" {unit(measure)}" if unit(measure) else "")


def signed(value: float, places: int | None) -> str:
    """A difference: its sign is always written. None decimals = two significant digits.

    >>> signed(0.412, 2), signed(-0.412, 2), signed(0.001, 2), signed(3.21e-9, None)
    ('+0.41', '−0.41', '0.00', '+3.2e−9')
    """
    text = number(value) if places is None else decimals(value, places)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def _means(row: pd.DataFrame, measure: str) -> str:
    mean, reference = _value(row, Col.MEAN), _value(row, Col.MEAN_REFERENCE)
    if not (np.isfinite(mean) and np.isfinite(reference)):
        return ""
    of = f" {unit(measure)}" if unit(measure) else ""
    return f"{number(mean)} vs {number(reference)}{of}"


def _sessions(row: pd.DataFrame) -> tuple[int, int] | None:
    agreeing, every = _value(row, Col.N_SESSIONS_AGREEING), _value(row, Col.N_SESSIONS)
    return (int(agreeing), int(every)) if np.isfinite([agreeing, every]).all() else None


def _outlines(band: tuple[float, float], d: float) -> tuple[str, bool | None]:
    low, high = band
    if not np.isfinite([low, high, d]).all():
        return "", None
    keeps = bool(np.sign(low) == np.sign(high) == np.sign(d))
    return f"d {decimals(low)} to {decimals(high)}", keeps


def _value(row: pd.DataFrame, name: str) -> float:
    return float(numbers(row, name)[0])


def _pair(row: pd.DataFrame, low: str, high: str) -> tuple[float, float]:
    return _value(row, low), _value(row, high)


def _whole(value: float) -> str:
    return f"{value:.0f}" if np.isfinite(value) else "?"


def shown_of(found: Iterable[Answer], claim: str) -> list[Answer]:
    """The contrasts for which a claim shows a difference."""
    return [
        answer for answer in found if (told := answer.of(claim)) is not None and told.state == SHOWN
    ]
