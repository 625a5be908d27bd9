"""What the whole edge of a cell does in a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.measure.edge.follow import Edges, Floats


def motion_of_frames(
    frames: pd.DataFrame, edges: Edges, scale: Scale, *, still_px: float
) -> pd.DataFrame:
    """The table of frames with what the edge does, weighted by the length of edge.

    Parts of the edge that are not free do not count. Protruding and retracting parts are those that
    move by more than `still_px`; gained and lost areas count all that moves, so that their
    difference is the change of area where the whole edge is free. The least and largest curvature
    are of single positions: they grow with their number and fall with the smoothing.
    """
    perimeter = frames[Col.EDGE_PERIMETER_PX].to_numpy(np.float64)[edges.row]
    parts = [
        _columns(part, perimeter[rows], scale, still_px)
        for rows, part in edges.parts(edges.contact.shape[1])
    ]
    return frames.assign(
        **{
            name: _in_rows(np.concatenate([part[name] for part in parts]), edges, len(frames))
            for name in parts[0]
        }
    )


def _columns(
    edges: Edges, perimeter: Floats, scale: Scale, still_px: float
) -> dict[str, NDArray[Any]]:
    """Every column, a value for each frame of the edges."""
    free = edges.contact == 0
    step = edges.free_step_px
    moves = np.isfinite(step)
    swept = np.where(moves, edges.swept_px2, np.nan)
    length = np.where(moves, edges.length_px, 0.0)
    columns: dict[str, NDArray[Any]] = {
        Col.EDGE_PERIMETER_PX: perimeter,
        Col.EDGE_PERIMETER_UM: perimeter * scale.um,
        Col.EDGE_RUN: edges.run.astype(np.float64),
        Col.EDGE_CONTACT_FRACTION: 1 - free.mean(axis=1),
    }
    motions = [
        (step > still_px, Col.EDGE_PROTRUDING, Col.EDGE_OUT_STEP_PX, Col.EDGE_OUT_SPEED, 1),
        (step < -still_px, Col.EDGE_RETRACTING, Col.EDGE_IN_STEP_PX, Col.EDGE_IN_SPEED, -1),
    ]
    whole = length.sum(axis=1)
    for which, fraction, step_px, speed, sign in motions:
        part = np.where(which, length, 0.0).sum(axis=1)
        mean = sign * _ratio(np.where(which, swept, 0.0).sum(axis=1), part)
        columns[fraction] = _ratio(part, whole)
        columns[step_px] = mean
        columns[speed] = mean * scale.um / edges.minutes
    some = moves.any(axis=1)
    for sign, px2, per_minute in (
        (1, Col.EDGE_GAINED_PX2, Col.EDGE_GAINED),
        (-1, Col.EDGE_LOST_PX2, Col.EDGE_LOST),
    ):
        area = np.where(moves & (sign * swept > 0), sign * swept, 0.0).sum(axis=1)
        columns[px2] = np.where(some, area, np.nan)
        columns[per_minute] = columns[px2] * scale.um**2 / edges.minutes
    bends = np.where(free & np.isfinite(edges.curvature_px), edges.curvature_px, np.nan)
    return columns | _curvatures(bends.astype(np.float64), scale.um)


def _curvatures(bends: Floats, um: float) -> dict[str, NDArray[Any]]:
    """Mean, largest and smallest over positions; NaN without a free one."""
    known = np.isfinite(bends)
    some = known.any(axis=1)
    mean = _ratio(np.where(known, bends, 0).sum(axis=1), known.sum(axis=1).astype(np.float64))
    largest = np.where(known, bends, -np.inf).max(axis=1, initial=-np.inf)
    smallest = np.where(known, bends, np.inf).min(axis=1, initial=np.inf)
    return {
        Col.EDGE_CURVATURE_MEAN: mean / um,
        Col.EDGE_CURVATURE_MAX: np.where(some, largest, np.nan) / um,
        Col.EDGE_CURVATURE_MIN: np.where(some, smallest, np.nan) / um,
    }


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def _in_rows(values: NDArray[Any], edges: Edges, n: int) -> Floats:
    column = np.full(n, np.nan)
    column[edges.row] = values
    return column
