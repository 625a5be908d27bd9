"""Lives that begin or end where none should, that are short, cut by the border or have holes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lamella.track.checks.rows import (
    FEWEST_CELLS,
    Flags,
    Indices,
    Rows,
    counted,
    runs,
    whole_field,
)


def lives(rows: Rows, *, reach_px: float, short: int) -> pd.DataFrame:
    """Cells that appear or vanish in the middle of the field, and those that live shortly.

    A beginning is explained by the first frame of the movie, by a mother, or by the border; an end
    by the last frame, by daughters, or by the border. The border explains a cell that touches it
    or that could have reached it in one step. A cell of at most `short` frames whose beginning and
    end both lack an explanation is one event, `short_life`; else `appears` and `vanishes`. These
    name the nearest counterpart, if there is one within two radii and a step and three frames.
    Where most cells vanish from one frame to the next and most of those there then appear, that is
    one event of the whole field, `field_jump`: the tracker lost them all.

    Parameters
    ----------
    reach_px : float
        Longest step that is usual.
    """
    first, last = np.flatnonzero(rows.starts), np.flatnonzero(rows.ends)
    cells, n = rows.cell[first], last - first + 1
    daughters = rows.tracks.daughters
    born = np.array([bool(rows.tracks.parents.get(c)) for c in cells.tolist()], bool)
    ended = np.array([c in daughters for c in cells.tolist()], bool)
    appears = (rows.frame[first] > 0) & ~born & ~_near_border(rows, reach_px)[first]
    vanishes = (rows.frame[last] < rows.n_frames - 1) & ~ended & ~_near_border(rows, reach_px)[last]
    lost = _lost_at(rows, first[appears], last[vanishes])
    whole = _field_jumps(rows, lost)
    appears &= ~np.isin(rows.frame[first], lost)
    vanishes &= ~np.isin(rows.frame[last] + 1, lost)
    life = rows.frame[last] - rows.frame[first] + 1
    brief = appears & vanishes & (life <= short)
    return pd.concat(
        [
            whole,
            rows.found(
                "short_life", first[brief], value=n[brief], limit=short,
                words=[f"Cell {c} is there for {counted(k)} only, in the middle of the field."
                       for c, k in zip(cells[brief], n[brief], strict=True)],
            ),
            _ends(rows, "appears", first[appears & ~brief], reach_px, last[vanishes], after=False),
            _ends(rows, "vanishes", last[vanishes & ~brief], reach_px, first[appears], after=True),
        ]
    )  # fmt: skip


def _lost_at(rows: Rows, first: Indices, last: Indices) -> Indices:
    """Frames before which most cells end, and in which most of those there begin.

    `first` and `last` are rows of beginnings and ends that nothing explains.
    """
    n = rows.n_frames + 1
    there = np.bincount(rows.frame, minlength=n)
    ended = np.bincount(rows.frame[last] + 1, minlength=n)[:n]
    began = np.bincount(rows.frame[first], minlength=n)[:n]
    before = np.concatenate([[0], there[:-1]])[:n]
    most = (2 * ended > before) & (2 * began > there[:n])
    return np.flatnonzero(most & (np.minimum(ended, began) >= FEWEST_CELLS))


def _field_jumps(rows: Rows, lost: Indices) -> pd.DataFrame:
    """An event for each of the frames; `value` is the share of the cells there that are new."""
    at, first = rows.frame, rows.frame[rows.starts]
    return whole_field(
        rows,
        lost,
        value=[(first == t).sum() / (at == t).sum() for t in lost],
        limit=0.5,
        words=[
            f"{(first == t).sum()} of {(at == t).sum()} cells at frame {t} are new, those "
            "before vanish: the stage was moved further than cells go, or frames are missing."
            for t in lost
        ],
    )


def border(rows: Rows) -> pd.DataFrame:
    """Stretches in which a cell is cut by the edge of the field, kind `border`."""
    at, n = runs(rows.at_border, rows.cell, rows.frame)
    words = [
        f"Cell {c} touches the edge of the field in {counted(k)}: its measures are cut."
        for c, k in zip(rows.cell[at], n, strict=True)
    ]
    return rows.found("border", at, value=n, limit=0, words=words)


def gaps(rows: Rows) -> pd.DataFrame:
    """Stretches in which a cell is not found, kind `gap`, each at its first missing frame.

    A life that is longer than the frames in which the cell was found has gaps at its ends.
    """
    wide = rows.gaps > 1
    inner, missing = rows.steps[wide], rows.gaps[wide] - 1
    first, last = np.flatnonzero(rows.starts), np.flatnonzero(rows.ends)
    span = np.array(
        [
            rows.tracks.first_last.get(c, (a, b))
            for c, a, b in zip(
                rows.cell[first].tolist(), rows.frame[first], rows.frame[last], strict=True
            )
        ],
        np.int64,
    ).reshape(-1, 2)
    early, late = rows.frame[first] - span[:, 0], span[:, 1] - rows.frame[last]
    at = np.concatenate([inner, first[early > 0], last[late > 0]])
    n = np.concatenate([missing, early[early > 0], late[late > 0]])
    frame = np.concatenate(
        [
            rows.frame[inner] - missing,
            span[early > 0, 0],
            rows.frame[last[late > 0]] + 1,
        ]
    )
    words = [
        f"Cell {c} is not found in {counted(k)} from frame {t} on."
        for c, k, t in zip(rows.cell[at], n, frame, strict=True)
    ]
    out = rows.found("gap", at, value=n, limit=0, words=words, frame=frame)
    middle = (rows.place[inner] + rows.place[inner - 1]) / 2
    out.loc[: len(inner) - 1, ["y_px", "x_px"]] = middle
    return out


def _near_border(rows: Rows, reach_px: float) -> Flags:
    near: Flags = rows.to_edge <= np.nan_to_num(rows.radius) + reach_px
    return rows.at_border | near


def _ends(
    rows: Rows, kind: str, at: Indices, reach_px: float, others: Indices, *, after: bool
) -> pd.DataFrame:
    """Events of ends at the rows `at`; their counterparts, the rows `others`, come after or before.

    `limit` is how far from the edge the border would explain them.
    """
    distance = rows.to_edge[at] - np.nan_to_num(rows.radius[at])
    other = _counterparts(rows, at, others, reach_px, after=after)
    verb = "appears" if after else "vanished"
    words = [
        f"Cell {c} {kind} at frame {t}, {rows.length(d)} from the edge of the field"
        + (f", near cell {o}, which {verb}: a broken track or a missed division." if o else ".")
        for c, t, d, o in zip(rows.cell[at], rows.frame[at], distance, other, strict=True)
    ]
    return rows.found(kind, at, other=other, value=distance, limit=reach_px, words=words)


def _counterparts(
    rows: Rows, at: Indices, others: Indices, reach_px: float, *, after: bool
) -> Indices:
    """The nearest cell whose row of `others` lies one to three frames away; 0 = none."""
    none = np.zeros(len(at), np.int64)
    far = 2 * np.nan_to_num(rows.typical_radius) + reach_px
    if not len(at) or not len(others) or far <= 0:
        return none
    # One frame counts as much as the largest distance: a cube round the frame two away holds all.
    shift = 2 if after else -2
    wanted = np.column_stack([(rows.frame[at] + shift) * far, rows.place[at]])
    given = np.column_stack([rows.frame[others] * far, rows.place[others]])
    distance, index = cKDTree(given).query(wanted, p=np.inf, distance_upper_bound=1.001 * far)
    found = np.isfinite(distance)
    none[found] = rows.cell[others[index[found]]]
    return none
