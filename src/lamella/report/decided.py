"""What people decided about suspicious events: how many, who was left out, why and by whom."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.sheets import Sheet, sheet
from lamella.report.tables import distinct, flags, texts
from lamella.report.words import DECIDED, count, listed

DECISION_COLUMNS: tuple[str, ...] = (
    Col.MOVIE, Col.OBJECT, Col.CELL, Col.KIND, Col.FRAME, Col.DECISION, Col.REASON,
    Col.FIRST_EXCLUDED, Col.LAST_EXCLUDED, Col.WHO, Col.WHEN, Col.STANDING, Col.STANDING_WORDS,
)  # fmt: skip


_STANDING = {
    "counts": "applied",
    "mended": "mended",
    "replaced": "replaced by a later one",
    "withdrawn": "taken back",
    "outdated": "outdated, not applied",
}


def n_excluded(cells: pd.DataFrame) -> int:
    """Cells that a person left out."""
    return sum(map(bool, texts(cells, Col.EXCLUDED)))


def n_short(cells: pd.DataFrame) -> int:
    """Cells that do not count, and that nobody left out: they have too few steps."""
    uncounted = ~flags(cells, Col.IN_STATISTICS, default=True)
    by_hand = np.asarray([bool(why) for why in texts(cells, Col.EXCLUDED)], bool)
    return int((uncounted & ~by_hand).sum()) if len(by_hand) else int(uncounted.sum())


def decided_in_words(report: ReportInput) -> str:
    """How many events were accepted, are to be corrected, and how much was left out."""
    rows = report.decisions
    if not len(rows):
        return ""
    standing = texts(rows, Col.STANDING)
    counting = rows[np.asarray([each == "counts" for each in standing], bool)]
    verdicts = Counter(texts(counting, Col.DECISION))
    whole = n_excluded(report.cells)
    stretches = sum(map(bool, texts(counting, Col.FIRST_EXCLUDED)))
    parts = []
    if n := verdicts["accept"]:
        parts.append(f"{count(n, 'event')} accepted as right")
    if n := verdicts["fix"]:
        parts.append(f"{count(n, 'event')} marked to be corrected")
    if whole:
        parts.append(f"{count(whole, 'cell')} left out of all statistics")
    if stretches:
        parts.append(f"{count(stretches, 'stretch', 'stretches')} of frames left out")
    text = f"{listed(parts)}, by {listed(distinct(counting, Col.WHO))}." if parts else ""
    mended = sum(each == "mended" for each in standing)
    if mended:
        was, is_ = ("was", "is") if mended == 1 else ("were", "are")
        text += f" {count(mended, 'event')} {was} marked, and {is_} mended by now."
    old = sum(each == "outdated" for each in standing)
    if old:
        verb = "is" if old == 1 else "are"
        text += f" {count(old, 'decision')} {verb} outdated and not applied: decide again."
    return text.strip()


def decisions_sheet(report: ReportInput) -> Sheet | None:
    """Every decision in words, with who made it, when and why; None where there is none."""
    rows = report.decisions
    names = list(DECISION_COLUMNS)
    if len(distinct(rows, Col.OBJECT)) == 1:
        names.remove(Col.OBJECT)
    if set(texts(rows, Col.STANDING)) == {"counts"}:
        names.remove(Col.STANDING)
    shown = rows.assign(
        **{
            Col.KIND: [kind.replace("_", " ") for kind in texts(rows, Col.KIND)],
            Col.DECISION: [DECIDED.get(each, each) for each in texts(rows, Col.DECISION)],
            Col.STANDING: [_STANDING.get(each, each) for each in texts(rows, Col.STANDING)],
        }
    )
    return sheet(shown, names, "Decided by hand", all_of="tables/decisions.csv")
