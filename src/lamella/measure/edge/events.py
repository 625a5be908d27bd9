"""Protrusions and retractions: connected regions of the map of movement."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.measure.edge.follow import Edges, Floats

_COLUMNS = (
    Col.OBJECT, Col.CELL, Col.EDGE_EVENT, Col.EDGE_MOTION, Col.EDGE_RUN, Col.EDGE_START_FRAME,
    Col.EDGE_END_FRAME, Col.EDGE_START_MIN, Col.EDGE_END_MIN, Col.EDGE_STEPS, Col.EDGE_POSITION,
    Col.EDGE_Y_PX, Col.EDGE_X_PX, Col.EDGE_N_POSITIONS, Col.EDGE_EXTENT_UM, Col.EDGE_MAX_STEP_PX,
    Col.EDGE_MAX_SPEED, Col.EDGE_SWEPT_PX2, Col.EDGE_SWEPT_UM2, Col.EDGE_CENSORED_START,
    Col.EDGE_CENSORED_END, Col.EDGE_BESIDE_CONTACT,
)  # fmt: skip


def events_of(edges: Edges, scale: Scale, *, still_px: float, least: int) -> pd.DataFrame:
    """One row per event: a region of the map, closed round the cell, that moves one way.

    Places belong together that follow each other along the edge or in time and move by more than
    `still_px` in the same direction; regions of fewer than `least` places are left out. The place
    of an event is that of its largest movement. An event that is there in the first or last step of
    a run began earlier or ended later than is known: it is censored, not short.
    """
    step = edges.free_step_px
    parts = []
    for cell, run, rows in edges.runs():
        moving = slice(rows.start + 1, rows.stop)  # nothing moved in the first frame
        for sign, motion in ((1, "protrusion"), (-1, "retraction")):
            label = _regions(sign * step[moving] > still_px, least)
            if label.any():
                found = _told(edges, moving, label, sign * step[moving], scale)
                found[Col.CELL], found[Col.EDGE_RUN] = cell, run
                found[Col.EDGE_MOTION] = motion
                parts.append(found)
    if not parts:
        texts = (Col.OBJECT, Col.EDGE_MOTION)
        return pd.DataFrame(
            {name: pd.Series(dtype="str" if name in texts else np.float64) for name in _COLUMNS}
        )
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values(
        [Col.CELL, Col.EDGE_START_FRAME, Col.EDGE_POSITION, Col.EDGE_END_FRAME], ignore_index=True
    )
    table[Col.EDGE_EVENT] = table.groupby(Col.CELL).cumcount() + 1
    table[Col.OBJECT] = pd.Series([edges.object_name] * len(table), dtype="str")
    return table[list(_COLUMNS)]


def _regions(moves: NDArray[np.bool_], least: int) -> NDArray[np.int64]:
    """Connected regions of (time, position), which is closed; from 1, small ones left out."""
    label, n = ndimage.label(moves)
    if n == 0:
        return np.zeros(moves.shape, np.int64)
    left, right = label[:, 0], label[:, -1]
    seam = (left > 0) & (right > 0)
    joins = coo_array((np.ones(seam.sum()), (left[seam], right[seam])), shape=(n + 1, n + 1))
    _, joined = connected_components(joins, directed=False)
    label = np.asarray(joined)[label]
    label = np.where(moves, label, -1)
    names, compact, count = np.unique(label, return_inverse=True, return_counts=True)
    large = (count >= least) & (names >= 0)
    number = np.where(large, np.cumsum(large), 0)
    return np.asarray(number[compact.reshape(label.shape)], np.int64)


def _told(
    edges: Edges, rows: slice, label: NDArray[np.int64], speed: Floats, scale: Scale
) -> pd.DataFrame:
    """What every region is, a row each, in order of its number."""
    time, position = np.nonzero(label)
    of = label[time, position] - 1
    n = int(label.max())
    size = np.bincount(of, minlength=n)
    start, end = np.full(n, len(label)), np.full(n, -1)
    np.minimum.at(start, of, time)
    np.maximum.at(end, of, time)
    order = np.lexsort((position, time, -speed[time, position], of))
    peak = order[np.searchsorted(of[order], np.arange(n))]
    at, where = time[peak] + rows.start, position[peak]
    swept = np.bincount(of, weights=edges.swept_px2[rows][time, position], minlength=n)
    length = np.bincount(of, weights=edges.length_px[rows][time, position], minlength=n) / size
    taking_part = np.unique(of * label.shape[1] + position) // label.shape[1]
    extent = np.bincount(taking_part, minlength=n)
    beside = np.bincount(of, weights=_beside(edges.step_contact[rows] != 0)[time, position])
    frame, minute = edges.frame[rows], edges.time_min[rows]
    # A step begins where the frame before ended; steps of a run follow each other.
    began = edges.time_min[rows.start - 1 : rows.stop - 1]
    fastest = speed * scale.um / edges.minutes[rows, None]
    top = np.full(n, np.nan)
    np.fmax.at(top, of, fastest[time, position])
    return pd.DataFrame(
        {
            Col.EDGE_START_FRAME: frame[start],
            Col.EDGE_END_FRAME: frame[end],
            Col.EDGE_START_MIN: began[start],
            Col.EDGE_END_MIN: minute[end],
            Col.EDGE_STEPS: end - start + 1,
            Col.EDGE_POSITION: where,
            Col.EDGE_Y_PX: edges.place_px[at, where, 0].astype(np.float64),
            Col.EDGE_X_PX: edges.place_px[at, where, 1].astype(np.float64),
            Col.EDGE_N_POSITIONS: extent,
            Col.EDGE_EXTENT_UM: extent * length * scale.um,
            Col.EDGE_MAX_STEP_PX: speed[time[peak], where],
            Col.EDGE_MAX_SPEED: top,
            Col.EDGE_SWEPT_PX2: swept,
            Col.EDGE_SWEPT_UM2: swept * scale.um**2,
            Col.EDGE_CENSORED_START: start == 0,
            Col.EDGE_CENSORED_END: end == len(label) - 1,
            Col.EDGE_BESIDE_CONTACT: beside > 0,
        }
    )


def _beside(contact: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a place's neighbours, along the closed edge or in time, are in contact."""
    beside: NDArray[np.bool_] = np.roll(contact, 1, axis=1) | np.roll(contact, -1, axis=1)
    beside[1:] |= contact[:-1]
    beside[:-1] |= contact[1:]
    return beside
