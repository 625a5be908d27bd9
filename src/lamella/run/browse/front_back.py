"""Front and back of a cell by its polarity and by its movement, side by side."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.table import Col, Column
from lamella.core.tracked import Tracked
from lamella.kernels.halves import halves_of_objects
from lamella.measure import Lamellipodium, painted
from lamella.report.tables import numbers
from lamella.run.browse.frame_view import view_of
from lamella.run.browse.opened import OpenedMovie
from lamella.run.browse.over_time import CellOverTime

By = Literal["polarity", "movement"]

FRONT, FRONT_LAMELLIPODIUM, BACK, BACK_LAMELLIPODIUM = 1, 2, 3, 4
"""Values of the pixels of `front_back_frames`; 0 = not the cell, or no direction is known."""


class Pair(NamedTuple):
    """One measure of front and back, and their quotient or share where there is one."""

    words: str
    front: str
    """Name of the column without ``polarity_`` or ``movement_``."""
    back: str
    together: str = ""


PAIRS = (
    Pair("Area (µm²)", "front_area_um2", "back_area_um2"),
    Pair("Mean intensity (grey)", "front_mean", "back_mean", "front_back_ratio"),
    Pair("Lamellipodium area (µm²)", "lam_front_area_um2", "lam_back_area_um2",
         "lam_front_fraction"),
    Pair("Lamellipodium mean (grey)", "lam_front_mean", "lam_back_mean", "lam_front_back_ratio"),
)  # fmt: skip
"""What is compared."""

COURSES = {
    "front_back_ratio": "Mean intensity, front ÷ back",
    "lam_front_fraction": "Share of the lamellipodium that lies in the front",
    "lam_front_back_ratio": "Lamellipodium, mean in the front ÷ in the back",
    "tip_velocity_um_per_min": "Advance of the tip of the front (µm/min)",
}
"""What is drawn over time: name without its definition, and its title."""

_ANGLE: dict[By, Column] = {"polarity": Col.POLARITY_ANGLE, "movement": Col.WINDOW_MOVEMENT_ANGLE}
_KEYS = (Col.MOVIE, Col.OBJECT, Col.CELL, Col.FRAME, Col.TIME_MIN, Col.VALID)


def column_of(table: pd.DataFrame, by: By, bare: str, channel: str | None = None) -> str:
    """Name of a column of `PAIRS` in the table: that of the channel, where it has one."""
    column = f"{by}_{bare}"
    if channel is not None:
        return f"{column}__{channel}" if f"{column}__{channel}" in table.columns else column
    first = [name for name in map(str, table.columns) if name.partition("__")[0] == column]
    return first[0] if first else column


def front_back_table(
    opened: OpenedMovie, object_name: str, cell: int | None = None, *, channel: str | None = None
) -> pd.DataFrame:
    """Front and back of cells in every frame, by polarity and by movement side by side.

    Parameters
    ----------
    cell : int, optional
        All cells by default.
    channel : str, optional
        Of several measured channels; the first by default.

    Returns
    -------
    DataFrame
        Keys, and columns of the table ``frames`` (see `lamella.Col`): of every measure that by
        polarity and that by movement beside each other. NaN where there is no direction: a cell
        that does not move has no front by movement.
    """
    rows = opened.rows("frames", object_name=object_name, cell=cell)
    bare = [part for pair in PAIRS for part in (pair.front, pair.back, pair.together) if part]
    bare = list(dict.fromkeys([*bare, *COURSES]))
    names = [column_of(rows, by, part, channel) for part in bare for by in _ANGLE]
    names = [*_KEYS, *(_angle(rows, by) for by in _ANGLE), *names]
    return rows[[name for name in names if name in rows.columns]].reset_index(drop=True)


def by_both(cell: CellOverTime) -> tuple[CellOverTime, CellOverTime]:
    """A cell by polarity and by movement, both with columns named as in `COURSES`."""
    made = [
        CellOverTime(
            f"by {by}",
            cell.frames[[name for name in _KEYS if name in cell.frames.columns]].assign(
                **{bare: numbers(cell.frames, column_of(cell.frames, by, bare)) for bare in COURSES}
            ),
            cell.edge,
        )
        for by in _ANGLE
    ]
    return made[0], made[1]


def front_back_frames(
    opened: OpenedMovie, object_name: str, cell: int, *, by: By, tracked: Tracked | None = None
) -> Frames:
    """Front and back of a cell as an image a frame, computed as frames are read.

    A pixel is in front where its centre lies ahead of the line through the cell's centroid, at
    right angles to the direction; the measures share out pixels that the line cuts. Lamellipodium
    is what the study's settings call so (``polarity_by``).

    Parameters
    ----------
    by : {"polarity", "movement"}
        Whose direction: that of the tables of the run.
    tracked : Tracked, optional
        Shapes of the cells; by default as they count now.

    Returns
    -------
    Frames
        (T, Y, X) uint8: `FRONT`, `FRONT_LAMELLIPODIUM`, `BACK`, `BACK_LAMELLIPODIUM` or 0.
    """
    labels = painted(tracked or opened.current(object_name)).frames
    rows = opened.rows("frames", object_name=object_name, cell=cell)
    way = dict(zip(rows.get(Col.FRAME, []), numbers(rows, _angle(rows, by)), strict=True))
    step = opened.run.study.settings.measure.lamellipodium
    channel = opened.movie.channel_names[0]
    if step and step.channels:
        channel = step.channels[0]

    def image(t: int) -> Image:
        shape = labels.frame(t) == cell
        angle = np.radians(way.get(t, np.nan))
        out = np.zeros(shape.shape, np.uint8)
        if np.isfinite(angle) and shape.any():
            y, x = np.nonzero(shape)
            ahead = (y - y.mean()) * np.sin(angle) + (x - x.mean()) * np.cos(angle) >= 0
            bright = _lamellipodium(opened, shape, t, step or Lamellipodium(), channel)[y, x]
            out[y, x] = np.where(ahead, FRONT, BACK) + bright
        return out

    return MappedFrames(labels, image, dtype=np.uint8)


def _angle(rows: pd.DataFrame, by: By) -> str:
    """The column of a direction; that of the first channel where polarity has several."""
    wanted = _ANGLE[by]
    found = [name for name in map(str, rows.columns) if name.partition("__")[0] == wanted]
    return found[0] if found else wanted


def _lamellipodium(
    opened: OpenedMovie, shape: Image, t: int, step: Lamellipodium, channel: str
) -> Image:
    """Where the cell's lamellipodium is, (Y, X) bool: pixels that belong by at least a half."""
    view = view_of(opened.evened, shape.astype(np.uint8), t)
    if step.polarity:
        share = step.part(view, channel).share
    else:  # then no definition is chosen: the published one
        image = view.image(channel)
        halves = halves_of_objects(image, *view.objects, percentile=step.percentile, level=0.0)
        side = image > halves.threshold[0] if step.side == "bright" else image < halves.threshold[0]
        share = side.astype(np.float32)
    inside: Image = shape & (np.nan_to_num(share) >= 0.5)
    return inside
