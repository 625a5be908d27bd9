"""Where every cell was seen, how large it was, and what of that can be trusted."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from lamella.core.movie import Scale
from lamella.core.step import Reach, Step
from lamella.core.table import Col
from lamella.kernels.contacts import touching_others
from lamella.kernels.regions import iou_with_namesake
from lamella.kernels.steps import headings, lengths, long_enough, moves_over, steps_in_run
from lamella.measure.summaries import CellRows
from lamella.measure.view import Columns, FrameView


class Sightings(Step):
    """The table that all groups of measures stand on: a row per cell and frame of its life.

    A frame is valid when the cell's area is at least `min_area_fraction` of the median area of the
    frames in which it was found. A pair of consecutive frames is valid when both are, the cell
    overlaps itself by `min_iou`, and its area changes by a factor of at most `max_area_change`:
    cells do not double from frame to frame, but masks that merge or lose a part do, and their
    centroids jump. A frame without the cell has no position, and nothing bridges it. A shape that
    was filled in between two frames is never valid.

    Where the drift of the field is known, it is taken off: y_px and x_px stay in the raw frame, µm
    coordinates, and all that is made from them, are as if the stage had stood still.

    Parameters
    ----------
    min_area_fraction : float
        Least area of a frame that counts, as a share of the cell's median area.
    min_iou : float
        Intersection over union of the cell in two consecutive frames, drift taken off.
    max_area_change : float
        Larger over smaller area of two consecutive frames.
    window : int
        Frames over which movement is looked at where a step alone would say too little: by turning
        events, by polarity and by what is front and back. Known where all its steps are valid.
    min_movement_px : float
        Shorter movements over the window have no direction: it would be that of the outline's
        jitter.
    """

    version: ClassVar[int] = 2
    min_area_fraction: float = Field(0.3, ge=0, le=1)
    min_iou: float = Field(0.3, ge=0, le=1)
    max_area_change: float = Field(1.5, gt=1)
    window: int = Field(3, ge=1)
    min_movement_px: float = Field(1.0, ge=0)

    @property
    def reach(self) -> Reach:
        return Reach(before=self.window)

    def rows(self, view: FrameView) -> Columns:
        """Area, centroid, contacts, and overlap with the frame before, of every cell."""
        regions = view.regions
        drift: Columns = {}
        if view.registration is not None:
            moved = view.registration.drift_at(regions.centroid, view.t)
            drift = {Col.DRIFT_Y_PX: moved[:, 0], Col.DRIFT_X_PX: moved[:, 1]}
        return {
            Col.Y_PX: regions.centroid[:, 0],
            Col.X_PX: regions.centroid[:, 1],
            **drift,
            Col.AREA_PX: regions.area.astype(np.float64),
            Col.TOUCHES_BORDER: regions.at_border((view.labels.shape[0], view.labels.shape[1])),
            Col.TOUCHES_NEIGHBOUR: touching_others(*view.objects),
            Col.IOU_PREVIOUS: _overlap_with_previous(view),
        }

    def complete(self, table: pd.DataFrame, scale: Scale) -> pd.DataFrame:
        """Add what follows from the whole track: validity, and places in µm.

        `table` has its rows in order of cell and frame.
        """
        cell = table[Col.CELL].to_numpy(np.int64)
        goes_on = np.zeros(len(table), bool)  # a track's first frame has no frame before it
        goes_on[1:] = cell[1:] == cell[:-1]
        area = table[Col.AREA_PX].to_numpy(np.float64)
        seen = np.isfinite(area)
        found = seen & ~table[Col.INTERPOLATED].to_numpy(bool)
        typical = pd.Series(np.where(found, area, np.nan)).groupby(cell).transform("median")
        # Nothing is as large as NaN: where there was no cell, or none before, nothing is valid.
        valid = found & (area >= self.min_area_fraction * typical.to_numpy(np.float64))
        overlap = table[Col.IOU_PREVIOUS].to_numpy(np.float64)
        pair = valid & np.roll(valid, 1) & goes_on & (overlap >= self.min_iou)
        before = np.roll(area, 1)
        breaks = pair & (np.maximum(area, before) > self.max_area_change * np.minimum(area, before))
        position = place_px(table)
        touching = {
            name: table[name].to_numpy(np.float64) == 1  # NaN is not 1
            for name in (Col.TOUCHES_BORDER, Col.TOUCHES_NEIGHBOUR)
        }
        moved = moves_over(position, steps_in_run(pair & ~breaks), window=self.window)
        return table.assign(
            **{
                Col.Y_UM: position[:, 0] * scale.um,
                Col.X_UM: position[:, 1] * scale.um,
                Col.AREA_UM2: area * scale.um**2,
                Col.EMPTY: ~seen,
                **touching,
                Col.VALID: valid,
                Col.PAIR_VALID: pair & ~breaks,
                Col.SIZE_BREAK: breaks,
                Col.WINDOW_FRAMES: np.full(len(table), self.window),
                Col.WINDOW_MOVEMENT_PX: lengths(moved),
                Col.WINDOW_MOVEMENT_UM: lengths(moved) * scale.um,
                Col.WINDOW_MOVEMENT_DY_UM: moved[:, 0] * scale.um,
                Col.WINDOW_MOVEMENT_DX_UM: moved[:, 1] * scale.um,
                Col.WINDOW_MOVEMENT_ANGLE: headings(long_enough(moved, self.min_movement_px)),
            }
        )

    def summarise(self, table: pd.DataFrame) -> pd.DataFrame:
        """One row per cell: how many frames, of what kind, and its mean area."""
        rows = CellRows.of(table)
        seen = ~table[Col.INTERPOLATED].to_numpy(bool)
        counts: dict[str, Any] = {
            Col.N_EMPTY_FRAMES: table[Col.EMPTY],
            Col.N_VALID_FRAMES: table[Col.VALID],
            Col.N_VALID_PAIRS: table[Col.PAIR_VALID],
            Col.N_SIZE_BREAKS: table[Col.SIZE_BREAK],
            Col.N_BORDER: table[Col.TOUCHES_BORDER].to_numpy(bool) & seen,
            Col.N_NEIGHBOUR: table[Col.TOUCHES_NEIGHBOUR].to_numpy(bool) & seen,
        }
        counted = rows.summaries(counts, list(counts))
        valid = table[Col.VALID].to_numpy(bool)
        areas = rows.summaries(table, [Col.AREA_UM2, Col.AREA_PX], where=valid).mean
        n = {name: counted.total[name].astype(np.int64) for name in counts}
        columns: dict[str, Any] = {
            Col.N_FRAMES: np.diff(rows.start),
            Col.N_EMPTY_FRAMES: n[Col.N_EMPTY_FRAMES],
            Col.EMPTY_RATE: counted.mean[Col.N_EMPTY_FRAMES],
            **n,
            Col.AREA_UM2: areas[Col.AREA_UM2],
            Col.AREA_PX: areas[Col.AREA_PX],
        }
        return rows.cells.assign(**columns)


def window_of(table: pd.DataFrame) -> int:
    """Frames over which movement is looked at; 1 of a table without rows, where it is all one."""
    return int(table[Col.WINDOW_FRAMES].iloc[0]) if len(table) else 1


def place_px(table: pd.DataFrame) -> NDArray[np.float64]:
    """Centroids (y, x) in px, drift taken off where it is known, (n, 2)."""
    position: NDArray[np.float64] = table[[Col.Y_PX, Col.X_PX]].to_numpy(np.float64)
    if Col.DRIFT_Y_PX in table:
        position = position - table[[Col.DRIFT_Y_PX, Col.DRIFT_X_PX]].to_numpy(np.float64)
    return position


def _overlap_with_previous(view: FrameView) -> NDArray[np.float64]:
    regions, before = view.regions, view.previous_regions
    if view.previous_labels is None or before is None:
        return np.full(len(regions.label), np.nan)
    overlap: NDArray[np.float64] = iou_with_namesake(
        view.labels,
        regions.label,
        regions.area,
        regions.box,
        view.previous_labels,
        before.label,
        before.area,
    )
    return overlap
