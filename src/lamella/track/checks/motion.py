"""Steps that are too long, and cells that do not move at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lamella.core.table import Col
from lamella.track.checks.rows import (
    FEWEST_CELLS,
    Flags,
    Rows,
    Values,
    beyond_typical,
    whole_field,
)


def jump_limit(rows: Rows, *, times: float) -> Values:
    """How long each of ``rows.steps`` may be, px per frame.

    Median plus `times` robust SDs of the steps of the movie, and of the cell's own; at least half
    the typical radius of a cell (where no area is known, three median steps and a pixel), so that
    noise of the outlines is no jump where nothing moves.
    """
    steps = rows.step_px
    if not len(steps):
        return steps
    floor = 0.5 * rows.typical_radius
    if np.isnan(floor):
        floor = 3 * float(np.median(steps)) + 1
    return np.maximum(beyond_typical(steps, rows.cell[rows.steps], times=times), floor)


def jumps(rows: Rows, limit: Values, *, explained: Flags) -> pd.DataFrame:
    """Steps beyond their limit, kind `jump`; `field_jump` where most cells jump at once.

    Parameters
    ----------
    limit : (len(rows.steps),) float64 array
    explained : (n,) bool array
        Rows whose step another event explains.
    """
    over = (rows.step_px > limit) & ~explained[rows.steps]
    at, value, limit = rows.steps[over], rows.step_px[over], limit[over]
    frames = rows.frame[rows.steps]
    n_jumps = np.bincount(rows.frame[at], minlength=int(frames.max(initial=0)) + 1)
    n_steps = np.bincount(frames, minlength=len(n_jumps))
    together = (n_jumps >= FEWEST_CELLS) & (2 * n_jumps > n_steps)
    alone = ~together[rows.frame[at]]
    words = [
        f"Cell {cell} jumps by {rows.length(v)} a frame; up to {rows.length(most)} is usual."
        for cell, v, most in zip(rows.cell[at[alone]], value[alone], limit[alone], strict=True)
    ]
    single = rows.found("jump", at[alone], value=value[alone], limit=limit[alone], words=words)
    when = np.flatnonzero(together)
    whole = whole_field(
        rows,
        when,
        value=n_jumps[when] / n_steps[when],
        limit=0.5,
        words=[
            f"{n_jumps[t]} of {n_steps[t]} cells jump at frame {t}: the stage was moved, or frames "
            "are missing."
            for t in when
        ],
    )
    return pd.concat([single, whole])


def still(rows: Rows, *, frames: int, share: float, smallest_px: float) -> pd.DataFrame:
    """Cells that stay where they are, kind `still`: dead, stuck, or dirt.

    The root mean square distance of the centroid from its mean is taken over stretches of `frames`
    rows, so that short and long lives can be compared. In all stretches of a still cell it lies
    below `share` of its median over those of the movie, or below `smallest_px`. Cells without a
    whole stretch are not judged.
    """
    row = np.arange(len(rows.cell))
    within = row - np.maximum.accumulate(np.where(rows.starts, row, 0))
    spots = pd.DataFrame(
        {
            Col.CELL: rows.cell,
            "stretch": within // frames,
            "y": rows.place[:, 0],
            "x": rows.place[:, 1],
        }
    )
    groups = spots.groupby([Col.CELL, "stretch"])
    spread = np.sqrt(groups.var(ddof=0).sum(axis=1))[groups.size() == frames]
    largest = spread.groupby(Col.CELL).max()
    limit = smallest_px
    if len(spread):
        limit = max(limit, share * float(np.median(spread)))
    largest = largest[largest < limit]
    at = np.flatnonzero(rows.starts & np.isin(rows.cell, largest.index))
    words = [
        f"Cell {cell} does not move: over {frames} frames it stays within {rows.length(v)} (RMS)."
        for cell, v in largest.items()
    ]
    return rows.found("still", at, value=largest.to_numpy(), limit=limit, words=words)
