"""Masks smoothed along time, so that a cell out of focus for a few frames is not lost."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

_TRUNCATED = 4.0  # in SDs, as where it was published


def reach_of(sigma: float) -> int:
    """Frames before and after that a smoothed mask depends on."""
    return int(_TRUNCATED * sigma + 0.5)


def smoothed(
    mask: Callable[[int], NDArray[np.bool_]], t: int, *, sigma: float, n_frames: int
) -> NDArray[np.float32]:
    """The share of cell around every pixel of frame `t`, in time and space, (Y, X) float32.

    A Gaussian in the planes (y, t) and one in the planes (x, t), averaged. Beyond its ends the
    movie is mirrored, the last frame included; so are frames beyond their edges.

    Parameters
    ----------
    mask : callable
        ``mask(t)`` of frames 0 to ``n_frames - 1``, of which those within `reach_of` are read.
    sigma : float
        In frames, and in pixels.
    """
    reach = reach_of(sigma)
    weights = [math.exp(-0.5 * (k / sigma) ** 2) for k in range(-reach, reach + 1)]
    share: NDArray[np.float32] | None = None
    for k, weight in enumerate(weights, -reach):
        seen = mask(_mirrored(t + k, n_frames)).astype(np.float32) * np.float32(
            weight / sum(weights)
        )
        share = seen if share is None else share + seen
    assert share is not None  # noqa: S101  there is one weight at least
    across = np.array(weights, np.float32)[:, None] / np.float32(sum(weights))
    one = np.ones((1, 1), np.float32)
    down, along = (
        cv2.sepFilter2D(share, -1, a, b, borderType=cv2.BORDER_REFLECT)
        for a, b in ((one, across), (across, one))
    )
    out: NDArray[np.float32] = (down + along) / 2
    return out


def _mirrored(i: int, n: int) -> int:
    """-1 is 0, and `n` is ``n - 1``."""
    place = i % (2 * n)
    return min(place, 2 * n - 1 - place)
