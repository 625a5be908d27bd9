"""What `Motion` is compared with: the published method, three ways of reading it.

Robitaille et al., Commun. Biol. 5:1162 (2022), doi:10.1038/s42003-022-04117-x, and what is known of
their public release, written here in OpenCV, scikit-image and scikit-learn with none of Lamella's
code. All three work on 8 bit, label pixels by the magnitude of Farnebäck's optical flow, learn on
the labelled pixels how local entropy and gradient look, and judge every pixel of the frame. They
differ in the flow and in how its magnitudes become labels:

======================  ==========================  ===========================================
comparator              flow between                labels
======================  ==========================  ===========================================
`literal_port`          the frame before, frame t   quantiles of the magnitude, 0.3 and 0.97
`paper_text`            the frame before, frame t   thresholds that step by summed entropy
`release`               a black frame, frame t      as `paper_text`
======================  ==========================  ===========================================

The public release makes a fresh flow object for every pair and shows it frame t alone; the frame
before of a fresh object is black.

Where the published words leave room, the reading is stated at the constant or function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters.rank import entropy
from sklearn.naive_bayes import GaussianNB

Image = NDArray[Any]
Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

# Farnebäck's flow: 3 levels and a window of 15 px in the release; the rest are OpenCV's and
# MATLAB's common defaults (5 px of neighbourhood with a Gaussian of 1.1 to 1.2 px).
_FLOW = {
    "pyr_scale": 0.5,
    "levels": 3,
    "winsize": 15,
    "iterations": 3,
    "poly_n": 5,
    "poly_sigma": 1.2,
    "flags": 0,
}
_STILL_QUANTILE, _MOVING_QUANTILE = 0.3, 0.97
_CLOSING = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))  # a disc of radius 5
_ENTROPY_PX = 7

# The thresholds of the paper, in units of its flow.
_STILL_FIRST, _STILL_STEP, _STILL_LAST = 1e-4, 1e-4, 2e-3
_STILL_ENTROPY = 1e5
_MOVING_FIRST, _MOVING_STEP, _MOVING_LAST_RESORT = 0.04, 0.002, 2e-5
_MOVING_ENTROPY = 4e3
# "Drop small regions" of a flow mask comes without a number: smaller than 5 × 5 px.
_SMALL_REGION_PX = 25
_FALLBACK_PX = 550
# The typical magnitude of pixels that stay, in the paper's units: the middle of its thresholds for
# background. OpenCV's flow between 8-bit frames of a clean field has that magnitude as it is; in a
# noisy field it is some 300 times larger and is scaled down.
_NOISE = 1e-3


class Labelled(NamedTuple):
    """The pixels to learn from."""

    moving: Mask
    still: Mask


def literal_port(previous: Image, frame: Image) -> Mask:
    """Labels at quantiles of the flow, entropy and gradient, naive Bayes, post-processing.

    Without a threshold there is no first pass to tell the size of cells: regions smaller than
    5 × 5 px are dropped.
    """
    before, now = _as_8bit(previous, frame)
    magnitude = flow_magnitude(before, now)
    low, high = np.quantile(magnitude, (_STILL_QUANTILE, _MOVING_QUANTILE))
    mask = _classified(now, _entropy(now), Labelled(magnitude > high, magnitude <= low))
    return _post_processed(mask, smallest_px=_SMALL_REGION_PX)


def paper_text(previous: Image, frame: Image) -> Mask:
    """The paper's text: thresholds of the flow that step until enough entropy is labelled."""
    before, now = _as_8bit(previous, frame)
    return _by_text(before, now)


def release(previous: Image, frame: Image) -> Mask:
    """What the public code computes: the flow from black to the frame, the rest as in the text."""
    _, now = _as_8bit(frame, frame)
    return _by_text(np.zeros_like(now), now)


Comparator = Callable[[Image, Image], Mask]
COMPARATORS: dict[str, Comparator] = {
    "literal port": literal_port,
    "paper's text": paper_text,
    "release": release,
}


def flow_magnitude(before: Image, now: Image) -> Plane:
    """Magnitude of Farnebäck's flow in pixels, (Y, X)."""
    flow = cv2.calcOpticalFlowFarneback(before, now, None, **_FLOW)  # type: ignore[call-overload]
    return cv2.magnitude(flow[..., 0], flow[..., 1])


def _by_text(before: Image, now: Image) -> Mask:
    magnitude = _in_units_of_the_paper(flow_magnitude(before, now))
    bits = _entropy(now)
    labelled = Labelled(_moving(magnitude, bits), _still(magnitude, bits))
    mask = _classified(now, bits, labelled)
    first_pass = flow_mask(magnitude, _MOVING_FIRST)
    return _post_processed(mask, smallest_px=_half_mean_area(first_pass))


