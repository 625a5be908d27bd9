"""Whether half precision gives the same masks: tried on the first frames of every movie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lamella.core.frames import Frames, Image
from lamella.kernels.contingency import contingency

TRIED = (0, 2, 6)
"""Frames that are looked at: among those that tell the diameter."""
_AGREED = 0.99  # least intersection over union of every object of them

Agreement = Mapping[int, float]
"""Of every frame that was looked at, the least intersection over union of its objects; NaN without
any."""


def pays(model: Any) -> bool:
    """Whether a model computes on a device that is faster in half precision: no processor is."""
    return bool(model.device.type != "cpu")


def least_iou(a: Image, b: Image) -> float:
    """The worst match of any object of either label image: 1 = same masks, NaN = no objects.

    Parameters
    ----------
    a, b : (Y, X) integer arrays, 0 = background; numbers do not matter
    """
    pairs = contingency(a, b)
    best_a, best_b = np.zeros(len(pairs.label_a)), np.zeros(len(pairs.label_b))
    np.maximum.at(best_a, pairs.a, pairs.iou)
    np.maximum.at(best_b, pairs.b, pairs.iou)
    both = np.concatenate([best_a, best_b])
    return float(both.min()) if len(both) else float("nan")


def agreement(
    frames: Frames, full: Callable[[int], Image], half: Callable[[int], Image]
) -> Agreement:
    """How well half precision does on the first frames of a movie, as far as this part has them.

    Parameters
    ----------
    full, half : callable
        Labels of a frame, in full and in half precision.
    """
    return {t: least_iou(full(t), half(t)) for t in TRIED if t in frames.span}


def trusted(found: Agreement) -> bool:
    """Whether half precision may be used: every object agrees, and there are some."""
    told = [iou for iou in found.values() if not np.isnan(iou)]
    return bool(told) and min(told) >= _AGREED


def in_words(found: Agreement) -> str:
    """Such as ``half precision (objects agree to IoU 0.998)``."""
    told = [iou for iou in found.values() if not np.isnan(iou)]
    if not told:
        return "full precision (no objects to try half precision on)"
    kind, verb = ("half", "agree") if trusted(found) else ("full", "would agree only")
    return f"{kind} precision (objects {verb} to IoU {min(told):.3f})"
