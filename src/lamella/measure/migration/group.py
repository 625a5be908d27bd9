"""The group of measures of movement and its settings."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
from pydantic import Field

from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.measure.migration.per_step import step_columns
from lamella.measure.migration.per_track import track_columns
from lamella.measure.migration.places import Whither
from lamella.measure.sightings import window_of
from lamella.measure.view import FrameView, Measured, Seen


class Migration(Step):
    """Movement of the centroid between frames that can be trusted, see `Sightings`.

    Only valid pairs of frames have a step; a frame without the cell has no place, and nothing
    bridges it, nor does a step join a mother and her daughter. What stands in a column is told by
    its meaning in `lamella.Col`: measures of steps and of runs of steps know trusted steps alone;
    those of places (net displacement, largest distance, hull, asphericity, duration) span whatever
    lies between two valid frames, and ``n_rejected_steps``, ``n_gaps`` and ``n_runs`` tell how much
    that is. A track of zero length has no direction: its ratios and angles are NaN.

    A centroid that jitters lengthens every step: by 7 % for steps of 3.2 px and noise of SD 0.8 px
    in y and in x, by 68 % for steps of 1 px. A ratio of net displacement to path falls with the
    length of the movie; ``straightness_fixed`` does not.

    Parameters
    ----------
    turn_deg : float
        A turn by more is a turning event: that of the movement over `Sightings.window`.
    straightness_frames : int
        Steps of the windows of ``straightness_fixed``.
    straightness_min : float or None
        Their duration in minutes instead, rounded to whole frames, at least one; without frame
        times the result is NaN. Compare movies of different intervals by this.
    towards : float or None
        A direction in degrees: 0 = +x (right), 90 = +y (down the rows). Adds the angle of every
        step to it, and the forward migration index along it.
    point_um : (float, float) or None
        A point (y, x) in µm from the centre of the top-left pixel, drift taken off. Adds the angle
        of every step to it, and the forward migration index.

    References
    ----------
    TrackMate, https://doi.org/10.1038/s41592-022-01507-1; celltrackR,
    https://doi.org/10.1016/j.immuno.2021.100003; DiPer, https://doi.org/10.1038/nprot.2014.131
    """

    version: ClassVar[int] = 5
    looks_at_light: ClassVar[bool] = False
    looks_across_frames: ClassVar[bool] = True
    gathered: ClassVar[tuple[str, ...]] = ()
    kept_apart: ClassVar[tuple[str, ...]] = ()
    turn_deg: float = Field(30, gt=0, lt=180)
    straightness_frames: int = Field(10, ge=1)
    straightness_min: float | None = Field(None, gt=0)
    towards: float | None = Field(None, ge=-360, le=360)
    point_um: tuple[float, float] | None = None

    def rows(self, view: FrameView) -> Seen:
        """Nothing that `Sightings` does not see."""
        return Seen({})

    def complete(self, found: Measured, sightings: pd.DataFrame, scale: Scale) -> Measured:
        """Steps, speeds and turns, from where the cell was seen."""
        whither = Whither(self.towards, self.point_um)
        columns = step_columns(
            sightings,
            scale.um,
            window=window_of(sightings),
            turn_deg=self.turn_deg,
            whither=whither,
        )
        # Side by side at once: column by column a table falls into pieces that slow what follows.
        made = pd.DataFrame(columns, index=found.frames.index)
        return Measured(pd.concat([found.frames, made], axis=1))

    def summarise(self, found: Measured, sightings: pd.DataFrame) -> pd.DataFrame:
        """One row per cell, see the columns of `cells`."""
        return track_columns(
            found.frames,
            sightings,
            straightness_frames=self.straightness_frames,
            straightness_min=self.straightness_min,
            whither=Whither(self.towards, self.point_um),
        )
