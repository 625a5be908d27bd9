"""Areas that break, divisions whose sizes do not add up, and objects in pieces."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.track.checks.rows import Flags, Indices, Rows, Values, beyond_typical, counted, runs


def size_breaks(rows: Rows, *, factor: float, times: float, explained: Flags) -> pd.DataFrame:
    """Areas that change by a factor from one row to the next, kind `size_break`.

    The logarithm of the ratio exceeds that of `factor`, and what is usual in the movie and for the
    cell (median plus `times` robust SDs). An area that is odd in one frame and returns is one
    event. Steps at the border, at filled rows and at `explained` rows are not judged.
    """
    steps = rows.steps
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(rows.area[steps] / rows.area[steps - 1])
    unsure = rows.at_border | rows.filled
    change[unsure[steps] | unsure[steps - 1] | explained[steps]] = np.nan
    size = np.abs(change)
    limit = np.maximum(beyond_typical(size, rows.cell[steps], times=times), np.log(factor))
    over = np.flatnonzero(size > limit)
    back = _returns(change, over, rows.cell[steps])
    over = over[~back]
    once = np.append(back[1:], False)[~back] if len(back) else np.zeros(0, bool)
    at, value = steps[over], np.exp(change[over])
    words = [
        f"The area of cell {c} changes by a factor of {v:.2f} at frame {t}"
        + (", for one frame." if single else " and stays.")
        for c, v, t, single in zip(rows.cell[at], value, rows.frame[at], once, strict=True)
    ]
    kept = np.exp(np.where(change[over] < 0, -limit[over], limit[over]))
    return rows.found("size_break", at, value=value, limit=kept, words=words)


def divisions(
    rows: Rows, *, daughter_factor: float, sum_low: float, sum_high: float, window: int
) -> pd.DataFrame:
    """Divisions of odd sizes, kind `division`, and cells of several parents, kind `merge`.

    A division is odd when it has not two daughters, when one of two is larger than the other by
    more than `daughter_factor`, or when their areas add up to less than `sum_low` or more than
    `sum_high` of the mother's. Areas are medians: of daughters over their first `window` rows, of
    the mother over her last ones or her whole life, whichever speaks for the division (many cells
    round up or condense before they divide). Rows at the border do not count, and a division that
    has none left is not judged by size.
    """
    head, tail, whole = _typical_areas(rows, window)
    found: list[tuple[int, int, float, float, str]] = []
    for mother, cells in rows.tracks.daughters.items():
        daughters = [c for c in cells if len(rows.tracks.parents[c]) == 1 and c in head]
        if not daughters or mother not in tail:
            continue
        sizes = sorted((head[c] for c in daughters), reverse=True)
        if len(sizes) != 2:
            n = "one daughter" if len(sizes) == 1 else f"{len(sizes)} daughters"
            found.append((mother, daughters[0], len(sizes), 2, f"Cell {mother} has {n}."))
            continue
        ratio, both = sizes[0] / sizes[1], sum(sizes)
        shares = both / tail[mother], both / whole[mother]
        low, high = float(np.fmin(*shares)), float(np.fmax(*shares))
        total = high if high < sum_low else low
        if ratio > daughter_factor:
            words = f"The daughters of cell {mother} differ in area by a factor of {ratio:.1f}."
            found.append((mother, daughters[0], ratio, daughter_factor, words))
        elif high < sum_low or low > sum_high:
            words = f"The daughters of cell {mother} have {total:.2f} times its area together."
            limit = sum_low if total < sum_low else sum_high
            found.append((mother, daughters[0], total, limit, words))
    first = dict(zip(rows.cell[rows.starts], np.flatnonzero(rows.starts), strict=True))
    last = dict(zip(rows.cell[rows.ends], np.flatnonzero(rows.ends), strict=True))
    odd = rows.found(
        "division",
        [last[row[0]] for row in found],
        other=[row[1] for row in found],
        value=[row[2] for row in found],
        limit=[row[3] for row in found],
        words=[row[4] for row in found],
        frame=[rows.frame[first[row[1]]] for row in found],
    )
    many = {c: p for c, p in rows.tracks.parents.items() if len(p) > 1 and c in first}
    merged = rows.found(
        "merge",
        [first[c] for c in many],
        other=[p[0] for p in many.values()],
        value=[len(p) for p in many.values()],
        limit=1,
        words=[
            f"Cells {', '.join(map(str, p))} merge into cell {c}: touching cells were not told "
            "apart, or tracks went wrong."
            for c, p in many.items()
        ],
    )
    return pd.concat([odd, merged])


def pieces(rows: Rows, *, loose: float) -> pd.DataFrame:
    """Stretches in which an object lies in pieces, kind `pieces`: loose pixels beyond a share."""
    at, n = runs(rows.loose > loose, rows.cell, rows.frame)
    worst = np.array([rows.loose[a : a + k].max() for a, k in zip(at, n, strict=True)])
    words = [
        f"Cell {c} lies in pieces in {counted(k)}: {100 * v:.0f} % of it is loose."
        for c, k, v in zip(rows.cell[at], n, worst, strict=True)
    ]
    return rows.found("pieces", at, value=worst, limit=loose, words=words)


def _returns(change: Values, over: Indices, cell: Indices) -> Flags:
    """Which of the steps `over` undo the one before them, at least by half."""
    back = np.zeros(len(over), bool)
    for k in range(1, len(over)):
        i, j = over[k - 1], over[k]
        if j == i + 1 and cell[i] == cell[j] and not back[k - 1]:
            back[k] = abs(change[i] + change[j]) < 0.5 * abs(change[i])
    return back


def _typical_areas(
    rows: Rows, window: int
) -> tuple[dict[int, float], dict[int, float], dict[int, float]]:
    """Median area of every cell over its first, its last and all rows; NaN where unsure."""
    table = pd.DataFrame(
        {Col.CELL: rows.cell, "area": np.where(rows.at_border | rows.filled, np.nan, rows.area)}
    )
    groups = table.groupby(Col.CELL)
    parts = groups.head(window), groups.tail(window), table
    head, tail, whole = (part.groupby(Col.CELL)["area"].median() for part in parts)
    return _by_cell(head), _by_cell(tail), _by_cell(whole)


def _by_cell(areas: pd.Series) -> dict[int, float]:
    return dict(zip(areas.index.tolist(), areas.tolist(), strict=True))
