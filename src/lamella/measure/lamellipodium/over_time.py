"""What the frames around tell: which movements are known, how tips advance; and areas in µm²."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.movie import Scale
from lamella.core.table import Col, Column
from lamella.kernels.noise import halves_ratio_of_noise
from lamella.measure.lamellipodium.definitions import Side
from lamella.measure.lamellipodium.direction import BY_MOVEMENT, BY_POLARITY

FloatArray = NDArray[np.float64]

_IN_UM: dict[str, Column] = {
    Col.POLARITY_Y_PX: Col.POLARITY_Y_UM,
    Col.POLARITY_X_PX: Col.POLARITY_X_UM,
    Col.POLARITY_PX: Col.POLARITY_UM,
}
_IN_UM2: dict[str, Column] = {
    Col.LAM_AREA_PX: Col.LAM_AREA_UM2,
    Col.CYTO_AREA_PX: Col.CYTO_AREA_UM2,
    Col.BAND_AREA_PX: Col.BAND_AREA_UM2,
    Col.LAYER_BODY_AREA_PX: Col.LAYER_BODY_AREA_UM2,
    Col.LAYER_TRANSITION_AREA_PX: Col.LAYER_TRANSITION_AREA_UM2,
    Col.LAYER_LAM_AREA_PX: Col.LAYER_LAM_AREA_UM2,
    Col.POLARITY_FRONT_AREA_PX: Col.POLARITY_FRONT_AREA_UM2,
    Col.POLARITY_BACK_AREA_PX: Col.POLARITY_BACK_AREA_UM2,
    Col.POLARITY_LAM_FRONT_AREA_PX: Col.POLARITY_LAM_FRONT_AREA_UM2,
    Col.POLARITY_LAM_BACK_AREA_PX: Col.POLARITY_LAM_BACK_AREA_UM2,
    Col.MOVEMENT_FRONT_AREA_PX: Col.MOVEMENT_FRONT_AREA_UM2,
    Col.MOVEMENT_BACK_AREA_PX: Col.MOVEMENT_BACK_AREA_UM2,
    Col.MOVEMENT_LAM_FRONT_AREA_PX: Col.MOVEMENT_LAM_FRONT_AREA_UM2,
    Col.MOVEMENT_LAM_BACK_AREA_PX: Col.MOVEMENT_LAM_BACK_AREA_UM2,
}
_OF_MOVEMENT = set(BY_MOVEMENT)
_OF_STEP = {BY_POLARITY.tip_advance, BY_MOVEMENT.tip_advance}
_ANGLES: dict[str, Column] = {
    Col.POLARITY_ANGLE: Col.POLARITY_COS_MOVEMENT,
    Col.CORTEX_PEAK_ANGLE: Col.CORTEX_COS_MOVEMENT,
}
_VELOCITY: dict[str, Column] = {
    BY_POLARITY.tip_advance: BY_POLARITY.tip_velocity,
    BY_MOVEMENT.tip_advance: BY_MOVEMENT.tip_velocity,
}


def completed(
    frames: pd.DataFrame,
    sightings: pd.DataFrame,
    scale: Scale,
    *,
    percentile: float,
    side: Side,
    closed: bool,
) -> pd.DataFrame:
    """The table with what follows from the other frames and from the scale.

    What stands on the movement is NaN unless every step of the window is valid; the advance of a
    tip unless the last one is.
    """
    movement = sightings[Col.WINDOW_MOVEMENT_ANGLE].to_numpy(np.float64)
    known = np.isfinite(movement)
    pair = sightings[Col.PAIR_VALID].to_numpy(bool)
    minutes = np.where(
        pair, np.diff(sightings[Col.TIME_MIN].to_numpy(np.float64), prepend=np.nan), np.nan
    )
    made: dict[str, FloatArray | pd.Series] = {}
    for name in frames.columns:
        column, suffix = _split(name)
        if column in _OF_MOVEMENT or column in _OF_STEP:
            there = (known if column in _OF_MOVEMENT else True) & (
                pair if column in _OF_STEP else True
            )
            made[name] = np.where(there, frames[name].to_numpy(np.float64), np.nan)
        else:
            made[name] = frames[name]
        if column in _IN_UM:
            made[_IN_UM[column].of(suffix)] = np.asarray(made[name], np.float64) * scale.um
        elif column in _IN_UM2:
            made[_IN_UM2[column].of(suffix)] = np.asarray(made[name], np.float64) * scale.um**2
        elif column in _VELOCITY:
            made[_VELOCITY[column].of(suffix)] = np.asarray(made[name]) * scale.um / minutes
        elif column in _ANGLES:
            apart = np.asarray(made[name]) - movement
            made[_ANGLES[column].of(suffix)] = np.cos(np.deg2rad(apart))
        elif column == Col.NOISE_SD:
            made[Col.LAM_CYTO_RATIO_NOISE.of(suffix)] = _ratio_of_noise(
                frames, suffix, percentile=percentile, side=side, closed=closed
            )
    return pd.DataFrame(made)


def _ratio_of_noise(
    frames: pd.DataFrame, suffix: str | None, *, percentile: float, side: Side, closed: bool
) -> FloatArray:
    """What noise alone would give; not known of closed parts."""
    sd = frames[Col.NOISE_SD.of(suffix)].to_numpy(np.float64)
    if closed:
        return np.full(len(sd), np.nan)
    lam, cyto = (frames[c.of(suffix)].to_numpy(np.float64) for c in (Col.LAM_MEAN, Col.CYTO_MEAN))
    dim = percentile / 100
    of_lam = 1 - dim if side == "bright" else dim
    ratio = halves_ratio_of_noise(of_lam * lam + (1 - of_lam) * cyto, sd, percentile=percentile)
    return ratio if side == "bright" else 1 / ratio


def _split(name: str) -> tuple[str, str | None]:
    """Bare name and channel of a column."""
    bare, _, channel = name.partition("__")
    return bare, channel or None
