"""What became of the objects from one set of labels to another, counted: before and after."""

from __future__ import annotations

import pandas as pd

from lamella.core.frames import Frames, Image
from lamella.core.table import Col
from lamella.evaluate.masks import OVERALL, refuse_other_shape
from lamella.evaluate.objects import (
    KINDS,
    MATCHED,
    MERGED,
    MISSED,
    SPLIT,
    SPURIOUS,
    matches_of_frame,
)

COUNTS = (
    Col.N_A,
    Col.N_B,
    Col.MATCHED,
    Col.NEW,
    Col.LOST,
    Col.SPLIT,
    Col.SPLIT_INTO,
    Col.MERGED,
    Col.MERGED_INTO,
)
# An object of several kinds counts as the first of these.
_FIRST = (MERGED, SPLIT, MATCHED, MISSED, SPURIOUS)


def count_objects(
    frames_a: Frames, frames_b: Frames, *, name: str, sources: tuple[str, str] = ("A", "B")
) -> pd.DataFrame:
    """One row per frame: objects before and after, and what became of them.

    The kinds are those of `matches_of_frame`, with A as the reference. Every object counts once:
    ``n_a = matched + lost + split + merged`` and
    ``n_b = matched + new + split_into + merged_into``.

    Parameters
    ----------
    frames_a, frames_b : Frames
        Labels of the same frames (T, Y, X), 0 = background.
    name : str
        What is compared, for the column `name`.
    sources : (str, str)
        Where the two come from, for messages.

    Returns
    -------
    DataFrame
        `name`, `frame`, `n_a`, `n_b`, `matched` (one in both: the largest number of pairs with an
        IoU of at least 0.5), `new` and `lost` (in none of the other kinds), `split` (objects of A
        in which two or more of B lie by more than half) into `split_into`, `merged` (objects of A
        of which one of B holds more than half, of two or more) into `merged_into`. An object that
        takes part in a merging and in a splitting counts as merged.

    Raises
    ------
    InputError
        When the two differ in number of frames or in frame size.
    """
    refuse_other_shape(frames_a, frames_b, name=name, sources=sources)
    rows = [
        {Col.NAME: name, Col.FRAME: t, **_of_frame(frames_a.frame(t), frames_b.frame(t), t)}
        for t in frames_a.span
    ]
    return pd.DataFrame(rows, columns=[Col.NAME, Col.FRAME, *COUNTS])


def with_total(counts: pd.DataFrame) -> pd.DataFrame:
    """The rows of `count_objects`, of one or more names, and a last row ``all`` of their sums.

    The frame of that row is missing. A table without rows stays without.
    """
    if not len(counts):
        return counts
    total = pd.DataFrame([{Col.NAME: OVERALL, **counts[list(COUNTS)].sum()}])
    table = pd.concat([counts, total], ignore_index=True)
    return table.astype({Col.FRAME: "Int64", **dict.fromkeys(COUNTS, "int64")})


def _of_frame(one: Image, two: Image, frame: int) -> dict[str, int]:
    rows = matches_of_frame(one, two, frame=frame)
    a = _counted(rows[rows[Col.REFERENCE_LABEL] > 0], Col.REFERENCE_LABEL)
    b = _counted(rows[rows[Col.RESULT_LABEL] > 0], Col.RESULT_LABEL)
    return {
        Col.N_A: sum(a.values()),
        Col.N_B: sum(b.values()),
        Col.MATCHED: a[MATCHED],
        Col.NEW: b[SPURIOUS],
        Col.LOST: a[MISSED],
        Col.SPLIT: a[SPLIT],
        Col.SPLIT_INTO: b[SPLIT],
        Col.MERGED: a[MERGED],
        Col.MERGED_INTO: b[MERGED],
    }


def _counted(rows: pd.DataFrame, label: str) -> dict[str, int]:
    """Objects of every kind, each in the first that it has."""
    order = {kind: place for place, kind in enumerate(_FIRST)}
    first = rows.assign(order=rows[Col.KIND].map(order)).sort_values("order")
    kinds = first.drop_duplicates(label)[Col.KIND].value_counts()
    return {kind: int(kinds.get(kind, 0)) for kind in KINDS}
