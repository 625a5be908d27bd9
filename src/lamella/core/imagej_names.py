"""Measures under the names, in the units and in the coordinates of ImageJ's Results table.

ImageJ counts from the corner of the top-left pixel, Lamella from its centre: half a pixel less.
Lengths and areas are in micrometres where the pixel size is known, as in a calibrated image.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col, Column

Values = NDArray[np.float64]

# The upright box of whole pixels, which the tables of a run do not hold.
BOX_TOP_PX = Column("box_top_px", "px", "First row of the box.")
BOX_LEFT_PX = Column("box_left_px", "px", "First column of the box.")
BOX_HEIGHT_PX = Column("box_height_px", "px", "Rows of the box.")
BOX_WIDTH_PX = Column("box_width_px", "px", "Columns of the box.")


class Measured(NamedTuple):
    """The rows that are named, and what of them is asked for."""

    frames: pd.DataFrame
    channel: str | None
    size: float
    """µm per pixel; 1 where it is not known."""

    def __call__(self, column: Column) -> Values:
        """A column, of the channel where it has one of its own; KeyError where it is not there."""
        name = column if column in self.frames.columns else column.of(self.channel)
        return self.frames[name].to_numpy(np.float64)


def _same(column: Column) -> Callable[[Measured], Values]:
    return lambda of: of(column)


def _length(px: Column) -> Callable[[Measured], Values]:
    return lambda of: of(px) * of.size


def _place(px: Column) -> Callable[[Measured], Values]:
    return lambda of: (of(px) + 0.5) * of.size


IMAGEJ_NAMES: dict[str, Callable[[Measured], Values]] = {
    "Area": lambda of: of(Col.AREA_PX) * of.size**2,
    "Mean": _same(Col.INTENSITY_MEAN),
    "StdDev": _same(Col.INTENSITY_SD),
    "Mode": _same(Col.INTENSITY_MODE),
    "Min": _same(Col.INTENSITY_MIN),
    "Max": _same(Col.INTENSITY_MAX),
    "X": _place(Col.X_PX),
    "Y": _place(Col.Y_PX),
    "XM": _place(Col.MASS_X_PX),
    "YM": _place(Col.MASS_Y_PX),
    "Perim.": _length(Col.PERIMETER_PX),
    "BX": _length(BOX_LEFT_PX),
    "BY": _length(BOX_TOP_PX),
    "Width": _length(BOX_WIDTH_PX),
    "Height": _length(BOX_HEIGHT_PX),
    "Major": _length(Col.MAJOR_AXIS_PX),
    "Minor": _length(Col.MINOR_AXIS_PX),
    "Angle": _same(Col.ORIENTATION_DEG),
    "Circ.": _same(Col.CIRCULARITY),
    "Feret": _length(Col.FERET_PX),
    "IntDen": lambda of: of(Col.AREA_PX) * of.size**2 * of(Col.INTENSITY_MEAN),
    "Median": _same(Col.INTENSITY_UPPER_MEDIAN),
    "Skew": _same(Col.INTENSITY_SKEWNESS),
    "Kurt": _same(Col.INTENSITY_KURTOSIS),
    "RawIntDen": _same(Col.INTENSITY_SUM),
    "FeretAngle": _same(Col.FERET_DEG),
    "MinFeret": _length(Col.MIN_FERET_PX),
    "AR": lambda of: 1 / of(Col.AXIS_RATIO),
    "Round": _same(Col.ROUNDNESS),
    "Solidity": _same(Col.SOLIDITY),
}
"""ImageJ's name of a column to what it is made of, in the order of ImageJ's Results table."""


def imagej_columns(
    frames: pd.DataFrame, *, channel: str | None, pixel_size_um: float | None
) -> pd.DataFrame:
    """The measures of objects as ImageJ names and counts them.

    Parameters
    ----------
    frames : DataFrame
        One row per object and frame, with columns of `Col`.
    channel : str, optional
        Whose intensities; None where only one channel is measured.
    pixel_size_um : float, optional
        Lengths are in pixels without it.

    Returns
    -------
    DataFrame
        The columns of `IMAGEJ_NAMES` that the table has what is needed for; all missing values are
        NaN. ``AR`` is major over minor axis, the inverse of `axis_ratio`; ``IntDen`` is ``Area ×
        Mean`` in the unit of the area, ``RawIntDen`` the sum of the pixels. ``BX``, ``BY``,
        ``Width`` and ``Height`` are the upright box of whole pixels.
    """
    of = Measured(frames, channel, 1.0 if pixel_size_um is None else pixel_size_um)
    made: dict[str, Values] = {}
    for name, make in IMAGEJ_NAMES.items():
        try:
            with np.errstate(divide="ignore", invalid="ignore"):
                made[name] = make(of)
        except KeyError:  # not measured
            continue
    return pd.DataFrame(made, index=frames.index)