def _in_units_of_the_paper(magnitude: Plane) -> Plane:
    """Scale magnitudes down to where the noise of the flow has the size that the text presumes.

    The noise floor is the median of the quieter half of the field.
    """
    floor = float(np.quantile(magnitude, 0.25))
    return magnitude * np.float32(min(1.0, _NOISE / floor)) if floor > 0 else magnitude


def flow_mask(magnitude: Plane, threshold: float) -> Mask:
    """Above the threshold, small regions dropped, closed, filled."""
    return _filled(_closed(_of_at_least(magnitude > threshold, _SMALL_REGION_PX)))


def _still(magnitude: Plane, bits: Plane) -> Mask:
    for k in range(round((_STILL_LAST - _STILL_FIRST) / _STILL_STEP) + 1):
        still = ~flow_mask(magnitude, _STILL_FIRST + k * _STILL_STEP)
        if bits[still].sum(dtype=np.float64) > _STILL_ENTROPY:
            break
    return still


def _moving(magnitude: Plane, bits: Plane) -> Mask:
    first = flow_mask(magnitude, _MOVING_FIRST)
    enough = bits[first].sum(dtype=np.float64) + _MOVING_ENTROPY
    for k in range(1, round(_MOVING_FIRST / _MOVING_STEP)):
        moving = flow_mask(magnitude, _MOVING_FIRST - k * _MOVING_STEP)
        if bits[moving].sum(dtype=np.float64) > enough:
            return moving
    return flow_mask(magnitude, _MOVING_LAST_RESORT)


def _entropy(now: Image) -> Plane:
    """Shannon entropy in bits of the 256 grey levels within 7 × 7 px."""
    bits: Plane = entropy(now, np.ones((_ENTROPY_PX, _ENTROPY_PX), np.uint8)).astype(np.float32)
    return bits


def _gradient(now: Image) -> Plane:
    return cv2.magnitude(*(cv2.Sobel(now, cv2.CV_32F, dx, 1 - dx, ksize=3) for dx in (1, 0)))


def _classified(now: Image, bits: Plane, labelled: Labelled) -> Mask:
    """Gaussian naive Bayes; empty where one class has no pixel to learn from.

    Both classes count alike beforehand. MATLAB's `fitcnb`, left alone, takes their shares among the
    labelled pixels, which empties the mask where noise gets the labels: on the PtK1 movie F1 is
    then 0 instead of 0.62 (literal port, paper's text) and 0.90 instead of 0.95 (release).
    """
    if not (labelled.moving.any() and labelled.still.any()):
        return np.zeros(now.shape, bool)
    features = np.stack([bits.ravel(), _gradient(now).ravel()], axis=1)
    moving, still = features[labelled.moving.ravel()], features[labelled.still.ravel()]
    model = GaussianNB(priors=(0.5, 0.5))
    model.fit(np.concatenate([still, moving]), np.repeat([False, True], [len(still), len(moving)]))
    mask: Mask = model.predict(features).reshape(now.shape)
    return mask


def _post_processed(mask: Mask, *, smallest_px: float) -> Mask:
    """Small objects dropped, closed with a disc of radius 5, holes filled; the border is kept."""
    return _filled(_closed(_of_at_least(mask, smallest_px)))


def _half_mean_area(first_pass: Mask) -> float:
    """Half the mean area of objects in a pass by flow alone; 550 px where it finds none.

    The paper measures it once, on the first pair of a movie; here every pair is its own first.
    """
    n, _, stats, _ = cv2.connectedComponentsWithStats(first_pass.view(np.uint8), connectivity=8)
    return float(stats[1:, cv2.CC_STAT_AREA].mean() / 2) if n > 1 else _FALLBACK_PX


def _of_at_least(mask: Mask, smallest_px: float) -> Mask:
    _, regions, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= smallest_px
    keep[0] = False
    kept: Mask = keep[regions]
    return kept


def _closed(mask: Mask) -> Mask:
    return cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_CLOSE, _CLOSING).view(bool)


def _filled(mask: Mask) -> Mask:
    padded = np.pad(mask, 1).view(np.uint8)
    cv2.floodFill(padded, None, (0, 0), 2)
    filled: Mask = padded[1:-1, 1:-1] != 2
    return filled


def _as_8bit(previous: Image, frame: Image) -> tuple[Image, Image]:
    """Both frames on one 8-bit scale, as a user would export them.

    8-bit frames stay as they are; others are stretched from the 0.1st to the 99.9th percentile of
    both, which is kinder than MATLAB's division by 257.
    """
    if previous.dtype == frame.dtype == np.uint8:
        return np.ascontiguousarray(previous), np.ascontiguousarray(frame)
    both = np.stack([previous, frame]).astype(np.float32)
    low, high = np.percentile(both[:, ::3, ::3], (0.1, 99.9))
    scaled = (both - low) * (255 / max(high - low, 1e-6))
    before, now = np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
    return before, now
