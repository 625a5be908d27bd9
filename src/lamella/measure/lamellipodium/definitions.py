"""What of a cell is called lamellipodium: by a percentile, by that near the edge, or by layers.

Each definition gives a *share* image, how far every pixel of the frame belongs to the lamellipodium
(see `lamella.kernels.parts`), the vector from the body to it, and its columns.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.table import Col, Column
from lamella.kernels.distance import EDGE_PX
from lamella.kernels.halves import Halves
from lamella.kernels.layers import layers_of_objects, sums_of_layers
from lamella.kernels.parts import PartSums, shares_above, sums_of_parts
from lamella.measure.view import FrameView

By = Literal["halves", "band", "layers"]
Side = Literal["bright", "dim"]
FloatArray = NDArray[np.float64]
Share = NDArray[np.float32]
PerCell = dict[Column, FloatArray]
"""Values by column, one for every cell of a frame."""


class Part(NamedTuple):
    """One answer to what of every cell is lamellipodium, and what came of it."""

    share: Share
    vector: FloatArray
    """(n, 2) from the centroid of the body to that of the lamellipodium, (y, x) px."""
    columns: PerCell


def share_of_halves(
    view: FrameView, image: Image, halves: Halves, *, side: Side, closing_px: int
) -> Share:
    """Pixels beyond the threshold; those that equal it belong by their share."""
    share = shares_above(
        image,
        *view.objects,
        threshold=halves.threshold,
        tie_weight=halves.tie_weight,
        below=side == "dim",
    )
    return _closed(share, view, closing_px) if closing_px else share


def columns_of_halves(halves: Halves, area: NDArray[np.int64], *, share: float) -> PerCell:
    """Means and places of both parts, of which the bright one is lamellipodium.

    `share` is that of the bright part, exactly the same in every cell.
    """
    return {
        Col.LAM_MEAN: halves.bright_mean,
        Col.CYTO_MEAN: halves.dim_mean,
        Col.LAM_CYTO_RATIO: halves.ratio,
        Col.LAM_Y_PX: halves.bright_row,
        Col.LAM_X_PX: halves.bright_column,
        Col.CYTO_Y_PX: halves.dim_row,
        Col.CYTO_X_PX: halves.dim_column,
        Col.LAM_FRACTION: np.full(len(area), share),
        Col.LAM_AREA_PX: share * area,
        Col.CYTO_AREA_PX: (1 - share) * area,
    }


def columns_of_share(view: FrameView, image: Image, share: Share, level: float) -> PerCell:
    """The same of parts that are not halves: the dim side, or closed."""
    lam, body = sums_of_parts(image, *view.objects, share)
    lam_mean, body_mean = lam.means(level), body.means(level)
    lam_at, body_at = lam.centroids(), body.centroids()
    ratio = ratio_of(lam_mean, body_mean)
    ratio[view.regions.area < 2] = np.nan
    return {
        Col.LAM_MEAN: lam_mean,
        Col.CYTO_MEAN: body_mean,
        Col.LAM_CYTO_RATIO: ratio,
        Col.LAM_Y_PX: lam_at[:, 0],
        Col.LAM_X_PX: lam_at[:, 1],
        Col.CYTO_Y_PX: body_at[:, 0],
        Col.CYTO_X_PX: body_at[:, 1],
        Col.LAM_FRACTION: lam.weight / view.regions.area,
        Col.LAM_AREA_PX: lam.weight,
        Col.CYTO_AREA_PX: body.weight,
    }


def by_halves(share: Share, columns: PerCell) -> Part:
    """All pixels beyond the threshold are lamellipodium, all others are body."""
    lam = np.stack([columns[Col.LAM_Y_PX], columns[Col.LAM_X_PX]], axis=1)
    body = np.stack([columns[Col.CYTO_Y_PX], columns[Col.CYTO_X_PX]], axis=1)
    return Part(share, lam - body, columns)


def by_band(
    view: FrameView, image: Image, halves: Share, *, within_px: float, level: float
) -> Part:
    """Of what the halves call lamellipodium, only what lies near the edge; all others are body.

    Without a pixel size the width is NaN, and so is everything.
    """
    if not np.isfinite(within_px):
        share = np.full_like(halves, np.nan)
    else:
        share = halves.copy()
        for (top, left, bottom, right), distance in zip(
            view.regions.box, view.edge_distances, strict=True
        ):
            # Distance is 0 on pixels of others, which stay.
            share[top:bottom, left:right] *= distance <= within_px + EDGE_PX
    lam, rest = sums_of_parts(image, *view.objects, share)
    lam_mean, rest_mean = lam.means(level), rest.means(level)
    columns = {
        Col.BAND_RATIO: ratio_of(lam_mean, rest_mean),
        Col.BAND_FRACTION: lam.weight / view.regions.area,
        Col.BAND_MEAN: lam_mean,
        Col.BAND_REST_MEAN: rest_mean,
        Col.BAND_AREA_PX: lam.weight,
    }
    return Part(share, lam.centroids() - rest.centroids(), columns)


def by_layers(view: FrameView, image: Image, *, side: Side, closing_px: int, level: float) -> Part:
    """Three layers by Otsu's thresholds: the brightest is lamellipodium, the dimmest body.

    The other way round for the dim side; columns are named by brightness all the same, and the
    ratio is that of the lamellipodium over the body. A cell without three layers has NaN.
    """
    layers = layers_of_objects(image, *view.objects)
    which = 3 if side == "bright" else 1
    if closing_px:
        grown = _closed((layers == which).astype(np.float32), view, closing_px)
        layers[(grown > 0) & (layers > 0)] = which
    counted = sums_of_layers(image, *view.objects, layers)
    known = sum(part.weight for part in counted) > 0
    sums = [PartSums(*np.where(known, part, np.nan)) for part in counted]
    dimmest, _, brightest = sums
    lam, body = (brightest, dimmest) if side == "bright" else (dimmest, brightest)
    area = view.regions.area
    columns: PerCell = {Col.LAYER_RATIO: ratio_of(lam.means(level), body.means(level))}
    for part, names in zip(sums, _LAYER_COLUMNS, strict=True):
        mean, fraction, in_px = names
        columns |= {
            mean: part.means(level),
            fraction: part.weight / area,
            in_px: part.weight,
        }
    share = np.where(layers == 0, np.float32(np.nan), (layers == which).astype(np.float32))
    return Part(share, lam.centroids() - body.centroids(), columns)


_LAYER_COLUMNS = (
    (Col.LAYER_BODY_MEAN, Col.LAYER_BODY_FRACTION, Col.LAYER_BODY_AREA_PX),
    (Col.LAYER_TRANSITION_MEAN, Col.LAYER_TRANSITION_FRACTION, Col.LAYER_TRANSITION_AREA_PX),
    (Col.LAYER_LAM_MEAN, Col.LAYER_LAM_FRACTION, Col.LAYER_LAM_AREA_PX),
)


def ratio_of(above: FloatArray, below: FloatArray) -> FloatArray:
    """Quotient; NaN where what is below is not positive."""
    out: FloatArray = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
    return out


def _closed(share: Share, view: FrameView, radius_px: int) -> Share:
    """The part with its gaps closed by a disc, within each cell; pixels belong wholly or not.

    A pixel that belongs by a share belongs from one half on.
    """
    y, x = np.ogrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    disc = (y * y + x * x <= radius_px * radius_px).astype(np.uint8)
    out = share.copy()
    for (top, left, bottom, right), mask in zip(view.regions.box, view.masks, strict=True):
        part = out[top:bottom, left:right]
        # Twice the radius: what closing fills between a part and itself beyond the box is outside.
        belongs = np.pad((part >= 0.5) & mask, 2 * radius_px)
        closed: NDArray[Any] = cv2.morphologyEx(belongs.view(np.uint8), cv2.MORPH_CLOSE, disc)
        inner = slice(2 * radius_px, -2 * radius_px)
        part[mask] = closed[inner, inner][mask]
    return out
