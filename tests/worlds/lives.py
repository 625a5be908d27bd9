"""Labels in which cells meet, divide or vanish."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

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


def leave_together(field: Field = (80, 120)) -> tuple[LabelStack, LabelStack]:
    """● ● ● → ●●● → ● ●● → ● ● ●   two of three cells leave a touch as one and part later.

    Cell 2 touches 1 in frames 5 to 9; 3 touches them from frame 7 on, and is one with 2 up to
    frame 13. Of 17 frames.

    Returns
    -------
    cells, objects : (T, Y, X) arrays
        Every cell by its number, the middle of the field where they overlap being the last one's;
        and what is left of that when cells that touch are one object, of the lowest number in it.
    """
    t = np.arange(17)
    ways = (
        np.full(17, 30.0),
        np.interp(t, [0, 5, 9, 12], [60, 44, 44, 56]),
        np.interp(t, [0, 7, 9, 12, 13, 16], [90, 59, 59, 71, 71, 86]),
    )
    cells = np.zeros((17, *field), np.uint16)
    objects = np.zeros_like(cells)
    for k in t:
        for cell, x in enumerate(ways, 1):
            cells[k][disc(8, (40, x[k]), field)] = cell
        clumps = label(cells[k] > 0)[0]
        for clump in range(1, int(clumps.max()) + 1):
            inside = clumps == clump
            objects[k][inside] = cells[k][inside].min()
    return cells, objects


def swallowed_by_two(n_frames: int = 10, swallowed: Sequence[int] = (4, 5)) -> LabelStack:
    """▯▯▯ → ▯ ▯ → ▯▯▯▯   a cell between two is shared out among both, then two come out of them."""
    labels = np.zeros((n_frames, 60, 120), np.uint16)
    labels[:, 20:40, 10:40], labels[:, 20:40, 70:100] = 1, 3
    for t in range(n_frames):
        if t in swallowed:
            labels[t, 20:40, 40:55], labels[t, 20:40, 55:70] = 1, 3
        elif t < min(swallowed):
            labels[t, 21:39, 41:69] = 2
        else:
            labels[t, 21:39, 41:54], labels[t, 21:39, 56:69] = 2, 4
    return labels


def clumping_discs(seed: int, n_frames: int = 25, n_cells: int = 14) -> LabelStack:
    """● ●● ●●● ●   discs that wander in a narrow field, missed in every twentieth frame each.

    What touches is one object; numbers mean nothing from frame to frame, and frame 7 is blank for
    seeds that end with 3.
    """
    rng = np.random.default_rng(seed)
    side = 90
    steps = rng.normal(0, 2.5, (n_frames, n_cells, 2))
    places = np.clip(np.cumsum(steps, 0) + rng.uniform(0, side, (n_cells, 2)), 0, side - 1)
    labels = np.zeros((n_frames, side, side), np.uint16)
    for t in range(n_frames):
        seen = places[t][rng.random(n_cells) > 0.05].astype(int)
        inside = np.zeros((side, side), bool)
        for y, x in seen:
            inside |= disc(6, (y, x), (side, side))
        labels[t] = label(inside)[0]
    if seed % 10 == 3:
        labels[7] = 0
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
