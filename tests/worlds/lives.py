"""Labels in which cells meet, divide or vanish."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from worlds.motions import translating_disc
from worlds.shapes import Field, Point, disc

LabelStack = NDArray[np.uint16]


def two_cells_crossing(
    n_frames: int = 11, *, radius_px: float = 6.0, gap_px: float = 16.0, field: Field = (64, 96)
) -> LabelStack:
    """1 → × ← 2   two discs pass each other on parallel ways, gap_px apart, nearest halfway.

    Cell 1 goes right above, cell 2 goes left below; the labels stay with the cells.
    """
    labels = np.zeros((n_frames, *field), np.uint16)
    y, first, last = (field[0] - 1) / 2, radius_px + 4, field[1] - radius_px - 5
    for t, x in enumerate(np.linspace(first, last, n_frames)):
        labels[t][disc(radius_px, (y - gap_px / 2, x), field)] = 1
        labels[t][disc(radius_px, (y + gap_px / 2, field[1] - 1 - x), field)] = 2
    return labels


def dividing_cell(
    n_frames: int = 10,
    division: int = 5,
    *,
    radius_px: float = 10.0,
    step_px: float = 1.0,
    field: Field = (64, 64),
) -> tuple[LabelStack, dict[int, int]]:
    """1 → 1 → 2 3   cell 1 is there before frame `division`, its daughters 2 and 3 from it on.

    Returns
    -------
    labels : (T, Y, X) uint16 array
        The daughters have half the area each, touch nowhere and part by `step_px` a frame each.
    parents : dict
        ``{2: 1, 3: 1}``.
    """
    labels = np.zeros((n_frames, *field), np.uint16)
    y, x = (field[0] - 1) / 2, (field[1] - 1) / 2
    small = radius_px / np.sqrt(2)
    for t in range(n_frames):
        if t < division:
            labels[t][disc(radius_px, (y, x), field)] = 1
            continue
        away = small + 1 + step_px * (t - division)
        labels[t][disc(small, (y, x - away), field)] = 2
        labels[t][disc(small, (y, x + away), field)] = 3
    return labels, {2: 1, 3: 1}


def gap_movie(
    missing: Sequence[int],
    n_frames: int = 10,
    *,
    step_px: Point = (0.0, 2.0),
    radius_px: float = 10.0,
    field: Field = (64, 64),
) -> LabelStack:
    """● ● _ ●   a moving disc that is not found in the frames `missing`."""
    labels = translating_disc(step_px, n_frames, radius_px=radius_px, field=field)
    labels[list(missing)] = 0
    return labels


def exchanged(labels: LabelStack, frame: int, a: int = 1, b: int = 2) -> LabelStack:
    """1 → 1 ✕ 2   the same objects; from `frame` on, the numbers `a` and `b` are exchanged."""
    out = labels.copy()
    out[frame:][labels[frame:] == a] = b
    out[frame:][labels[frame:] == b] = a
    return out


def touch_and_part(
    n_frames: int = 15, merged: Sequence[int] = (6, 7, 8), *, field: Field = (64, 96)
) -> LabelStack:
    """● ● → ●● → ● ●   two discs come near, touch and part; in `merged` frames they are one, 1.

    Cell 1 is left, with a radius of 8, cell 2 right, with one of 6.
    """
    labels = np.zeros((n_frames, *field), np.uint16)
    y, x = (field[0] - 1) / 2, (field[1] - 1) / 2
    middle_frame = (n_frames - 1) / 2
    for t in range(n_frames):
        away = 1.5 * abs(t - middle_frame)
        labels[t][disc(8, (y, x - 7 - away), field)] = 1
        labels[t][disc(6, (y, x + 7 + away), field)] = 1 if t in merged else 2
    return labels


def leaving_disc(
    n_frames: int = 12, *, step_px: float = 4.0, radius_px: float = 8.0, field: Field = (64, 64)
) -> LabelStack:
    """● → ◖ → _   a disc that leaves the field on the right."""
    start = ((field[0] - 1) / 2, field[1] - 1 - step_px * (n_frames - 4))
    return translating_disc((0, step_px), n_frames, radius_px=radius_px, start=start, field=field)


def entering_disc(
    n_frames: int = 12, *, step_px: float = 4.0, radius_px: float = 8.0, field: Field = (64, 64)
) -> LabelStack:
    """_ → ◗ → ●   a disc that enters the field on the right: a disc that leaves, backwards."""
    return leaving_disc(n_frames, step_px=step_px, radius_px=radius_px, field=field)[::-1]
