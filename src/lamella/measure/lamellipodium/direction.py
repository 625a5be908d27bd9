"""Where the lamellipodium lies in the cell, what is in front of it, and how the front advances."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.table import Col, Column
from lamella.kernels.front import Furthest, furthest_of_objects, sides_of_objects
from lamella.kernels.steps import headings, long_enough
from lamella.measure.lamellipodium.definitions import PerCell, Share, ratio_of
from lamella.measure.view import FrameView

FloatArray = NDArray[np.float64]


class Names(NamedTuple):
    """The columns of one direction."""

    front_area: Column
    front_mean: Column
    back_area: Column
    back_mean: Column
    ratio: Column
    lam_front_area: Column
    lam_front_mean: Column
    lam_back_area: Column
    lam_back_mean: Column
    lam_front_fraction: Column
    lam_ratio: Column
    tip_y: Column
    tip_x: Column
    tip_advance: Column
    tip_velocity: Column

    @property
    def of_cell(self) -> tuple[Column, ...]:
        """What depends on the direction and the cell's shape alone, in no channel."""
        return self.front_area, self.back_area, *self.of_tip

    @property
    def of_tip(self) -> tuple[Column, ...]:
        return self.tip_y, self.tip_x, self.tip_advance, self.tip_velocity


BY_POLARITY = Names(
    Col.POLARITY_FRONT_AREA_PX,
    Col.POLARITY_FRONT_MEAN,
    Col.POLARITY_BACK_AREA_PX,
    Col.POLARITY_BACK_MEAN,
    Col.POLARITY_FRONT_BACK_RATIO,
    Col.POLARITY_LAM_FRONT_AREA_PX,
    Col.POLARITY_LAM_FRONT_MEAN,
    Col.POLARITY_LAM_BACK_AREA_PX,
    Col.POLARITY_LAM_BACK_MEAN,
    Col.POLARITY_LAM_FRONT_FRACTION,
    Col.POLARITY_LAM_FRONT_BACK_RATIO,
    Col.POLARITY_TIP_Y_PX,
    Col.POLARITY_TIP_X_PX,
    Col.POLARITY_TIP_ADVANCE_PX,
    Col.POLARITY_TIP_VELOCITY,
)
BY_MOVEMENT = Names(
    Col.MOVEMENT_FRONT_AREA_PX,
    Col.MOVEMENT_FRONT_MEAN,
    Col.MOVEMENT_BACK_AREA_PX,
    Col.MOVEMENT_BACK_MEAN,
    Col.MOVEMENT_FRONT_BACK_RATIO,
    Col.MOVEMENT_LAM_FRONT_AREA_PX,
    Col.MOVEMENT_LAM_FRONT_MEAN,
    Col.MOVEMENT_LAM_BACK_AREA_PX,
    Col.MOVEMENT_LAM_BACK_MEAN,
    Col.MOVEMENT_LAM_FRONT_FRACTION,
    Col.MOVEMENT_LAM_FRONT_BACK_RATIO,
    Col.MOVEMENT_TIP_Y_PX,
    Col.MOVEMENT_TIP_X_PX,
    Col.MOVEMENT_TIP_ADVANCE_PX,
    Col.MOVEMENT_TIP_VELOCITY,
)


def polarity_columns(vector: FloatArray, area: NDArray[np.int64]) -> PerCell:
    """The vector, its length and its direction."""
    length = np.hypot(vector[:, 0], vector[:, 1])
    return {
        Col.POLARITY_Y_PX: vector[:, 0],
        Col.POLARITY_X_PX: vector[:, 1],
        Col.POLARITY_PX: length,
        Col.POLARITY_ANGLE: headings(long_enough(vector)),
        Col.POLARITY_RELATIVE: length / np.sqrt(area / np.pi),
    }


def side_columns(
    view: FrameView, image: Image, share: Share, direction: FloatArray, names: Names, level: float
) -> PerCell:
    """The cell and its lamellipodium on both sides of the line through the cell's centroid."""
    front, back = sides_of_objects(
        image,
        *view.objects,
        share,
        centre=view.regions.centroid,
        direction=long_enough(direction),
    )
    means, lam_means, lam_areas = [], [], []
    for side in (front, back):
        means.append(_over(side.intensity, side.weight) - level)
        lam_areas.append(side.part_weight)
        lam_means.append(_over(side.part_intensity, side.part_weight) - level)
    return {
        names.front_area: front.weight,
        names.front_mean: means[0],
        names.back_area: back.weight,
        names.back_mean: means[1],
        names.ratio: ratio_of(means[0], means[1]),
        names.lam_front_area: lam_areas[0],
        names.lam_front_mean: lam_means[0],
        names.lam_back_area: lam_areas[1],
        names.lam_back_mean: lam_means[1],
        names.lam_front_fraction: _over(lam_areas[0], lam_areas[0] + lam_areas[1]),
        names.lam_ratio: ratio_of(lam_means[0], lam_means[1]),
    }


def tip_columns(view: FrameView, direction: FloatArray, names: Names) -> PerCell:
    """The pixel furthest along a direction, and how much further it is than in the frame before.

    Both frames are measured along the direction of this one, so that a turn of the cell is no
    advance; a disc that glides advances as fast as its centre.
    """
    way = long_enough(direction)
    here = furthest_of_objects(*view.objects, direction=way)
    return {
        names.tip_y: here.y,
        names.tip_x: here.x,
        names.tip_advance: here.reach - _reach_before(view, way),
    }


def _reach_before(view: FrameView, way: FloatArray) -> FloatArray:
    """Reach of every cell in the frame before, along its direction of now; NaN where not seen."""
    label, before = view.regions.label, view.previous_regions
    out = np.full(len(label), np.nan)
    if view.previous_labels is None or before is None or not len(before.label):
        return out
    at = np.minimum(np.searchsorted(before.label, label), len(before.label) - 1)
    same = np.flatnonzero(before.label[at] == label)
    found: Furthest = furthest_of_objects(
        view.previous_labels, before.label[at[same]], before.box[at[same]], direction=way[same]
    )
    out[same] = found.reach
    return out


def _over(total: FloatArray, weight: FloatArray) -> FloatArray:
    # A sliver that rounding left has no mean.
    out: FloatArray = np.divide(
        total, weight, out=np.full(weight.shape, np.nan), where=weight > 1e-6
    )
    return out
