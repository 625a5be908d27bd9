"""The group of measures: which of them are wanted, and a frame measured by all of them."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from lamella.core.frames import Image
from lamella.core.movie import Scale
from lamella.core.step import Reach, Step
from lamella.core.table import Col
from lamella.kernels.halves import halves_of_objects
from lamella.kernels.noise import noise_of_objects
from lamella.kernels.sectors import sector_angles
from lamella.measure.channels import Channels, suffixes
from lamella.measure.lamellipodium.cortex import Rings, one_sidedness, profiles
from lamella.measure.lamellipodium.definitions import (
    By,
    Part,
    PerCell,
    Side,
    by_band,
    by_halves,
    by_layers,
    columns_of_halves,
    columns_of_share,
    share_of_halves,
)
from lamella.measure.lamellipodium.direction import (
    BY_MOVEMENT,
    BY_POLARITY,
    polarity_columns,
    side_columns,
    tip_columns,
)
from lamella.measure.lamellipodium.over_time import completed
from lamella.measure.lamellipodium.profile import cortex_of_cells, with_movement
from lamella.measure.lamellipodium.shifts import polarity_shifts
from lamella.measure.lamellipodium.summary import summary_of_cells
from lamella.measure.view import Columns, FrameView, Measured, Seen

CORTEX, CORTEX_MEAN, SHIFTS = "cortex", "cortex_mean", "polarity_shifts"
"""Names of the finer tables."""


class Lamellipodium(Step):
    """How the signal of every cell is spread, on the raw frame, with the mask of the same frame.

    **Bright over dim**, by three definitions side by side:

    * the published one: the cell's pixels split at `percentile`; pixels that equal the threshold
      count in both parts with fractional weight, so that the parts have exactly their share;
    * only bright pixels within `band_um` of the cell's edge, over all others (None = left out);
    * three layers by Otsu's thresholds within the cell, brightest over dimmest (`layers`).

    The published ratio is above 1 for a uniform cell too, because noise splits into a bright and a
    dim half as well; ``lam_cyto_ratio_noise`` says how far. It is NaN, not 0, where the cell has
    fewer than 2 pixels or the dim mean is not positive. All ratios depend on the background that is
    subtracted.

    **Polarity** (`polarity`): the vector from the centroid of the body to that of the
    lamellipodium as `polarity_by` defines it; its cosine with the movement over the window of
    `Sightings`, known where all its steps are valid and it is long enough; front and back of the
    cell by the line through its centroid, at right angles to polarity and to movement; the
    pixel furthest along either, and how fast it advances.

    **Cortex**: the mean within `cortex_um` of the edge at `n_angles` angles around the centroid
    (table ``cortex``; ``cortex_mean`` is its mean over frames, turned so that the cell moves
    towards angle 0), and the rings of `ring_um` just inside and outside of the edge.

    Without a pixel size what is set in µm is NaN, and without an interval the velocity is. Cells:
    means over valid frames; those of the published measure (``lam_cyto_ratio`` and what it is made
    of) over all frames in which the cell was seen.

    Parameters
    ----------
    percentile : float
        50 is the median split as published; 40 and 70 were explored there.
    side : {"bright", "dim"}
        Which side of the threshold is lamellipodium: dim where a thin lamellipodium holds less of
        what is stained than the body. Ratios stay lamellipodium over body.
    closing_px : int
        Radius of a disc that closes gaps in the lamellipodium, 0 = none. The parts then have no
        fixed share, and no ratio of noise is known.
    band_um : float or None
        Width of the band at the edge whose bright pixels are held against all others; None = left
        out. 3.8 µm is the published 12 px at 0.318 µm/px.
    layers : bool
        Whether the cell is also parted into three layers by its light.
    polarity : bool
        Whether polarity, front and back are measured.
    polarity_by : {"halves", "band", "layers"}
        Which lamellipodium polarity and front and back are about.
    max_shift : int
        Polarity is compared with movement up to so many frames earlier and later; 0 = not at all.
    cortex_um, ring_um : float or None
        Widths of the band and of the rings; None = left out.
    n_angles : int
        Directions around the centroid, evenly spaced, in which the cortex is measured.
    channels : tuple of str or None
        Channels to measure; None = all.
    """

    version: ClassVar[int] = 5
    looks_at_light: ClassVar[bool] = True
    looks_across_frames: ClassVar[bool] = True
    gathered: ClassVar[tuple[str, ...]] = (CORTEX_MEAN, SHIFTS)
    kept_apart: ClassVar[tuple[str, ...]] = (CORTEX,)
    percentile: float = Field(50, gt=0, lt=100)
    side: Side = "bright"
    closing_px: int = Field(0, ge=0, le=100)
    band_um: float | None = Field(3.8, gt=0)
    layers: bool = True
    polarity: bool = True
    polarity_by: By = "halves"
    max_shift: int = Field(5, ge=0)
    cortex_um: float | None = Field(1.0, gt=0)
    n_angles: int = Field(24, ge=4, le=360)
    ring_um: float | None = Field(1.0, gt=0)
    channels: Channels = Field(None, min_length=1)

    @classmethod
    def published(cls) -> Self:
        """The published measure alone: bright and dim half, and nothing else."""
        return cls(band_um=None, layers=False, polarity=False, cortex_um=None, ring_um=None)

    @model_validator(mode="after")
    def _polarity_is_of_something(self) -> Self:
        if self.polarity and self.polarity_by == "band" and not self.band_um:
            raise ValueError('polarity_by = "band" needs band_um')
        if self.polarity and self.polarity_by == "layers" and not self.layers:
            raise ValueError('polarity_by = "layers" needs layers = true')
        return self

    @property
    def reach(self) -> Reach:
        return Reach(before=1 if self.polarity else 0)

    def rows(self, view: FrameView) -> Seen:
        """Every measure of every cell and channel of the frame."""
        channels = suffixes(self.channels, view.movie.channel_names)
        um = view.movie.scale.um
        columns: dict[str, NDArray[np.float64]] = {}
        if self.polarity:
            columns.update(tip_columns(view, view.movement, BY_MOVEMENT).items())
        rings = Rings(view, width_px=self.ring_um / um) if self.ring_um else None
        cortex: dict[str, NDArray[np.float64]] = {}
        for channel, suffix in channels.items():
            image = view.image(channel)
            level = view.background(channel)
            found, part = self._parts(view, channel, image, level)
            if part is not None:
                found |= self._directed(view, image, part, level)
            if rings is not None:
                found |= rings.columns(image, level)
            if self.cortex_um:
                width = self.cortex_um / um
                profile, weight = profiles(
                    view, image, within_px=width, n_angles=self.n_angles, level=level
                )
                found |= one_sidedness(profile)
                cortex[Col.CORTEX_PX] = weight.ravel()  # the same in every channel
                cortex[Col.CORTEX_MEAN.of(suffix)] = profile.ravel()
            for column, values in found.items():
                shared = column in BY_MOVEMENT.of_cell
                columns[column if shared else column.of(suffix)] = values
        return Seen(columns, {CORTEX: self._table(view, cortex)} if self.cortex_um else {})

    def part(self, view: FrameView, channel: str) -> Part:
        """What `polarity_by` calls lamellipodium in a frame, with the columns of all definitions.

        Raises
        ------
        ValueError
            When `polarity` is off.
        """
        image = view.image(channel)
        found, part = self._parts(view, channel, image, view.background(channel))
        if part is None:
            raise ValueError("nothing tells which lamellipodium is meant: set polarity = true")
        return part._replace(columns=found)

    def _parts(
        self, view: FrameView, channel: str, image: Image, level: float
    ) -> tuple[PerCell, Part | None]:
        """Columns of every definition, and the part that polarity is about."""
        halves = halves_of_objects(image, *view.objects, percentile=self.percentile, level=level)
        plain = self.side == "bright" and not self.closing_px
        found: PerCell = {
            Col.BACKGROUND: np.full(len(view.regions.label), level),
            Col.LAM_THRESHOLD: halves.threshold - level,
            Col.NOISE_SD: noise_of_objects(image, *view.objects),
        }
        bright = 1 - self.percentile / 100
        parts: dict[By, Part] = {}
        if plain:
            found |= columns_of_halves(halves, view.regions.area, share=bright)
        if not plain or self.band_um or self.polarity:
            share = share_of_halves(view, image, halves, side=self.side, closing_px=self.closing_px)
            if not plain:
                found |= columns_of_share(view, image, share, level)
            parts["halves"] = by_halves(share, found)
            if self.band_um:
                width = self.band_um / view.movie.scale.um
                parts["band"] = by_band(view, image, share, within_px=width, level=level)
                found |= parts["band"].columns
        if self.layers:
            parts["layers"] = by_layers(
                view, image, side=self.side, closing_px=self.closing_px, level=level
            )
            found |= parts["layers"].columns
        return found, parts[self.polarity_by] if self.polarity else None

    def _directed(self, view: FrameView, image: Image, part: Part, level: float) -> PerCell:
        """Polarity, what lies in front of it and of the movement, and the tip along it."""
        return {
            **polarity_columns(part.vector, view.regions.area),
            **side_columns(view, image, part.share, part.vector, BY_POLARITY, level),
            **side_columns(view, image, part.share, view.movement, BY_MOVEMENT, level),
            **tip_columns(view, part.vector, BY_POLARITY),
        }

    def _table(self, view: FrameView, cortex: dict[str, NDArray[np.float64]]) -> Columns:
        n = len(view.regions.label)
        return {
            Col.CELL: np.repeat(view.regions.label, self.n_angles),
            Col.CORTEX_ANGLE: np.tile(np.rad2deg(sector_angles(self.n_angles)), n),
            **cortex,
        }

    def complete(self, found: Measured, sightings: pd.DataFrame, scale: Scale) -> Measured:
        """Add what needs the other frames: what is known of movement, velocities, noise, µm."""
        frames = completed(
            found.frames,
            sightings,
            scale,
            percentile=self.percentile,
            side=self.side,
            closed=self.closing_px > 0,
        )
        finer = dict(found.finer)
        if CORTEX in finer:
            finer[CORTEX] = with_movement(finer[CORTEX], sightings)
            finer[CORTEX_MEAN] = cortex_of_cells(finer[CORTEX], sightings, n_angles=self.n_angles)
        if self.polarity and self.max_shift:
            finer[SHIFTS] = polarity_shifts(frames, sightings, scale, most=self.max_shift)
        return Measured(frames, finer)

    def summarise(self, found: Measured, sightings: pd.DataFrame) -> pd.DataFrame:
        """One row per cell, see the class."""
        return summary_of_cells(found.frames, sightings, found.finer.get(SHIFTS))
