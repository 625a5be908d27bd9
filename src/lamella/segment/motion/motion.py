"""Segmentation that teaches itself from motion: any modality, no labels, no weights."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.frames import Frames, MappedFrames
from lamella.core.step import Reach, Step
from lamella.kernels.filters import Plane, blurred
from lamella.kernels.morphology import disc
from lamella.segment.motion.classifier import log_odds, prior_of
from lamella.segment.motion.features import Look, look_at, still_background
from lamella.segment.motion.labels import SelfLabels, self_labels
from lamella.segment.motion.objects import cells_among, without_holes
from lamella.segment.motion.outline import outlined
from lamella.segment.motion.survey import (
    Plan,
    Survey,
    changes_of,
    lags_up_to,
    merged,
    pooled,
    survey,
)

_BORDER_OF_BLUR_PX = 5  # a moving region is wider than the cell by the blur of its evidence
_MOST_SEEN = 0.98
_ENOUGH_INSIDE = 200


class Explanation(NamedTuple):
    """Everything that led to the mask of one frame; planes are (Y, X)."""

    frame: Plane
    evidence: Plane
    """Pooled squared change over noise: 1 where nothing moves."""
    labels: SelfLabels
    looks: list[Look]
    odds_by_look: list[Plane]
    """Log-likelihood ratio that each look adds."""
    prior: float
    """Share of the frame that is taken to be cell beforehand."""
    odds: Plane
    """Posterior log odds of cell; the mask starts where they are positive."""
    likely: NDArray[np.bool_]
    """Where the odds, smoothed by 1 px, are positive, with the gaps between closed."""
    region: NDArray[np.bool_]
    """What looks like cell, its holes filled, before its edge is drawn in."""
    edged: NDArray[np.bool_]
    """The region with its edge drawn in, before objects are dropped."""
    fate: NDArray[np.uint8]
    """What became of the object that a pixel is in: `Fate`."""
    cells: NDArray[np.int32]


class Motion(Step):
    """Cells move and the background does not: label by motion, learn by look, segment the rest.

    For every frame anew: pixels that changed beyond the noise since `lag` frames before, and until
    `lag` frames after, label themselves as moving; pixels that did not, as still. A naive Bayes
    classifier learns on this frame alone how moving and still pixels look (brightness and texture)
    and judges all of them. Regions are drawn in to the steepest edge, and those that move and look
    like the others are cells.

    What it needs to know of the movie it measures: the noise, frame by frame; and once for the
    movie how many frames apart cells have moved enough (2, 4, 8 … up to `max_lag`), and
    whether their motion is seen pixel by pixel or only when pooled over some 4 px.

    Holds for cells that move by about half a pixel, or change inside, within `max_lag` frames, on
    ground that stays. A movie whose pixels change no more than noise gives empty masks. Touching
    cells stay one object.

    Parameters
    ----------
    max_lag : int
        Most frames between those that are compared, which are never more than half the movie.
    closing_px : int or None
        Gaps up to twice this wide close within a region; None: 2, or 5 where motion is pooled.
    fill_holes : bool
        Fill holes that are not plainly background.
    smallest_px : int or None
        Smaller objects are dropped; None: a third of the median area of the frame's objects.
    keep_border : bool
        Whether cells that touch the border of the frame are kept.

    References
    ----------
    After Robitaille et al., Commun. Biol. 5:1162 (2022), doi:10.1038/s42003-022-04117-x, whose
    labels are quantiles of optical flow and whose features are entropy and gradient; why they were
    left is told, with figures, in the page on accuracy.
    """

    version: ClassVar[int] = 1
    scale_free: ClassVar[bool] = True
    method: Literal["motion"] = "motion"
    max_lag: int = Field(8, ge=1, le=64)
    closing_px: int | None = Field(None, ge=0, le=50)
    fill_holes: bool = True
    smallest_px: int | None = Field(None, ge=1)
    keep_border: bool = True

    @property
    def reach(self) -> Reach:
        return Reach(self.max_lag, self.max_lag)

    def prepare(self, frames: Frames) -> Survey:
        """What every tenth frame shows of motion."""
        return survey(frames, max_lag=self.max_lag)

    def merge(self, states: Sequence[Survey]) -> Survey:
        return merged(states)

    def told(self, state: Survey) -> dict[str, Any]:
        plan = state.plan
        return {
            "lag_frames": plan.lag,
            "pooled": plan.scale.name,
            "pooled_over_px": plan.scale.pool_px,
            "motion_found": plan.moving,
            "stage_moves": plan.adrift,
        }

    def in_words(self, state: Survey) -> str:
        plan = state.plan
        return (
            f"frames compared {plan.lag} apart, motion averaged over {plan.scale.pool_px:g} px, "
            f"stage {'moves' if plan.adrift else 'still'}"
        )

    def __call__(self, frames: Frames, *, state: Survey | None = None) -> Frames:
        """Labels of every frame, (T, Y, X) uint16, numbered within their frame.

        Raises
        ------
        InputError
            When the movie has a single frame, or a frame more objects than 16 bits can number.

        Warns
        -----
        LamellaWarning
            When nothing in the movie moves: all masks are then empty.
        """
        plan = (state or self.prepare(frames)).plan
        if not plan.moving:
            tried = lags_up_to(self.max_lag, len(frames))[-1]
            more = 2 * tried in lags_up_to(2 * tried, len(frames))
            warnings.warn(
                f"nothing moves more than the noise within {tried} "
                f"{'frames' if tried > 1 else 'frame'}, so that all masks are empty; "
                "use another method" + (f", or max_lag = {2 * tried} or more" if more else ""),
                LamellaWarning,
                stacklevel=2,
            )
        return MappedFrames(
            frames,
            lambda t: _numbered(self.segment(frames, t, plan), t),
            dtype=np.uint16,
        )

    def segment(self, frames: Frames, t: int, plan: Plan) -> NDArray[np.int32]:
        """Labels of frame `t`, (Y, X)."""
        return self._explained(frames, t, plan, keep=False).cells

    def explain(self, frames: Frames, t: int, plan: Plan) -> Explanation:
        """The mask of frame `t` with everything that led to it."""
        return self._explained(frames, t, plan, keep=True)

    def _explained(self, frames: Frames, t: int, plan: Plan, *, keep: bool) -> Explanation:
        """As `explain`; without `keep`, looks and evidence are let go of as soon as used."""
        frame = frames.frame(t).astype(np.float32)
        changes = changes_of(frames, t, plan)
        evidence = pooled(changes, pool_px=plan.scale.pool_px)
        labels = self_labels(evidence)
        if not plan.moving or not labels.enough:
            return self._nothing(frame, evidence, labels)
        noise_sd = min(change.noise_sd for change in changes)
        del changes
        if not keep:
            evidence = np.zeros((), np.float32)
        above = frame - still_background(frame, labels.still, noise_sd)
        seen_as: list[Look] = []
        by_look: list[Plane] = []
        likelihood = np.zeros(frame.shape, np.float32)
        for scale_px, pool_px in plan.scale.looks:
            look = look_at(frame, above, noise_sd, scale_px=scale_px, pool_px=pool_px)
            odds_of_look = log_odds(look, labels.moving, labels.still)
            likelihood += odds_of_look
            if keep:
                seen_as.append(look)
                by_look.append(odds_of_look)
            del look, odds_of_look
        del above
        prior = prior_of(likelihood)
        odds = likelihood + np.float32(np.log(prior / (1 - prior)))
        seen = self._share_seen(likelihood, labels, plan)
        mask = self._closed(blurred(odds, 1.0) > 0, plan)
        region = without_holes(mask, likelihood, seen=seen) if self.fill_holes else mask
        edged = outlined(region, frame, noise_sd)
        if self.fill_holes:
            edged = without_holes(edged, likelihood, seen=seen)
        cells, fate = cells_among(
            edged, labels, odds, smallest_px=self.smallest_px, keep_border=self.keep_border
        )
        planes = (mask, region, edged, fate, cells)
        return Explanation(frame, evidence, labels, seen_as, by_look, prior, odds, *planes)

    def _closed(self, mask: NDArray[np.bool_], plan: Plan) -> NDArray[np.bool_]:
        radius = plan.scale.close_px if self.closing_px is None else self.closing_px
        return cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, disc(radius)).view(bool)

    def _share_seen(self, likelihood: Plane, labels: SelfLabels, plan: Plan) -> float:
        """Share of what looks like cell in which motion is seen."""
        like = self._closed(likelihood > 0, plan).view(np.uint8)
        inner = cv2.erode(like, disc(_BORDER_OF_BLUR_PX), borderValue=1).view(bool)
        n = np.count_nonzero(inner)
        if n < _ENOUGH_INSIDE:
            return _MOST_SEEN
        return min(np.count_nonzero(inner & labels.moving) / n, _MOST_SEEN)

    @staticmethod
    def _nothing(frame: Plane, evidence: Plane, labels: SelfLabels) -> Explanation:
        empty = np.zeros(frame.shape, np.float32)
        no = np.zeros(frame.shape, bool)
        nowhere = (no, no, no, no.astype(np.uint8), no.astype(np.int32))
        return Explanation(frame, evidence, labels, [], [], 0.0, empty, *nowhere)


def _numbered(cells: NDArray[np.int32], t: int) -> NDArray[np.uint16]:
    """The same numbers in 16 bits, which must not begin again at 0."""
    n = int(cells.max(initial=0))
    if n > np.iinfo(np.uint16).max:
        raise InputError(
            "method = motion",
            f"frame {t} shows {n} objects, more than labels of 16 bits can number",
            "set smallest_px so that specks are dropped",
        )
    return cells.astype(np.uint16)
