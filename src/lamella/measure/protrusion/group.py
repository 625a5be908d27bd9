"""Protrusions of a cell: tips, branches, lengths, and how long tips live."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.frames import Image
from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.kernels.distance import distance_inside
from lamella.kernels.pieces import one_piece, without_pinholes
from lamella.kernels.regions import find_regions, inside_of
from lamella.kernels.tips import Tips, find_tips
from lamella.measure.protrusion.cells import summary_of
from lamella.measure.protrusion.follow import followed
from lamella.measure.protrusion.lives import lives_of
from lamella.measure.protrusion.rows import PER_FRAME, of_cell, rows_of_tips
from lamella.measure.view import FrameView, Measured, Seen

_LEAST_PX = 3.0
"""What stands out by less cannot be told from the staircase of a mask."""
_BODY_SHARE = 0.5
"""Of the body's radius, where the pixel size is not known: 5 µm of the 10 µm that bodies have."""
_JOIN_PX = 3.0
_IN_UM = {
    Col.TIP_LENGTH_PX: Col.TIP_LENGTH_UM,
    Col.TIP_STEPS_PX: Col.TIP_STEPS_UM,
    Col.TIP_BEYOND_PX: Col.TIP_BEYOND_UM,
    Col.TIP_WIDTH_PX: Col.TIP_WIDTH_UM,
    Col.TIP_BASE_WIDTH_PX: Col.TIP_BASE_WIDTH_UM,
}


