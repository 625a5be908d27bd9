"""What is drawn of a cell, as arrays: places, arrows and colours, for any window or figure.

Coordinates are (frame, row, column) in pixels of the raw movie.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.frames import Frames
from lamella.core.table import Col, Column
from lamella.core.tracked import Tracked
from lamella.run.browse.compartments import lamellipodium_frames
from lamella.run.browse.opened import OpenedMovie

Floats = NDArray[np.float64]
_FAST = 98.0
"""Percentile of the edge's speed at which its colours end."""


class Arrows(NamedTuple):
    """Arrows that begin at the centre of the cell."""

    start: Floats
    """(N, 3): frame, row, column."""
    step: Floats
    """(N, 2): rows and columns, px."""


class Valued(NamedTuple):
    """Points with a value each."""

    places: Floats
    """(N, 3): frame, row, column."""
    values: Floats
    """(N,)"""
    unit: str
    most: float
    """Above 0: where the colours end, on both sides of 0."""


class Drawn:
    """One set of objects of a movie, and one of its cells, as it is drawn.

    What corrections by hand change (shapes, places, tracks) is taken from `tracked`; what was
    measured is from the tables of the run, and changes when it is run again.

    Parameters
    ----------
    movie : OpenedMovie
    object_name : str
    tracked : Tracked
        The cells as they count now.
    """

    def __init__(self, movie: OpenedMovie, object_name: str, tracked: Tracked) -> None:
        self.movie, self.object_name, self.tracked = movie, object_name, tracked
        self._tables: dict[str, pd.DataFrame] = {}

    def corrected(self, tracked: Tracked) -> Drawn:
        """The same with other cells; tables that were read are kept."""
        drawn = Drawn(self.movie, self.object_name, tracked)
        drawn._tables = self._tables
        return drawn

    @cached_property
    def cells(self) -> Frames | None:
        """(T, Y, X) cells by number, read lazily; None where only places are known."""
        return self.tracked.painted()

    @cached_property
    def lamellipodium(self) -> Frames | None:
        """See `lamellipodium_frames`; None also where there are no shapes."""
        if self.cells is None:
            return None
        return lamellipodium_frames(self.movie, self.object_name, self.cells)

    def centres(self, cell: int) -> Floats:
        """(N, 3) places in the frames in which the cell was found."""
        links = self.tracked.tracks.links
        rows = links[links[Col.CELL] == cell].sort_values(Col.FRAME)
        return rows[[Col.FRAME, Col.Y_PX, Col.X_PX]].to_numpy(np.float64)

    def polarity(self, cell: int) -> dict[str, Arrows]:
        """By channel (empty where there is one), arrows from the body to the lamellipodium."""
        rows = self._rows("frames", cell)
        found = {}
        for column in [str(c) for c in rows.columns]:
            name, _, channel = column.partition("__")
            if name == Col.POLARITY_Y_PX:
                steps = rows[[column, column.replace(Col.POLARITY_Y_PX, Col.POLARITY_X_PX)]]
                found[channel] = self._arrows(cell, rows, steps.to_numpy(np.float64))
        return {channel: arrows for channel, arrows in found.items() if len(arrows.start)}

    def movement(self, cell: int) -> Arrows | None:
        """Movement over the window of `Sightings`, drift taken off; None where none was told."""
        rows = self._rows("frames", cell)
        if Col.WINDOW_MOVEMENT_PX not in rows:
            return None
        length = rows[Col.WINDOW_MOVEMENT_PX].to_numpy(np.float64)
        angle = np.deg2rad(rows[Col.WINDOW_MOVEMENT_ANGLE].to_numpy(np.float64))
        arrows = self._arrows(
            cell, rows, np.stack([length * np.sin(angle), length * np.cos(angle)], axis=1)
        )
        return arrows if len(arrows.start) else None

    def tips(self, cell: int) -> Floats | None:
        """(N, 3) tips of protrusions; None where they were not measured, or there is none."""
        rows = self._rows("tips", cell)
        if rows.empty:
            return None
        return rows[[Col.FRAME, Col.TIP_Y_PX, Col.TIP_X_PX]].to_numpy(np.float64)

    def edge(self, cell: int) -> Valued | None:
        """Points of the outline with their normal velocity, outwards positive.

        In µm/min, and in px a frame where the scale is not known. Points without a velocity (the
        first frame of a run of trusted ones, contacts) are left out. Colours end at the 98th
        percentile of the speed, so that few fast points do not make all others pale.
        """
        rows = self._rows("edge", cell)
        if rows.empty:
            return None
        known: list[tuple[Column, str]] = [
            (Col.EDGE_VELOCITY, "µm/min"), (Col.EDGE_STEP_PX, "px/frame"),
        ]  # fmt: skip
        for column, unit in known:
            values = rows[column].to_numpy(np.float64)
            told = np.isfinite(values)
            if told.any():
                places = rows.loc[told, [Col.FRAME, Col.EDGE_Y_PX, Col.EDGE_X_PX]]
                most = float(np.percentile(np.abs(values[told]), _FAST))
                return Valued(places.to_numpy(np.float64), values[told], unit, most or 1.0)
        return None

    def _arrows(self, cell: int, rows: pd.DataFrame, steps: Floats) -> Arrows:
        """Those that are known, at the centres of the cell as it is now."""
        centres = self.centres(cell)
        at = {int(frame): (y, x) for frame, y, x in centres}
        frames = rows[Col.FRAME].to_numpy(np.int64)
        here = np.array([frame in at for frame in frames], bool) & np.isfinite(steps).all(axis=1)
        start = [(float(frame), *at[frame]) for frame in frames[here].tolist()]
        return Arrows(np.array(start, np.float64).reshape(-1, 3), steps[here])

    def _rows(self, name: str, cell: int) -> pd.DataFrame:
        if name not in self._tables:
            self._tables[name] = self.movie.rows(name, object_name=self.object_name)
        table = self._tables[name]
        return table if table.empty else table[table[Col.CELL] == cell]
