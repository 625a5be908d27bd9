"""One cell over time: what may be plotted of it, and what is known of every frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.core.table import Col, in_order, stacked
from lamella.io.tables import write_table
from lamella.report.tables import flags, has_values, numbers, per_channel
from lamella.report.words import axis_label
from lamella.run.browse.opened import OpenedMovie

FloatArray = NDArray[np.float64]

KYMOGRAPH = "edge kymograph"
"""A plot, not a column: movement of every place on the edge over time."""

EMPTY, FILLED_IN, NOT_TRUSTED, TRUSTED = "not found", "filled in", "not trusted", "trusted"
"""What is known of a cell in a frame: not found; its shape filled in between others; found, but too
small to be trusted (``valid`` is False); or none of these."""

_NEXT: tuple[str, ...] = (
    Col.TURNING_ANGLE, Col.DIRECTIONALITY_RATIO, Col.INTENSITY_MEAN, Col.CIRCULARITY, Col.SOLIDITY,
    Col.PERIMETER_UM, Col.AXIS_RATIO, Col.N_TIPS, Col.LONGEST_TIP_UM, Col.EDGE_OUT_SPEED,
    Col.EDGE_IN_SPEED, Col.EDGE_PROTRUDING, Col.EDGE_RETRACTING, Col.BAND_RATIO, Col.LAYER_RATIO,
    Col.NUCLEUS_CYTOPLASM_RATIO,
)  # fmt: skip
_TRUST = {
    Col.EMPTY, Col.INTERPOLATED, Col.CORRECTED, Col.VALID, Col.PAIR_VALID, Col.SIZE_BREAK,
    Col.TOUCHES_BORDER, Col.TOUCHES_NEIGHBOUR, Col.IOU_PREVIOUS, Col.WINDOW_FRAMES,
    Col.STEPS_IN_RUN, Col.EDGE_RUN, Col.EDGE_FOLLOWED, Col.NOISE_SD,
}  # fmt: skip
_KEYS = {Col.MOVIE, Col.OBJECT, Col.CELL, Col.FRAME, Col.TIME_MIN}


class Measure(NamedTuple):
    """Something that can be plotted over time."""

    name: str
    """Column of the table ``frames``, or `KYMOGRAPH`."""
    title: str
    """Name and unit, as on an axis."""
    meaning: str


@dataclass(frozen=True)
class CellOverTime:
    """A cell, a row for every frame of its life.

    Parameters
    ----------
    title : str
        Such as ``KI__low__1, cell 3``.
    frames : DataFrame
        Its rows of the table ``frames``, in order of time.
    edge : DataFrame
        Its rows of the table ``edge``; empty where no edge was followed.
    """

    title: str
    frames: pd.DataFrame
    edge: pd.DataFrame

    @property
    def timed(self) -> bool:
        """Whether times are known; otherwise frames take their place."""
        return has_values(self.frames, Col.TIME_MIN)

    @property
    def times(self) -> FloatArray:
        """Time of every row, min; frame numbers where no time is known."""
        return numbers(self.frames, Col.TIME_MIN if self.timed else Col.FRAME)

    @property
    def numbers_of_frames(self) -> NDArray[np.int64]:
        """Frame of every row, from 0."""
        return self.frames[Col.FRAME].to_numpy(np.int64)

    def values(self, name: str) -> FloatArray:
        """A column, NaN where nothing was measured: a gap stays a gap."""
        return numbers(self.frames, name)

    @property
    def states(self) -> list[str]:
        """`EMPTY`, `FILLED_IN`, `NOT_TRUSTED` or `TRUSTED` for every row."""
        empty = flags(self.frames, Col.EMPTY, default=False)
        filled = flags(self.frames, Col.INTERPOLATED, default=False)
        valid = flags(self.frames, Col.VALID, default=True)
        told = np.where(valid, TRUSTED, NOT_TRUSTED)
        told = np.where(filled, FILLED_IN, told)
        return [str(each) for each in np.where(empty, EMPTY, told)]

    @property
    def corrected(self) -> NDArray[np.bool_]:
        """Rows that rest on a mask that a person mended."""
        return flags(self.frames, Col.CORRECTED, default=False)

    @property
    def turns(self) -> NDArray[np.bool_]:
        """Rows with a turning event."""
        return flags(self.frames, Col.TURNING_EVENT, default=False)

    def frame_at(self, time: float) -> int:
        """The frame nearest to a time (in the unit of `times`)."""
        return int(self.numbers_of_frames[np.argmin(np.abs(self.times - time))])

    def time_of(self, frame: int) -> float:
        """Time of a frame, that of frames before its first and after its last row told on."""
        known, times = self.numbers_of_frames, self.times
        if len(known) > 1 and not known[0] <= frame <= known[-1]:
            step = (times[-1] - times[0]) / (known[-1] - known[0])
            return float(times[0] + (frame - known[0]) * step)
        return float(np.interp(frame, known, times))


def cell_over_time(opened: OpenedMovie, object_name: str, cell: int) -> CellOverTime:
    """What the run measured of one cell, frame by frame.

    Raises
    ------
    InputError
        When the tables hold nothing of this cell.
    """
    rows = opened.rows("frames", object_name=object_name, cell=cell)
    if rows.empty:
        raise InputError(
            f"{opened.name}, {object_name} {cell}",
            "the run measured nothing of it",
            "run the study again, or choose another cell",
        )
    edge = opened.rows("edge", object_name=object_name, cell=cell)
    title = f"{opened.name}, {object_name} {cell}"
    return CellOverTime(title, rows.sort_values(Col.FRAME, ignore_index=True), edge)


def measures_of(cell: CellOverTime) -> list[Measure]:
    """Everything of a cell that can be plotted, what is wanted most often first.

    `usual_measures`, then other columns with a value: those of `_NEXT`, the rest in the order of
    the table, what is known in µm in px once more, and what tells how far to trust a frame.
    """
    usual = usual_measures(cell)
    others = [str(name) for name in cell.frames.columns if name not in _KEYS]
    others = [name for name in others if name not in usual and has_values(cell.frames, name)]
    found = []
    for name in (*usual, *sorted(others, key=_rank)):
        if name == KYMOGRAPH:
            found.append(Measure(KYMOGRAPH, "Edge kymograph", "Movement of the edge, by place."))
            continue
        known = Col.find(name)
        found.append(Measure(name, axis_label(name), known.meaning if known else ""))
    return found


def _rank(name: str) -> tuple[int, int]:
    bare = name.partition("__")[0]
    if bare in _NEXT:
        return 0, _NEXT.index(bare)
    if bare in _TRUST:
        return 3, 0
    column = Col.find(name)
    in_px = column is not None and column.unit in ("px", "px²", "px/frame", "px²/frame")
    return (2 if in_px else 1), 0


def usual_measures(cell: CellOverTime) -> list[str]:
    """Five to begin with: speed, area, lamellipodium ratio, cosine, kymograph; those there are.

    Where a scale is not known, px take the place of µm.
    """
    first = [
        (Col.SPEED, Col.STEP_UM, Col.STEP_PX),
        (Col.AREA_UM2, Col.AREA_PX),
        tuple(per_channel(cell.frames, Col.LAM_CYTO_RATIO)),
        tuple(per_channel(cell.frames, Col.POLARITY_COS_MOVEMENT)),
    ]
    found = [
        next((name for name in names if has_values(cell.frames, name)), None) for names in first
    ]
    there = [name for name in found if name is not None]
    return [*there, KYMOGRAPH] if has_values(cell.edge, Col.EDGE_STEP_PX) else there


def noise_beside(cell: CellOverTime, name: str) -> FloatArray | None:
    """What noise alone would give of a ratio bright ÷ dim, where that is known."""
    bare, _, channel = name.partition("__")
    if bare != Col.LAM_CYTO_RATIO:
        return None
    column = Col.LAM_CYTO_RATIO_NOISE.of(channel or None)
    return cell.values(column) if has_values(cell.frames, column) else None


def rows_shown(cells: Sequence[CellOverTime], measures: Sequence[str]) -> pd.DataFrame:
    """The rows behind the plots: keys, what is known of every frame, and the measures."""
    tables = []
    for cell in cells:
        beside = [
            Col.LAM_CYTO_RATIO_NOISE.of(name.partition("__")[2] or None)
            for name in measures
            if name.partition("__")[0] == Col.LAM_CYTO_RATIO
        ]
        known = [Col.EMPTY, Col.INTERPOLATED, Col.CORRECTED, Col.VALID, Col.TURNING_EVENT]
        wanted = [Col.MOVIE, Col.OBJECT, Col.CELL, Col.FRAME, Col.TIME_MIN, *known]
        names = [n for n in (*wanted, *measures, *beside) if n in cell.frames.columns]
        tables.append(in_order(cell.frames[list(dict.fromkeys(map(str, names)))], wanted))
    return stacked(tables)


def write_rows(path: Path, cells: Sequence[CellOverTime], measures: Sequence[str]) -> None:
    """Write `rows_shown` as CSV.

    Raises
    ------
    OutputError
    """
    write_table(path if path.suffix else path.with_suffix(".csv"), rows_shown(cells, measures))
