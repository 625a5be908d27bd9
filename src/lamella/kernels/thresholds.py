"""Thresholds of a set of pixel values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def multi_otsu(
    values: NDArray[Any], *, classes: int, bins: int = 256
) -> NDArray[np.float64] | None:
    """The ``classes − 1`` thresholds that maximise the variance between classes.

    Parameters
    ----------
    values : array of any shape, without NaN
    classes : int
        2 (Otsu) to 5.
    bins : int
        Bins of the histogram between the smallest and the largest value.

    Returns
    -------
    (classes − 1,) float64 array, rising, or None when the values fill fewer bins than classes, so
    that no such thresholds exist. A pixel belongs to the class above a threshold when it is larger.

    References
    ----------
    Liao, Chen, Chung, J. Inf. Sci. Eng. 17:713 (2001), in scikit-image's implementation.
    """
    from skimage.filters import threshold_multiotsu

    low, high = float(values.min()), float(values.max())
    if low == high:
        return None
    # cv2 counts 10 times faster than numpy.histogram, which matters on whole frames.
    import cv2

    flat = np.ascontiguousarray(values.reshape(-1, 1), np.float32)
    step = (high - low) / bins
    upper = np.nextafter(np.float32(high), np.float32(np.inf))
    counts = cv2.calcHist([flat], [0], None, [bins], [low, float(upper)]).ravel()
    if np.count_nonzero(counts) < classes:
        return None
    centres = low + step * (np.arange(bins) + 0.5)
    thresholds = threshold_multiotsu(  # type: ignore[no-untyped-call]
        hist=(counts, centres), classes=classes
    )
    # Otsu cuts after a bin: the threshold is that bin's upper edge.
    return np.asarray(thresholds, np.float64) + step / 2
