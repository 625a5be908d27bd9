"""The shape of every region of a frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.table import Col
from lamella.kernels.region_crossings import crossings
from lamella.kernels.region_ellipse import fitted_ellipses
from lamella.kernels.region_hull import hulls
from lamella.kernels.region_outline import traced_perimeters
from lamella.kernels.regions import Regions

IN_UM = {
    Col.PERIMETER_PX: Col.PERIMETER_UM,
    Col.PERIMETER_CROFTON_PX: Col.PERIMETER_CROFTON_UM,
    Col.EQUIVALENT_DIAMETER_PX: Col.EQUIVALENT_DIAMETER_UM,
    Col.FERET_PX: Col.FERET_UM,
    Col.MIN_FERET_PX: Col.MIN_FERET_UM,
    Col.MAJOR_AXIS_PX: Col.MAJOR_AXIS_UM,
    Col.MINOR_AXIS_PX: Col.MINOR_AXIS_UM,
}
"""Lengths that are given in both."""


def shape_columns(labels: Image, regions: Regions, *, um: float) -> dict[str, NDArray[np.float64]]:
    """Every column of shape, a value a region; those in µm are NaN where `um` is."""
    objects = labels, regions.label, regions.box
    area = regions.area.astype(np.float64)
    traced = traced_perimeters(*objects)
    crossed = crossings(*objects)
    hull = hulls(*objects)
    ellipse = fitted_ellipses(*objects)
    sides = regions.box[:, 2:] - regions.box[:, :2]
    found: dict[str, NDArray[np.float64]] = {
        Col.PERIMETER_PX: traced,
        Col.PERIMETER_CROFTON_PX: crossed.perimeter,
        Col.EQUIVALENT_DIAMETER_PX: 2 * np.sqrt(area / np.pi),
        Col.FERET_PX: hull.feret,
        Col.MIN_FERET_PX: hull.min_feret,
        Col.MAJOR_AXIS_PX: ellipse.major,
        Col.MINOR_AXIS_PX: ellipse.minor,
    }
    return {
        **found,
        **{in_um: found[px] * um for px, in_um in IN_UM.items()},
        Col.FERET_DEG: hull.feret_deg,
        Col.AXIS_RATIO: ellipse.minor / ellipse.major,
        Col.ECCENTRICITY: ellipse.eccentricity,
        Col.ORIENTATION_DEG: ellipse.orientation_deg,
        Col.ROUNDNESS: 4 * area / (np.pi * ellipse.major**2),
        Col.CIRCULARITY: np.minimum(4 * np.pi * area / traced**2, 1.0),
        Col.SOLIDITY: area / hull.area,
        Col.EXTENT: area / sides.prod(axis=1),
        Col.CONVEX_AREA_PX: hull.area,
        Col.EULER_NUMBER: crossed.euler.astype(np.float64),
    }
