"""How well two sets of masks of the same movie agree.

For masks of one kind of thing against another's (Cellpose against Otsu, a model against a hand):
every object counts as one foreground. Scores of single objects are in the tables of tracking.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lamella.core.errors import InputError
from lamella.core.frames import Frames
from lamella.core.table import Col
from lamella.kernels.contour import hausdorff_percentile, inner_boundary
from lamella.kernels.overlap import intersection_over_union, overlap

MEASURES = (
    Col.IOU,
    Col.DICE,
    Col.CENTROID_DISTANCE_PX,
    Col.AREA_A_PX,
    Col.AREA_B_PX,
    Col.AREA_DIFFERENCE_PX,
    Col.AREA_RATIO,
    Col.BOUNDARY_IOU,
    Col.HD95_PX,
)
OVERALL = "all"

Mask = NDArray[np.bool_]


def compare_masks(a: ArrayLike, b: ArrayLike) -> dict[str, float]:
    """Agreement of two masks of one frame.

    Parameters
    ----------
    a, b : (Y, X) array_like
        Labels or masks; what is greater than 0 is inside, whatever its number.

    Returns
    -------
    dict of str to float
        `iou`, `dice`, `centroid_distance_px`, `area_a_px`, `area_b_px`, `area_difference_px`
        (b − a), `area_ratio` (b / a), `boundary_iou` (of the inner boundaries, 1 px), `hd95_px`
        (larger of the two directed 95th percentiles of the distance between inner boundaries).

    Raises
    ------
    InputError
        Arrays of different shapes, or not of two dimensions.

    Notes
    -----
    An empty mask has an area of 0. Where both are empty, nothing else is defined: NaN. Where one
    is, they share nothing: the three overlaps are 0 and the difference is the whole area, while
    the distances and the ratio are NaN (a ratio of 0 would enter a mean in which its mirror image,
    infinity, could not). How the edge of the field counts, `inner_boundary` says.

    References
    ----------
    Boundary IoU: Cheng et al. 2021, https://doi.org/10.1109/CVPR46437.2021.01508; percentile
    Hausdorff distance: Huttenlocher et al. 1993, https://doi.org/10.1109/34.232073

    Examples
    --------
    >>> compare_masks([[1, 1, 0]], [[0, 1, 1]])["centroid_distance_px"]
    1.0
    """
    inside_a, inside_b = np.asarray(a) > 0, np.asarray(b) > 0
    if inside_a.shape != inside_b.shape or inside_a.ndim != 2:
        raise InputError(
            "masks",
            f"A is {inside_a.shape}, B is {inside_b.shape}",
            "give two masks (Y, X) of one shape",
        )
    inside_a, inside_b = _cropped(inside_a, inside_b)
    shared = overlap(inside_a, inside_b)
    nothing = not (shared.a or shared.b)
    one_missing = not (shared.a and shared.b)
    edge_a, edge_b = inner_boundary(inside_a), inner_boundary(inside_b)
    return {
        Col.IOU: shared.iou,
        Col.DICE: shared.dice,
        Col.CENTROID_DISTANCE_PX: math.dist(_centroid(inside_a), _centroid(inside_b)),
        Col.AREA_A_PX: float(shared.a),
        Col.AREA_B_PX: float(shared.b),
        Col.AREA_DIFFERENCE_PX: math.nan if nothing else float(shared.b - shared.a),
        Col.AREA_RATIO: math.nan if one_missing else shared.b / shared.a,
        Col.BOUNDARY_IOU: intersection_over_union(edge_a, edge_b),
        Col.HD95_PX: hausdorff_percentile(_points(edge_a), _points(edge_b)),
    }


def compare(
    frames_a: Frames, frames_b: Frames, *, name: str, sources: tuple[str, str] = ("A", "B")
) -> pd.DataFrame:
    """Agreement of two movies of masks, frame by frame.

    Parameters
    ----------
    frames_a, frames_b : Frames
        Labels or masks of the same frames (T, Y, X), 0 = background. One frame of each is held in
        memory at a time.
    name : str
        What is compared, for the column `name`.
    sources : (str, str)
        Where the two come from, for messages.

    Returns
    -------
    DataFrame
        One row per frame: `name`, `frame`, and the measures of `compare_masks`.

    Raises
    ------
    InputError
        When the two differ in number of frames or in frame size.
    """
    refuse_other_shape(frames_a, frames_b, name=name, sources=sources)
    rows = [
        {Col.NAME: name, Col.FRAME: t, **compare_masks(frames_a.frame(t), frames_b.frame(t))}
        for t in frames_a.span
    ]
    return pd.DataFrame(rows, columns=[Col.NAME, Col.FRAME, *MEASURES])


def refuse_other_shape(
    frames_a: Frames, frames_b: Frames, *, name: str, sources: tuple[str, str]
) -> None:
    """Raise the InputError of two movies that differ in number of frames or in frame size."""
    if frames_a.shape != frames_b.shape or frames_a.span != frames_b.span:
        sides = zip(sources, (frames_a, frames_b), strict=True)
        told = ", ".join(f"{side} is {frames.shape}" for side, frames in sides)
        raise InputError(
            name,
            f"(T, Y, X) differ: {told}",
            "compare masks of the same frames, uncropped and unbinned",
        )


def summarise(per_frame: pd.DataFrame) -> pd.DataFrame:
    """Summarise the agreement of every pair of movies, and of all frames together.

    Parameters
    ----------
    per_frame : DataFrame
        Rows of `compare`, of one or more names.

    Returns
    -------
    DataFrame
        One row per name, in order of appearance, and a last row ``all`` over every frame (long
        movies weigh more): `name`, `n_frames`, `n_both_empty`, `n_only_a_empty`, `n_only_b_empty`,
        and `mean_`, `median_` and `sd_` (n−1) of every measure over the frames in which it is
        defined. NaN where there are none, and for the SD where there is one. A table without rows
        gives one without rows.
    """
    parts = [(str(name), rows) for name, rows in per_frame.groupby(Col.NAME, sort=False)]
    if parts:
        parts.append((OVERALL, per_frame))
    statistics = [f"{kind}_{measure}" for measure in MEASURES for kind in ("mean", "median", "sd")]
    counts = [Col.N_FRAMES, Col.N_BOTH_EMPTY, Col.N_ONLY_A_EMPTY, Col.N_ONLY_B_EMPTY]
    return pd.DataFrame(
        [{Col.NAME: name, **_summary(rows)} for name, rows in parts],
        columns=[Col.NAME, *counts, *statistics],
    )


def _summary(rows: pd.DataFrame) -> dict[str, float]:
    no_a, no_b = rows[Col.AREA_A_PX] == 0, rows[Col.AREA_B_PX] == 0
    out: dict[str, float] = {
        Col.N_FRAMES: len(rows),
        Col.N_BOTH_EMPTY: int((no_a & no_b).sum()),
        Col.N_ONLY_A_EMPTY: int((no_a & ~no_b).sum()),
        Col.N_ONLY_B_EMPTY: int((no_b & ~no_a).sum()),
    }
    for measure in MEASURES:
        out[f"mean_{measure}"] = float(rows[measure].mean())
        out[f"median_{measure}"] = float(rows[measure].median())
        out[f"sd_{measure}"] = float(rows[measure].std())
    return out


def _cropped(a: Mask, b: Mask) -> tuple[Mask, Mask]:
    """Both masks within the box that holds them: nothing measured here depends on the rest."""
    either = a | b
    rows, columns = np.flatnonzero(either.any(axis=1)), np.flatnonzero(either.any(axis=0))
    if len(rows) == 0:
        return a, b
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return a[box], b[box]


def _points(mask: Mask) -> NDArray[np.int64]:
    """(N, 2) rows and columns of the mask's pixels, many times faster than `numpy.argwhere`."""
    return np.stack(np.divmod(np.flatnonzero(mask), mask.shape[1]), axis=1)


def _centroid(mask: Mask) -> tuple[float, float]:
    """(y, x) of the mask's pixels; NaN when there are none."""
    area = int(np.count_nonzero(mask))
    if area == 0:
        return math.nan, math.nan
    y = np.arange(mask.shape[0]) @ mask.sum(axis=1) / area
    x = np.arange(mask.shape[1]) @ mask.sum(axis=0) / area
    return float(y), float(x)
