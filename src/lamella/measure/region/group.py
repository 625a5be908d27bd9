"""The group of measures of shape and light, and its settings."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, field_validator

from lamella.core.frames import Image
from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.core.table import Column
from lamella.kernels.regions import Regions
from lamella.measure.channels import Channels, suffixes
from lamella.measure.region.cells import summary_of
from lamella.measure.region.light import PERCENTILES, RADIAL, Places, light_columns, places_of
from lamella.measure.region.shape import shape_columns
from lamella.measure.view import FrameView, Measured, Seen


class Region(Step):
    """Shape of every region, and its light in every channel.

    The definitions are those of ImageJ, where it has the measure; what differs, and from what else,
    stands in ``docs/fluorescence.md``. Everything is of all pixels of a label: several pieces and
    holes are part of the shape. Light is that of the raw frame less the level of the background;
    pixels that are thereby below 0 stay so, and are counted.

    A region that holds a value that is not a number has no light (NaN). Measures in µm are NaN
    without a pixel size.

    Parameters
    ----------
    shape : bool
    channels : tuple of str or None
        Channels to measure; None = all, () = none.
    percentiles : tuple of int
        Of 1, 5, 10, 25, 75, 90, 95, 99.
    surround_gap_px, surround_width_px : float
        The ring of local background: how far it begins from the region, and its width; 0 = none.
        Pixels of other regions of the set are left out.
    surround_gap_um, surround_width_um : float or None
        The same in µm, in the place of px; without a pixel size there is then no ring.
    radial_parts : int
        Equal parts of the way from the edge to the deepest place of which the share of light is
        told; 0 = none.
    saturation : float or None
        Grey value, before anything is subtracted, from which on a pixel is saturated: 4095 for a
        camera of 12 bits in a file of 16. None = the highest value of the pixel type. The pixels
        that the camera gave are looked at, whatever was done to the movie since.
    """

    version: ClassVar[int] = 1
    looks_at_light: ClassVar[bool] = True
    looks_across_frames: ClassVar[bool] = False
    gathered: ClassVar[tuple[str, ...]] = ()
    kept_apart: ClassVar[tuple[str, ...]] = ()
    shape: bool = True
    channels: Channels = None
    percentiles: tuple[int, ...] = (5, 95)
    surround_gap_px: float = Field(2.0, ge=0, le=500)
    surround_width_px: float = Field(5.0, ge=0, le=500)
    surround_gap_um: float | None = Field(None, ge=0)
    surround_width_um: float | None = Field(None, ge=0)
    radial_parts: int = Field(4, ge=0, le=len(RADIAL))
    saturation: float | None = None

    @field_validator("percentiles")
    @classmethod
    def _have_a_column(cls, percentiles: tuple[int, ...]) -> tuple[int, ...]:
        if set(percentiles) - set(PERCENTILES) or len(set(percentiles)) < len(percentiles):
            raise ValueError(f"percentiles are some of {', '.join(map(str, PERCENTILES))}")
        return percentiles

    def rows(self, view: FrameView) -> Seen:
        """Shape and light of every region of the frame."""
        um = view.movie.scale.um
        columns: dict[str, NDArray[np.float64]] = {}
        if self.shape:
            columns |= shape_columns(view.labels, view.regions, um=um)
        channels = suffixes(self.channels, view.movie.channel_names)
        places = self.places(view.labels, view.regions, um=um) if channels else None
        for channel, suffix in channels.items():
            assert places is not None  # noqa: S101  there are channels
            image = view.image(channel)
            level = view.background(channel)
            recorded = view.recorded(channel) if channel in view.movie.recorded else image
            found = self.light(image, places, recorded=recorded, level=level, um=um)
            columns |= {column.of(suffix): values for column, values in found.items()}
        return Seen(columns)

    def places(self, labels: Image, regions: Regions, *, um: float) -> Places:
        """Where to look in every channel."""
        gap, width = self.surround_gap_px, self.surround_width_px
        if self.surround_gap_um is not None:
            gap = self.surround_gap_um / um
        if self.surround_width_um is not None:
            width = self.surround_width_um / um
        return places_of(labels, regions, gap_px=gap, width_px=width, n_parts=self.radial_parts)

    def light(
        self, image: Image, places: Places, *, recorded: Image, level: float, um: float
    ) -> dict[Column, NDArray[np.float64]]:
        """Columns of one channel."""
        top = self.saturation
        if top is None and recorded.dtype.kind in "ui":  # nothing tells where a float camera ends
            top = float(np.iinfo(recorded.dtype).max)
        return light_columns(
            image,
            places,
            level=level,
            recorded=recorded,
            top=top,
            percentiles=self.percentiles,
            um=um,
        )

    def complete(self, found: Measured, sightings: pd.DataFrame, scale: Scale) -> Measured:
        """Nothing that needs the other frames."""
        return found

    def summarise(self, found: Measured, sightings: pd.DataFrame) -> pd.DataFrame:
        """One row per cell: means over valid frames, see `summary_of`."""
        return summary_of(found.frames, sightings)
