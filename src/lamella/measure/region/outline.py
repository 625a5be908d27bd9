"""What ImageJ tells of an outline that was drawn, rather than traced along pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lamella.core.errors import InputError
from lamella.core.table import Col, Column
from lamella.kernels.region_hull import hull_of_points


def outline_measures(corners: ArrayLike) -> dict[Column, float]:
    """Perimeter, Feret diameters and convex area of a polygon.

    The pixels of a drawn polygon are measured as any region: its area, light and ellipse in ImageJ
    are those of its pixels. Perimeter and Feret diameters are of the line itself, which cuts the
    corners of pixels that an outline traced along them has: these are for comparing with ImageJ's
    ``Perim.``, ``Feret``, ``MinFeret``, ``FeretAngle`` and ``Solidity`` of polygon selections.

    Parameters
    ----------
    corners : (N, 2) array_like
        (y, x) in px; the last is joined to the first.

    Returns
    -------
    dict
        ``perimeter_px`` (sum of the sides), ``feret_px``, ``min_feret_px``, ``feret_deg``,
        ``convex_area_px``.

    Raises
    ------
    InputError
        Corners of another shape, none, or some that are not finite.

    Examples
    --------
    >>> found = outline_measures([[0, 0], [0, 4], [3, 4], [3, 0]])
    >>> found["perimeter_px"], found["feret_px"], found["min_feret_px"]
    (14.0, 5.0, 3.0)
    """
    points = np.asarray(corners, np.float64)
    if points.ndim != 2 or points.shape[1:] != (2,) or not len(points):
        raise InputError("outline", f"it is {points.shape}", "give corners (y, x), (N, 2)")
    if not np.isfinite(points).all():
        raise InputError("outline", "some corners are not finite", "leave these out")
    hull = hull_of_points(points)
    sides = np.hypot(*(points - np.roll(points, 1, axis=0)).T)
    return {
        Col.PERIMETER_PX: float(sides.sum()),
        Col.FERET_PX: float(hull.feret[0]),
        Col.MIN_FERET_PX: float(hull.min_feret[0]),
        Col.FERET_DEG: float(hull.feret_deg[0]),
        Col.CONVEX_AREA_PX: float(hull.area[0]),
    }
