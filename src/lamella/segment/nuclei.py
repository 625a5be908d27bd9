"""Where a method that needs nuclei gets them from."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, model_validator

from lamella.core.frames import Frames
from lamella.segment.declump.distance import ByDistance
from lamella.segment.multiotsu import MultiOtsu


class UsesNuclei(BaseModel):
    """Settings of a method that is led by nuclei.

    Parameters
    ----------
    nuclei : str or None
        In a study: the set of objects that are the nuclei, such as ``"nucleus"``.
    channel : str or None
        Or the channel in which nuclei are found by `find`.
    find : MultiOtsu
        How nuclei are found in `channel`: small and sharp, so with little smoothing.
    split : ByDistance or False
        How nuclei that touch there are split.
    """

    nuclei: str | None = None
    channel: str | None = None
    find: MultiOtsu = MultiOtsu(smoothing_px=0.5, smallest_px=30)
    split: ByDistance | Literal[False] = ByDistance(around=0)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.nuclei is not None and self.channel is not None:
            raise ValueError("it should be either nuclei or channel, not both")
        return self

    def found_in(self, frames: Frames) -> Frames:
        """Labels of the nuclei in the frames of their channel; reads all where they are split."""
        found = self.find(frames)
        return self.split(found, state=self.split.prepare(found)) if self.split else found
