"""Labels of a segmenter that are good enough to learn from: filters, confidence, and why not."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.frames import Frames
from lamella.core.step import Step
from lamella.core.table import Col
from lamella.train.examples import Example
from lamella.train.looks import Cells, Values, looks, running_median, taught
from lamella.train.reasons import (
    AREA,
    BORDER,
    DISAGREED,
    EMPTY,
    JUMP,
    MOVED,
    SEVERAL,
    SMALL,
    SPACING,
    UNSTABLE,
)

Flags = NDArray[np.bool_]

SOURCE = "pseudo_labels"
"""Where such examples come from."""

# A movie that hardly changes has hardly any spread of areas; below this share of the area
# a difference is no event.
_LEAST_SPREAD = 0.05
_SD_PER_MAD = 1.4826
_NEARER = "iou_nearer"
"""Overlap with the more alike of the two neighbouring frames: not written anywhere."""


class PseudoLabelled(NamedTuple):
    """What may be learnt from one movie."""

    frames: pd.DataFrame
    """A row per frame: what was seen of it, whether it is kept, and why not."""
    examples: list[Example]
    """The kept frames."""


class PseudoLabels(Step):
    """Choose the frames of a segmented movie whose labels a model may be trained on.

    A model that is trained on its own labels repeats its mistakes unless they are left out. Nobody
    knows the truth, but most mistakes show: cells do not vanish for a frame, shrink to a third or
    leap. The published filters (`min_area_fraction`, `min_iou`, `stride`, empty frames) are joined
    by tests in both directions of time and by a second opinion.

    Whole frames are kept or dropped, in movies of many cells too: an object that is taken out of
    the labels of a frame becomes background there, and the model would learn not to see it. A frame
    of many cells is kept when enough of its objects are steady (`min_steady_share`).

    Mistakes that all methods share and that last (a nucleus taken for the cell in a whole movie)
    pass; look at the page of what was kept.

    Parameters
    ----------
    cells : {"one", "many"}
        "one": the largest object of a frame is the cell, and a frame with another of at least half
        its area is dropped, because nobody knows which is right. The next four settings are of
        single cells where it says so.
    min_area_fraction : float
        Of the median area of the movie's frames (many cells: of its objects); 0 = any.
    min_iou : float
        With the same cell in the neighbouring frame (with many cells: of every object, with the one
        that it overlaps best). Not asked where that frame is empty. 0 = any.
    overlap_with : {"either", "previous"}
        Which neighbouring frame `min_iou` asks: the more alike of both, or, as published, the one
        before, with which the good frame that follows a bad one is dropped, too.
    min_steady_share : float
        Many cells: share of the objects that fulfil the two settings above.
    max_area_z : float or None
        One cell: area against the running median over `window` frames, in robust SDs (at least 5 %
        of the area); None = any.
    max_jump_radii : float or None
        One cell: distance of the centroid from that of the *nearer* neighbouring frame, in radii,
        so that the frame that jumped is blamed and not those beside it; None = any.
    window : int
        Frames of the running median, about half before and half after.
    min_stability : float
        Overlap with the more alike neighbouring frame, over the movie's median overlap (at most 1;
        fast cells overlap less), times the area over its running median, or the other way round;
        with many cells medians over the objects, times the same of their number. The more alike
        one, so that a good frame beside a bad one is not blamed. 0 = any.
    min_agreement : float
        IoU with the second method's labels, where there are any. It is a witness only in movies in
        which it agrees so far with at least half of the frames; in others it is not used, and the
        table of movies says so. 0 = any.
    border : {"keep", "drop"}
        Frames in which a cell touches the edge of the field. Cells do cross it, and a model must
        know them; drop them where masks that spill over the field are the usual mistake.
    stride : int
        Of the frames that pass, the first is taken, and then always the first that is at least so
        many frames further: where the frame that is due is bad, its next good neighbour steps in.
        The model is weakest where frames are dropped, and a fixed comb of frames would take the
        fewest examples from just these stretches; taking the most confident frame of a stretch
        instead would favour the easy ones.

    References
    ----------
    Pseudo-labels: Lee 2013, ICML workshop on challenges in representation learning. Temporal
    consistency as a guide to their quality is a usual criterion of self-training.
    """

    version: ClassVar[int] = 1
    cells: Cells = "one"
    min_area_fraction: float = Field(0.3, ge=0, le=1)
    min_iou: float = Field(0.5, ge=0, le=1)
    overlap_with: Literal["previous", "either"] = "either"
    min_steady_share: float = Field(0.8, ge=0, le=1)
    max_area_z: float | None = Field(6.0, gt=0)
    max_jump_radii: float | None = Field(1.0, gt=0)
    window: int = Field(11, ge=3)
    min_stability: float = Field(0.5, ge=0, le=1)
    min_agreement: float = Field(0.5, ge=0, le=1)
    max_agreement_drop: float | None = Field(0.15, gt=0, le=1)
    border: Literal["keep", "drop"] = "keep"
    stride: int = Field(10, ge=1)

    def __call__(
        self,
        labels: Frames,
        images: Frames,
        *,
        movie: str,
        session: str,
        condition: str,
        second: Frames | None = None,
        nuclear: Frames | None = None,
    ) -> PseudoLabelled:
        """Judge every frame of a movie and gather the examples.

        Parameters
        ----------
        labels : Frames
            (T, Y, X) integers as a segmenter gave them, every object of a frame with its number;
            tracked labels do as well, but hide that there were several objects.
        images : Frames
            What the segmenter saw.
        second : Frames, optional
            Labels of another method, of the same frames.
        nuclear : Frames, optional
            Second channel of the examples.
        """
        frames = self.judged(labels, second=second)
        return self.gathered(
            frames, labels, images, movie=movie, session=session, condition=condition,
            nuclear=nuclear,
        )  # fmt: skip

    def gathered(
        self,
        frames: pd.DataFrame,
        labels: Frames,
        images: Frames,
        *,
        movie: str,
        session: str,
        condition: str,
        nuclear: Frames | None = None,
    ) -> PseudoLabelled:
        """The examples of a movie whose frames have been judged already."""
        names = ((Col.CONDITION, condition), (Col.SESSION, session), (Col.MOVIE, movie))
        frames = frames.copy()
        for name, value in names:
            frames.insert(0, name, pd.Series(value, index=frames.index, dtype="str"))
        examples = []
        kept = frames[frames[Col.KEPT]]
        for t, confidence in zip(kept[Col.FRAME], kept[Col.CONFIDENCE], strict=True):
            image = images.frame(t)
            if nuclear is not None:
                image = np.stack([image, nuclear.frame(t)])
            shown = taught(labels.frame(t), self.cells)
            trust = 0.0 if np.isnan(confidence) else confidence
            examples.append(Example(image, shown, movie, session, condition, t, SOURCE, trust))
        return PseudoLabelled(frames, examples)

    def judged(self, labels: Frames, *, second: Frames | None = None) -> pd.DataFrame:
        """A row per frame, without looking at the image: see `PseudoLabelColumns`.

        `reason` is one of `reasons.REASONS`, empty where the frame is kept; `reasons` names all,
        parted by ``; ``. What cannot be told is NaN and drops no frame: of a single frame nothing
        is known of time.
        """
        frames = self._told(*looks(labels, cells=self.cells, second=second))
        against = self._against(frames)
        frames = frames.drop(columns=_NEARER)
        told = np.array(list(against), dtype=object)
        held = np.stack(list(against.values()), axis=1) if len(frames) else np.zeros((0, 1), bool)
        passing = ~held.any(axis=1)
        kept = _spaced(frames[Col.FRAME].to_numpy(), passing, stride=self.stride)
        reasons = [list(told[row]) or [SPACING] for row in held]
        reasons = [[] if keep else why for keep, why in zip(kept, reasons, strict=True)]
        frames[Col.KEPT] = kept
        frames[Col.REASON] = pd.Series([why[0] if why else "" for why in reasons], dtype="str")
        frames[Col.REASONS] = pd.Series(["; ".join(why) for why in reasons], dtype="str")
        return frames

    def _told(self, frames: pd.DataFrame, objects: pd.DataFrame) -> pd.DataFrame:
        """The frames with what their objects tell, stability and confidence."""
        nearer = objects[[Col.IOU_PREVIOUS, Col.IOU_NEXT]].max(axis=1)
        objects = objects.assign(**{_NEARER: nearer})
        by_frame = objects.groupby(Col.FRAME)
        middle = by_frame[[Col.AREA_PX, Col.IOU_PREVIOUS, Col.IOU_NEXT, _NEARER]].median()
        large = objects[Col.AREA_PX] >= self.min_area_fraction * objects[Col.AREA_PX].median()
        there = ~(objects[self._overlap] < self.min_iou)  # NaN is not against it
        middle[Col.STEADY_SHARE] = (large & there).groupby(objects[Col.FRAME]).mean()
        middle[Col.TOUCHES_BORDER] = by_frame[Col.TOUCHES_BORDER].any()
        if self.cells == "one":
            middle[[Col.Y_PX, Col.X_PX]] = by_frame[[Col.Y_PX, Col.X_PX]].first()
        else:
            middle[[Col.Y_PX, Col.X_PX]] = np.nan
        frames = frames.join(middle, on=Col.FRAME)
        touches = frames[Col.TOUCHES_BORDER].eq(True)  # an empty frame touches nothing
        frames[Col.TOUCHES_BORDER] = touches.to_numpy()
        area = frames[Col.AREA_PX].to_numpy(np.float64)
        around = running_median(area, window=self.window)
        single = self.cells == "one"
        nothing = np.full(len(frames), np.nan)
        frames[Col.AREA_Z] = _in_sds(area, around) if single else nothing
        frames[Col.JUMP_RADII] = _jumps(frames) if single else nothing
        likeness = _likeness(area, around)
        if not single:
            n = frames[Col.N_OBJECTS].to_numpy(np.float64)
            n[n == 0] = np.nan
            likeness = likeness * _likeness(n, running_median(n, window=self.window))
        frames[Col.STABILITY] = _steadiness(frames, usual=objects[Col.IOU_PREVIOUS].median())
        frames[Col.STABILITY] *= likeness
        frames[Col.CONFIDENCE] = self._confidence(frames)
        return frames

    @property
    def _overlap(self) -> str:
        """The column that `min_iou` asks."""
        return str(Col.IOU_PREVIOUS) if self.overlap_with == "previous" else _NEARER

    def trusts_second(self, frames: pd.DataFrame) -> bool:
        """Whether the second method agrees with at least half of the frames of a movie."""
        known = frames[Col.AGREEMENT].dropna()
        return bool(len(known)) and bool(known.median() >= self.min_agreement)

    def _least_agreement(self, frames: pd.DataFrame) -> float:
        drop = 1.0 if self.max_agreement_drop is None else self.max_agreement_drop
        return max(self.min_agreement, float(frames[Col.AGREEMENT].median()) - drop)

    def _confidence(self, frames: pd.DataFrame) -> Values:
        stability = frames[Col.STABILITY].to_numpy(np.float64)
        if not self.trusts_second(frames):
            return stability
        agreement = frames[Col.AGREEMENT].to_numpy(np.float64)
        both: Values = np.sqrt(stability * agreement)
        return np.where(np.isnan(stability), agreement, both)

    def _against(self, frames: pd.DataFrame) -> dict[str, Flags]:
        """Every reason with the frames of which it holds, in the order of `REASONS`.

        A comparison with NaN is False: what is not known is not held against a frame.
        """
        one, n = self.cells == "one", frames[Col.N_OBJECTS]
        area = frames[Col.AREA_PX]
        small = area < self.min_area_fraction * area.median()
        moved = frames[self._overlap] < self.min_iou
        never = pd.Series(False, index=frames.index)
        z, jump = frames[Col.AREA_Z].abs(), frames[Col.JUMP_RADII]
        witness = self.trusts_second(frames)
        against = {
            EMPTY: n == 0,
            SMALL: small if one else never,
            SEVERAL: (frames[Col.N_LIKE_SIZE] > 1) if one else never,
            MOVED: moved if one else frames[Col.STEADY_SHARE] < self.min_steady_share,
            BORDER: frames[Col.TOUCHES_BORDER] if self.border == "drop" else never,
            AREA: never if self.max_area_z is None else z > self.max_area_z,
            JUMP: never if self.max_jump_radii is None else jump > self.max_jump_radii,
            UNSTABLE: frames[Col.STABILITY] < self.min_stability,
            DISAGREED: (frames[Col.AGREEMENT] < self._least_agreement(frames))
            if witness
            else never,
        }
        return {reason: flags.to_numpy(bool) for reason, flags in against.items()}


def _spaced(frame: NDArray[np.int64], passing: Flags, *, stride: int) -> Flags:
    """The first frame that passes, and then always the first at least `stride` further."""
    kept = np.zeros(len(frame), bool)
    due = -np.inf
    for i in np.flatnonzero(passing):
        if frame[i] >= due:
            kept[i] = True
            due = frame[i] + stride
    return kept


def _in_sds(area: Values, around: Values) -> Values:
    """Difference from the running median in robust SDs, which are at least 5 % of the area."""
    away = area - around
    known = away[np.isfinite(away)]
    spread = _SD_PER_MAD * float(np.median(np.abs(known))) if len(known) else 0.0
    sds: Values = away / np.maximum(spread, _LEAST_SPREAD * around)
    return sds


def _likeness(values: Values, around: Values) -> Values:
    """The smaller over the larger."""
    like: Values = np.minimum(values, around) / np.maximum(values, around)
    return like


def _jumps(frames: pd.DataFrame) -> Values:
    """Distance to the centroid of the nearer neighbouring frame, in radii; NaN without any."""
    radius = np.sqrt(frames[Col.AREA_PX].median() / np.pi)
    place = frames[[Col.Y_PX, Col.X_PX]].to_numpy(np.float64)
    step = np.full(len(place) + 1, np.nan)
    step[1:-1] = np.hypot(*(place[1:] - place[:-1]).T)
    nearer: Values = np.fmin(step[:-1], step[1:]) / radius
    return nearer


def _steadiness(frames: pd.DataFrame, *, usual: float) -> Values:
    """Overlap with the more alike of the neighbouring frames over what is usual, at most 1.

    A frame between two empty ones has nothing that speaks for it: 0. A frame that has no
    neighbour, and one without objects, are not known.
    """
    found = frames[Col.N_OBJECTS].to_numpy() > 0
    nearer = frames[_NEARER].to_numpy(np.float64, copy=True)
    nearer[found & np.isnan(nearer) & (len(frames) > 1)] = 0.0
    steady: Values = np.minimum(nearer / usual, 1) if usual > 0 else nearer
    return steady
