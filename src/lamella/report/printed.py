"""What the statistics found, as lines for a terminal of 80 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from lamella.core.claims import ACROSS_SESSIONS, ALL_SESSIONS, THESE_SESSIONS
from lamella.core.table import Col

WIDTH = 79
SHORT = {THESE_SESSIONS: "these", ACROSS_SESSIONS: "across"}
"""The claims in one word each."""
_NONE = "–"
Row = Mapping[Any, Any]


def printed(effects: pd.DataFrame, models: pd.DataFrame, *, most_lines: int = 400) -> Iterator[str]:
    """Measure by measure: every contrast with both claims, then every model behind them.

    Parameters
    ----------
    effects, models : DataFrame
        As `lamella.statistics.Contrasts` gives them; rows of single sessions are left out.
    most_lines : int
        After so many lines the measures that are left are only counted.

    Yields
    ------
    str
        Lines of at most 79 characters, unless names or numbers are uncommonly long. Why a number
        is missing stands beneath its row; what models say of themselves is numbered, each once.
    """
    whole = effects[effects[Col.SESSION] == ALL_SESSIONS]
    keys = [name for name in (Col.OBJECT, Col.MEASURE) if name in whole.columns]
    groups = list(whole.groupby(keys, sort=False, dropna=False))
    told = 0
    for place, (key, found) in enumerate(groups):
        if told > most_lines:
            yield f"… and {len(groups) - place} more in effects.csv and models.csv"
            return
        behind = models
        for name, value in zip(keys, key, strict=True):
            behind = behind[behind[name] == value]
        lines = [": ".join(map(str, key)), *_contrasts(found), *_models(behind), ""]
        told += len(lines)
        yield from lines


def _contrasts(found: pd.DataFrame) -> Iterator[str]:
    for (condition, reference), rows in found.groupby([Col.CONDITION, Col.REFERENCE], sort=False):
        told = rows.to_dict("records")
        first = told[0]
        yield _row(f"  {condition} − {reference}", f"n = {first[Col.N]}, {first[Col.N_REFERENCE]}",
                   _agreeing(first), _interaction(first))  # fmt: skip
        adjusted = f"p ({first[Col.ADJUSTED_BY]})" if first[Col.N_TESTS] > 1 else "p"
        table = [["", "difference (95 %)", "Cohen's d (95 %)", adjusted]]
        table += [
            [SHORT[row[Col.CLAIM]], _ranged(row, Col.ESTIMATE), _ranged(row, Col.COHENS_D, ".4f"),
             _number(row[Col.P_ADJUSTED])]
            for row in told
        ]  # fmt: skip
        yield from aligned(table, indent=4)
        for row in told:
            yield from _equivalence(row)
            if math.isnan(row[Col.P_ADJUSTED]) and row[Col.VERDICT]:
                yield from _wrapped(f"{SHORT[row[Col.CLAIM]]}: {row[Col.VERDICT]}", indent=4)


def _agreeing(row: Row) -> str:
    agreeing, every = row[Col.N_SESSIONS_AGREEING], row[Col.N_SESSIONS]
    return "" if math.isnan(every) else f"same sign in {agreeing:.0f} of {every:.0f} sessions"


def _interaction(row: Row) -> str:
    p = row[Col.P_INTERACTION]
    return "" if math.isnan(p) else f"interaction p = {_number(p)}"


def _equivalence(row: Row) -> Iterator[str]:
    margin, p = row[Col.MARGIN], row[Col.P_EQUIVALENCE]
    if not (math.isnan(margin) or math.isnan(p)):
        is_it = "shown" if row[Col.EQUIVALENT] is True else "not shown"
        yield f"    {SHORT[row[Col.CLAIM]]}: within ±{margin:g} {is_it} (p = {_number(p)})"


def _models(models: pd.DataFrame) -> Iterator[str]:
    if not len(models):
        return
    yield "  every model (* is the one used above; p not adjusted)"
    notes: dict[str, int] = {}
    for (condition, reference, claim), rows in models.groupby(
        [Col.CONDITION, Col.REFERENCE, Col.CLAIM], sort=False
    ):
        table = [[f"{condition} − {reference}, {SHORT[str(claim)]}", "difference (95 %)", "p", ""]]
        table += [
            [f"{'*' if row[Col.USED] else ' '} {row[Col.MODEL]}", _ranged(row, Col.ESTIMATE),
             _number(row[Col.P]), _remark(row, notes)]
            for row in rows.to_dict("records")
        ]  # fmt: skip
        yield from aligned(table, indent=4)
    for verdict, number in notes.items():
        yield from _wrapped(f"[{number}] {verdict}", indent=4)


def _remark(row: Row, notes: dict[str, int]) -> str:
    verdict = row[Col.VERDICT]
    if not verdict:
        return ""
    number = notes.setdefault(verdict, len(notes) + 1)
    refused = not row[Col.TRUSTED] and not math.isnan(row[Col.ESTIMATE])
    return f"{'refused ' if refused else ''}[{number}]"


def _ranged(row: Row, name: str, style: str = ".3g") -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    text = _number(row[name], style)
    return text if math.isnan(low) else f"{text} ({low:.3g} to {high:.3g})"


def _number(value: float, style: str = ".3g") -> str:
    return _NONE if math.isnan(value) else format(value, style)


def _row(*parts: str) -> str:
    return "   ".join(part for part in parts if part)


def aligned(table: list[list[str]], *, indent: int) -> Iterator[str]:
    """Rows of texts as lines, each column as wide as its longest text.

    A row of one text alone is a heading: it stands further left and widens no column.
    """
    full = [row for row in table if len(row) > 1]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]
    for row in table:
        if len(row) == 1:
            yield " " * (indent - 2) + row[0]
            continue
        fields = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
        yield " " * indent + "  ".join(fields).rstrip()


def _wrapped(text: str, *, indent: int) -> list[str]:
    space = " " * indent
    return textwrap.wrap(
        text, WIDTH, initial_indent=space, subsequent_indent=space + "  ", break_long_words=False
    )
