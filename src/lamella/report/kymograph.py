"""A cell's edge over place and time as an image, for whoever draws it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.report.tables import has_values, numbers

SHARE = 96.0
"""Per cent of the values that a colour scale spans; what lies beyond has its end's colour."""

FloatArray = NDArray[np.float64]


class Kymograph(NamedTuple):
    """What every place on the edge of one cell did over time."""

    values: FloatArray
    """(position, frame), position from the followed origin; NaN where nothing was measured, and
    where the edge lay against another cell."""
    frames: NDArray[np.int64]
    """From the first to the last, those of gaps in between."""
    borders: FloatArray
    """(frames + 1,): where the column of each frame begins, and the last one ends; minutes, or
    frame numbers where no time is known."""
    low: float
    high: float
    """Ends of the colour scale; as far to one side of 0 as to the other where values have a
    sign."""
    runs: list[float]
    """Where positions start anew, in the unit of `borders`."""


def movement(table: pd.DataFrame) -> str:
    """The column of the edge's movement: per minute where that is known, else per frame."""
    return Col.EDGE_VELOCITY if has_values(table, Col.EDGE_VELOCITY) else Col.EDGE_STEP_PX


def kymograph(edge: pd.DataFrame, name: str) -> Kymograph:
    """One column of the finer table ``edge`` over place and time.

    Parameters
    ----------
    edge : DataFrame
        Rows of a single cell, at least one.
    name : str
        Such as ``edge_velocity_um_per_min``.
    """
    frames, values = _as_image(edge, name)
    if name in (Col.EDGE_VELOCITY, Col.EDGE_STEP_PX):
        _, contact = _as_image(edge, Col.EDGE_CONTACT)
        values = np.where(contact > 0, np.nan, values)
    borders = _borders(_times(edge, frames))
    low, high = _limits(values, signed=is_signed(name))
    return Kymograph(values, frames, borders, low, high, _run_borders(edge, frames, borders))


def is_signed(name: str) -> bool:
    """Whether 0 is in the middle: of movement and curvature, not of intensity."""
    return not name.startswith(Col.EDGE_BAND_MEAN)


def _as_image(edge: pd.DataFrame, name: str) -> tuple[NDArray[np.int64], FloatArray]:
    """Frames from the first to the last, and values by (position, frame); NaN where none are."""
    frame, position = (
        numbers(edge, column).astype(np.int64) for column in (Col.FRAME, Col.EDGE_POSITION)
    )
    frames = np.arange(frame.min(), frame.max() + 1)
    image = np.full((int(position.max()) + 1, len(frames)), np.nan)
    image[position, frame - frames[0]] = numbers(edge, name)
    return frames, image


def _times(edge: pd.DataFrame, frames: NDArray[np.int64]) -> FloatArray:
    """Time of every frame in minutes, frames of a gap in between; frame numbers where unknown."""
    if not has_values(edge, Col.TIME_MIN):
        return frames.astype(np.float64)
    known = edge.drop_duplicates(Col.FRAME).sort_values(Col.FRAME)
    return np.interp(frames, numbers(known, Col.FRAME), numbers(known, Col.TIME_MIN))


def _borders(times: FloatArray) -> FloatArray:
    """Where the column of each frame begins, and the last one ends: halfway between times."""
    if len(times) == 1:
        return np.array([times[0] - 0.5, times[0] + 0.5])
    middle = (times[1:] + times[:-1]) / 2
    return np.concatenate([[2 * times[0] - middle[0]], middle, [2 * times[-1] - middle[-1]]])


def _limits(values: FloatArray, *, signed: bool) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return -1.0, 1.0
    if signed:
        most = float(np.percentile(np.abs(finite), SHARE)) or 1.0
        return -most, most
    low, high = (float(v) for v in np.percentile(finite, (100 - SHARE, SHARE)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _run_borders(edge: pd.DataFrame, frames: NDArray[np.int64], borders: FloatArray) -> list[float]:
    """Where runs begin, but the first."""
    begins = edge.groupby(Col.EDGE_RUN)[Col.FRAME].min().to_numpy(np.int64)
    return [float(borders[frame - frames[0]]) for frame in np.sort(begins)[1:]]
