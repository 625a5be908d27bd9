"""Positions that are followed from frame to frame, and the table of what they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.kernels.edge_follow import followed_origins
from lamella.measure.edge.sight import CAME_FROM, LENGTH

Floats = NDArray[np.float64]


class Edges(NamedTuple):
    """The edges of all cells in the R valid frames, in order of cell and frame, n positions each.

    Positions begin at the followed origin. What moved is NaN in the first frame of a run.
    """

    object_name: str
    cell: NDArray[np.int64]
    frame: NDArray[np.int64]
    time_min: Floats
    minutes: Floats
    """Since the frame before, (R,); NaN where not known, and in the first frame of a run."""
    run: NDArray[np.int64]
    """From 1 for every cell, (R,)."""
    row: NDArray[np.int64]
    """Row of the sightings, (R,)."""
    block: NDArray[np.int64]
    """Number of the frame's rows among those that were seen, (R,)."""
    origin: NDArray[np.int64]
    """Provisional position that is position 0, (R,)."""
    place_px: NDArray[np.float32]
    """(R, n, 2)."""
    swept_px2: Floats
    """(R, n), as all that follows."""
    length_px: Floats
    curvature_px: NDArray[np.float32]
    contact: NDArray[np.int8]
    band_px: NDArray[np.float32] | None
    light: Mapping[str | None, NDArray[np.float32]]
    """Mean intensity in the cortex band by channel; of a single channel by None."""

    @property
    def step_px(self) -> Floats:
        """Normal movement since the frame before, (R, n)."""
        return self.swept_px2 / self.length_px

    @property
    def free_step_px(self) -> Floats:
        """The same where the edge is free, NaN elsewhere."""
        return np.where(self.contact == 0, self.step_px, np.nan)

    def cells(self) -> Iterator[tuple[int, slice]]:
        """Every cell with its rows."""
        yield from _stretches(self.cell)

    def runs(self) -> Iterator[tuple[int, int, slice]]:
        """Every cell and run with its rows."""
        for cell, rows in self.cells():
            for run, part in _stretches(self.run[rows]):
                yield cell, run, slice(rows.start + part.start, rows.start + part.stop)

    def table(self, scale: Scale) -> pd.DataFrame:
        """One row per cell, frame and position."""
        n = self.contact.shape[1]
        step = self.step_px
        columns: dict[str, object] = {
            Col.OBJECT: pd.Series([self.object_name] * self.contact.size, dtype="str"),
            Col.CELL: np.repeat(self.cell, n),
            Col.FRAME: np.repeat(self.frame, n),
            Col.TIME_MIN: np.repeat(self.time_min, n),
            Col.EDGE_RUN: np.repeat(self.run.astype(np.int32), n),
            Col.EDGE_POSITION: np.tile(np.arange(n, dtype=np.int16), len(self.cell)),
            Col.EDGE_Y_PX: self.place_px[:, :, 0].ravel(),
            Col.EDGE_X_PX: self.place_px[:, :, 1].ravel(),
            Col.EDGE_STEP_PX: _single(step),
            Col.EDGE_VELOCITY: _single(step * scale.um / self.minutes[:, None]),
            Col.EDGE_SWEPT_PX2: self.swept_px2.ravel(),
            Col.EDGE_CURVATURE_PX: self.curvature_px.ravel(),
            Col.EDGE_CURVATURE: _single(self.curvature_px / scale.um),
            Col.EDGE_CONTACT: self.contact.ravel(),
        }
        if self.band_px is not None:
            columns[Col.EDGE_BAND_PX] = self.band_px.ravel()
        for suffix, values in self.light.items():
            columns[Col.EDGE_BAND_MEAN.of(suffix)] = values.ravel()
        return pd.DataFrame(columns)


def followed(seen: pd.DataFrame, sightings: pd.DataFrame, n: int) -> Edges:
    """Turn the rows of every valid frame so that they begin at the followed origin.

    Parameters
    ----------
    seen : DataFrame
        What `seen_edges` gives, of all frames, in order of cell and frame: n rows a frame.
    sightings : DataFrame
        Decides which frames and steps count.
    n : int
        Positions.
    """
    keys = [Col.CELL, Col.FRAME]
    index = pd.MultiIndex.from_frame(sightings[keys])
    row = index.get_indexer(pd.MultiIndex.from_frame(seen[keys].iloc[::n]))
    valid = sightings[Col.VALID].to_numpy(bool)[row]
    block, row = np.flatnonzero(valid), row[valid]
    of_sightings = {name: sightings[name].to_numpy() for name in (*keys, Col.TIME_MIN)}
    cell, frame, time = (values[row] for values in of_sightings.values())

    def of(name: str) -> NDArray[Any]:
        return seen[name].to_numpy().reshape(-1, n)[block]

    swept = of(Col.EDGE_SWEPT_PX2).astype(np.float64)
    begins = np.ones(len(row), bool)
    begins[1:] = (row[1:] != row[:-1] + 1) | (cell[1:] != cell[:-1])
    begins |= ~sightings[Col.PAIR_VALID].to_numpy(bool)[row] | ~np.isfinite(swept).all(axis=1)
    origin = np.rint(followed_origins(of(CAME_FROM).astype(np.float64), begins)).astype(np.int64)
    order = (origin[:, None] + np.arange(n)) % n

    def turned(name: str) -> NDArray[Any]:
        return np.take_along_axis(of(name), order, axis=1)

    minutes = np.full(len(row), np.nan)
    minutes[1:] = np.where(begins[1:], np.nan, np.diff(time))
    swept = np.take_along_axis(swept, order, axis=1)
    swept[begins] = np.nan
    names = [name for name in seen.columns if name.partition("__")[0] == Col.EDGE_BAND_MEAN]
    return Edges(
        object_name=str(sightings[Col.OBJECT].iloc[0]) if len(sightings) else "",
        cell=cell,
        frame=frame,
        time_min=time,
        minutes=minutes,
        run=_numbered(cell, begins),
        row=row,
        block=block,
        origin=origin % n,
        place_px=np.stack([turned(name) for name in (Col.EDGE_Y_PX, Col.EDGE_X_PX)], axis=2),
        swept_px2=swept,
        length_px=turned(LENGTH).astype(np.float64),
        curvature_px=turned(Col.EDGE_CURVATURE_PX),
        contact=turned(Col.EDGE_CONTACT),
        band_px=turned(Col.EDGE_BAND_PX) if Col.EDGE_BAND_PX in seen else None,
        light={name.partition("__")[2] or None: turned(name) for name in names},
    )


def _numbered(cell: NDArray[np.int64], begins: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Runs of every cell, from 1."""
    total = np.cumsum(begins)
    first = np.concatenate([[True], cell[1:] != cell[:-1]])[: len(cell)]
    before = np.maximum.accumulate(np.where(first, total - 1, 0)) if len(cell) else total
    return np.asarray(total - before, np.int64)


def _stretches(values: NDArray[np.int64]) -> Iterator[tuple[int, slice]]:
    """Every stretch of equal values, with its rows."""
    if not len(values):
        return
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    for start, stop in zip(starts, [*starts[1:], len(values)], strict=True):
        yield int(values[start]), slice(int(start), int(stop))


def _single(values: Floats) -> NDArray[np.float32]:
    return values.astype(np.float32).ravel()
