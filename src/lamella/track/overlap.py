"""Tracking by overlap: for slow cells in a dense layer, where shapes tell more than centres."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from lamella.kernels.assignment import assign
from lamella.track.chaining import Survey, _Chaining
from lamella.track.linking import Pieces, Weights, with_velocity
from lamella.track.movement import Movement, first_guess, learnt


class Overlap(_Chaining):
    """Link objects that lie where the object of the frame before lay.

    Of all ways to pair the objects of consecutive frames that overlap, the one with the largest sum
    of intersections over union. Over gaps, and between mothers and daughters, cells are joined
    as by `Lap`. Cells that move by more than their width from frame to frame are lost: `Lap` is
    for them.

    Parameters
    ----------
    min_iou : float
        Objects that overlap less are not linked.
    max_gap : int
        Frames in which a cell may be missed.
    max_division_um : float, optional
        From the middle of a mother to that of her daughters; by default from the movie.
    divisions, merges : bool
        Whether cells divide, and whether cells that become one object for good make a new cell.
    min_frames : int
        Cells that were found in fewer frames are dropped.
    """

    version: ClassVar[int] = 2
    method: Literal["overlap"] = "overlap"
    min_iou: Annotated[float, Field(gt=0, lt=1)] = 0.1

    @property
    def weights(self) -> Weights:
        return Weights(area=1.0, light=0.0, overlap=1.0)

    def linked(self, state: Survey) -> tuple[Pieces, Movement]:
        objects, overlaps = state.objects, state.objects.overlaps
        n = len(objects.frame)
        after, before = np.full(n, -1), np.full(n, -1)
        union = objects.area[overlaps.before] + objects.area[overlaps.after] - overlaps.n
        iou = overlaps.n / union
        # One problem for the whole movie: pairs of different frames have nothing in common.
        taken = assign(overlaps.before, overlaps.after, 1 - iou, alone=1 - self.min_iou)
        i, j = overlaps.before[taken], overlaps.after[taken]
        after[i], before[j] = j, i
        pieces = with_velocity(objects, after, before)
        guess = first_guess(objects)
        movement = learnt(
            objects,
            i,
            j,
            pieces.velocity[i],
            spacing_px=guess.spacing_px,
            plain=guess.plain,
        )
        return pieces, movement
