"""The regions of one still image as a table, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.kernels.regions import find_regions
from lamella.measure.channels import suffixes
from lamella.measure.region.group import Region
from lamella.measure.region.shape import shape_columns


def region_table(
    labels: ArrayLike,
    channels: Mapping[str, ArrayLike] | None = None,
    *,
    pixel_size_um: float | None = None,
    settings: Region | None = None,
) -> pd.DataFrame:
    """Shape and light of every label of an image.

    Parameters
    ----------
    labels : (Y, X) array_like of whole numbers, 0 = background
    channels : mapping of str to (Y, X) array_like, optional
        Images by the names of their channels; columns end in ``__name`` where there are several.
        Nothing is subtracted: give images that are corrected already, such as by `RollingBall`.
    pixel_size_um : float, optional
        Without it, columns in µm are NaN.
    settings : Region, optional
        By default ``Region()``.

    Returns
    -------
    DataFrame
        A row per label in rising order, none of an image without labels: ``cell`` (the label),
        ``y_px``, ``x_px`` (centroid), ``area_px``, ``area_um2``, and the columns of `Region`.

    Raises
    ------
    InputError
        Labels that are no image of whole numbers from 0 on, or a channel of another size.

    Examples
    --------
    >>> import numpy as np
    >>> from lamella.measure.region import region_table
    >>> labels = np.zeros((8, 8), np.uint16)
    >>> labels[2:5, 2:6] = 7
    >>> table = region_table(labels, {"EdU": labels * 10})
    >>> table[["cell", "area_px", "intensity_mean", "extent"]].values.tolist()
    [[7.0, 12.0, 70.0, 1.0]]
    """
    step = settings or Region()
    frame = _whole(labels)
    images = {str(name): np.asarray(image) for name, image in (channels or {}).items()}
    for name, image in images.items():
        if image.shape != frame.shape or image.dtype.kind not in "uifb":
            raise InputError(
                f"channel {name!r}",
                f"it is {image.shape} of {image.dtype}, the labels are {frame.shape} (Y, X)",
                "give an image of numbers of the labels' size",
            )
    um = np.nan if pixel_size_um is None else float(pixel_size_um)
    regions = find_regions(frame)
    columns: dict[str, Any] = {
        Col.CELL: regions.label,
        Col.Y_PX: regions.centroid[:, 0],
        Col.X_PX: regions.centroid[:, 1],
        Col.AREA_PX: regions.area.astype(np.float64),
        Col.AREA_UM2: regions.area * um**2,
    }
    if step.shape:
        columns |= shape_columns(frame, regions, um=um)
    wanted = suffixes(step.channels, list(images))
    if missing := [name for name in wanted if name not in images]:
        raise InputError(
            "settings", f"they name channel {missing[0]!r}, which is not given", "give its image"
        )
    places = step.places(frame, regions, um=um)
    for name, suffix in wanted.items():
        found = step.light(images[name], places, recorded=images[name], level=0.0, um=um)
        columns |= {column.of(suffix): values for column, values in found.items()}
    return pd.DataFrame(columns)


def _whole(labels: ArrayLike) -> Any:
    """Labels as an image of whole numbers."""
    given = np.asarray(labels)
    fault = None
    if given.ndim != 2:
        fault = f"they have {given.ndim} axes"
    elif given.dtype.kind == "f" and np.array_equal(given, np.rint(given)):
        given = given.astype(np.int64)  # as some programs write them
    if fault is None and given.dtype.kind not in "uib":
        fault = f"they are {given.dtype}"
    elif fault is None and given.size and given.min() < 0:
        fault = "some are below 0"
    if fault is not None:
        raise InputError("labels", fault, "give an image (Y, X) of whole numbers, 0 = background")
    return given.view(np.uint8) if given.dtype.kind == "b" else given
