"""What a person should look at before tracks are believed: suspicious events, the worst first."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.track.checks.lives import border, gaps, lives
from lamella.track.checks.motion import jump_limit, jumps, still
from lamella.track.checks.rows import COLUMNS, Rows
from lamella.track.checks.sizes import divisions, pieces, size_breaks
from lamella.track.checks.swaps import swaps
from lamella.track.checks.twins import duplicates

KINDS: dict[str, float] = {
    "swap": 1.0,
    "field_jump": 0.95,
    "jump": 0.9,
    "duplicate": 0.8,
    "division": 0.7,
    "merge": 0.7,
    "vanishes": 0.6,
    "appears": 0.6,
    "size_break": 0.5,
    "short_life": 0.5,
    "gap": 0.4,
    "pieces": 0.3,
    "still": 0.2,
    "border": 0.1,
}
"""Every kind of event, with the severity of one far beyond its limit."""

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class TrackChecks(Step):
    """Find what is suspicious in tracks. Most limits are relative to the movie.

    Nothing is changed, and an event is no proof: cells do jump now and then. Sizes need the columns
    that `lamella.track.sizes.with_sizes` adds; without them (tracks of other programs without
    labels) checks of size, duplicates and pieces find nothing. Rows without a place are left out.

    Parameters
    ----------
    jump_sds : float
        A jump exceeds the median step by this many robust SDs, both of the movie's steps and of the
        cell's own, and half the typical radius of a cell.
    swap_evidence : float
        How much better places, areas and intensities fit with two cells exchanged: 2 · log of the
        ratio of likelihoods.
    swap_window : int
        Rows on both sides of a step that are held against each other.
    size_factor, size_sds : float
        A size break changes the area by more than this factor, and by more than is usual.
    duplicate_distance : float
        Duplicates are nearer than this share of the sum of their radii; 1 = discs that touch.
    duplicate_frames : int
        For at least this many frames in a row.
    short_frames : int
        A short life has at most this many frames.
    daughter_factor, sum_low, sum_high : float
        A division is odd when the daughters' areas differ by more than the factor, or their sum
        over the mother's area lies outside of these two.
    loose_fraction : float
        An object lies in pieces when more than this share of it is not in its largest piece.
    still_frames : int
        Still cells are judged over stretches of so many rows; cells with fewer are not.
    still_share, still_px : float
        In every stretch a still cell spreads less round its mean place than this share of what is
        typical of the movie, or than this many px (RMS).
    """

    version: ClassVar[int] = 2
    jump_sds: Positive = 8.0
    swap_evidence: Positive = 20.0
    swap_window: Count = 3
    size_factor: Annotated[float, Field(gt=1)] = 1.5
    size_sds: Positive = 6.0
    duplicate_distance: Positive = 0.5
    duplicate_frames: Count = 3
    short_frames: Count = 3
    daughter_factor: Annotated[float, Field(gt=1)] = 2.0
    sum_low: Positive = 0.5
    sum_high: Positive = 2.0
    loose_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1
    still_frames: Count = 10
    still_share: Positive = 0.1
    still_px: Positive = 0.25

    def __call__(
        self,
        tracks: Tracks,
        *,
        frame_shape: tuple[int, int],
        scale: Scale | None = None,
        n_frames: int | None = None,
    ) -> pd.DataFrame:
        """Everything about the tracks that a person should look at, the worst first.

        Parameters
        ----------
        tracks : Tracks
            Best with the columns of `lamella.track.sizes.with_sizes`, and `intensity` where known.
        frame_shape : (Y, X)
        scale : Scale, optional
            For lengths in words; nothing is decided by it.
        n_frames : int, optional
            Length of the movie; when None, that of the scale's times or of the longest life.

        Returns
        -------
        DataFrame
            One row per event: `cell` (0 for `field_jump`, which concerns all), `frame`, `kind` (see
            `KINDS`), `other` (cell or 0), `value`, `limit`, `y_px`, `x_px`, `words`, `severity`.
            For `appears`, `other` is a cell that vanished near by in the frames before, and the
            other way round: a broken track, or a division that was missed.

            ============== ======================================== ==========================
            kind           value                                    frame
            ============== ======================================== ==========================
            swap           2 · log likelihood ratio                 first after the exchange
            jump           step, px per frame                       after the step
            field_jump     share of the cells that jump or are new  after the step
            duplicate      distance over sum of radii (median)      first of the stretch
            division       ratio of daughters, sum over mother's,   first of the daughters
                           or number of daughters
            merge          number of parents                        first of the merged cell
            appears        distance to the edge of the field, px    first of the cell
            vanishes       distance to the edge of the field, px    last of the cell
            size_break     new area over old                        after the change
            short_life     frames                                   first of the cell
            gap            frames                                   first missing
            pieces         largest share of loose pixels            first of the stretch
            still          largest RMS distance over a stretch, px  first of the cell
            border         frames                                   first of the stretch
            ============== ======================================== ==========================

        Notes
        -----
        `severity` is the weight of the kind times 1 − limit / (2 · value), or 1 − value /
        (2 · limit) where the value lies below its limit: kinds first, then how far beyond.
        """
        scale = scale or Scale()
        if n_frames is None:
            times = 0 if scale.time_min is None else len(scale.time_min)
            ends = (last + 1 for _, last in tracks.first_last.values())
            n_frames = max(times, max(ends, default=0))
        rows = Rows.of(tracks, frame_shape=frame_shape, n_frames=n_frames, scale=scale)
        if not len(rows.cell):
            return _ranked(pd.DataFrame(columns=COLUMNS))
        longest = jump_limit(rows, times=self.jump_sds)
        swapped = swaps(rows, longest, evidence=self.swap_evidence, window=self.swap_window)
        found = [
            swapped.events,
            jumps(rows, longest, explained=swapped.explained),
            still(
                rows,
                frames=self.still_frames,
                share=self.still_share,
                smallest_px=self.still_px,
            ),
            size_breaks(
                rows,
                factor=self.size_factor,
                times=self.size_sds,
                explained=swapped.explained,
            ),
            pieces(rows, loose=self.loose_fraction),
            divisions(
                rows,
                daughter_factor=self.daughter_factor,
                sum_low=self.sum_low,
                sum_high=self.sum_high,
                window=self.swap_window,
            ),
            duplicates(rows, distance=self.duplicate_distance, frames=self.duplicate_frames),
            lives(
                rows,
                reach_px=float(np.median(longest)) if len(longest) else 0.0,
                short=self.short_frames,
            ),
            gaps(rows),
            border(rows),
        ]
        return _ranked(pd.concat([each for each in found if len(each)] or [found[0]]))


def _ranked(events: pd.DataFrame) -> pd.DataFrame:
    value = events[Col.VALUE].to_numpy(np.float64)
    limit = events[Col.LIMIT].to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.fmin(value / limit, limit / value)
    weight = events[Col.KIND].map(KINDS).to_numpy(np.float64)
    severity = weight * (1 - 0.5 * np.clip(np.nan_to_num(beyond, nan=0.0), 0, 1))
    out = events.assign(**{Col.SEVERITY: severity})
    order = np.lexsort((out[Col.CELL], out[Col.FRAME], -severity))
    out = out.iloc[order].reset_index(drop=True)
    kinds = {Col.CELL: np.int64, Col.FRAME: np.int64, Col.OTHER: np.int64}
    typed: pd.DataFrame = out.astype({**kinds, Col.VALUE: np.float64, Col.LIMIT: np.float64})
    return typed
