"""Which decisions count: the last one about each event, while its cell is where it was.

One to correct an event counts until the event has gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.report.words import DECIDED
from lamella.run.review.decision import Decision, EventKey, Place

State = Literal["counts", "mended", "replaced", "withdrawn", "outdated"]
COUNTS: State = "counts"
MENDED: State = "mended"
_SMALLEST_PX = 2.0
"""Cells of a few pixels move by more than their radius when one of these changes hands."""


class Standing(NamedTuple):
    """A decision, and whether it counts."""

    decision: Decision
    state: State
    words: str
    """Why it does not count, or no longer."""


def place_of(rows: pd.DataFrame, frame: int | None) -> Place | None:
    """Where a cell was seen in a frame, or in the frame next to it in which it was.

    Parameters
    ----------
    rows : DataFrame
        Of one cell: frame, y_px, x_px, area_px. Gaps have NaN, or no row.
    """
    seen = rows[rows[Col.Y_PX].notna() & rows[Col.X_PX].notna()] if len(rows) else rows
    if not len(seen):
        return None
    frames = seen[Col.FRAME].to_numpy(np.int64)
    at = 0 if frame is None else int(np.argmin(np.abs(frames - frame)))
    row = seen.iloc[at]
    area = float(row[Col.AREA_PX]) if Col.AREA_PX in seen else np.nan
    radius = np.sqrt(area / np.pi) if np.isfinite(area) else _SMALLEST_PX
    return Place(
        frame=int(frames[at]),
        y_px=float(row[Col.Y_PX]),
        x_px=float(row[Col.X_PX]),
        radius_px=max(float(radius), _SMALLEST_PX),
    )


def last_ones(decisions: Sequence[Decision]) -> list[Decision]:
    """The last decision about each event, those withdrawn left out."""
    return [each.decision for each in _told(decisions) if each.state == COUNTS]


def standing(
    decisions: Sequence[Decision], rows: pd.DataFrame, events: Collection[EventKey]
) -> list[Standing]:
    """Every decision about a movie, and whether it counts.

    One whose cell is further from its place than the cell's radius is outdated: tracking numbers
    cells anew, and a decision about one must not fall on another.

    Parameters
    ----------
    decisions : sequence of Decision
        Of one movie, the first one first. Lines that withdraw have no place in the result.
    rows : DataFrame
        Where the cells of the movie are now: object, cell, frame, y_px, x_px.
    events : collection of EventKey
        Events of the movie that there are now.
    """
    told = []
    for each in _told(decisions):
        about = each.decision.about
        if each.state != COUNTS:
            told.append(each)
        elif each.decision.verdict == "fix" and about.kind and about not in events:
            told.append(Standing(each.decision, MENDED, "the event is gone"))
        elif words := _gone(each.decision, rows):
            told.append(Standing(each.decision, "outdated", words))
        else:
            told.append(each)
    return told


def keys_of_events(events: pd.DataFrame) -> list[EventKey]:
    """What tells each event of a table of one movie apart, in its order."""
    if not len(events):
        return []
    columns = (events[name] for name in (Col.OBJECT, Col.KIND, Col.CELL, Col.FRAME, Col.OTHER))
    return [
        EventKey(str(name), str(kind), int(cell), int(frame), int(other))
        for name, kind, cell, frame, other in zip(*columns, strict=True)
    ]


def _told(decisions: Sequence[Decision]) -> Iterator[Standing]:
    taken_back = {each.withdraws: each for each in decisions if each.verdict == "withdraw"}
    real = [each for each in decisions if each.verdict != "withdraw"]
    last = {_topic(each): each for each in real if each.id not in taken_back}
    for each in real:
        if each.id in taken_back:
            by = taken_back[each.id]
            yield Standing(each, "withdrawn", f"withdrawn by {by.who}, {by.when}")
        elif last[_topic(each)] is not each:
            by = last[_topic(each)]
            told = f"{by.who} decided anew, {DECIDED.get(by.verdict, by.verdict)}, {by.when}"
            yield Standing(each, "replaced", told)
        else:
            yield Standing(each, COUNTS, "")


def _topic(decision: Decision) -> tuple[EventKey, range | None]:
    """What a later decision takes the place of: one about the same event, or, where no event was,
    about the same frames.
    """
    return decision.about, None if decision.kind else decision.frames


def _gone(decision: Decision, rows: pd.DataFrame) -> str:
    """Why the cell is another by now; empty where it is the same."""
    place = decision.place
    if place is None:
        return ""
    there = rows[(rows[Col.OBJECT] == decision.object) & (rows[Col.FRAME] == place.frame)]
    there = there[there[Col.Y_PX].notna()]
    at = there[[Col.Y_PX, Col.X_PX]].to_numpy(np.float64)
    away = np.hypot(at[:, 0] - place.y_px, at[:, 1] - place.x_px)
    ours = np.flatnonzero(there[Col.CELL].to_numpy(np.int64) == decision.cell)
    if len(ours) and away[ours[0]] <= place.radius_px:
        return ""
    what = (
        f"{decision.object} {decision.cell} is {away[ours[0]]:.0f} px away by now"
        if len(ours)
        else f"there is no {decision.object} {decision.cell} by now"
    )
    near = int(np.argmin(away)) if len(away) else -1
    if near >= 0 and away[near] <= place.radius_px:
        what += f", {decision.object} {int(there[Col.CELL].iloc[near])} is in its place"
    return f"in frame {place.frame} {what}"
