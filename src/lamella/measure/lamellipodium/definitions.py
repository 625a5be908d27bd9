"""What of a cell is called lamellipodium: by a percentile, by that near the edge, or by layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.table import Col, Column
from lamella.kernels.halves import Halves
from lamella.kernels.layers import layers_of_objects, sums_of_layers
from lamella.kernels.parts import PartSums, shares_above, sums_of_parts
from lamella.kernels.regions import Regions

By = Literal["halves", "band", "layers"]
Side = Literal["bright", "dim"]
FloatArray = NDArray[np.float64]
PerCell = dict[Column, FloatArray]
"""Values by column, one for every cell of a frame."""


class Cells(NamedTuple):
    """The cells of one frame, as the definitions need them."""

    labels: Image
    regions: Regions
    masks: Sequence[NDArray[np.bool_]]
    """Of every cell, cut to its box."""
    edge_distances: Sequence[NDArray[np.float32]]
    """Distance from the cell's edge, px, cut to its box; 0 outside of the cell."""

    @property
    def objects(self) -> tuple[Image, NDArray[np.int64], NDArray[np.int64]]:
        """Labels, and number and box of every object: what kernels ask for."""
        return self.labels, self.regions.label, self.regions.box


class Part(NamedTuple):
    """One answer to what of every cell is lamellipodium, and what came of it."""

    share: NDArray[np.float32]
    """(Y, X): how far every pixel belongs to the lamellipodium, 0 to 1."""
    lam: PartSums
    body: PartSums
    """What the lamellipodium is held against: the rest, or the layer at the other end."""
    columns: PerCell


def by_halves(
    image: Image, cells: Cells, halves: Halves, *, side: Side, closing_px: int, level: float
) -> Part:
    """Pixels beyond the threshold are lamellipodium, all others are body."""
    share = shares_above(
        image,
        *cells.objects,
        threshold=halves.threshold,
        tie_weight=halves.tie_weight,
        below=side == "dim",
    )
    if closing_px:
        share = _closed(share, cells, closing_px)
    lam, body = sums_of_parts(image, *cells.objects, share)
    lam_mean, body_mean = lam.means(level), body.means(level)
    lam_at, body_at = lam.centroids(), body.centroids()
    columns = {
        Col.LAM_MEAN: lam_mean,
        Col.CYTO_MEAN: body_mean,
        Col.LAM_CYTO_RATIO: ratio_of(lam_mean, body_mean),
        Col.LAM_Y_PX: lam_at[:, 0],
        Col.LAM_X_PX: lam_at[:, 1],
        Col.CYTO_Y_PX: body_at[:, 0],
        Col.CYTO_X_PX: body_at[:, 1],
        Col.LAM_FRACTION: lam.weight / cells.regions.area,
        Col.LAM_AREA_PX: lam.weight,
        Col.CYTO_AREA_PX: body.weight,
    }
    columns[Col.LAM_CYTO_RATIO][cells.regions.area < 2] = np.nan
    return Part(share, lam, body, columns)


def by_band(
    image: Image, cells: Cells, halves: NDArray[np.float32], *, within_px: float, level: float
) -> Part:
    """Of what the halves call lamellipodium, only what lies near the edge; all others are body.

    Without a pixel size the width is NaN, and so is everything.
    """
    n = len(cells.regions.label)
    if not np.isfinite(within_px):
        nothing = PartSums(*np.full((4, n), np.nan))
        part = Part(np.zeros_like(halves), nothing, nothing, {})
    else:
        share = halves.copy()
        for (top, left, bottom, right), distance in zip(
            cells.regions.box, cells.edge_distances, strict=True
        ):
            share[top:bottom, left:right] *= distance <= within_px  # 0 on pixels of others
        part = Part(share, *sums_of_parts(image, *cells.objects, share), {})
    lam_mean, rest_mean = part.lam.means(level), part.body.means(level)
    return part._replace(
        columns={
            Col.BAND_RATIO: ratio_of(lam_mean, rest_mean),
            Col.BAND_FRACTION: part.lam.weight / cells.regions.area,
            Col.BAND_MEAN: lam_mean,
            Col.BAND_REST_MEAN: rest_mean,
            Col.BAND_AREA_PX: part.lam.weight,
        }
    )


def by_layers(image: Image, cells: Cells, *, side: Side, closing_px: int, level: float) -> Part:
    """Three layers by Otsu's thresholds: the brightest is lamellipodium, the dimmest body.

    The other way round for the dim side; columns are named by brightness all the same.
    """
    layers = layers_of_objects(image, *cells.objects)
    lam_layer = 3 if side == "bright" else 1
    if closing_px:
        grown = _closed((layers == lam_layer).astype(np.float32), cells, closing_px)
        layers[(grown > 0) & (layers > 0)] = lam_layer
    sums = sums_of_layers(image, *cells.objects, layers)
    body, transition, lam = sums
    known = body.weight + transition.weight + lam.weight > 0  # other cells have no layers
    area = np.where(known, cells.regions.area, np.nan)
    means = [part.means(level) for part in sums]
    ends = (means[2], means[0]) if side == "bright" else (means[0], means[2])
    columns = {
        Col.LAYER_BODY_MEAN: means[0],
        Col.LAYER_TRANSITION_MEAN: means[1],
        Col.LAYER_LAM_MEAN: means[2],
        Col.LAYER_BODY_FRACTION: body.weight / area,
        Col.LAYER_TRANSITION_FRACTION: transition.weight / area,
        Col.LAYER_LAM_FRACTION: lam.weight / area,
        Col.LAYER_BODY_AREA_PX: np.where(known, body.weight, np.nan),
        Col.LAYER_TRANSITION_AREA_PX: np.where(known, transition.weight, np.nan),
        Col.LAYER_LAM_AREA_PX: np.where(known, lam.weight, np.nan),
        Col.LAYER_RATIO: ratio_of(*ends),
    }
    share = (layers == lam_layer).astype(np.float32)
    return Part(share, *((lam, body) if side == "bright" else (body, lam)), columns)


def ratio_of(above: FloatArray, below: FloatArray) -> FloatArray:
    """Quotient; NaN where what is below is not positive."""
    out: FloatArray = np.divide(
        above, below, out=np.full(below.shape, np.nan), where=below > 0
    )
    return out


def _closed(share: NDArray[np.float32], cells: Cells, radius_px: int) -> NDArray[np.float32]:
    """The part with its gaps closed by a disc, within each cell; pixels belong wholly or not.

    A pixel that belongs by a share belongs from one half on.
    """
    y, x = np.ogrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    disc = (y * y + x * x <= radius_px * radius_px).astype(np.uint8)
    out = share.copy()
    for (top, left, bottom, right), mask in zip(cells.regions.box, cells.masks, strict=True):
        part = out[top:bottom, left:right]
        belongs = np.pad((part >= 0.5) & mask, radius_px)
        closed: NDArray[Any] = cv2.morphologyEx(
            belongs.view(np.uint8), cv2.MORPH_CLOSE, disc, borderType=cv2.BORDER_CONSTANT,
            borderValue=(0,),
        )  # fmt: skip
        part[mask] = closed[radius_px:-radius_px, radius_px:-radius_px][mask]
    return out
