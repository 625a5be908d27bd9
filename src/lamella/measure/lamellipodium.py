"""How much brighter the lamellipodium is than the rest of the cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.core.table import Col, Column
from lamella.kernels.halves import Split, Sums, split_at_percentile, sum_parts
from lamella.kernels.noise import halves_ratio_of_noise, noise_sd
from lamella.kernels.thresholds import multi_otsu
from lamella.measure.view import Columns, FrameView, mean_or_nan, per_cell, sd_or_nan

_PER_CHANNEL = (
    Col.BACKGROUND,
    Col.LAM_THRESHOLD,
    Col.LAM_MEAN,
    Col.CYTO_MEAN,
    Col.LAM_CYTO_RATIO,
    Col.LAM_Y_PX,
    Col.LAM_X_PX,
    Col.CYTO_Y_PX,
    Col.CYTO_X_PX,
    Col.NOISE_SD,
    Col.LAM_CYTO_RATIO_NOISE,
    Col.SATURATED_FRACTION,
)
_BAND = (Col.BAND_RATIO, Col.BAND_FRACTION)
_LAYERS = (
    Col.LAYER_BODY_MEAN,
    Col.LAYER_TRANSITION_MEAN,
    Col.LAYER_LAM_MEAN,
    Col.LAYER_BODY_FRACTION,
    Col.LAYER_LAM_FRACTION,
    Col.LAYER_RATIO,
)


class Lamellipodium(Step):
    """Bright over dim part of every cell, on the raw frame, with the mask of the same frame.

    Three definitions, side by side:

    * the published one: the cell's pixels split at `percentile`; pixels that equal the threshold
      count in both parts with fractional weight, so that the parts have exactly their share;
    * only bright pixels within `band_um` of the cell's edge, over all others (None = left out);
    * three layers by Otsu's thresholds within the cell, brightest over dimmest (`layers`).

    The published ratio is above 1 for a uniform cell too, because noise splits into a bright and a
    dim half as well; ``lam_cyto_ratio_noise`` says how far. It is NaN, not 0, where the cell has
    fewer than 2 pixels or the dim mean is not positive. All ratios depend on the background that is
    subtracted.

    Parameters
    ----------
    percentile : float
        50 is the median split as published; 40 and 70 were explored there.
    band_um : float or None
        3.8 µm is the published 12 px at 0.318 µm/px. Without a pixel size the result is NaN.
    layers : bool
    channels : tuple of str or None
        Channels to measure; None = all.
    """

    version: ClassVar[int] = 1
    percentile: float = Field(50, gt=0, lt=100)
    band_um: float | None = Field(3.8, gt=0)
    layers: bool = True
    channels: tuple[str, ...] | None = None

    def rows(self, view: FrameView) -> Columns:
        """Every measure of every cell and channel of the frame."""
        columns: dict[str, NDArray[np.float64]] = {}
        wanted = [
            *_PER_CHANNEL,
            *(_BAND if self.band_um else ()),
            *(_LAYERS if self.layers else ()),
        ]
        for channel in self.channels or view.movie.channel_names:
            image = view.image(channel)
            background = view.level(image, view.labels, channel)
            cells = [
                self._one_cell(view, i, image, background) for i in range(len(view.regions.label))
            ]
            for column in wanted:
                values = [cell.get(column, np.nan) for cell in cells]
                columns[column.of(view.suffix(channel))] = np.array(values, np.float64)
        return columns

    def _one_cell(
        self, view: FrameView, i: int, image: NDArray[Any], background: float
    ) -> Mapping[Column, float]:
        top, left, bottom, right = view.regions.box[i]
        mask = view.labels[top:bottom, left:right] == view.regions.label[i]
        crop = image[top:bottom, left:right]
        values = crop[mask]
        split = split_at_percentile(values, percentile=self.percentile)
        bright, dim = sum_parts(crop, mask, split)
        lam = _mean(bright) - background
        cyto = _mean(dim) - background
        mean = (bright.intensity + dim.intensity) / len(values) - background
        noise = noise_sd(crop, mask)
        found = {
            Col.BACKGROUND: background,
            Col.LAM_THRESHOLD: split.threshold - background,
            Col.LAM_MEAN: lam,
            Col.CYTO_MEAN: cyto,
            Col.LAM_CYTO_RATIO: _ratio(lam, cyto) if len(values) > 1 else np.nan,
            Col.LAM_Y_PX: top + bright.row / bright.weight,
            Col.LAM_X_PX: left + bright.column / bright.weight,
            Col.CYTO_Y_PX: top + dim.row / dim.weight,
            Col.CYTO_X_PX: left + dim.column / dim.weight,
            Col.NOISE_SD: noise,
            Col.LAM_CYTO_RATIO_NOISE: halves_ratio_of_noise(
                mean, noise, percentile=self.percentile
            ),
            Col.SATURATED_FRACTION: _saturated_fraction(values),
        }
        if self.band_um:
            found |= self._band(crop, mask, split, background, view.movie.scale.um)
        if self.layers:
            found |= _three_layers(values, background)
        return found

    def _band(
        self,
        crop: NDArray[Any],
        mask: NDArray[np.bool_],
        split: Split,
        background: float,
        um_per_px: float,
    ) -> dict[Column, float]:
        width_px = (self.band_um or np.nan) / um_per_px
        if not np.isfinite(width_px):
            return {}
        # A border of background all round: the edge of the crop is the edge of the cell. Where the
        # cell touches the field's edge that is a cut, not an edge; such frames are flagged.
        padded = np.pad(mask, 1).view(np.uint8)
        distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
        near, rest = sum_parts(crop, mask, split, distance=distance, within=width_px)
        fraction = near.weight / (near.weight + rest.weight)
        if not 0 < fraction < 1:
            return {Col.BAND_FRACTION: fraction}
        ratio = _ratio(_mean(near) - background, _mean(rest) - background)
        return {Col.BAND_RATIO: ratio, Col.BAND_FRACTION: fraction}

    def complete(self, table: pd.DataFrame, scale: Scale) -> pd.DataFrame:
        """Nothing here needs other frames."""
        return table

    def summarise(self, table: pd.DataFrame) -> pd.DataFrame:
        """Mean of every measure over the frames that have it, per cell."""
        ratios = [c for c in table.columns if c.partition("__")[0] == Col.LAM_CYTO_RATIO]
        return per_cell(table, lambda rows: _summary(rows, ratios))


def _mean(part: Sums) -> float:
    return part.intensity / part.weight


def _ratio(bright: float, dim: float) -> float:
    return bright / dim if dim > 0 else float("nan")


def _saturated_fraction(values: NDArray[Any]) -> float:
    if values.dtype.kind == "f":  # nothing tells where a float camera ends
        return float("nan")
    return float(np.count_nonzero(values == np.iinfo(values.dtype).max)) / len(values)


def _three_layers(values: NDArray[Any], background: float) -> dict[Column, float]:
    thresholds = multi_otsu(values, classes=3)
    if thresholds is None:
        return {}
    layer = np.searchsorted(thresholds, values.astype(np.float64), side="left")
    count = np.bincount(layer, minlength=3)
    if not count.all():
        return {}
    body, transition, lam = (
        np.bincount(layer, weights=values.astype(np.float64), minlength=3) / count - background
    )
    return {
        Col.LAYER_BODY_MEAN: float(body),
        Col.LAYER_TRANSITION_MEAN: float(transition),
        Col.LAYER_LAM_MEAN: float(lam),
        Col.LAYER_BODY_FRACTION: count[0] / len(values),
        Col.LAYER_LAM_FRACTION: count[2] / len(values),
        Col.LAYER_RATIO: _ratio(float(lam), float(body)),
    }


def _summary(rows: pd.DataFrame, ratios: list[str]) -> dict[str, float]:
    averaged = {*_PER_CHANNEL, *_BAND, *_LAYERS} - {
        Col.LAM_Y_PX, Col.LAM_X_PX, Col.CYTO_Y_PX, Col.CYTO_X_PX, Col.SATURATED_FRACTION
    }  # fmt: skip
    summary: dict[str, float] = {}
    for name in rows.columns:
        bare, _, channel = name.partition("__")
        values = (
            rows[name].to_numpy(np.float64) if bare in {*averaged, Col.SATURATED_FRACTION} else None
        )
        if values is None:
            continue
        finite = values[np.isfinite(values)]
        suffix = channel or None
        if bare == Col.SATURATED_FRACTION:
            summary[Col.N_SATURATED.of(suffix)] = int((finite > 0).sum())
            continue
        summary[name] = mean_or_nan(finite)
        if name in ratios:
            found = np.isfinite(rows[Col.LAM_MEAN.of(suffix)].to_numpy(np.float64))
            summary[Col.LAM_CYTO_RATIO_SD.of(suffix)] = sd_or_nan(finite)
            summary[Col.N_UNDEFINED_RATIO.of(suffix)] = int(found.sum() - len(finite))
    return summary
