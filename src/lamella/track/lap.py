"""Tracking by linear assignment: the cheapest way to link all objects of a movie."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lamella.track.chaining import Length, Survey, _Chaining
from lamella.track.linking import Pieces, Weights, link
from lamella.track.movement import Movement, first_guess, learnt

_ROUNDS = 2

Weight = Annotated[float, Field(ge=0, le=10)]


class Lap(_Chaining):
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
        A cell without a past is expected where it was, so that no step may be longer than this.
    persistence : float, optional
        Share of its recent velocity that a cell keeps (the motion model): 0 = it wanders, 1 = it
        goes straight on; by default from the movie. Set it where cells go further in a frame than
        to their neighbours.
    area, light, overlap : float
        Weights of these clues beside the distance; 0 = ignored.
    max_gap : int
        Frames in which a cell may be missed.
    max_division_um : float, optional
        From the middle of a mother to that of her daughters; by default from the movie.
    divisions, merges : bool
        Whether cells divide, and whether cells that become one object for good make a new cell.
    min_frames : int
        Cells that were found in fewer frames are dropped.

    References
    ----------
    Jaqaman et al. 2008, https://doi.org/10.1038/nmeth.1237
    """

    version: ClassVar[int] = 2
    method: Literal["lap"] = "lap"
    max_step_um: Length | None = None
    persistence: Annotated[float, Field(ge=0, le=1)] | None = None
    area: Weight = 1.0
    light: Weight = 1.0
    overlap: Weight = 1.0

    @property
    def weights(self) -> Weights:
        return Weights(self.area, self.light, self.overlap)

    def linked(self, state: Survey) -> tuple[Pieces, Movement]:
        """Link by what is plain, learn from these links how cells move, and link again."""
        objects = state.objects
        known = {
            "persistence": self.persistence,
            "max_step_px": self.pixels("max_step_um", state.scale),
        }
        movement = guess = first_guess(objects, **known)
        pieces = link(objects, guess, self.weights)
        for _ in range(_ROUNDS):
            before, after = pieces.pairs
            movement = learnt(
                objects,
                before,
                after,
                pieces.velocity[before],
                spacing_px=guess.spacing_px,
                plain=guess.plain,
                **known,
            )
            pieces = link(objects, movement, self.weights)
        return pieces, movement
