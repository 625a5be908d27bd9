"""What the trackers of many cells have in common: link frame to frame, then join the pieces."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from lamella.core.errors import SettingsError
from lamella.core.frames import Frames
from lamella.core.movie import Scale
from lamella.core.registration import Registration
from lamella.core.step import Step
from lamella.core.tracks import Tracks
from lamella.track.chains import Joined, Limits
from lamella.track.joining import join
from lamella.track.linking import Pieces, Weights
from lamella.track.movement import Movement
from lamella.track.objects import Objects, survey, together

_FEW_PLAIN, _MANY = 0.3, 20

Length = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Chained(NamedTuple):
    """The objects of a movie in chains, and what that was decided by."""

    joined: Joined
    movement: Movement
    limits: Limits


@dataclass(eq=False)
class Survey:
    """What a tracker keeps of a movie: its objects, and what a pixel is worth."""

    objects: Objects
    scale: Scale
    registration: Registration | None = None
    _chained: dict[_Chaining, Chained] = field(default_factory=dict, init=False, repr=False)

    def chained(self, step: _Chaining) -> Chained:
        """The chains of these objects; made once for each way to make them."""
        if step not in self._chained:
            self._chained[step] = step.chain(self)
        return self._chained[step]


class _Chaining(Step):
    """Cells as chains of objects.

    Parameters
    ----------
    max_gap : int
        Frames in which a cell may be missed.
    max_division_um : float, optional
        From the middle of a mother to that of her daughters; by default from the movie.
    divisions, merges : bool
        Whether cells divide, and whether cells that become one object for good make a new cell.
    min_frames : int
        Cells that were found in fewer frames are dropped.
    """

    max_gap: Annotated[int, Field(ge=0, le=50)] = 2
    max_division_um: Length | None = None
    divisions: bool = True
    merges: bool = False
    min_frames: Annotated[int, Field(ge=1)] = 1

    def prepare(
        self,
        frames: Frames,
        image: Frames | None = None,
        *,
        scale: Scale | None = None,
        registration: Registration | None = None,
    ) -> Survey:
        """The objects of a part of the movie.

        Parameters
        ----------
        frames : Frames
            Objects numbered frame by frame.
        image : Frames, optional
            Raw frames, where intensity is a clue.
        scale : Scale, optional
            Needed where a limit is given in µm.
        registration : Registration, optional
            How the field drifted, where that is known: cells are then followed as if it had not.
        """
        objects = survey(frames, image if self.weights.light else None, registration)
        return Survey(objects, scale or Scale(), registration)

    def merge(self, states: Sequence[Survey]) -> Survey:
        first = states[0]
        objects = together([state.objects for state in states], first.registration)
        return Survey(objects, first.scale, first.registration)

    def __call__(self, frames: Frames, *, state: Survey) -> Tracks:
        """The cells, numbered by the frame in which they appear, then by their label in it."""
        return _tracks(state.objects, state.chained(self).joined, min_frames=self.min_frames)

    def told(self, state: Survey) -> dict[str, Any]:
        """What was taken from the movie, lengths in px."""
        chained = state.chained(self)
        return {
            **chained.movement.as_json(),
            "max_division_px": chained.limits.max_division_px if self.divisions else None,
        }

    def in_words(self, state: Survey) -> str:
        if not len(state.objects.frame):
            return "no objects"
        _, movement, limits = state.chained(self)
        um = state.scale.um
        words = [
            f"steps of {_length(np.sqrt(2) * movement.step_px, um)} (RMS), "
            f"none beyond {_length(movement.max_step_px, um)}",
            f"cells {_length(2 * movement.radius_px, um)} wide",
            f"they keep {movement.persistence:.0%} of their velocity",
        ]
        if self.divisions:
            words.append(f"daughters within {_length(limits.max_division_px, um)} of their mother")
        return "; ".join(words)

    def doubt(self, state: Survey) -> str:
        """Why links may be wrong, and what to do about it; empty where nothing is known."""
        plain = state.chained(self).movement.plain
        if not plain < _FEW_PLAIN or len(state.objects.frame) < _MANY:
            return ""
        return (
            f"only {plain:.0%} of the objects have a plain successor in the next frame, so that "
            "links may be wrong: set max_step_um and persistence, or film at shorter intervals"
        )

    @property
    @abstractmethod
    def weights(self) -> Weights:
        """What counts beside the distance."""

    @abstractmethod
    def linked(self, state: Survey) -> tuple[Pieces, Movement]:
        """Objects linked from frame to frame, and the movement that this was done by."""

    def chain(self, state: Survey) -> Chained:
        """Link and join."""
        pieces, movement = self.linked(state)
        apart = self.pixels("max_division_um", state.scale)
        limits = Limits(
            max_gap=self.max_gap,
            max_step_px=movement.max_step_px,
            max_division_px=(
                1.5 * movement.radius_px + movement.max_step_px if apart is None else apart
            ),
            divisions=self.divisions,
            merges=self.merges,
        )
        joined = join(state.objects, pieces, movement, self.weights, limits)
        return Chained(joined, movement, limits)

    def pixels(self, name: str, scale: Scale) -> float | None:
        """A length that was set in µm, in px; None where it was not set."""
        length_um: float | None = getattr(self, name)
        if length_um is None:
            return None
        if scale.pixel_size_um is None:
            raise SettingsError(
                f"{name} = {length_um:g}",
                "a length in µm is of no use without the pixel size",
                "give pixel_size_um",
            )
        return length_um / scale.pixel_size_um


def _tracks(objects: Objects, joined: Joined, *, min_frames: int) -> Tracks:
    """Cells numbered in order of their first object; parents of a dropped cell are nobody's."""
    _, cell, n = np.unique(joined.heads(), return_inverse=True, return_counts=True)
    keep = n >= min_frames
    number = np.where(keep, np.cumsum(keep), 0)
    cells = number[cell]
    parents: dict[int, tuple[int, ...]] = {}
    came_from = {first: (last,) for first, last in joined.mothers.items()} | joined.merged
    for first, lasts in came_from.items():
        theirs = tuple(int(cells[last]) for last in lasts if cells[last])
        if cells[first] and theirs:
            parents[int(cells[first])] = theirs
    return Tracks.from_links(objects.links(cells), parents)


def _length(px: float, um: float) -> str:
    return f"{px * um:.3g} µm" if np.isfinite(um) else f"{px:.3g} px"
