"""Stretch dim movies before segmentation, leave bright ones as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Step
from lamella.kernels.counts import ValueCounts, count_values, merge_counts, percentile_of_counts

_FULL_RANGE = np.iinfo(np.uint16).max


class Decision(NamedTuple):
    """Whether a movie is stretched, and the value that decided it."""

    stretch: bool
    deciding_value: float | None
    reason: str


class Normalise(Step):
    """Make dim and bright movies comparable for a segmenter. Measurements never see this.

    The three published variants are the three rules: ``never`` (v1: raw pixels), ``always`` (v2:
    every frame stretched between its own `low` and `high` percentile to the full 16-bit range),
    ``adaptive`` (v3: stretched when the `high` percentile of the whole movie is below
    `dim_below`).

    The adaptive rule is meant for integers deeper than 8 bits. 8-bit movies are never stretched by
    it, since `dim_below` exceeds what they can hold; floating-point movies, whose values have no
    fixed scale, always are. The percentile that decides is exact, over every pixel of the movie.

    Parameters
    ----------
    rule : {"adaptive", "always", "never"}
    dim_below : float
        Grey value of the `high` percentile under which a movie counts as dim.
    low, high : float
        Percentiles that become 0 and 65 535.
    """

    version: ClassVar[int] = 1
    rule: Literal["adaptive", "always", "never"] = "adaptive"
    dim_below: float = Field(1000, gt=0)
    low: float = Field(1, ge=0, lt=100)
    high: float = Field(99, gt=0, le=100)

    def looks_at(self, dtype: np.dtype[np.generic]) -> bool:
        """Whether the rule needs a look at movies of this type."""
        return self.rule == "adaptive" and _is_deep_integer(dtype)

    def prepare(self, frames: Frames) -> ValueCounts | None:
        """How often each grey value occurs; None where the rule needs no look at the movie."""
        if not self.looks_at(frames.dtype):
            return None
        return merge_counts(count_values(frame) for frame in frames)

    def merge(self, states: Sequence[ValueCounts | None]) -> ValueCounts | None:
        counted = [state for state in states if state is not None]
        return merge_counts(counted) if counted else None

    def decide(self, dtype: np.dtype[np.generic], state: ValueCounts | None) -> Decision:
        """Whether a movie of this type and state is stretched, and why."""
        if self.rule != "adaptive":
            return Decision(self.rule == "always", None, f'rule = "{self.rule}"')
        if dtype.kind == "f":
            return Decision(True, None, "floating-point values have no fixed scale")
        if state is None:
            return Decision(False, None, "8-bit values are used as they are")
        value = percentile_of_counts(state, percentile=self.high)
        dim = value < self.dim_below
        compared = "<" if dim else "≥"
        return Decision(
            dim,
            value,
            f"percentile {self.high:g} of the movie {value:g} {compared} {self.dim_below:g}",
        )

    def __call__(self, frames: Frames, *, state: ValueCounts | None = None) -> Frames:
        """The frames as the segmenter sees them: stretched to uint16, or untouched."""
        if not self.decide(frames.dtype, state).stretch:
            return frames
        return MappedFrames(frames, lambda t: self.stretch(frames.frame(t)), dtype=np.uint16)

    def stretch(self, frame: Image) -> Image:
        """One frame, its `low` percentile at 0 and its `high` at 65 535; a flat frame becomes 0."""
        bottom, top = (float(p) for p in np.percentile(frame, [self.low, self.high]))
        if not top > bottom:
            return np.zeros(frame.shape, np.uint16)
        scaled = (frame.astype(np.float32) - bottom) * np.float32(_FULL_RANGE / (top - bottom))
        clipped: Image = np.clip(scaled, 0, _FULL_RANGE).astype(np.uint16)
        return clipped


def _is_deep_integer(dtype: np.dtype[np.generic]) -> bool:
    return dtype.kind in "ui" and dtype.itemsize > 1
