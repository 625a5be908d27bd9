"""Where the search for a movement starts: peaks of the phase correlation, blocks, features."""

from __future__ import annotations

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from lamella.kernels.registration.fit import MOST_SHIFT, Model
from lamella.kernels.registration.matrices import composed, nearest_rotation, pulled, translation
from lamella.kernels.registration.prepare import PIXELS_PER_VALUE, Prepared
from lamella.kernels.registration.tiles import Tiles

FloatArray = NDArray[np.float64]

_CANDIDATES = 6


def near(a: Prepared, b: Prepared, begin: FloatArray, tiles: Tiles, model: Model) -> FloatArray:
    """A start from which the tiles of a field that turns or stretches can be compared."""
    return begin if model == "translation" else _by_blocks(a, b, begin, tiles, model)


def peaks(a: Prepared, b: Prepared, tiles: Tiles) -> list[tuple[tuple[float, float], float]]:
    """Shifts (dy, dx) other than none that many tiles speak for, with their scores, best first."""
    assert a.image is not None  # noqa: S101
    product = np.conj(a.spectrum) * b.spectrum
    size = np.abs(product)
    # Half-way between correlation and phase correlation: frequencies of noise alone do not count
    # as much as those of structure.
    surface = scipy.fft.irfft2(product / np.sqrt(size + 1e-6 * size.max()), s=a.image.shape)
    surface = cv2.GaussianBlur(surface.astype(np.float32), (0, 0), 0.8)
    height, width = surface.shape
    dy, dx = (np.fft.fftfreq(n, 1 / n) for n in (height, width))
    near = (np.abs(dy) <= MOST_SHIFT * height)[:, None] & (np.abs(dx) <= MOST_SHIFT * width)
    highest = cv2.dilate(surface, np.ones((5, 5), np.uint8))
    y, x = np.nonzero(near & (surface == highest))
    best = np.argsort(surface[y, x])[::-1][:_CANDIDATES]
    found = [(float(dy[y[i]]), float(dx[x[i]])) for i in best]
    scores = [_tile_score(a, b, shift, tiles) for shift in found]
    order = np.argsort(scores)[::-1][:2]
    return [(found[i], scores[i]) for i in order if max(map(abs, found[i])) > 1]


def _tile_score(a: Prepared, b: Prepared, shift: tuple[float, float], tiles: Tiles) -> float:
    assert a.image is not None  # noqa: S101
    assert b.image is not None  # noqa: S101
    move = translation(*shift)
    seen = a.still * pulled(b.still, move, whole=True)
    here, there = a.image * seen, pulled(b.image, move, whole=True) * seen
    both, energy_a, energy_b = (tiles.means(p) for p in (here * there, here * here, there * there))
    power = np.sqrt(energy_a * energy_b)
    rho = np.divide(both, power, out=np.zeros(tiles.n), where=power > 0)
    values = np.maximum(tiles.means(seen) * tiles.height * tiles.width / PIXELS_PER_VALUE - 3, 0)
    return float(np.clip(np.arctanh(np.clip(rho, 0, 0.999)) * np.sqrt(values), 0, 6).sum())


def _by_blocks(
    a: Prepared, b: Prepared, begin: FloatArray, tiles: Tiles, model: Model, *, reach: int = 10
) -> FloatArray:
    """Look for every tile of `a` in `b`, and fit the model to where most were found."""
    assert a.image is not None  # noqa: S101
    assert b.image is not None  # noqa: S101
    there = pulled(b.image, begin)
    height, width = tiles.height, tiles.width
    padded = cv2.copyMakeBorder(there, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    places, moves = [], []
    least = 5.5 / np.sqrt(max(height * width / PIXELS_PER_VALUE - 3, 1))
    for centre in tiles.centres:
        top, left = (round(c - (n - 1) / 2) for c, n in zip(centre, (height, width), strict=True))
        block = a.image[top : top + height, left : left + width]
        window = padded[top : top + height + 2 * reach, left : left + width + 2 * reach]
        _, best, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(window, block, cv2.TM_CCORR_NORMED))
        if best > np.tanh(least):
            places.append(centre)
            moves.append((y - reach, x - reach))
    fitted = _ransac(np.array(places), np.array(places) + np.array(moves), model)
    return begin if fitted is None else composed(begin, fitted)


def by_features(a: Prepared, b: Prepared, model: Model) -> FloatArray | None:
    """The movement that most matched features agree on; None where there are too few."""
    assert a.image is not None  # noqa: S101
    assert b.image is not None  # noqa: S101
    finder = cv2.SIFT_create(nfeatures=2000, contrastThreshold=0.02)  # type: ignore[attr-defined]
    keys, words = [], []
    for image in (a.image, b.image):
        grey = np.clip(127.5 + 16 * image, 0, 255).astype(np.uint8)
        points, described = finder.detectAndCompute(grey, None)
        keys.append(np.array([p.pt[::-1] for p in points], np.float64))
        words.append(described)
    if any(described is None or len(described) < 2 for described in words):
        return None
    pairs = cv2.BFMatcher().knnMatch(words[0], words[1], k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < 0.85 * p[1].distance]
    return _ransac(keys[0][[m.queryIdx for m in good]], keys[1][[m.trainIdx for m in good]], model)


def _ransac(here: FloatArray, there: FloatArray, model: Model) -> FloatArray | None:
    """The movement from `here` to `there`, (n, 2) each, of most points; None for too few."""
    if len(here) < 4:
        return None
    if model == "translation":
        moves = there - here
        near = np.hypot(*np.moveaxis(moves[:, None] - moves[None], -1, 0)) < 2
        best = near[np.argmax(near.sum(axis=1))]
        return translation(*moves[best].mean(axis=0)) if best.sum() >= 4 else None
    estimate = cv2.estimateAffine2D if model == "affine" else cv2.estimateAffinePartial2D
    found, inliers = estimate(
        here[:, ::-1], there[:, ::-1], method=cv2.RANSAC, ransacReprojThreshold=2.0
    )
    if found is None or int(inliers.sum()) < 6:
        return None
    matrix = found[::-1][:, [1, 0, 2]].astype(np.float64)  # from (x, y) to (y, x)
    if model == "rigid":
        middle = here[inliers.ravel() > 0].mean(axis=0)
        goes_to = matrix[:, :2] @ middle + matrix[:, 2]
        turn = nearest_rotation(matrix[:, :2])
        matrix = np.column_stack([turn, goes_to - turn @ middle])
    return matrix
