"""Tracking by linear assignment: the cheapest way to link all objects of a movie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from lamella.core.errors import SettingsError
from lamella.core.frames import Frames
from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.core.tracks import Tracks
from lamella.track.joining import Joined, Limits, join
from lamella.track.linking import Weights, link
from lamella.track.movement import Movement, first_guess, learnt
from lamella.track.objects import Objects, survey, together

_FEW_PLAIN = 0.3
_ROUNDS = 2

Weight = Annotated[float, Field(ge=0, le=10)]
Length = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Survey(NamedTuple):
    """What `Lap` keeps of a movie: its objects, and what a pixel is worth."""

    objects: Objects
    scale: Scale


class Lap(Step):
    """Link objects over time by linear assignment, with gaps, touches, divisions and mergings.

    Objects of consecutive frames are linked so that the whole costs least; then the pieces are
    joined: cells that touched and were one object for a while get their identity back, two
    objects of half the size about the place of one are its daughters, and what was missed for a few
    frames goes on. How far cells go and how much they change is learnt from the movie, see
    :meth:`told`. Frames without any object are frames like others.

    Parameters
    ----------
    max_step_um : float, optional
        Farthest that a cell goes in a frame, beyond its expected place; by default from the movie.
    max_gap : int
        Frames in which a cell may be missed.
    max_division_um : float, optional
        From the middle of a mother to that of her daughters; by default from the movie.
    divisions, merges : bool
        Whether cells divide, and whether cells that become one object for good make a new cell.
    persistence : float, optional
        Share of its recent velocity that a cell keeps (the motion model): 0 = it wanders, 1 = it
        goes straight on; by default from the movie. Set it where cells go further in a frame than
        to their neighbours.
    area, light, overlap : float
        Weights of these clues beside the distance; 0 = ignored.
    min_frames : int
        Cells that were found in fewer frames are dropped.

    References
    ----------
    Jaqaman et al. 2008, https://doi.org/10.1038/nmeth.1237
    """

    version: ClassVar[int] = 1
    method: Literal["lap"] = "lap"
    max_step_um: Length | None = None
    max_gap: Annotated[int, Field(ge=0, le=50)] = 2
    max_division_um: Length | None = None
    divisions: bool = True
    merges: bool = False
    persistence: Annotated[float, Field(ge=0, le=1)] | None = None
    area: Weight = 1.0
    light: Weight = 1.0
    overlap: Weight = 1.0
    min_frames: Annotated[int, Field(ge=1)] = 1

    def prepare(
        self, frames: Frames, image: Frames | None = None, *, scale: Scale | None = None
    ) -> Survey:
        """The objects of a part of the movie.

        Parameters
        ----------
        frames : Frames
            Objects numbered frame by frame.
        image : Frames, optional
            Raw frames, for the clue of intensity.
        scale : Scale, optional
            Needed where a limit is given in µm.
        """
        seen = image if self.light else None
        return Survey(survey(frames, seen), scale or Scale())

    def merge(self, states: Sequence[Survey]) -> Survey:
        return Survey(together([state.objects for state in states]), states[0].scale)

    def __call__(self, frames: Frames, *, state: Survey) -> Tracks:
        """The cells, numbered by the frame in which they appear, then from the top down."""
        return tracks_of(state.objects, self._joined(state)[0], min_frames=self.min_frames)

    def told(self, state: Survey) -> dict[str, Any]:
        """What was taken from the movie, lengths in px."""
        movement, limits = self._joined(state)[1:]
        return {**movement.as_json(), "max_division_px": limits.max_division_px}

    def in_words(self, state: Survey) -> str:
        movement, limits = self._joined(state)[1:]
        um = state.scale.um
        words = [
            f"steps of {_length(np.sqrt(2) * movement.step_px, um)} (RMS), "
            f"none beyond {_length(movement.max_step_px, um)}",
            f"cells of {_length(2 * movement.radius_px, um)}",
            f"they keep {movement.persistence:.0%} of their velocity",
        ]
        if self.divisions:
            words.append(f"daughters within {_length(limits.max_division_px, um)} of their mother")
        if movement.plain < _FEW_PLAIN:
            words.append(
                f"only {movement.plain:.0%} of the objects have a plain successor, so that links "
                "may be wrong: set max_step_um and persistence, or film at shorter intervals"
            )
        return "; ".join(words)

    def _joined(self, state: Survey) -> tuple[Joined, Movement, Limits]:
        objects = state.objects
        weights = Weights(self.area, self.light, self.overlap)
        max_step_px = self._pixels("max_step_um", self.max_step_um, state.scale)
        guess = first_guess(objects)
        movement = guess
        for _ in range(_ROUNDS):
            pieces = link(objects, movement, weights)
            i, j = pieces.pairs
            movement = learnt(
                objects,
                i,
                j,
                pieces.velocity[i],
                spacing_px=guess.spacing_px,
                plain=guess.plain,
                persistence=self.persistence,
                max_step_px=max_step_px,
            )
        pieces = link(objects, movement, weights)
        apart = self._pixels("max_division_um", self.max_division_um, state.scale)
        limits = Limits(
            self.max_gap,
            movement.max_step_px,
            apart if apart is not None else 1.5 * movement.radius_px + movement.max_step_px,
            self.divisions,
            self.merges,
        )
        return join(objects, pieces, movement, weights, limits), movement, limits

    def _pixels(self, name: str, length_um: float | None, scale: Scale) -> float | None:
        if length_um is None:
            return None
        if scale.pixel_size_um is None:
            raise SettingsError(
                f"{name} = {length_um:g}", "the pixel size is not known", "give pixel_size_um"
            )
        return length_um / scale.pixel_size_um


def tracks_of(objects: Objects, joined: Joined, *, min_frames: int) -> Tracks:
    """Tracks from chains of objects, cells numbered in order of their first object."""
    chain = np.arange(len(objects.frame))
    for k in range(len(chain)):  # objects are in order of time
        if joined.before[k] >= 0:
            chain[k] = chain[joined.before[k]]
    heads, cell, n = np.unique(chain, return_inverse=True, return_counts=True)
    keep = n >= min_frames
    number = np.where(keep, np.cumsum(keep), 0)
    of_head = dict(zip(heads.tolist(), number.tolist(), strict=True))
    cells = number[cell]
    parents: dict[int, tuple[int, ...]] = {}
    came_from = {first: (last,) for first, last in joined.mothers.items()} | joined.merged
    for first, lasts in came_from.items():
        own = of_head[first]
        theirs = tuple(c for c in (int(cells[last]) for last in lasts) if c)
        if own and theirs:
            parents[own] = theirs
    return Tracks.from_links(objects.links(cells), parents)


def _length(px: float, um: float) -> str:
    return f"{px * um:.3g} µm" if np.isfinite(um) else f"{px:.3g} px"