class Protrusion(Step):
    """Tips of protrusions, from the shape of the cell alone.

    The body's centre is the pixel furthest from the cell's edge; end points of the skeleton are
    candidates for tips, and a protrusion's length is the shortest way to the tip inside the cell
    (`lamella.kernels.tips`). A candidate is a tip when it reaches beyond the largest disc round
    the body's centre, and beyond those of the branch that it comes from, by `min_beyond_um`: the
    5 µm from which on biologists speak of a protrusion, whatever the size of the body. As
    published, with bodies of 10 µm in mind, tips nearer to the centre than 20 µm were dropped
    instead: ``min_beyond_um = 0, min_length_um = 20``. What stands out by less than 3 px is never
    a tip. Without a pixel size, half the body's radius takes the place of `min_beyond_um` and of
    `max_step_um`, and `min_length_um` counts for nothing.

    Holes of the mask that are smaller than a disc as wide as `min_beyond_um` are filled first. A
    protrusion that the field's edge cuts is in the table of tips, marked, and counted apart.

    From frame to frame tips are followed by where they are from the cell's centroid, all of a cell
    together at the least sum of distances, over valid steps alone (see `Sightings`). The tables
    ``tips`` (a row per cell, frame and tip) and ``tip_lives`` (a row per tip) come with it.

    Parameters
    ----------
    min_beyond_um : float
    min_length_um : float or None
        From the body's centre to the tip; None = any.
    join_um : float or None
        Width of the straight lines that join the centres of the pieces of a mask, as published
        (3 px without a pixel size); None = only the largest piece is looked at.
    max_step_um : float
        How far a tip may move from frame to frame, the cell's own movement taken off.
    missed_frames : int
        For how many frames in a row a tip may go unseen and still be the same.

    References
    ----------
    Gómez-de-Mariscal et al. 2021, https://doi.org/10.48550/arXiv.2112.08817
    """

    version: ClassVar[int] = 3
    looks_at_light: ClassVar[bool] = False
    looks_across_frames: ClassVar[bool] = True
    gathered: ClassVar[tuple[str, ...]] = ("tips", "tip_lives")
    kept_apart: ClassVar[tuple[str, ...]] = ()
    min_beyond_um: float = Field(5.0, ge=0)
    min_length_um: float | None = Field(None, gt=0)
    join_um: float | None = Field(None, gt=0)
    max_step_um: float = Field(5.0, gt=0)
    missed_frames: int = Field(1, ge=0, le=10)

    def rows(self, view: FrameView) -> Seen:
        """Body and tips of every cell of the frame."""
        regions = view.regions
        um = view.movie.scale.um
        table = np.full((len(PER_FRAME), len(regions.label)), np.nan)
        tips: list[Tips] = []
        origins = regions.box[:, :2].astype(np.float64)
        for i, (mask, distance) in enumerate(zip(view.masks, view.edge_distances, strict=True)):
            origin = (int(regions.box[i, 0]), int(regions.box[i, 1]))
            field = (view.labels.shape[0], view.labels.shape[1])
            piece, found, n_fragments = self.tips_of(
                mask, distance, pixel_size_um=um, origin=origin, field=field
            )
            tips.append(found)
            table[:, i] = of_cell(piece, found, um, n_fragments, origin)
        objects = dict(zip(PER_FRAME, table, strict=True))
        return Seen(objects, {"tips": rows_of_tips(tips, regions.label, origins)})

    def tips_of(
        self,
        mask: NDArray[np.bool_],
        distance: NDArray[Any] | None = None,
        *,
        pixel_size_um: float,
        origin: tuple[int, int] = (1, 1),
        field: tuple[int, int] | None = None,
    ) -> tuple[NDArray[np.bool_], Tips, int]:
        """Tips of one cell, with the mask in one piece that they are of, and its pieces before.

        Parameters
        ----------
        mask : (Y, X) bool array, not empty
        distance : (Y, X) array, optional
            To the nearest pixel outside, where it is known.
        pixel_size_um : float
            NaN = not known.
        origin, field : (int, int)
            See `find_tips`.
        """
        known = np.isfinite(pixel_size_um)
        join = None
        if self.join_um is not None:
            join = self.join_um / pixel_size_um if known else _JOIN_PX
        piece, n_fragments = one_piece(mask, join_width_px=join)
        if distance is None or piece is not mask:
            distance = distance_inside(piece)
        body = float(distance.max()) - 0.5
        stand_out = self.min_beyond_um / pixel_size_um if known else _BODY_SHARE * body
        stand_out = max(stand_out, _LEAST_PX)
        filled = without_pinholes(piece, below_px=np.pi / 4 * stand_out**2)
        if filled is not piece:
            piece, distance = filled, distance_inside(filled)
        least = (self.min_length_um or 0.0) / pixel_size_um if known else 0.0
        found = find_tips(
            piece, distance, stand_out=stand_out, min_length=least, origin=origin, field=field
        )
        return piece, found, n_fragments

    def skeletons(self, labels: Image, *, pixel_size_um: float | None) -> NDArray[np.bool_]:
        """Skeletons of all cells of a frame, (Y, X) bool, without what does not stand out."""
        drawn = np.zeros(labels.shape, bool)
        regions = find_regions(labels)
        size = np.nan if pixel_size_um is None else pixel_size_um
        for label, box in zip(regions.label, regions.box, strict=True):
            top, left, bottom, right = box
            mask = inside_of(labels, label, box)
            drawn[top:bottom, left:right] |= self.tips_of(mask, pixel_size_um=size)[1].skeleton
        return drawn

    def complete(self, found: Measured, sightings: pd.DataFrame, scale: Scale) -> Measured:
        """Who is who among the tips over time, their speeds and their lives."""
        tips = found.finer["tips"]
        tips = tips.assign(**{um: tips[px] * scale.um for px, um in _IN_UM.items()})
        limit: float | NDArray[np.float64] = self.max_step_um / scale.um
        if not np.isfinite(limit):
            body = found.frames[Col.BODY_RADIUS_PX].groupby(sightings[Col.CELL])
            limit = _BODY_SHARE * body.transform("median").to_numpy().astype(np.float64)
        tips = followed(tips, sightings, limit_px=limit, missed_frames=self.missed_frames)
        lives = lives_of(tips, sightings, missed_frames=self.missed_frames)
        return Measured(found.frames, {"tips": tips, "tip_lives": lives})

    def summarise(self, found: Measured, sightings: pd.DataFrame) -> pd.DataFrame:
        """Means over the valid frames of every cell, and what became of its tips."""
        return summary_of(found, sightings, missed_frames=self.missed_frames)
