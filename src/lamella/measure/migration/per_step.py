"""Steps, turns and windows of movement: a value for every cell and frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.kernels.paths import run_sums
from lamella.kernels.steps import (
    headings,
    lengths,
    moves_over,
    peaks,
    steps_in_run,
    turns,
    turns_at,
    turns_over,
)
from lamella.measure.migration.places import Places, Whither


def step_columns(
    sightings: pd.DataFrame, um: float, *, window: int, turn_deg: float, whither: Whither
) -> dict[str, Any]:
    """Every column of movement per frame.

    Parameters
    ----------
    sightings : DataFrame
        Rows of a cell side by side in order of frames.
    um : float
        µm per pixel; NaN where not known: lengths and speeds are then NaN, angles are not.
    window : int
        See `Sightings`.
    turn_deg, whither
        See `Migration`.
    """
    at = Places.in_px(sightings, um)
    start = at.rows.start
    turn = turns_at(at.moved)
    in_run = steps_in_run(at.pair)
    movement = moves_over(at.place, in_run, window=window)
    turned, both = turns_over(movement, window=window)
    window_turn = np.abs(turned)
    step = lengths(at.moved)
    columns: dict[str, Any] = {
        Col.STEP_PX: step,
        Col.STEP_UM: step * um,
        Col.STEP_DY_UM: at.moved[:, 0] * um,
        Col.STEP_DX_UM: at.moved[:, 1] * um,
        Col.SPEED: step * um / at.took,
        Col.HEADING: headings(at.moved),
        Col.TURNING_ANGLE: np.abs(turn),
        Col.TURNING_ANGLE_SIGNED: turn,
        Col.DIRECTIONAL_CHANGE_RATE: np.abs(turn) / at.turning_time,
        Col.STEPS_IN_RUN: np.where(at.valid, in_run, np.nan),
        Col.DIRECTIONALITY_RATIO: run_sums(at.place, at.pair, start=start).ratio,
        Col.WINDOW_TURN: window_turn,
        Col.TURNING_EVENT: peaks(window_turn, both, above=turn_deg, apart=window, start=start),
    }
    if whither.towards is not None:
        ahead = np.broadcast_to(whither.direction, at.moved.shape)
        columns[Col.ANGLE_TO_DIRECTION] = np.abs(turns(at.moved, ahead))
    if whither.point_um is not None:
        way = np.full(at.place.shape, np.nan)
        way[1:] = whither.way(at.place[:-1] * um)  # from where the step begins
        columns[Col.ANGLE_TO_POINT] = np.abs(turns(at.moved, way))
    return columns
