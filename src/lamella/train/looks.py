"""What the labels of every frame tell of themselves: sizes, overlap in time, a second opinion."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Frames, Image
from lamella.core.table import Col, Column
from lamella.kernels.contingency import contingency
from lamella.kernels.overlap import intersection_over_union
from lamella.kernels.regions import find_regions

Cells = Literal["one", "many"]
Values = NDArray[np.float64]

_LIKE_SIZE = 0.5
"""Area over that of the largest from which on an object is as likely a cell as that one."""

OBJECT_COLUMNS = (
    Col.FRAME, Col.LABEL, Col.AREA_PX, Col.Y_PX, Col.X_PX, Col.TOUCHES_BORDER, Col.IOU_PREVIOUS,
    Col.IOU_NEXT,
)  # fmt: skip


def taught(labels: Image, cells: Cells) -> Image:
    """The labels of a frame as a model learns them: of one cell, the largest object is number 1."""
    if cells == "many":
        return labels
    regions = find_regions(labels)
    if not len(regions.label):
        return np.zeros(labels.shape, np.uint8)
    cell: Image = (labels == regions.label[np.argmax(regions.area)]).view(np.uint8)
    return cell


def looks(
    labels: Frames, *, cells: Cells, second: Frames | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row per frame and a row per object, each frame read once.

    Parameters
    ----------
    labels : Frames
        (T, Y, X) integers, 0 = background; a number means an object of its frame.
    cells : {"one", "many"}
        With "one" the largest object of every frame is the cell.
    second : Frames, optional
        What another method found in the same frames.

    Returns
    -------
    frames : DataFrame
        `frame`, `n_objects`, `n_like_size`, `agreement`. The agreement of one cell is its IoU with
        the object of the second method that it overlaps best; of many, the IoU of all pixels that
        are cell, since methods that part touching cells otherwise may both be right about the
        pixels. NaN without a second method and where nothing was found.
    objects : DataFrame
        `frame`, `label`, `area_px`, `y_px`, `x_px`, `touches_border`, `iou_previous`, `iou_next`:
        the IoU with the object of the neighbouring frame that it overlaps best, 0 where it overlaps
        none; NaN where that frame has no object, or there is no such frame.
    """
    frames: list[tuple[int, int, int, float]] = []
    parts: list[dict[Column, NDArray[Any]]] = []
    before: Image | None = None
    for t in labels.span:
        whole = labels.frame(t)
        sizes = find_regions(whole).area
        now = taught(whole, cells)
        regions = find_regions(now)
        nothing = np.full(len(regions.label), np.nan)
        found = {
            Col.FRAME: np.full(len(regions.label), t),
            Col.LABEL: regions.label,
            Col.AREA_PX: regions.area.astype(np.float64),
            Col.Y_PX: regions.centroid[:, 0],
            Col.X_PX: regions.centroid[:, 1],
            Col.TOUCHES_BORDER: regions.at_border(labels.frame_shape),
            Col.IOU_PREVIOUS: nothing,
            Col.IOU_NEXT: nothing,
        }
        if before is not None and len(sizes) and len(parts[-1][Col.LABEL]):
            parts[-1][Col.IOU_NEXT], found[Col.IOU_PREVIOUS] = _best(before, now)
        alike = int((sizes >= _LIKE_SIZE * sizes.max()).sum()) if len(sizes) else 0
        agreement = np.nan if second is None else _agreement(now, second.frame(t), cells)
        frames.append((t, len(sizes), alike, agreement))
        parts.append(found)
        before = now
    kinds = {Col.FRAME: int, Col.N_OBJECTS: int, Col.N_LIKE_SIZE: int, Col.AGREEMENT: float}
    objects = {
        str(name): np.concatenate([part[name] for part in parts]) if parts else np.zeros(0)
        for name in OBJECT_COLUMNS
    }
    return pd.DataFrame(frames, columns=list(kinds)).astype(kinds), pd.DataFrame(objects)


def _best(a: Image, b: Image) -> tuple[Values, Values]:
    """The best IoU of every object of either image with one of the other; 0 where it has none."""
    pairs = contingency(a, b)
    best_a, best_b = np.zeros(len(pairs.label_a)), np.zeros(len(pairs.label_b))
    np.maximum.at(best_a, pairs.a, pairs.iou)
    np.maximum.at(best_b, pairs.b, pairs.iou)
    return best_a, best_b


def _agreement(now: Image, other: NDArray[Any], cells: Cells) -> float:
    if not now.any():
        return float("nan")
    if cells == "many":
        return intersection_over_union(now, other)
    return float(_best(now, other)[0][0])


def running_median(values: Values, *, window: int) -> Values:
    """Median of the known values of the `window` frames around each."""
    around = pd.Series(values).rolling(window, center=True, min_periods=1)
    out: Values = around.median().to_numpy()
    return out
