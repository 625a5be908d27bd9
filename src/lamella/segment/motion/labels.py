"""Pixels that label themselves: surely moving, surely still."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.kernels.morphology import disc
from lamella.segment.motion.evidence import BOUND

Mask = NDArray[np.bool_]

_MOVING, _STILL, _SURELY = 3.0, 1.0, 8.0  # widths of the noise above its mode
_MOST = float(np.log(BOUND))
_LEAST_WIDTH = 0.05
_APART_PX = 3  # still pixels keep this distance from moving ones, whose blur they hold
_FEWEST = 50


class SelfLabels(NamedTuple):
    """What motion alone says of a frame."""

    moving: Mask
    still: Mask
    log_evidence: NDArray[np.float32]
    surely: float
    """Logarithm of the evidence that noise does not reach anywhere in the frame."""

    @property
    def enough(self) -> bool:
        """Whether there are pixels of both kinds to learn from."""
        return min(np.count_nonzero(self.moving), np.count_nonzero(self.still)) >= _FEWEST


def self_labels(evidence: NDArray[Any]) -> SelfLabels:
    """Moving and still pixels of a frame, from its evidence of change.

    The evidence of still pixels gathers about a mode; how wide, its lower half tells, where no
    motion is. Pixels more than 3 widths above are moving, those up to 1 width above still, unless
    they lie next to moving ones. Labels need not be pure: a pixel that is mislabelled dilutes both
    classes, which moves no decision between them as long as most labels are right.
    """
    log_evidence = np.log(evidence + np.float32(1e-3))
    mode, width = _mode_and_width(log_evidence)
    moving = log_evidence > min(mode + _MOVING * width, 0.8 * _MOST)
    still = log_evidence < mode + _STILL * width
    solid = cv2.morphologyEx(moving.view(np.uint8), cv2.MORPH_OPEN, disc(1))
    still &= cv2.dilate(solid, disc(_APART_PX)) == 0
    surely = min(mode + _SURELY * width, 0.9 * _MOST)
    return SelfLabels(moving, still, log_evidence, float(surely))


def _mode_and_width(values: NDArray[np.float32]) -> tuple[float, float]:
    sample = values[::2, ::2].ravel()
    counts, edges = np.histogram(sample, 100)
    smooth = np.convolve(counts, np.ones(5) / 5, "same")
    at = int(np.argmax(smooth))
    mode = float(edges[at] + edges[at + 1]) / 2
    below = sample[sample < mode] - mode
    width = float(np.sqrt(np.mean(np.square(below, dtype=np.float64)))) if len(below) else 0.0
    return mode, max(width, _LEAST_WIDTH)
