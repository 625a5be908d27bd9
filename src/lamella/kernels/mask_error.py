"""Labels whose outlines are a little off: wider, narrower, smoother."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from lamella.kernels.distance import EDGE_PX
from lamella.kernels.morphology import components
from lamella.kernels.regions import Regions, find_regions, inside_of

Image = NDArray[Any]

# A Gaussian is cut off where it has fallen to a thousandth of its middle.
_REACH_IN_SIGMA = 3.7
# Blurred masks are compared to so many decimals: symmetric shapes must stay symmetric.
_DECIMALS = 5


class Changed(NamedTuple):
    """A label frame with other outlines."""

    labels: Image
    """(Y, X), type and numbers of the frame it came from."""
    lost: NDArray[np.int64]
    """Objects of which nothing is left."""
    broken: NDArray[np.int64]
    """Objects in one piece that fell apart, of which the largest piece is kept."""


def dilated(labels: Image, *, by_px: float) -> Changed:
    """Every object wider: it takes the background nearer to it than to others, up to a distance.

    Parameters
    ----------
    labels : (Y, X) integer array, 0 = background
    by_px : float
        Distances between centres of pixels are compared with it + `EDGE_PX`. With 1 px an outline
        moves by 1 px along rows and columns and by 0.71 px on the diagonal, by 0.90 px on average.

    Returns
    -------
    Changed
        No object gives a pixel to another. Background as far from two objects goes to the one of
        the smaller number. Nothing is lost or broken.
    """
    out = labels.copy()
    dy, dx = _around(by_px)
    box = find_regions(labels).box
    _dilate(labels, box, dy, dx, dy * dy + dx * dx, out)
    return Changed(out, *_NOTHING)


def eroded(labels: Image, *, by_px: float) -> Changed:
    """Every object narrower: it loses the pixels up to a distance from what is not it.

    Parameters
    ----------
    labels : (Y, X) integer array, 0 = background
    by_px : float
        As in `dilated`. Other objects are not it, what lies beyond the frame is: where the frame
        cuts a cell no outline was drawn that could be wrong.

    Returns
    -------
    Changed
        Small objects are lost. Pieces that hung together by a thin neck are broken.
    """
    out = labels.copy()
    dy, dx = _around(by_px)
    before = find_regions(labels)
    _erode(labels, before.label, before.box, dy, dx, out)
    return _in_one_piece(labels, out, before)


def smoothed(labels: Image, *, sigma_px: float) -> Changed:
    """Every object with its outline smoothed and its area kept.

    The mask is blurred by a Gaussian, and of the pixels that are its own or background the
    brightest are taken, as many as it has. A straight edge stays where it is; bumps and notches
    narrower than about 2 σ go, and a corner of radius R recedes by σ²/2R.

    Parameters
    ----------
    labels : (Y, X) integer array, 0 = background
    sigma_px : float

    Returns
    -------
    Changed
        Areas are kept but for ties, and where objects lie so near to each other that both would
        take the same background: the one that is nearer has it. No object gives a pixel to
        another. Beyond the frame a cell goes on as at its edge.
    """
    before = find_regions(labels)
    out, strength = np.zeros_like(labels), np.zeros(labels.shape, np.float32)
    margin = int(np.ceil(_REACH_IN_SIGMA * sigma_px))
    for label, area, (top, left, bottom, right) in zip(
        before.label, before.area, before.box, strict=True
    ):
        window = (
            slice(max(top - margin, 0), bottom + margin),
            slice(max(left - margin, 0), right + margin),
        )
        own = labels[window] == label
        blurred = cv2.GaussianBlur(
            own.astype(np.float32), (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE
        ).round(_DECIMALS)
        blurred[~own & (labels[window] != 0)] = 0
        taken = (blurred >= _level(blurred[blurred > 0], int(area))) & (blurred > strength[window])
        out[window][taken] = label
        strength[window][taken] = blurred[taken]
    return _in_one_piece(labels, out, before)


_NOTHING = (np.empty(0, np.int64), np.empty(0, np.int64))


def _level(values: NDArray[np.float32], n: int) -> float:
    """The level at or above which there are `n` values, or as near to `n` as ties allow."""
    if len(values) <= n:
        return 0.0
    level = np.partition(values, len(values) - n)[len(values) - n]
    with_ties, without = np.count_nonzero(values >= level), np.count_nonzero(values > level)
    if with_ties - n > n - without:
        return float(np.nextafter(level, np.float32(2)))
    return float(level)


def _around(by_px: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the pixels nearer than this to one at (0, 0), the nearest first."""
    reach = by_px + EDGE_PX
    side = np.arange(-int(reach), int(reach) + 1)
    dy, dx = (each.ravel() for each in np.meshgrid(side, side, indexing="ij"))
    square = dy * dy + dx * dx
    order = np.argsort(square, kind="stable")
    near = order[(square[order] > 0) & (square[order] <= reach * reach)]
    return dy[near], dx[near]


def _in_one_piece(labels: Image, out: Image, before: Regions) -> Changed:
    """`out` with the largest pieces of objects that were in one piece; what is lost and broken."""
    after = find_regions(out)
    broken = []
    for label, box in zip(after.label, after.box, strict=True):
        window = (slice(box[0], box[2]), slice(box[1], box[3]))
        pieces, areas = components(inside_of(out, label, box))
        if len(areas) == 2:  # the background, and one piece
            continue
        whole = before.box[np.searchsorted(before.label, label)]
        if len(components(inside_of(labels, label, whole))[1]) > 2:
            continue  # it was in pieces before: all of them are the cell
        out[window][(pieces > 0) & (pieces != 1 + int(np.argmax(areas[1:])))] = 0
        broken.append(label)
    return Changed(out, np.setdiff1d(before.label, after.label), np.array(broken, np.int64))


@njit(cache=True, nogil=True)
def _dilate(labels, box, dy, dx, square, out):  # type: ignore[no-untyped-def]
    height, width = labels.shape
    reach = np.abs(dy).max() if len(dy) else 0
    for i in range(len(box)):
        for y in range(max(box[i, 0] - reach, 0), min(box[i, 2] + reach, height)):
            for x in range(max(box[i, 1] - reach, 0), min(box[i, 3] + reach, width)):
                if out[y, x] != 0:
                    continue
                found, at = np.int64(0), np.int64(0)
                for k in range(len(dy)):
                    if found != 0 and square[k] > at:
                        break
                    row, column = y + dy[k], x + dx[k]
                    if 0 <= row < height and 0 <= column < width:
                        name = np.int64(labels[row, column])
                        if name != 0 and (found == 0 or name < found):
                            found, at = name, square[k]
                if found != 0:
                    out[y, x] = found


@njit(cache=True, nogil=True)
def _erode(labels, label, box, dy, dx, out):  # type: ignore[no-untyped-def]
    height, width = labels.shape
    for i in range(len(box)):
        name = labels.dtype.type(label[i])
        for y in range(box[i, 0], box[i, 2]):
            for x in range(box[i, 1], box[i, 3]):
                if labels[y, x] != name:
                    continue
                for k in range(len(dy)):
                    row, column = y + dy[k], x + dx[k]
                    if 0 <= row < height and 0 <= column < width and labels[row, column] != name:
                        out[y, x] = 0
                        break
