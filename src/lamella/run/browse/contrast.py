"""Grey values between which a movie is shown, from a few of its frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Frames, Image

SAMPLED = 5
"""Frames that are read, spread over the movie."""
_PIXELS = 40_000
_PERCENTILES = (0.5, 99.9)


def contrast_of(frames: Frames, *, sampled: int = SAMPLED) -> tuple[float, float]:
    """Limits that show a movie well: percentiles 0.5 and 99.9 of some pixels of some frames.

    Parameters
    ----------
    sampled : int
        Frames to read, spread evenly from the first to the last; all where there are fewer.

    Returns
    -------
    (float, float)
        The first below the second, also where all pixels are equal. NaN is left out.
    """
    places = np.unique(np.linspace(0, len(frames) - 1, min(sampled, len(frames))).round())
    values = np.concatenate(
        [_some(frames.frame(frames.span[int(place)])) for place in places]
        if len(frames)
        else [np.empty(0)]
    )
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, _PERCENTILES))
    return (low, high) if high > low else (low, low + 1.0)


def _some(image: Image) -> NDArray[np.float64]:
    """Pixels on a grid, at most some ten thousand."""
    step = max(1, int(np.ceil(np.sqrt(image.size / _PIXELS))))
    return np.asarray(image[::step, ::step], np.float64).ravel()
