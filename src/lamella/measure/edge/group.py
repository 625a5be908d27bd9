"""The group of measures: settings, and what is made of frames, movies and cells."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
from pydantic import Field, field_validator, model_validator

from lamella.core.movie import Scale
from lamella.core.step import Reach, Step
from lamella.core.table import Col
from lamella.measure.channels import Channels, suffixes
from lamella.measure.edge.cells import summary_of_cells
from lamella.measure.edge.events import events_of
from lamella.measure.edge.follow import followed
from lamella.measure.edge.lags import lags_of
from lamella.measure.edge.look import Look
from lamella.measure.edge.motion import motion_of_frames
from lamella.measure.edge.sectors import Sectors
from lamella.measure.edge.sight import seen_edges
from lamella.measure.edge.windows import windows_of
from lamella.measure.view import FrameView, Measured, Seen


class Edge(Step):
    """The edge of every cell: its movement, curvature and intensity at places that are followed.

    The outline of each mask is smoothed to a sub-pixel line and mapped onto that of the next frame
    by the monotone map that moves its points least. What a stretch of edge sweeps in between,
    divided by its length, is its normal velocity: the swept areas add up to the change of area
    exactly. Where drift is known, it is taken off. Only valid steps count; each run of them has an
    origin of its own, a point of its first frame that the maps follow; rounded to a position, so
    that every position and pixel counts once. Edge on the field's border or against another object
    is flagged and left out of what the edge does; a cell all of whose edge is so has NaN.

    What is followed is the edge, not the stuff behind it: a cell that turns on the spot is matched
    to what lies nearest, as a disc that turns shows, whose edge does not move at all.

    Of a mask in several pieces the edge of the largest is followed, and ``edge_followed_fraction``
    tells how much of the cell it is; a step between pieces that share no pixel is none. Holes are
    filled: neither they nor lesser pieces have an edge here, and bands do not follow them.

    Finer tables: ``edge`` (a row per cell, frame and position), ``edge_windows`` (bands cut into
    sectors), ``edge_events`` (protrusions and retractions), ``edge_lags`` (correlation of intensity
    with movement). Frames that are not valid have no rows in them. Measures in µm are NaN without a
    pixel size, those per minute without times; movement in px a frame stands beside them.

    Parameters
    ----------
    smoothing_px : float
        σ of the smoothing along the outline: in pixels, since it is pixels that it smooths. See
        `smooth_outline`: from 4 px on, a mask tells the place of its edge within 0.1 px, and
        waves of 16 px along the edge keep half their height. More gains little: with 8 px the
        velocity of a mask's edge is off by 0.10 px a frame (RMS) instead of 0.11.
    curvature_px : float
        σ of a further smoothing for curvature alone.
    positions : int
        Places along the outline, equally far apart.
    stiffness : float
        Stretch of edge, as a share of its length, over which the map gives way; see
        `match_outlines`.
    follow_centroid : bool
        Compare outlines after taking off the movement of their centroids: for cells that glide far
        in a frame. Velocities contain the movement of the cell either way.
    still_px : float
        Edge that moves by at most this, in px a frame, counts as still. The outline of a mask that
        moves at random below a pixel jitters by 0.1 px (SD), so that 0.3 is three times that.
    band_um : float
        Depth of the cortex band whose intensity the map holds.
    depths_um : tuple of float
        Depths at which the bands of the windows end, from the edge inwards; none = no windows.
    windows : int
        Sectors around the cell; at most `positions`.
    window_um : float or None
        Width of the sectors along the edge instead of their number, which then varies over time.
    least_event : int
        Events of fewer places in time and along the edge are noise.
    most_lag : int
        Largest lag of intensity behind movement, and before it, in frames.
    channels : tuple of str or None
        Channels to measure; None = all, () = none.
    """

    version: ClassVar[int] = 2
    looks_at_light: ClassVar[bool] = True
    looks_across_frames: ClassVar[bool] = True
    gathered: ClassVar[tuple[str, ...]] = ("edge_events", "edge_lags")
    kept_apart: ClassVar[tuple[str, ...]] = ("edge", "edge_windows")
    smoothing_px: float = Field(4.0, ge=0, le=50)
    curvature_px: float = Field(6.0, ge=0, le=50)
    positions: int = Field(100, ge=8, le=2000)
    stiffness: float = Field(0.05, gt=0, le=10)
    follow_centroid: bool = False
    still_px: float = Field(0.3, ge=0)
    band_um: float = Field(1.0, gt=0)
    depths_um: tuple[float, ...] = (1.0, 3.0)
    windows: int = Field(20, ge=1)
    window_um: float | None = Field(None, gt=0)
    least_event: int = Field(4, ge=1)
    most_lag: int = Field(10, ge=0, le=1000)
    channels: Channels = None

    @field_validator("depths_um")
    @classmethod
    def _deeper_and_deeper(cls, depths: tuple[float, ...]) -> tuple[float, ...]:
        if any(b <= a for a, b in zip((0.0, *depths), depths, strict=False)):
            raise ValueError("depths_um must be above 0 and increase")
        return depths

    @model_validator(mode="after")
    def _windows_of_positions(self) -> Edge:
        if self.windows > self.positions:
            raise ValueError("windows must be at most positions")
        return self

    @property
    def reach(self) -> Reach:
        return Reach(before=1)

    def rows(self, view: FrameView) -> Seen:
        """Outline, movement since the frame before, curvature and intensities of every cell."""
        return seen_edges(view, self._look(view))

    def _look(self, view: FrameView) -> Look:
        scale = view.movie.scale.um
        return Look(
            n=self.positions,
            smoothing_px=self.smoothing_px,
            curvature_px=self.curvature_px,
            stiffness=self.stiffness,
            follow_centroid=self.follow_centroid,
            band_px=self.band_um / scale,
            depths_px=tuple(depth / scale for depth in self.depths_um),
            sectors=self._sectors(scale),
            channels=suffixes(self.channels, view.movie.channel_names),
        )

    def _sectors(self, um: float) -> Sectors:
        return Sectors(self.windows, None if self.window_um is None else self.window_um / um)

    def complete(self, found: Measured, sightings: pd.DataFrame, scale: Scale) -> Measured:
        """Follow the origin through every run, and tell what the edge does."""
        edges = followed(found.kept, sightings)
        frames = motion_of_frames(found.frames, edges, scale, still_px=self.still_px)
        finer = {
            "edge_events": events_of(edges, scale, still_px=self.still_px, least=self.least_event),
            "edge_lags": lags_of(edges, scale, most=self.most_lag),
        }
        long = {"edge": edges.table(scale)}
        if self.depths_um and edges.light:
            long["edge_windows"] = windows_of(
                found.kept,
                edges,
                scale,
                depths_um=self.depths_um,
                sectors=self._sectors(scale.um),
                perimeter_px=frames[Col.EDGE_PERIMETER_PX].to_numpy(np.float64)[edges.row],
            )
        return Measured(frames, finer, long=long)

    def summarise(self, found: Measured, sightings: pd.DataFrame) -> pd.DataFrame:
        """One row per cell: means over valid steps, numbers of events, and the best lag."""
        return summary_of_cells(found)
