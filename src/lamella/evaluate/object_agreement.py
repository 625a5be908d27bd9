"""How well the objects of two label movies agree, neither of them being the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.frames import Frames, Image
from lamella.core.table import Col
from lamella.evaluate.masks import refuse_other_shape
from lamella.evaluate.objects import matching
from lamella.kernels.contingency import contingency
from lamella.kernels.regions import find_regions

OBJECT_COLUMNS = (
    Col.FRAME,
    Col.LABEL_A,
    Col.LABEL_B,
    Col.IOU,
    Col.DICE,
    Col.CENTROID_DISTANCE_PX,
    Col.AREA_A_PX,
    Col.AREA_B_PX,
    Col.AREA_DIFFERENCE_PX,
    Col.AREA_RATIO,
)


def compare_objects(
    frames_a: Frames, frames_b: Frames, *, name: str, sources: tuple[str, str] = ("A", "B")
) -> pd.DataFrame:
    """One row per pair of objects that match with an IoU of at least 0.5, and per lone object.

    Parameters
    ----------
    frames_a, frames_b : Frames
        Labels of the same frames (T, Y, X), 0 = background.
    name : str
        What is compared, for messages.
    sources : (str, str)
        Where the two come from, for messages.

    Returns
    -------
    DataFrame
        `frame`, `label_a`, `label_b` (0 = no partner), `iou`, `dice`, `centroid_distance_px`,
        `area_a_px`, `area_b_px`, `area_difference_px` (b − a), `area_ratio` (b / a). Of a lone
        object everything but its own area is NaN.

    Raises
    ------
    InputError
        When the two differ in number of frames or in frame size.
    """
    refuse_other_shape(frames_a, frames_b, name=name, sources=sources)
    parts = [_of_frame(frames_a.frame(t), frames_b.frame(t), frame=t) for t in frames_a.span]
    return pd.concat(
        [pd.DataFrame(columns=list(OBJECT_COLUMNS)).astype(float), *parts], ignore_index=True
    ).astype({Col.FRAME: int, Col.LABEL_A: int, Col.LABEL_B: int})


def _of_frame(one: Image, two: Image, *, frame: int) -> pd.DataFrame:
    pairs = contingency(one, two)
    of_one, of_two = find_regions(one), find_regions(two)
    good = matching(pairs, least_iou=0.5)
    a, b, shared = pairs.a[good], pairs.b[good], pairs.shared[good]
    apart = np.linalg.norm(of_one.centroid[a] - of_two.centroid[b], axis=1)
    area_a, area_b = pairs.area_a[a].astype(float), pairs.area_b[b].astype(float)
    matched = pd.DataFrame(
        {
            Col.LABEL_A: pairs.label_a[a],
            Col.LABEL_B: pairs.label_b[b],
            Col.IOU: pairs.iou[good],
            Col.DICE: 2 * shared / (area_a + area_b),
            Col.CENTROID_DISTANCE_PX: apart,
            Col.AREA_A_PX: area_a,
            Col.AREA_B_PX: area_b,
            Col.AREA_DIFFERENCE_PX: area_b - area_a,
            Col.AREA_RATIO: area_b / area_a,
        }
    )
    lone_a = np.setdiff1d(np.arange(len(pairs.label_a)), a)
    lone_b = np.setdiff1d(np.arange(len(pairs.label_b)), b)
    only_a = {Col.LABEL_A: pairs.label_a[lone_a], Col.AREA_A_PX: pairs.area_a[lone_a] * 1.0}
    only_b = {Col.LABEL_B: pairs.label_b[lone_b], Col.AREA_B_PX: pairs.area_b[lone_b] * 1.0}
    lone = [pd.DataFrame({**only_a, Col.LABEL_B: 0}), pd.DataFrame({**only_b, Col.LABEL_A: 0})]
    rows = [each.reindex(columns=list(OBJECT_COLUMNS[1:])) for each in (matched, *lone)]
    table = pd.concat([each for each in rows if len(each)] or rows[:1], ignore_index=True)
    table.insert(0, Col.FRAME, frame)
    return table
