"""How much brighter the lamellipodium is than the rest of the cell."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, field_validator

from lamella.core.frames import Image
from lamella.core.movie import Scale
from lamella.core.step import Step
from lamella.core.table import Col, Column
from lamella.kernels.halves import Halves, Split, halves_of_objects, sum_parts
from lamella.kernels.noise import halves_ratio_of_noise, noise_of_objects
from lamella.kernels.regions import pixels_at
from lamella.kernels.thresholds import multi_otsu
from lamella.measure.view import (
    FrameView,
    Measured,
    Seen,
    mean_or_nan,
    per_cell,
    sd_or_nan,
)

PerCell = dict[Column, NDArray[np.float64]]
"""Values by column, one for every cell of a frame."""

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
    looks_at_light: ClassVar[bool] = True
    percentile: float = Field(50, gt=0, lt=100)
    band_um: float | None = Field(3.8, gt=0)
    layers: bool = True
    channels: tuple[str, ...] | None = Field(None, min_length=1)

    @field_validator("channels")
    @classmethod
    def _each_once(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if names is not None and len(set(names)) < len(names):
            raise ValueError("a channel is named twice")
        return names

    def rows(self, view: FrameView) -> Seen:
        """Every measure of every cell and channel of the frame."""
        columns: dict[str, NDArray[np.float64]] = {}
        channels = self.channels or view.movie.channel_names
        for channel in channels:
            image = view.image(channel)
            background = view.background(image, channel)
            halves = halves_of_objects(
                image, *view.objects, percentile=self.percentile, level=background
            )
            found: PerCell = {
                Col.BACKGROUND: np.full(len(view.regions.label), background),
                Col.LAM_THRESHOLD: halves.threshold - background,
                Col.LAM_MEAN: halves.bright_mean,
                Col.CYTO_MEAN: halves.dim_mean,
                Col.LAM_CYTO_RATIO: halves.ratio,
                Col.LAM_Y_PX: halves.bright_row,
                Col.LAM_X_PX: halves.bright_column,
                Col.CYTO_Y_PX: halves.dim_row,
                Col.CYTO_X_PX: halves.dim_column,
                Col.NOISE_SD: noise_of_objects(image, *view.objects),
                Col.SATURATED_FRACTION: _saturated_fraction(view, image),
            }
            if self.band_um:
                found |= self._band(view, image, background, halves)
            if self.layers:
                found |= _layers(view, image, background)
            suffix = channel if len(channels) > 1 else None
            columns.update((column.of(suffix), values) for column, values in found.items())
        return Seen(columns)

    def _band(self, view: FrameView, image: Image, background: float, halves: Halves) -> PerCell:
        ratio, fraction = (np.full(len(view.regions.label), np.nan) for _ in range(2))
        width_px = (self.band_um or np.nan) / view.movie.scale.um
        if np.isfinite(width_px):
            for i, (crop, mask) in enumerate(_cells(view, image)):
                distance = view.edge_distances[i]
                split = Split(halves.threshold[i], halves.tie_weight[i])
                near, rest = sum_parts(crop, mask, split, distance=distance, within=width_px)
                fraction[i] = near.weight / (near.weight + rest.weight)
                if 0 < fraction[i] < 1:
                    lam, others = (p.intensity / p.weight - background for p in (near, rest))
                    ratio[i] = lam / others if others > 0 else np.nan
        return {Col.BAND_RATIO: ratio, Col.BAND_FRACTION: fraction}

    def complete(self, found: Measured, sightings: pd.DataFrame, scale: Scale) -> Measured:
        """Add what noise alone would give; nothing here needs other frames."""
        table = found.frames
        columns: dict[str, pd.Series | NDArray[np.float64]] = {}
        for name in table.columns:
            columns[name] = table[name]
            bare, _, channel = name.partition("__")
            if bare == Col.NOISE_SD:
                suffix, share = channel or None, self.percentile / 100
                lam, cyto = (table[c.of(suffix)] for c in (Col.LAM_MEAN, Col.CYTO_MEAN))
                columns[Col.LAM_CYTO_RATIO_NOISE.of(suffix)] = halves_ratio_of_noise(
                    (1 - share) * lam + share * cyto, columns[name], percentile=self.percentile
                )
        return Measured(pd.DataFrame(columns))

    def summarise(self, found: Measured, sightings: pd.DataFrame) -> pd.DataFrame:
        """Mean of every measure over the frames that have it, per cell."""
        table = found.frames
        ratios = [c for c in table.columns if c.partition("__")[0] == Col.LAM_CYTO_RATIO]
        return per_cell(table, lambda rows: _summary(rows, ratios))


def _saturated_fraction(view: FrameView, image: Image) -> NDArray[np.float64]:
    if image.dtype.kind == "f":  # nothing tells where a float camera ends
        return np.full(len(view.regions.label), np.nan)
    saturated: NDArray[np.float64] = (
        pixels_at(image, *view.objects, _highest(image.dtype)) / view.regions.area
    )
    return saturated


@cache
def _highest(dtype: np.dtype[Any]) -> int:
    return int(np.iinfo(dtype).max)


def _cells(view: FrameView, image: Image) -> Iterator[tuple[Image, NDArray[np.bool_]]]:
    """Image and mask of every cell, cropped to its box."""
    for (top, left, bottom, right), mask in zip(view.regions.box, view.masks, strict=True):
        yield image[top:bottom, left:right], mask


def _layers(view: FrameView, image: Image, background: float) -> PerCell:
    found = np.full((len(_LAYERS), len(view.regions.label)), np.nan)
    for i, (crop, mask) in enumerate(_cells(view, image)):
        layers = _three_layers(crop[mask])
        if layers is None:
            continue
        mean, fraction = layers
        body, transition, lam = mean - background
        ratio = lam / body if body > 0 else np.nan
        found[:, i] = body, transition, lam, fraction[0], fraction[2], ratio
    return dict(zip(_LAYERS, found, strict=True))


def _three_layers(
    values: NDArray[Any],
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Mean of every layer, dimmest first, and its share of the pixels; None without layers."""
    thresholds = multi_otsu(values, classes=3)
    if thresholds is None:
        return None
    layer = np.searchsorted(thresholds, values.astype(np.float64), side="left")
    count = np.bincount(layer, minlength=3)
    if not count.all():
        return None
    total = np.bincount(layer, weights=values.astype(np.float64), minlength=3)
    return total / count, count / len(values)


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
            found = np.isfinite(rows[Col.LAM_Y_PX.of(suffix)].to_numpy(np.float64))
            summary[Col.LAM_CYTO_RATIO_SD.of(suffix)] = sd_or_nan(finite)
            summary[Col.N_UNDEFINED_RATIO.of(suffix)] = int(found.sum() - len(finite))
    return summary
