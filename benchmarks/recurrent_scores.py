"""Scores of labels against blocks of movies whose cells are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from accuracy_motion import f1
from recurrent_movies import Block, Image

from lamella.core.frames import Frames
from lamella.evaluate import seg

Segmenter = Callable[[Frames], Frames]
"""From the frames of a block to its labels."""


class Scored(NamedTuple):
    """How well some blocks were segmented."""

    f1: float
    """Of pixels, mean over frames."""
    seg: float
    """Mean over true cells; 0 for one less than half covered."""
    steadiness: float
    """IoU of a frame's foreground with that of the next, mean over pairs; NaN without pairs."""
    true_steadiness: float
    """The same of the truth: cells move."""
    unsteady: float
    """Mean over pairs of how far the one is from the other, whichever is larger."""


def scored(segment: Segmenter, blocks: Iterable[Block], *, border_px: int = 0) -> Scored:
    """Compare the frames of which the cells are known.

    Parameters
    ----------
    border_px : int
        Found objects whose pixels all lie this near to the edge of the field are left out, since
        the truth does not tell of them.
    """
    pairs: list[tuple[Image, Image]] = []
    changes: list[tuple[float, float]] = []
    for block in blocks:
        labels = segment(block.frames)
        of_block = {
            t: (true, reaching_in(labels.frame(t), border_px=border_px))
            for t, true in block.labels.items()
        }
        pairs += of_block.values()
        changes += steadiness(of_block)
    found, true = np.array(changes, float).reshape(-1, 2).T
    return Scored(
        f1=float(np.mean([f1(result, reference) for reference, result in pairs])),
        seg=seg(*zip(*pairs, strict=True)),
        steadiness=_mean(found),
        true_steadiness=_mean(true),
        unsteady=_mean(np.abs(found - true)),
    )


def steadiness(frames: dict[int, tuple[Image, Image]]) -> list[tuple[float, float]]:
    """IoU of the foreground with that of the next frame, found and true, of all pairs that are
    there.

    Parameters
    ----------
    frames : dict
        True and found labels by number of the frame.
    """
    out = []
    for t, (true, found) in frames.items():
        if t + 1 in frames:
            next_true, next_found = frames[t + 1]
            out.append((_iou(found, next_found), _iou(true, next_true)))
    return out


def reaching_in(labels: Image, *, border_px: int) -> Image:
    """Labels without those whose pixels all lie within the border of the field."""
    if not border_px:
        return labels
    inner = np.unique(labels[border_px:-border_px, border_px:-border_px])
    return np.where(np.isin(labels, inner), labels, 0)


def _iou(one: Image, two: Image) -> float:
    either = np.count_nonzero((one > 0) | (two > 0))
    return np.count_nonzero((one > 0) & (two > 0)) / either if either else 1.0


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
