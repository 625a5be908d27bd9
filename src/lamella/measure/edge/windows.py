"""Bands along the edge cut into windows, which begin at the followed origin."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.long_table import LongTable
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.kernels.edge_bands import windows_of_positions
from lamella.measure.edge.bands import WINDOW_PX, WINDOWS, channels_in
from lamella.measure.edge.follow import Edges
from lamella.measure.edge.sectors import STATISTICS, STEP_STATISTICS, Sectors, first_positions
from lamella.measure.kept import Kept


def windows_of(
    kept: Kept,
    edges: Edges,
    scale: Scale,
    *,
    depths_um: tuple[float, ...],
    sectors: Sectors,
    perimeter_px: NDArray[np.float64],
) -> LongTable:
    """One row per cell, frame, band and window.

    Parameters
    ----------
    kept : Kept
        Windows that begin at every provisional position, of every size and band; see `seen_edges`.
    edges : Edges
        Which of these the followed origin asks for, and how the edge moved.
    depths_um : tuple of float
        Where bands end.
    sectors : Sectors
    perimeter_px : (R,) float64 array
        Of the frames of `edges`.
    """
    number = sectors.numbers(perimeter_px, edges.contact.shape[1])
    most = int(number.max(initial=1)) * len(depths_um)
    return LongTable(
        lambda: (
            _rows_of(kept, part, number[rows], scale, depths_um) for rows, part in edges.parts(most)
        )
    )


def _rows_of(
    kept: Kept,
    edges: Edges,
    number: NDArray[np.int64],
    scale: Scale,
    depths_um: tuple[float, ...],
) -> pd.DataFrame:
    """The rows of some frames, of which each has so many windows."""
    n, bands = edges.contact.shape[1], len(depths_um)
    # One row per frame and window first, then the bands of each.
    of = np.repeat(np.arange(len(number)), number)
    window = np.arange(len(of)) - np.repeat(np.cumsum(number) - number, number)
    first, after = window * n // number[of], (window + 1) * n // number[of]
    size = after - first
    slot = (size > n // number[of]).astype(np.int64)
    source = (of, slot, (edges.origin[of] + first) % n)
    moved = _movement(edges, number)[of, window] if len(of) else np.empty((0, 5))
    velocity = moved[:, 0] * scale.um / edges.minutes[of]
    keys: dict[str, object] = {
        Col.OBJECT: pd.Series([edges.object_name] * (len(of) * bands), dtype="str"),
        Col.CELL: np.repeat(edges.cell[of], bands),
        Col.FRAME: np.repeat(edges.frame[of], bands),
        Col.TIME_MIN: np.repeat(edges.time_min[of], bands),
        Col.EDGE_RUN: np.repeat(edges.run[of].astype(np.int32), bands),
        Col.EDGE_BAND: np.tile(np.arange(bands, dtype=np.int16), len(of)),
        Col.EDGE_FROM_UM: np.tile(np.array([0.0, *depths_um[:-1]], np.float32), len(of)),
        Col.EDGE_TO_UM: np.tile(np.array(depths_um, np.float32), len(of)),
        Col.EDGE_WINDOW: np.repeat(window.astype(np.int16), bands),
        Col.EDGE_FIRST_POSITION: np.repeat(first.astype(np.int16), bands),
        Col.EDGE_N_POSITIONS: np.repeat(size.astype(np.int16), bands),
    }
    pixels = kept.arrays[WINDOW_PX][edges.block]
    light: dict[str, object] = {Col.EDGE_WINDOW_PX: pixels[source].ravel()}
    for suffix, name in channels_in(kept.arrays, WINDOWS).items():
        found = kept.arrays[name][edges.block][source]  # (windows, bands, 5)
        light |= {column.of(suffix): found[..., s].ravel() for s, column in enumerate(STATISTICS)}
    steps: dict[str, object] = {
        name: np.repeat(moved[:, k].astype(np.float32), bands)
        for k, name in enumerate(STEP_STATISTICS)
    }
    speed: dict[str, object] = {
        Col.EDGE_WINDOW_VELOCITY: np.repeat(velocity.astype(np.float32), bands)
    }
    return pd.DataFrame({**keys, **light, **steps, **speed})


def _movement(edges: Edges, number: NDArray[np.int64]) -> NDArray[np.float64]:
    """Five statistics of the free positions of every window, (R, most windows, 5)."""
    n, most = edges.contact.shape[1], int(number.max(initial=1))
    starts = np.zeros((len(number), most), np.int64)
    stops = np.zeros((len(number), most), np.int64)
    for each in np.unique(number).tolist():
        border = first_positions(each, n)
        rows = number == each
        starts[rows, :each], stops[rows, :each] = border[:-1], border[1:]
    found: NDArray[np.float64] = windows_of_positions(edges.free_step_px, starts, stops)
    return found
