"""Positions that are followed from frame to frame, and the table of what they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.long_table import ROWS_AT_ONCE, LongTable
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.kernels.edge_follow import followed_origins
from lamella.measure.edge.bands import BAND, BAND_PX, channels_in
from lamella.measure.edge.sight import (
    CAME_FROM,
    CONTACT,
    CONTACT_BEFORE,
    CURVATURE,
    LENGTH,
    PLACE,
    SWEPT,
)
from lamella.measure.kept import Kept

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
    """Number of the frame's arrays among those that were kept, (R,)."""
    origin: NDArray[np.int64]
    """Provisional position that is position 0, (R,)."""
    place_px: NDArray[np.float32]
    """(R, n, 2)."""
    swept_px2: Floats
    """(R, n), as all that follows."""
    length_px: Floats
    curvature_px: NDArray[np.float32]
    contact: NDArray[np.int8]
    """Of this frame alone."""
    step_contact: NDArray[np.int8]
    """In this frame, or in the frame before where the position came from."""
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
        return np.where(self.step_contact == 0, self.step_px, np.nan)

    def cells(self) -> Iterator[tuple[int, slice]]:
        """Every cell with its rows."""
        yield from _stretches(self.cell)

    def runs(self) -> Iterator[tuple[int, int, slice]]:
        """Every cell and run with its rows."""
        for cell, rows in self.cells():
            for run, part in _stretches(self.run[rows]):
                yield cell, run, slice(rows.start + part.start, rows.start + part.stop)

    def parts(self, rows_of_a_frame: int) -> Iterator[tuple[slice, Edges]]:
        """Stretches of the frames of which tables have `ROWS_AT_ONCE` rows; one at least."""
        at_once = max(ROWS_AT_ONCE // max(rows_of_a_frame, 1), 1)
        for start in range(0, max(len(self.cell), 1), at_once):
            rows = slice(start, start + at_once)
            of_frames: dict[str, Any] = {
                name: value[rows]
                for name, value in self._asdict().items()
                if isinstance(value, np.ndarray)
            }
            light = {suffix: values[rows] for suffix, values in self.light.items()}
            yield rows, self._replace(**of_frames, light=light)

    def table(self, scale: Scale) -> LongTable:
        """One row per cell, frame and position."""
        n = self.contact.shape[1]
        return LongTable(lambda: (_rows_of(part, scale) for _, part in self.parts(n)))


def _rows_of(edges: Edges, scale: Scale) -> pd.DataFrame:
    n = edges.contact.shape[1]
    step = edges.step_px
    columns: dict[str, object] = {
        Col.OBJECT: pd.Series([edges.object_name] * edges.contact.size, dtype="str"),
        Col.CELL: np.repeat(edges.cell, n),
        Col.FRAME: np.repeat(edges.frame, n),
        Col.TIME_MIN: np.repeat(edges.time_min, n),
        Col.EDGE_RUN: np.repeat(edges.run.astype(np.int32), n),
        Col.EDGE_POSITION: np.tile(np.arange(n, dtype=np.int16), len(edges.cell)),
        Col.EDGE_Y_PX: edges.place_px[:, :, 0].ravel(),
        Col.EDGE_X_PX: edges.place_px[:, :, 1].ravel(),
        Col.EDGE_STEP_PX: _single(step),
        Col.EDGE_VELOCITY: _single(step * scale.um / edges.minutes[:, None]),
        Col.EDGE_SWEPT_PX2: edges.swept_px2.ravel(),
        Col.EDGE_CURVATURE_PX: edges.curvature_px.ravel(),
        Col.EDGE_CURVATURE: _single(edges.curvature_px / scale.um),
        Col.EDGE_CONTACT: edges.step_contact.ravel(),
    }
    if edges.band_px is not None:
        columns[Col.EDGE_BAND_PX] = edges.band_px.ravel()
    for suffix, values in edges.light.items():
        columns[Col.EDGE_BAND_MEAN.of(suffix)] = values.ravel()
    return pd.DataFrame(columns)


def followed(kept: Kept, sightings: pd.DataFrame) -> Edges:
    """Turn the positions of every valid frame so that they begin at the followed origin.

    Parameters
    ----------
    kept : Kept
        What `seen_edges` keeps.
    sightings : DataFrame
        Decides which frames and steps count.
    """
    block = np.flatnonzero(sightings[Col.VALID].to_numpy(bool)[kept.row])
    row = kept.row[block]
    names = (Col.CELL, Col.FRAME, Col.TIME_MIN)
    cell, frame, time = (sightings[name].to_numpy()[row] for name in names)

    def seen(name: str) -> NDArray[Any]:
        return kept.arrays[name][block]

    # Positions are the second axis of everything; without a cell nothing was kept at all.
    swept = seen(SWEPT)
    n = swept.shape[1]
    begins = np.ones(len(row), bool)
    begins[1:] = (row[1:] != row[:-1] + 1) | (cell[1:] != cell[:-1])
    begins |= ~sightings[Col.PAIR_VALID].to_numpy(bool)[row] | ~np.isfinite(swept).all(axis=1)
    origin = np.rint(followed_origins(seen(CAME_FROM), begins)).astype(np.int64) % n
    order = (origin[:, None] + np.arange(n)) % n

    def turned(values: NDArray[Any]) -> NDArray[Any]:
        return np.take_along_axis(values, order if values.ndim == 2 else order[..., None], axis=1)

    minutes = np.full(len(row), np.nan)
    minutes[1:] = np.where(begins[1:], np.nan, np.diff(time))
    contact, before = turned(seen(CONTACT)), turned(seen(CONTACT_BEFORE))
    return Edges(
        object_name=str(sightings[Col.OBJECT].iloc[0]) if len(sightings) else "",
        cell=cell,
        frame=frame,
        time_min=time,
        minutes=minutes,
        run=_numbered(cell, begins),
        row=row,
        block=block,
        origin=origin,
        place_px=turned(seen(PLACE)),
        swept_px2=np.where(begins[:, None], np.nan, turned(swept)),
        length_px=turned(seen(LENGTH)).astype(np.float64),
        curvature_px=turned(seen(CURVATURE)),
        contact=contact,
        step_contact=np.where((contact > 0) | begins[:, None], contact, before),
        band_px=turned(seen(BAND_PX)) if BAND_PX in kept.arrays else None,
        light={s: turned(seen(name)) for s, name in channels_in(kept.arrays, BAND).items()},
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
