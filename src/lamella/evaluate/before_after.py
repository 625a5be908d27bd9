"""What a segmenter found in one movie, in numbers: without the truth, and with it where known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image
from lamella.core.table import Col
from lamella.evaluate.ctc import Found
from lamella.evaluate.objects import PrecisionCounts
from lamella.evaluate.pixels import PixelCounts
from lamella.kernels.contingency import contingency

UNAIDED = (
    Col.N_FRAMES,
    Col.N_EMPTY_FRAMES,
    Col.EMPTY_RATE,
    Col.N_OBJECTS_FOUND,
    Col.OBJECTS_PER_FRAME,
    Col.OBJECTS_PER_FRAME_MIN,
    Col.OBJECTS_PER_FRAME_MAX,
    Col.TEMPORAL_IOU,
    Col.AREA_JITTER,
)
"""What is told of labels alone."""

AGAINST_TRUTH = (
    Col.N_FRAMES_SCORED,
    Col.N_OBJECTS_TRUE,
    Col.N_OBJECTS_SCORED,
    Col.IOU,
    Col.PIXEL_F1,
    Col.PIXEL_PRECISION,
    Col.PIXEL_RECALL,
    Col.SEG,
    Col.AP50,
    Col.AP75,
    Col.AP50_95,
)
"""What takes the truth of some frames."""

COUNTS = (
    Col.N_FRAMES,
    Col.N_EMPTY_FRAMES,
    Col.N_OBJECTS_FOUND,
    Col.N_FRAMES_SCORED,
    Col.N_OBJECTS_TRUE,
    Col.N_OBJECTS_SCORED,
)
"""Those of both that are counts: their sum over movies has a meaning."""


def score_movie(
    labels: Frames,
    *,
    truth: Mapping[int, Image] | None = None,
    one_object: bool = False,
    source: str = "labels",
) -> dict[str, float]:
    """Score the labels that a segmenter gave one movie; every frame is read once, in order.

    Parameters
    ----------
    labels : Frames
        (T, Y, X) integers, 0 = background, numbered anew in every frame or not.
    truth : mapping of int to (Y, X) array, optional
        Labels of the frames whose truth is known, by frame number; a frame may be known to hold
        nothing.
    one_object : bool
        Whether the movie is of one cell, which is the largest object of every frame: `temporal_iou`
        and `area_jitter` are then of that one. All other scores are of all objects.
    source : str
        Where the labels come from, for messages.

    Returns
    -------
    dict of str to float
        `UNAIDED`, then `AGAINST_TRUTH`. NaN where there is nothing to tell from: the stability of
        one frame or of objects that never have another in the frame before; every score against
        the truth where none is known (the counts are 0 then).

    Raises
    ------
    InputError
        A truth of another frame size, or of frames that the movie does not have.

    Notes
    -----
    An object and one of the frame before are the same where each overlaps the other best (IoU).
    What has no such partner counts with an IoU of 0, and has no jitter. Moving cells lower
    `temporal_iou` under every segmenter alike: it compares segmenters of one movie, not movies.
    """
    known = {} if truth is None else dict(truth)
    _refuse_misfit(labels, known, source)
    objects: list[int] = []
    steps = _Steps(one_object)
    pixels, precision, found = PixelCounts(), PrecisionCounts(), Found()
    for t in labels.span:
        frame = labels.frame(t)
        objects.append(steps.add(frame))
        if t in known:
            pairs = contingency(known[t], frame)
            pixels = pixels.plus(PixelCounts.of(known[t], frame))
            precision.add(pairs)
            found.add(pairs)
    n, n_empty = len(objects), sum(k == 0 for k in objects)
    values = [
        n,
        n_empty,
        n_empty / n if n else np.nan,
        sum(objects),
        *((np.median(objects), min(objects), max(objects)) if n else [np.nan] * 3),
        steps.iou,
        steps.jitter,
        len(known),
        precision.n_reference,
        precision.n_result,
        pixels.iou,
        pixels.dice,
        pixels.precision,
        pixels.recall,
        found.seg,
        precision.at(0.5),
        precision.at(0.75),
        precision.mean(),
    ]
    names = (*UNAIDED, *AGAINST_TRUTH)
    return {str(name): float(value) for name, value in zip(names, values, strict=True)}


class _Steps:
    """Objects held against those of the frame before."""

    def __init__(self, one_object: bool) -> None:
        self._one_object = one_object
        self._before: Image | None = None
        self._iou: list[NDArray[np.float64]] = []
        self._jitter: list[NDArray[np.float64]] = []

    def add(self, frame: Image) -> int:
        """Take the next frame, and count its objects."""
        labels, area = np.unique(frame[frame != 0], return_counts=True)
        shown = frame
        if self._one_object and len(labels) > 1:
            shown = frame == labels[np.argmax(area)]  # of equals, the lowest number
        if len(labels) and self._before is not None:
            self._compare(self._before, shown)
        # Copied: a segmenter may write its next frame into the same array.
        self._before = shown.copy() if len(labels) else None
        return len(labels)

    def _compare(self, before: Image, now: Image) -> None:
        pairs = contingency(before, now)
        iou = pairs.iou
        best_before, best_now = np.zeros(len(pairs.label_a)), np.zeros(len(pairs.label_b))
        np.maximum.at(best_before, pairs.a, iou)
        np.maximum.at(best_now, pairs.b, iou)
        same = (iou == best_before[pairs.a]) & (iou == best_now[pairs.b])
        a, b = pairs.a[same], pairs.b[same]
        of_now = np.zeros(len(pairs.label_b))
        of_now[b] = iou[same]
        self._iou.append(of_now)
        areas = pairs.area_a[a], pairs.area_b[b]
        self._jitter.append(1 - np.minimum(*areas) / np.maximum(*areas))

    @property
    def iou(self) -> float:
        return _median(self._iou)

    @property
    def jitter(self) -> float:
        return _median(self._jitter)


def _median(parts: list[NDArray[np.float64]]) -> float:
    values = np.concatenate(parts) if parts else np.empty(0)
    return float(np.median(values)) if len(values) else float("nan")


def _refuse_misfit(labels: Frames, truth: Mapping[int, Image], source: str) -> None:
    beyond = sorted(set(truth) - set(labels.span))
    if beyond:
        raise InputError(
            source,
            f"the truth has a frame {beyond[0]}, the labels have {len(labels)}",
            "give the truth of the same movie",
        )
    for t, image in truth.items():
        if image.shape != labels.frame_shape:
            raise InputError(
                source,
                f"frame {t} of the truth is {image.shape}, the labels are {labels.frame_shape} "
                "(Y, X)",
                "give the truth of the same frames, uncropped and unbinned",
            )
