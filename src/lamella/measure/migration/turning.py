"""How tracks turn, and whither they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.kernels.extents import Extents
from lamella.kernels.steps import headings, lengths, turns
from lamella.measure.migration.places import Floats, Places, Whither, over
from lamella.measure.summaries import CellRows


def turning(at: Places, steps: pd.DataFrame, reached: Extents) -> Mapping[str, Any]:
    """Turns where two trusted steps meet, turns of the whole track, and turning events."""
    could_be_seen = np.isfinite(steps[Col.WINDOW_TURN].to_numpy(np.float64))
    columns: dict[str, Any] = {
        Col.TURNING_ANGLE: steps[Col.TURNING_ANGLE],
        Col.DIRECTIONAL_CHANGE_RATE: steps[Col.DIRECTIONAL_CHANGE_RATE],
        Col.TURNING_EVENT: steps[Col.TURNING_EVENT],
        Col.N_WINDOW_TURNS: could_be_seen,
        Col.TURNING_EVENT_RATE: np.where(could_be_seen, at.turning_time, np.nan),
    }
    found = at.rows.summaries(columns, list(columns))
    events, time = (found.total[c] for c in (Col.TURNING_EVENT, Col.TURNING_EVENT_RATE))
    return {
        Col.NET_HEADING: headings(_net(at, reached)),
        Col.OVERALL_ANGLE: np.abs(turns(*_first_and_last_step(at))),
        Col.MEAN_TURNING_ANGLE: found.mean[Col.TURNING_ANGLE],
        Col.TOTAL_TURNING_ANGLE: found.total[Col.TURNING_ANGLE],
        Col.N_TURNING_ANGLES: found.n[Col.TURNING_ANGLE],
        Col.MEAN_DIRECTIONAL_CHANGE_RATE: found.mean[Col.DIRECTIONAL_CHANGE_RATE],
        Col.N_TURNING_EVENTS: events.astype(np.int64),
        Col.TURNING_EVENT_RATE: over(events.to_numpy(), time.to_numpy()),
        Col.N_WINDOW_TURNS: found.total[Col.N_WINDOW_TURNS].astype(np.int64),
    }


def whither_columns(at: Places, steps: pd.DataFrame, whither: Whither) -> Mapping[str, Any]:
    """Forward migration indices, and mean angles to where cells may be expected to go.

    The index along a direction is Σ of the trusted steps' share along it over their path: where no
    step is rejected, the net displacement along it over the path. That to a point is the distance
    to it that trusted steps took away, over their path.
    """
    nearer = np.full(len(at.place), np.nan)
    distance = lengths(whither.way(at.place * at.um))
    nearer[1:] = distance[:-1] - distance[1:]
    step = lengths(at.moved)
    columns: dict[str, Floats] = {Col.FMI_X: at.moved[:, 1], Col.FMI_Y: at.moved[:, 0]}
    if whither.towards is not None:
        columns[Col.FMI_DIRECTION] = at.moved @ whither.direction
    if whither.point_um is not None:
        columns[Col.FMI_POINT] = np.where(at.pair, nearer, np.nan)
    found = at.rows.summaries({**columns, Col.PATH_UM: step}, [*columns, Col.PATH_UM]).total
    path = found[Col.PATH_UM].to_numpy()
    indices = {name: over(found[name].to_numpy(), path).clip(-1, 1) for name in columns}
    return indices | _mean_angles(at.rows, steps)


def _mean_angles(rows: CellRows, steps: pd.DataFrame) -> dict[str, Any]:
    means = {
        Col.ANGLE_TO_DIRECTION: Col.MEAN_ANGLE_TO_DIRECTION,
        Col.ANGLE_TO_POINT: Col.MEAN_ANGLE_TO_POINT,
    }
    there = [name for name in means if name in steps]
    found = rows.summaries(steps, there).mean
    return {means[name]: found[name] for name in there}


def _net(at: Places, reached: Extents) -> Floats:
    """Vector from the first valid place to the last of every cell; NaN without any."""
    net = np.full((len(reached.first), 2), np.nan)
    some = reached.first >= 0
    net[some] = at.place[reached.last[some]] - at.place[reached.first[some]]
    return net


def _first_and_last_step(at: Places) -> tuple[Floats, Floats]:
    """First and last trusted step of every cell, NaN where there are not two."""
    trusted = np.flatnonzero(at.pair)
    low, high = (
        np.searchsorted(trusted, at.rows.start[:-1]),
        np.searchsorted(trusted, at.rows.start[1:]),
    )
    two = high - low > 1
    ends = np.full((2, len(low), 2), np.nan)
    ends[0, two] = at.moved[trusted[low[two]]]
    ends[1, two] = at.moved[trusted[high[two] - 1]]
    return ends[0], ends[1]
