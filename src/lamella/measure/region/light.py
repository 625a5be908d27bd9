"""The light of every region of a frame, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.frames import Image
from lamella.core.table import Col, Column
from lamella.kernels.region_depth import depth_bins
from lamella.kernels.region_light import (
    counts_from,
    light_of_regions,
    means_of_groups,
    shares_of_parts,
)
from lamella.kernels.region_pixels import Pixels, pixels_of
from lamella.kernels.region_surround import surrounds
from lamella.kernels.regions import Regions

PERCENTILES = {
    1: Col.INTENSITY_P01,
    5: Col.INTENSITY_P05,
    10: Col.INTENSITY_P10,
    25: Col.INTENSITY_P25,
    75: Col.INTENSITY_P75,
    90: Col.INTENSITY_P90,
    95: Col.INTENSITY_P95,
    99: Col.INTENSITY_P99,
}

RADIAL = (
    Col.RADIAL_FRACTION_1,
    Col.RADIAL_FRACTION_2,
    Col.RADIAL_FRACTION_3,
    Col.RADIAL_FRACTION_4,
    Col.RADIAL_FRACTION_5,
    Col.RADIAL_FRACTION_6,
    Col.RADIAL_FRACTION_7,
    Col.RADIAL_FRACTION_8,
)


class Places(NamedTuple):
    """Where to look in every channel: found once a frame."""

    pixels: Pixels
    centroid: NDArray[np.float64]
    surround: Pixels | None
    part: NDArray[np.int64] | None
    n_parts: int


def places_of(
    labels: Image,
    regions: Regions,
    *,
    gap_px: float,
    width_px: float,
    n_parts: int,
) -> Places:
    """Pixels of regions, their surrounds (none where the width is 0 or NaN) and their parts."""
    objects = labels, regions.label, regions.box
    ring = width_px > 0 and np.isfinite(gap_px)
    return Places(
        pixels_of(*objects, regions.area),
        regions.centroid,
        surrounds(*objects, gap_px=gap_px, width_px=width_px) if ring else None,
        depth_bins(*objects, regions.area, n=n_parts) if n_parts else None,
        n_parts,
    )


def light_columns(
    image: Image,
    places: Places,
    *,
    level: float,
    recorded: Image,
    top: float | None,
    percentiles: Sequence[int],
    um: float,
) -> dict[Column, NDArray[np.float64]]:
    """Every column of one channel, a value a region.

    Parameters
    ----------
    level : float
        Grey value to subtract; NaN where it is not known.
    recorded : (Y, X) array
        The image as the camera gave it, which may be `image` itself.
    top : float or None
        From which on a recorded pixel is saturated; None = not known.
    """
    values = places.pixels.values(image)
    whole = image.dtype.kind in "uib"
    light = light_of_regions(
        values, places.pixels, whole=whole, level=level, percentiles=percentiles
    )
    saturated = np.full(len(places.centroid), np.nan)
    if top is not None and len(saturated):
        seen = values if recorded is image else places.pixels.values(recorded)
        saturated[:] = counts_from(seen, places.pixels.start, least=top)
    shift = np.hypot(
        light.mass_row - places.centroid[:, 0], light.mass_column - places.centroid[:, 1]
    )
    found = {
        Col.INTENSITY_MEAN: light.mean,
        Col.INTENSITY_MEDIAN: light.median,
        Col.INTENSITY_UPPER_MEDIAN: light.upper_median,
        Col.INTENSITY_SD: light.sd,
        Col.INTENSITY_MODE: light.mode,
        Col.INTENSITY_MIN: light.minimum,
        Col.INTENSITY_MAX: light.maximum,
        Col.INTENSITY_SUM: light.total,
        **{PERCENTILES[p]: v for p, v in zip(percentiles, light.percentiles, strict=True)},
        Col.INTENSITY_SKEWNESS: light.skewness,
        Col.INTENSITY_KURTOSIS: light.kurtosis,
        Col.MASS_Y_PX: light.mass_row,
        Col.MASS_X_PX: light.mass_column,
        Col.MASS_SHIFT_PX: shift,
        Col.MASS_SHIFT_UM: shift * um,
        Col.N_SATURATED_PX: saturated,
        Col.N_NEGATIVE_PX: light.n_below,
    }
    if places.surround is not None:
        ring = means_of_groups(places.surround.values(image), places.surround.start) - level
        both, contrast = light.mean + ring, np.full(len(ring), np.nan)
        np.divide(light.mean - ring, both, out=contrast, where=both > 0)
        found |= {Col.SURROUND_MEAN: ring, Col.INTENSITY_CONTRAST: contrast}
    if places.part is not None:
        shares = shares_of_parts(
            values, places.pixels.start, places.part, n=places.n_parts, level=level
        )
        found |= dict(zip(RADIAL, shares, strict=False))
    return found
