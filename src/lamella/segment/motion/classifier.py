"""Naive Bayes over joint histograms: how much likelier a look is among moving than still pixels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.segment.motion.features import Look

_BINS = 40
_SMOOTH_BINS = 1.2
_LEAST = 1e-4 / _BINS  # share of a class that a bin without pixels counts for
# Looks at several scales share much of what they say; a look alone shares it with its neighbours.
_INDEPENDENCE = 0.8
_TAIL = 0.001
_SAMPLE = 3
_ROUNDS, _FAR = 30, 25  # log odds beyond which nothing is doubted


def log_odds(look: Look, moving: NDArray[np.bool_], still: NDArray[np.bool_]) -> NDArray[Any]:
    """Log-likelihood ratio of moving to still for the look of every pixel, (Y, X) float32.

    The joint density of both features is counted in 40 × 40 bins between their extremes among the
    labelled pixels (0.1 % cut on either side) and smoothed; no shape is assumed.
    """
    index = np.zeros(moving.shape, np.int32)
    for feature in (look.brightness, look.texture):
        sample = feature[::_SAMPLE, ::_SAMPLE]
        low, high = np.quantile(sample, (_TAIL, 1 - _TAIL))
        # Rare classes may lie beyond what a sample of the field shows.
        seen = feature[moving][::_SAMPLE]
        low, high = min(low, np.quantile(seen, _TAIL)), max(high, np.quantile(seen, 1 - _TAIL))
        scaled = feature - np.float32(low)
        scaled *= np.float32(_BINS / max(high - low, 1e-6))
        np.clip(scaled, 0, _BINS - 1, out=scaled)
        index *= _BINS
        index += scaled.astype(np.int32)
    of_moving, of_still = _density(index[moving]), _density(index[still])
    table = np.log(of_moving / of_still).astype(np.float32) * np.float32(_INDEPENDENCE)
    ratio: NDArray[Any] = table.ravel()[index]
    return ratio


def prior_of(odds: NDArray[Any]) -> float:
    """Share of cell pixels under which the posterior's mean is that share (fixed point)."""
    sample = np.clip(odds[::_SAMPLE, ::_SAMPLE], -_FAR, _FAR)
    counts, edges = np.histogram(sample, 40 * _FAR)
    middle = (edges[1:] + edges[:-1]) / 2
    share = 0.3
    for _ in range(_ROUNDS):
        posterior = 1 / (1 + np.exp(-middle - np.log(share / (1 - share))))
        share = float(np.clip((counts * posterior).sum() / counts.sum(), 1e-3, 1 - 1e-3))
    return share


def _density(index: NDArray[Any]) -> NDArray[Any]:
    counts = np.bincount(index, minlength=_BINS * _BINS).reshape(_BINS, _BINS)
    share = (counts / max(counts.sum(), 1)).astype(np.float32)
    # Beyond the last bin there is nothing: no mirrored border.
    smooth = cv2.GaussianBlur(share, (0, 0), _SMOOTH_BINS, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(smooth + _LEAST, np.float32)
